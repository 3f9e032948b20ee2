//! A planning session: one problem, planned again and again from the state the world is in.
//!
//! The grounded task is kept as long as it can express the pushed state and goal; otherwise the problem is grounded
//! anew. Nothing is parsed twice, and every plan is checked by the [`Validator`] before it is handed out.

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{Ctx, Stop};

use crate::error::PlanError;
use crate::ground::{Keep, ground_in};
use crate::numbers::settle;
use crate::packing::State;
use crate::pddl::{Atom, Domain, Formula, FunctionValue, GroundAtom, Literal, Problem, Term};
use crate::plan_file::{CostKind, PlanStep, write_plan};
use crate::search::{
    Expect, OnPlan, Outcome, Plan, Query, SolveOptions, SolveResult, Statistics, Unsolvable, solve_query,
};
use crate::task::{GroundFunction, Place, Task, static_predicates};
use crate::validate::Validator;

/// What is asked of a session. The default plans from the problem's own state to its own goal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlanQuery {
    /// Fluent atoms true now, or `None` for the problem's initial state. Atoms of predicates that no action changes
    /// may be left out.
    pub state: Option<Vec<GroundAtom>>,
    /// Values of functions now, where they differ from the problem's own.
    pub values: Vec<FunctionValue>,
    /// A goal without free variables, or `None` for the problem's goal.
    pub goal: Option<Formula>,
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
    pub query: Box<PlanQuery>,
    /// Actions by index in the domain, with objects by index in the problem.
    pub actions: Vec<(usize, Vec<usize>)>,
    /// The same by name.
    pub steps: Vec<PlanStep>,
    /// The sum of the costs, in the problem's own terms.
    pub cost: f64,
    /// What the cost counts.
    pub cost_kind: CostKind,
    /// Whether it is proved that no plan is cheaper.
    pub optimal: bool,
    /// What the first plan cost as a search found it, before it was polished, in the problem's own terms; there in the
    /// last answer of a query only.
    pub found_cost: Option<f64>,
    /// Counters over all searches; there in the last answer of a query only.
    pub statistics: Option<Statistics>,
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
    domain: Arc<Domain>,
    problem: Arc<Problem>,
    keep: Keep,
    /// The problem as given, grounded; missing until a budget allows it.
    model: Option<Arc<Task>>,
    /// The task that the last query was answered with.
    latest: Option<Arc<Task>>,
    validator: Validator,
    n_groundings: usize,
}

impl Session {
    /// A session on a grounded task.
    pub fn new(task: &Arc<Task>) -> Session {
        let session = Session::ungrounded(task.domain(), task.problem(), task.keep());
        Session { model: Some(task.clone()), ..session }
    }

    /// A session on a problem that is still to be grounded, by the first query.
    pub fn ungrounded(domain: &Arc<Domain>, problem: &Arc<Problem>, keep: Keep) -> Session {
        Session {
            validator: Validator::new(domain, problem),
            domain: domain.clone(),
            problem: problem.clone(),
            keep,
            model: None,
            latest: None,
            n_groundings: 0,
        }
    }

    /// How often a pushed state or goal made a new grounding necessary.
    pub fn n_groundings(&self) -> usize {
        self.n_groundings
    }

