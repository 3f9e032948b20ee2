//! The workloads that judge this build's engines, and the engines as contenders: explicit lists.

#[cfg(any(feature = "tsetlin", feature = "linear", feature = "forest"))]
mod machines;
#[cfg(feature = "plan")]
mod planning;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use isogrid_core::{Contender, Entry, Report, Request, Role, Source, Workload, measure};

use crate::Error;
use crate::budget::Budget;
use crate::choose::ambiguous;
use crate::drive::{self, Setup};

#[cfg(feature = "plan")]
pub use planning::PlanningWorkload;
pub use table::TableWorkload;

#[cfg(feature = "plan")]
use planning::Planner;

/// A kind of workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A planning problem: cost of a valid plan.
    Planning,
    /// A table with a target column: accuracy on rows held out.
    Table,
}

impl Kind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Planning => "planning",
            Kind::Table => "table",
        }
    }

    /// The kind that judges `engine`.
    ///
    /// # Errors
    /// [`Error::NoWorkload`].
    pub fn of_engine(engine: &str) -> Result<Kind, Error> {
        match engine {
            "plan" => Ok(Kind::Planning),
            "tsetlin" | "linear" | "forest" => Ok(Kind::Table),
            _ => Err(Error::NoWorkload { engine: engine.to_string() }),
        }
    }

    /// The kind that judges all of `candidates`, which are engines and the kinds of input that they see.
    ///
    /// # Errors
    /// [`Error::NoWorkload`], or [`Error::Ambiguous`] where they are judged by different kinds.
    pub fn of_candidates(candidates: &[(&Entry, String)]) -> Result<Kind, Error> {
        let kind = |(entry, _): &(&Entry, String)| Kind::of_engine((entry.info)().name);
        let kinds: Vec<Kind> = candidates.iter().map(kind).collect::<Result<_, _>>()?;
        match kinds.as_slice() {
            [first, rest @ ..] if rest.iter().all(|kind| kind == first) => Ok(*first),
            _ => Err(ambiguous(candidates)),
        }
    }
}

/// What is to be measured: the workload's files and options, and the terms that are the same for every contender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// The workload's files.
    pub paths: Vec<PathBuf>,
    /// Options of the workload, such as `target`, and of the engine.
    pub options: Vec<(String, String)>,
    /// The seed of splits and contenders.
    pub seed: u64,
    /// The budget of each attempt, which an anytime engine uses up.
    pub budget: Budget,
    /// When an attempt without a budget is ended all the same.
    pub patience: Option<Duration>,
}

impl Job {
    /// The files and options as a request to an engine.
    pub fn request(&self) -> Request {
        let sources = self.paths.iter().map(Source::file).collect();
        Request { sources, options: self.options.clone(), ..Request::default() }
    }
}

/// A contender of a known kind of workload.
#[derive(Clone, Copy)]
pub enum Entrant {
    /// Attempts a planning problem.
    #[cfg(feature = "plan")]
    Planning(&'static dyn Contender<PlanningWorkload>),
    /// Attempts a table.
    Table(&'static dyn Contender<TableWorkload>),
}

/// The engines of this build as contenders.
pub static ENTRANTS: &[Entrant] = &[
    #[cfg(feature = "plan")]
    Entrant::Planning(&Planner { name: "plan", option: None }),
    #[cfg(feature = "plan")]
    Entrant::Planning(&Planner { name: "plan --first", option: Some(("first", "")) }),
    #[cfg(feature = "plan")]
    Entrant::Planning(&Planner { name: "plan --optimal", option: Some(("optimal", "")) }),
    #[cfg(feature = "tsetlin")]
    Entrant::Table(&machines::TSETLIN),
    #[cfg(feature = "linear")]
    Entrant::Table(&machines::LINEAR),
    #[cfg(feature = "forest")]
    Entrant::Table(&machines::FOREST),
];

impl Entrant {
    /// The kind of workload that it attempts.
    pub fn kind(&self) -> Kind {
        match self {
            #[cfg(feature = "plan")]
            Entrant::Planning(_) => Kind::Planning,
            Entrant::Table(_) => Kind::Table,
        }
    }

    /// Its name, unique within its kind.
    pub fn name(&self) -> String {
        match self {
            #[cfg(feature = "plan")]
            Entrant::Planning(contender) => contender.name(),
            Entrant::Table(contender) => contender.name(),
        }
    }

    /// What it is.
    pub fn role(&self) -> Role {
        match self {
            #[cfg(feature = "plan")]
            Entrant::Planning(contender) => contender.role(),
            Entrant::Table(contender) => contender.role(),
        }
    }

    /// Opens the workload of `job` and attempts it in this process, under the job's budget.
    ///
    /// # Errors
    /// The workload cannot be opened. A contender's own failure is a row.
    pub fn attempt(&self, job: &Job) -> Result<Report, Error> {
        match self {
            #[cfg(feature = "plan")]
            Entrant::Planning(contender) => attempt(*contender, &PlanningWorkload::open(job)?, job),
            Entrant::Table(contender) => attempt(*contender, &TableWorkload::open(job)?, job),
        }
    }
}

fn attempt<W: Workload>(contender: &dyn Contender<W>, workload: &W, job: &Job) -> Result<Report, Error> {
    let Job { seed, budget, patience, .. } = *job;
    let setup = Setup { seed, budget, patience, ..Setup::default() };
    Ok(drive::drive(&setup, |ctx| measure(&[contender], workload, ctx))?.value)
}

/// The name of the workload of `job`, which also says whether it can be opened at all.
///
/// # Errors
/// As the workload's own `open`.
pub fn name(kind: Kind, job: &Job) -> Result<String, Error> {
    match kind {
        #[cfg(feature = "plan")]
        Kind::Planning => PlanningWorkload::open(job).map(|workload| workload.name()),
        #[cfg(not(feature = "plan"))]
        Kind::Planning => Err(Error::NoWorkload { engine: "plan".to_string() }),
        Kind::Table => TableWorkload::open(job).map(|workload| workload.name()),
    }
}

#[cfg(all(test, feature = "plan", feature = "tsetlin", feature = "linear", feature = "robot"))]
mod tests {
    use super::*;
    use crate::registry::find;

    #[test]
    fn engines_of_one_kind_are_judged_together() {
        let kind = |names: &[&str]| {
            let candidates: Vec<_> =
                names.iter().map(|name| (find(name).expect("it is there"), "input".to_string())).collect();
            Kind::of_candidates(&candidates).map_err(|error| error.to_string())
        };
        assert_eq!(kind(&["tsetlin", "linear"]), Ok(Kind::Table));
        assert_eq!(kind(&["plan"]), Ok(Kind::Planning));
        assert!(kind(&["plan", "linear"]).is_err_and(|error| error.starts_with("several engines")));
        assert!(kind(&["robot"]).is_err_and(|error| error == "no workload judges engine `robot`"));
    }
}
