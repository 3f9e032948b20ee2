//! Tasks in the SAS+ format of Fast Downward's translator (`output.sas`, version 3): finite-domain variables, mutex
//! groups, operators with conditional effects, axioms.
//!
//! The format: Helmert, "The Fast Downward planning system" (JAIR 26, 2006), and the project's documentation of its
//! translator's output. Leaves out other versions of the format, and derived variables of more than two values. The task
//! is searched as it stands: nothing is pruned. There is no PDDL behind it, so what needs the domain itself
//! (sessions, the validator, certificates) does not apply; [`SasFile::cost_of`] checks plans instead.

mod error;
mod follow;
mod from_task;
mod names;
mod read;
mod task;
mod write;

pub use error::{SasError, SasFault};
pub use read::parse_sas;

/// A variable and its value.
pub type SasFact = (u32, u32);

/// A task as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SasFile {
    /// Whether the costs of operators count; otherwise each costs one.
    pub uses_costs: bool,
    /// The variables.
    pub variables: Vec<SasVariable>,
    /// Sets of facts of which at most one holds in every reachable state.
    pub mutex_groups: Vec<Vec<SasFact>>,
    /// The value of each variable at first. A derived variable has it wherever no axiom sets the other one.
    pub init: Vec<u32>,
    /// What must hold in the end.
    pub goal: Vec<SasFact>,
    /// The operators.
    pub operators: Vec<SasOperator>,
    /// The axioms.
    pub axioms: Vec<SasAxiom>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SasVariable {
    /// Its name.
    pub name: String,
    /// The layer of a derived variable; `None` where operators set it.
    pub layer: Option<u32>,
    /// The names of its values: at least one.
    pub values: Vec<String>,
}

/// An operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SasOperator {
    /// The action's name and its objects, with blanks between them.
    pub name: String,
    /// Conditions on variables that it does not set.
    pub prevail: Vec<SasFact>,
    /// Its effects, made in this order.
    pub effects: Vec<SasEffect>,
    /// Its cost, also where costs do not count.
    pub cost: u32,
}

/// An effect of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SasEffect {
    /// What must hold besides the precondition so that it is made.
    pub conditions: Vec<SasFact>,
    /// The variable that it sets.
    pub variable: u32,
    /// The value that the operator needs; `None` for any.
    pub before: Option<u32>,
    /// The new value.
    pub after: u32,
}

/// The derived variable takes the value where the conditions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SasAxiom {
    /// The conditions.
    pub conditions: Vec<SasFact>,
    /// The variable.
    pub variable: u32,
    /// Its value where no axiom sets it.
    pub before: u32,
    /// Its value then.
    pub after: u32,
}