    /// Answers a query. While a plan is improved, each one found is handed to `on_answer`, cheaper than the one before;
    /// at the end the best follows once more, with its final counters and whether it is proved optimal. Where one plan is
    /// asked for, it comes once, but for first plans whose polishing takes long: those come before it too.
    ///
    /// # Errors
    /// The state or goal names what the problem does not know; a cost is missing; or the validator refused a plan,
    /// which is a fault of this crate.
    pub fn plan(
        &mut self,
        ctx: &Ctx,
        query: &PlanQuery,
        on_answer: &mut dyn FnMut(PlanAnswer) -> ControlFlow<()>,
    ) -> Result<Stop, PlanError> {
        self.check_names(query)?;
        let (task, search) = match self.prepare(ctx, query) {
            Err(PlanError::Stopped(stop)) => return Ok(stop),
            prepared => prepared?,
        };
        if let Some(what) = query.options.only_for_plain_tasks()
            && !task.is_plain()
        {
            return Err(PlanError::Unsupported { what });
        }
        let init = query.state.as_deref().map(|state| with_static_atoms(&self.domain, &self.problem, state));
        let own = (!query.values.is_empty()).then(|| self.validator.with_values(&query.values));
        let mut presenter = Presenter {
            task: &task,
            validator: own.as_ref().unwrap_or(&self.validator),
            init: init.as_deref().unwrap_or(&self.problem.init),
            goal: query.goal.as_ref().unwrap_or(&self.problem.goal),
            query,
            on_answer,
            last: None,
            had_enough: false,
            fault: None,
        };
        let mut on_plan = |plan: &Plan, expect: Expect| presenter.present(plan, expect);
        let result = solve_query(ctx, &task, &search, &query.options, &mut on_plan as OnPlan<'_>);
        presenter.conclude(result)
    }

    /// The query over variables; grounds anew when no task at hand can express it.
    fn prepare(&mut self, ctx: &Ctx, query: &PlanQuery) -> Result<(Arc<Task>, Query), PlanError> {
        let model = match &self.model {
            Some(model) => model.clone(),
            None => Arc::new(ground_in(ctx, &self.domain, &self.problem, self.keep)?),
        };
        self.model = Some(model.clone());
        if let Some(search) = express(&model, query) {
            return Ok((model, search));
        }
        // A task grounded for an earlier query has that query's state and goal: both must be given in full.
        let full = PlanQuery {
            state: Some(query.state.clone().unwrap_or_else(|| self.problem.init.clone())),
            values: query.values.clone(),
            goal: Some(query.goal.clone().unwrap_or_else(|| self.problem.goal.clone())),
            options: query.options,
        };
        if let Some(task) = self.latest.clone()
            && let Some(search) = express(&task, &full)
        {
            return Ok((task, search));
        }
        let mut problem = Problem::clone(&self.problem);
        if let Some(state) = &query.state {
            problem.init = with_static_atoms(&self.domain, &self.problem, state);
        }
        for value in &query.values {
            let is_same =
                |known: &&mut FunctionValue| known.function == value.function && known.args == value.args;
            match problem.function_values.iter_mut().find(is_same) {
                Some(known) => known.value = value.value,
                None => problem.function_values.push(value.clone()),
            }
        }
        if let Some(goal) = &query.goal {
            problem.goal.clone_from(goal);
        }
        let task = Arc::new(ground_in(ctx, &self.domain, &Arc::new(problem), self.keep)?);
        self.n_groundings += 1;
        self.latest = Some(task.clone());
        let search = Query { init: task.init().clone(), goal: task.goal.clone() };
        Ok((task, search))
    }

    fn check_names(&self, query: &PlanQuery) -> Result<(), PlanError> {
        let n_predicates = self.domain.predicates.len();
        let n_objects = self.problem.objects.len();
        let bad = |what: &str, index: usize, n: usize| {
            PlanError::BadState(format!("names {what} {index}, but there are {n}"))
        };
        if let Some(value) = query.values.iter().find(|value| !self.knows(value)) {
            return Err(PlanError::BadState(format!("gives a value that no function has: {value:?}")));
        }
        for atom in query.state.iter().flatten() {
            if atom.predicate >= n_predicates {
                return Err(bad("predicate", atom.predicate, n_predicates));
            }
            let arity = self.domain.predicates[atom.predicate].params.len();
            if atom.args.len() != arity {
                let name = &self.domain.predicates[atom.predicate].name;
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

impl Session {
    fn knows(&self, value: &FunctionValue) -> bool {
        let arity = self.domain.functions.get(value.function).map(|function| function.params.len());
        arity == Some(value.args.len())
            && value.args.iter().all(|&object| object < self.problem.objects.len())
            && value.value.is_finite()
    }
}

/// Fluent atoms of a pushed state together with the problem's static atoms.
pub(crate) fn with_static_atoms(domain: &Domain, problem: &Problem, state: &[GroundAtom]) -> Vec<GroundAtom> {
    let is_static = static_predicates(domain);
    let mut init: Vec<GroundAtom> =
        problem.init.iter().filter(|atom| is_static[atom.predicate]).cloned().collect();
    init.extend(state.iter().filter(|atom| !is_static[atom.predicate]).cloned());
    init
}

/// The query over a task's variables, where the task can express it.
fn express(task: &Task, query: &PlanQuery) -> Option<Query> {
    let numbers: Vec<(GroundFunction, f64)> = query
        .values
        .iter()
        .map(|value| (GroundFunction { function: value.function, args: value.args.clone() }, value.value))
        .collect();
    // Functions that never change are part of the grounding.
    if numbers.iter().any(|(function, _)| !task.functions().contains(function)) {
        return None;
    }
    let init: State = match (&query.state, numbers.is_empty()) {
        (Some(state), _) => task.state_of(state, &numbers)?,
        (None, true) => task.init().clone(),
        (None, false) => task.state_of(&task.problem().init, &numbers)?,
    };
    let Some(formula) = &query.goal else {
        // A goal proved unreachable from the problem's own state may be reachable from another.
        let settled = task.unreachable_goals().is_empty() || query.state.is_none();
        return settled.then(|| Query { init, goal: task.goal.clone() });
    };
    if !task.unreachable_goals().is_empty() {
        return None;
    }
    let mut goal = Vec::new();
    for literal in formula.literals()? {
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
        (Place::Fact(fact) | Place::Derived(Some(fact)), false) => Some(Some(fact)),
        (Place::Fact((variable, _)) | Place::Derived(Some((variable, _))), true)
            if task.n_values(variable as usize) == 2 =>
        {
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
    goal: &'a Formula,
    query: &'a PlanQuery,
    on_answer: &'a mut dyn FnMut(PlanAnswer) -> ControlFlow<()>,
    last: Option<ValidPlan>,
    had_enough: bool,
    fault: Option<PlanError>,
}

impl Presenter<'_> {
    fn present(&mut self, plan: &Plan, expect: Expect) -> ControlFlow<()> {
        let actions: Vec<(usize, Vec<usize>)> =
            plan.operators.iter().map(|&operator| self.task.ground_action(operator)).collect();
        let validation = self.validator.check(self.init, self.goal, &actions);
        let unit = self.task.cost_unit();
        let cost = settle(plan.cost as f64 * unit);
        // The validator adds step by step, and sums of decimals above what `settle` keeps exact are rounded.
        if !validation.is_valid() || (validation.cost - cost).abs() >= unit / 2.0 {
            let text = format!("{validation}, search counted cost {cost}");
            self.fault = Some(PlanError::InvalidPlan(text));
            return ControlFlow::Break(());
        }
        let minimizes = self.task.problem().metric.is_some();
        let valid = ValidPlan {
            query: Box::new(self.query.clone()),
            actions,
            steps: plan.operators.iter().map(|&operator| self.task.step(operator)).collect(),
            cost,
            cost_kind: if minimizes { CostKind::General } else { CostKind::Unit },
            optimal: false,
            found_cost: None,
            statistics: None,
        };
        if expect == Expect::Nothing {
            // It is handed out once, with its counters and its proof.
            self.last = Some(valid);
            return ControlFlow::Continue(());
        }
        self.last = Some(valid.clone());
        let flow = (self.on_answer)(PlanAnswer::Plan(valid));
        self.had_enough = flow.is_break();
        flow
    }

    fn conclude(mut self, result: SolveResult) -> Result<Stop, PlanError> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        match result.outcome {
            Outcome::Solved { optimal, .. } if !self.had_enough => {
                if let Some(mut plan) = self.last.take() {
                    plan.optimal = optimal;
                    plan.statistics = Some(result.statistics);
                    let in_terms = |cost| settle(cost as f64 * self.task.cost_unit());
                    plan.found_cost = result.statistics.found.map(in_terms);
                    self.had_enough = (self.on_answer)(PlanAnswer::Plan(plan)).is_break();
                }
            }
            Outcome::Unsolvable(because) => {
                let _ = (self.on_answer)(PlanAnswer::Unsolvable(because, result.statistics));
            }
            Outcome::Solved { .. } | Outcome::Stopped(_) => {}
        }
        Ok(if self.had_enough { Stop::Enough } else { result.stop })
    }
}
