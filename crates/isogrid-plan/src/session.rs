//! A planning session: one problem, planned again and again from the state the world is in.
//!
//! The grounded task is kept as long as it can express the pushed state and goal; otherwise the problem is grounded
//! anew. Nothing is parsed twice, and every plan is checked by the [`Validator`] before it is handed out.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};

use crate::error::PlanError;
use crate::ground::{Keep, ground_in};
use crate::packing::State;
use crate::pddl::{Atom, GroundAtom, Literal, Problem, Term};
use crate::plan_file::{CostKind, PlanStep, write_plan};
use crate::search::{OnPlan, Outcome, Query, SolveOptions, SolveResult, Statistics, Unsolvable, solve_in};
use crate::task::{Place, Task};
use crate::validate::Validator;

/// What is asked of a session. The default plans from the problem's own state to its own goal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanQuery {
    /// Fluent atoms true now, or `None` for the problem's initial state. Atoms of predicates that no action changes
    /// may be left out.
    pub state: Option<Vec<GroundAtom>>,
    /// Ground goal literals, or `None` for the problem's goal.
    pub goal: Option<Vec<Literal>>,
    /// Search settings.
    pub options: SolveOptions,
}

/// What a session answers; a later answer of one query replaces the earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanAnswer {
    /// A plan that passed the validator.
    Plan(ValidPlan),
    /// There is no plan.
    Unsolvable(Unsolvable, Statistics),
}

/// A plan that passed the validator.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidPlan {
    /// The query it answers.
    pub query: PlanQuery,
    /// Actions by index in the domain, with objects by index in the problem.
    pub actions: Vec<(usize, Vec<usize>)>,
    /// The same by name.
    pub steps: Vec<PlanStep>,
    /// The sum of the costs.
    pub cost: u64,
    /// What the cost counts.
    pub cost_kind: CostKind,
    /// Whether it is proved that no plan is cheaper.
    pub optimal: bool,
    /// Counters so far; final in the last answer.
    pub statistics: Statistics,
}

impl ValidPlan {
    /// The plan in IPC format.
    pub fn text(&self) -> String {
        write_plan(&self.steps, self.cost, self.cost_kind)
    }
}

/// Plans for one problem from changing states.
#[derive(Debug)]
pub struct Session {
    model: Arc<Task>,
    task: Arc<Task>,
    validator: Validator,
    n_groundings: usize,
}

impl Session {
    /// A session on a grounded task.
    pub fn new(task: &Arc<Task>) -> Session {
        let validator = Validator::new(task.domain(), task.problem());
        Session { model: task.clone(), task: task.clone(), validator, n_groundings: 0 }
    }

    /// How often a pushed state or goal made a new grounding necessary.
    pub fn n_groundings(&self) -> usize {
        self.n_groundings
    }

    /// The grounded task in use.
    pub fn task(&self) -> &Arc<Task> {
        &self.task
    }

