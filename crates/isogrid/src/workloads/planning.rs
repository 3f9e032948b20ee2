//! The planning workload: a domain and a problem; the answer is the text of a plan.
//!
//! Score: the cost of the plan, by the validator that shares no code with any search; an invalid plan has none.

use std::ops::ControlFlow;

use isogrid_core::{Attempt, Contender, Ctx, Diagnose, Fault, Request, Role, Score, Source, Workload};
use isogrid_plan::pddl::{Domain, Problem, parse_domain, parse_problem};
use isogrid_plan::plan_file::parse_plan;
use isogrid_plan::validate::{Validation, validate};

use super::Job;
use crate::Error;
use crate::registry::find;

/// The largest PDDL text read.
const MAX_BYTES: u64 = 1 << 30;

/// Options that tell the contenders of this project apart; a job's own do not count.
const MODES: [&str; 2] = ["first", "optimal"];

/// A planning problem and its validator.
#[derive(Debug, Clone)]
pub struct PlanningWorkload {
    request: Request,
    domain: Domain,
    problem: Problem,
}

impl PlanningWorkload {
    /// Reads the domain and the problem of `job`, in either order.
    ///
    /// # Errors
    /// [`Error::Workload`]: not two files, or not PDDL.
    pub fn open(job: &Job) -> Result<PlanningWorkload, Error> {
        let mut request = job.request();
        request.options.retain(|(name, _)| !MODES.contains(&name.as_str()));
        let [first, second] = request.sources.as_slice() else {
            let message = format!(
                "a planning workload takes a domain and a problem, found {} files",
                request.sources.len()
            );
            return Err(Error::Workload(Fault::bad_input(message)));
        };
        let texts = [read(first)?, read(second)?];
        let order = if defines_problem(&texts[0]) { [1, 0] } else { [0, 1] };
        let [domain_at, problem_at] = order;
        let (domain, _) = parse_domain(&request.sources[domain_at].name, &texts[domain_at])
            .map_err(|error| fault(&error))?;
        let (problem, _) = parse_problem(&request.sources[problem_at].name, &texts[problem_at], &domain)
            .map_err(|error| fault(&error))?;
        request.sources = order.map(|at| request.sources[at].clone()).to_vec();
        Ok(PlanningWorkload { request, domain, problem })
    }

    /// The domain and the problem as sources, for contenders that read them themselves, as all should: reading is
    /// part of the work. With the job's options.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The parsed domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The parsed problem.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl Workload for PlanningWorkload {
    /// A plan, one step a line; `None` when none was found.
    type Answer = Option<String>;

    fn name(&self) -> String {
        format!("domain {}, problem {}", self.domain.name, self.problem.name)
    }

    fn score(&self, answer: &Option<String>) -> Score {
        let plan = answer.as_ref().and_then(|text| parse_plan("the answer", text.as_bytes()).ok());
        let validation = plan.map(|plan| validate(&self.domain, &self.problem, &plan.steps));
        let cost = validation.filter(Validation::is_valid).map(|valid| valid.cost);
        Score { name: "plan cost".to_string(), value: cost, higher_is_better: false, interval: None }
    }
}

/// The planner of this project in one of its modes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Planner {
    pub name: &'static str,
    /// The option that selects the mode.
    pub option: Option<(&'static str, &'static str)>,
}

impl Contender<PlanningWorkload> for Planner {
    fn name(&self) -> String {
        self.name.to_string()
    }

    fn role(&self) -> Role {
        Role::Engine
    }

    fn attempt(&self, ctx: &Ctx, workload: &PlanningWorkload) -> Result<Attempt<Option<String>>, String> {
        let entry = find("plan").map_err(|error| error.to_string())?;
        let mut request = workload.request().clone();
        request.options.extend(self.option.map(|(name, value)| (name.to_string(), value.to_string())));
        let mut answer = None;
        let run = (entry.run)(ctx, &request, None, &mut |printed, _| {
            answer = Some(printed.text);
            ControlFlow::Continue(())
        });
        let stop = run.map_err(|fault| fault.to_string())?.stop;
        Ok(Attempt { answer, model_bytes: None, ticks: Some(ctx.ticks()), stop })
    }
}

/// Whether the first definition is one of a problem. Good enough to put two files in order: a wrong guess ends in the
/// parser's own error.
fn defines_problem(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&text[..text.len().min(1 << 16)]).to_lowercase();
    let code: String = text.lines().map(|line| line.split(';').next().unwrap_or_default()).collect();
    let code: String = code.split_whitespace().collect();
    code.trim_start_matches('\u{feff}').starts_with("(define(problem")
}

fn read(source: &Source) -> Result<Vec<u8>, Error> {
    source.read(MAX_BYTES).map_err(|error| Error::Unreadable { name: source.name.clone(), source: error })
}

fn fault(error: &dyn Diagnose) -> Error {
    Error::Workload(Fault { class: error.class(), message: error.to_string(), hint: error.hint() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: &str = "(define (domain lamp) (:predicates (on))
        (:action switch :parameters () :precondition (not (on)) :effect (on)))";
    const PROBLEM: &str = "; which is\n(DEFINE (problem dark) (:domain lamp) (:init) (:goal (on)))";

    fn job(texts: &[&str]) -> (tempfile::TempDir, Job) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let write = |(index, text): (usize, &&str)| {
            let path = directory.path().join(format!("{index}.pddl"));
            std::fs::write(&path, text).expect("writable");
            path
        };
        let paths = texts.iter().enumerate().map(write).collect();
        (directory, Job { paths, ..Job::default() })
    }

    #[test]
    fn plans_are_scored_by_their_cost_and_invalid_ones_not_at_all() {
        for texts in [[DOMAIN, PROBLEM], [PROBLEM, DOMAIN]] {
            let (_directory, job) = job(&texts);
            let workload = PlanningWorkload::open(&job).expect("both are PDDL");
            assert_eq!(workload.name(), "domain lamp, problem dark");
            let cost = |text: Option<&str>| workload.score(&text.map(str::to_string)).value;
            assert_eq!(cost(Some("(switch)\n; cost = 7")), Some(1.0));
            assert_eq!(cost(Some("(switch)\n(switch)")), None);
            assert_eq!(cost(Some("")), None);
            assert_eq!(cost(Some("(((")), None);
            assert_eq!(cost(None), None);
        }
    }

    #[test]
    fn what_is_no_planning_problem_is_refused() {
        let cases: [(&[&str], &str); 3] = [
            (&[DOMAIN], "takes a domain and a problem, found 1 files"),
            (&[DOMAIN, "(define"], "1.pddl"),
            (&["junk", PROBLEM], "0.pddl"),
        ];
        for (texts, expected) in cases {
            let (_directory, job) = job(texts);
            let message = PlanningWorkload::open(&job).expect_err(expected).to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