    /// Answers a query; plans are handed to `on_answer` as they are found, each cheaper than the one before. The last
    /// answer is repeated when it is proved optimal.
    ///
    /// # Errors
    /// The state or goal names what the problem does not know; the context ended a grounding; or the validator
    /// refused a plan, which is a fault of this crate.
    pub fn plan(
        &mut self,
        ctx: &Ctx,
        query: &PlanQuery,
        on_answer: &mut dyn FnMut(PlanAnswer) -> ControlFlow<()>,
    ) -> Result<Stop, PlanError> {
        let problem = self.task.problem().clone();
        self.check_names(query)?;
        let search = self.prepare(ctx, query)?;
        let task = self.task.clone();
        let init = query.state.as_deref().map(|state| self.model.with_static_atoms(state));
        let goal = query.goal.as_deref().unwrap_or(&problem.goal);
        let mut presenter = Presenter {
            task: &task,
            validator: &self.validator,
            init: init.as_deref().unwrap_or(&problem.init),
            goal,
            query,
            on_answer,
            last: None,
            fault: None,
        };
        let mut on_plan = |plan: &crate::search::Plan| presenter.present(plan);
        let result = solve_in(ctx, &task, &search, &query.options, &mut on_plan as OnPlan<'_>);
        presenter.conclude(result)
    }

    /// The query over variables; grounds anew when the task at hand cannot express it.
    fn prepare(&mut self, ctx: &Ctx, query: &PlanQuery) -> Result<Query, PlanError> {
        if query.state.is_none() && query.goal.is_none() {
            self.task = self.model.clone();
        }
        for task in [self.task.clone(), self.model.clone()] {
            if let Some(search) = express(&task, query) {
                self.task = task;
                return Ok(search);
            }
        }
        let mut problem = Problem::clone(self.model.problem());
        if let Some(state) = &query.state {
            problem.init = self.model.with_static_atoms(state);
        }
        if let Some(goal) = &query.goal {
            problem.goal.clone_from(goal);
        }
        let task = ground_in(ctx, self.model.domain(), &Arc::new(problem), Keep::Relevant)?;
        self.n_groundings += 1;
        self.task = Arc::new(task);
        Ok(Query { init: self.task.init().clone(), goal: self.task.goal.clone() })
    }

    fn check_names(&self, query: &PlanQuery) -> Result<(), PlanError> {
        let n_predicates = self.model.domain().predicates.len();
        let n_objects = self.model.problem().objects.len();
        let bad = |what: &str, index: usize, n: usize| {
            PlanError::BadState(format!("names {what} {index}, but there are {n}"))
        };
        for atom in query.state.iter().flatten() {
            if atom.predicate >= n_predicates {
                return Err(bad("predicate", atom.predicate, n_predicates));
            }
            let arity = self.model.domain().predicates[atom.predicate].params.len();
            if atom.args.len() != arity {
                let name = &self.model.domain().predicates[atom.predicate].name;
                return Err(PlanError::BadState(format!(
                    "gives `{name}` {} arguments, expected {arity}",
                    atom.args.len()
                )));
            }
            if let Some(&object) = atom.args.iter().find(|&&object| object >= n_objects) {
                return Err(bad("object", object, n_objects));
            }
        }
        Ok(())
    }
}

/// The query over a task's variables, where the task can express it.
fn express(task: &Task, query: &PlanQuery) -> Option<Query> {
    let init: State = match &query.state {
        Some(state) => task.state_of(state)?,
        None => task.init().clone(),
    };
    let Some(literals) = &query.goal else {
        // A goal proved unreachable from the problem's own state may be reachable from another.
        let settled = task.unreachable_goals().is_empty() || query.state.is_none();
        return settled.then(|| Query { init, goal: task.goal.clone() });
    };
    if !task.unreachable_goals().is_empty() {
        return None;
    }
    let mut goal = Vec::new();
    for literal in literals {
        goal.extend(express_goal(task, literal)?);
    }
    goal.sort_unstable();
    goal.dedup();
    let clash = goal.windows(2).any(|pair| pair[0].0 == pair[1].0);
    (!clash).then_some(Query { init, goal })
}

/// The condition as a fact; an empty answer where it always holds, `None` where the task cannot tell.
fn express_goal(task: &Task, literal: &Literal) -> Option<Option<(u32, u32)>> {
    let Atom::Predicate(predicate, terms) = &literal.atom else { return None };
    let args = terms.iter().map(|term| match *term {
        Term::Object(object) => Some(object),
        Term::Param(_) => None,
    });
    let atom = GroundAtom { predicate: *predicate, args: args.collect::<Option<Vec<usize>>>()? };
    match (task.place(&atom)?, literal.negated) {
        (Place::Fact(fact), false) => Some(Some(fact)),
        (Place::Fact((variable, _)), true) if task.n_values(variable as usize) == 2 => {
            task.none_value(variable as usize).map(|none| Some((variable, none)))
        }
        (Place::Constant | Place::Static, false) => Some(None),
        _ => None,
    }
}

/// Turns found plans into validated answers.
struct Presenter<'a> {
    task: &'a Task,
    validator: &'a Validator,
    init: &'a [GroundAtom],
    goal: &'a [Literal],
    query: &'a PlanQuery,
    on_answer: &'a mut dyn FnMut(PlanAnswer) -> ControlFlow<()>,
    last: Option<ValidPlan>,
    fault: Option<PlanError>,
}

impl Presenter<'_> {
    fn present(&mut self, plan: &crate::search::Plan) -> ControlFlow<()> {
        let actions: Vec<(usize, Vec<usize>)> =
            plan.operators.iter().map(|&operator| self.task.ground_action(operator)).collect();
        let validation = self.validator.check(self.init, self.goal, &actions);
        if !validation.is_valid() || validation.cost != plan.cost {
            let text = format!("{validation}, search counted cost {}", plan.cost);
            self.fault = Some(PlanError::InvalidPlan(text));
            return ControlFlow::Break(());
        }
        let minimizes = self.task.problem().minimize_total_cost;
        let valid = ValidPlan {
            query: self.query.clone(),
            actions,
            steps: plan.operators.iter().map(|&operator| self.task.step(operator)).collect(),
            cost: plan.cost,
            cost_kind: if minimizes { CostKind::General } else { CostKind::Unit },
            optimal: false,
            statistics: Statistics::default(),
        };
        self.last = Some(valid.clone());
        (self.on_answer)(PlanAnswer::Plan(valid))
    }

    fn conclude(mut self, result: SolveResult) -> Result<Stop, PlanError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        match result.outcome {
            Outcome::Solved { optimal, .. } if result.stop != Stop::Enough => {
                if let Some(mut plan) = self.last.take() {
                    plan.optimal = optimal;
                    plan.statistics = result.statistics;
                    let _ = (self.on_answer)(PlanAnswer::Plan(plan));
                }
            }
            Outcome::Unsolvable(because) => {
                let _ = (self.on_answer)(PlanAnswer::Unsolvable(because, result.statistics));
            }
            Outcome::Solved { .. } | Outcome::OutOfBudget(_) => {}
        }
        Ok(result.stop)
    }
}
