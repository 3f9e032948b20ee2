//! The one error of the planner.

use isogrid_core::{Diagnose, FaultClass, Stop};

use crate::pddl::PddlError;
use crate::sas::SasError;
use crate::search::Search;

/// What can go wrong with a planning problem. Unsolvable is not an error; see [`crate::Outcome`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A file is not the PDDL that this planner reads.
    #[error(transparent)]
    Pddl(#[from] PddlError),
    /// A file is not a task in the SAS+ format of Fast Downward's translator.
    #[error(transparent)]
    Sas(#[from] SasError),
    /// An action's cost refers to a function value that the problem does not give.
    #[error("the problem gives no value for the cost {function}")]
    MissingCost {
        /// The function and its arguments.
        function: String,
    },
    /// A condition or change needs the value of a function that never changes, and the problem does not give it.
    #[error("the problem gives no value for {function}, which {owner} needs")]
    MissingValue {
        /// The function and its arguments.
        function: String,
        /// What needs it.
        owner: String,
    },
    /// The metric is not a sum of action costs.
    #[error("the metric cannot be counted as action costs: {0}")]
    Metric(String),
    /// Numbers that change are multiplied with each other, or divide something.
    #[error(
        "{owner} multiplies numbers that change, or divides by one; only linear expressions are supported"
    )]
    NotLinear {
        /// What does so.
        owner: String,
    },
    /// An action's cost does not fit.
    #[error("the cost of action `{action}` is larger than {}", u32::MAX)]
    CostOverflow {
        /// The action's name.
        action: String,
    },
    /// A count does not fit.
    #[error("the grounded task has more than {} {what}", u32::MAX)]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
    },
    /// The context ended the work before a task or model existed.
    #[error("{0} while grounding")]
    Stopped(Stop),
    /// A file could not be read.
    #[error("cannot read `{name}`: {reason}")]
    Read {
        /// The file.
        name: String,
        /// The system's word.
        reason: String,
    },
    /// The request does not hold what a planning problem needs.
    #[error("{0}")]
    Request(String),
    /// An option has a value outside its range.
    #[error("option `{option}` is `{value}`, expected {expected}")]
    BadOption {
        /// The option's name.
        option: &'static str,
        /// The value given.
        value: String,
        /// What is accepted.
        expected: String,
    },
    /// A search of this name does not exist.
    #[error("there is no search `{0}`")]
    UnknownSearch(String),
    /// Two options that exclude each other.
    #[error("options `{one}` and `{other}` exclude each other")]
    Conflict {
        /// The first.
        one: &'static str,
        /// The second.
        other: &'static str,
    },
    /// An option that means nothing without another.
    #[error("option `{option}` needs `{needs}`")]
    Needs {
        /// The option.
        option: &'static str,
        /// What has to be given with it.
        needs: &'static str,
    },
    /// A search, or a part of one, does not support what the task has.
    #[error("`{what}` does not support conditional effects, axioms or numbers, and this task has some")]
    Unsupported {
        /// Its name.
        what: &'static str,
    },
    /// A state pushed into a session names what the problem does not know.
    #[error("the pushed state {0}")]
    BadState(String),
    /// Bytes that are not a saved planning model.
    #[error("not a saved planning model: {0}")]
    BadModel(String),
    /// A file is not the certificate that it should be.
    #[error("{name}:{line}: {problem}")]
    BadCertificate {
        /// The file.
        name: String,
        /// The line, from one.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// What was given as a plan of a task is none.
    #[error("not a plan of this task: {0}")]
    NotAPlan(String),
    /// A plan failed its validator: a fault of the planner itself.
    #[error("the planner made a plan that its validator refuses: {0}")]
    InvalidPlan(String),
}

impl Diagnose for PlanError {
    fn class(&self) -> FaultClass {
        match self {
            PlanError::InvalidPlan(_) => FaultClass::Internal,
            _ => FaultClass::BadInput,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            PlanError::Pddl(error) => error.hint(),
            PlanError::Sas(error) => error.hint(),
            PlanError::MissingCost { function } => {
                Some(format!("add `(= {function} N)` to the problem's :init"))
            }
            PlanError::MissingValue { function, .. } => {
                Some(format!("add `(= {function} N)` to the problem's :init"))
            }
            PlanError::Metric(_) => Some("minimise functions that actions increase by constants".to_string()),
            PlanError::TooLarge { .. } => {
                Some("fewer objects, or parameters with narrower types".to_string())
            }
            PlanError::UnknownSearch(_) => {
                let names: Vec<&str> = Search::NAMED.iter().map(|(name, _)| *name).collect();
                Some(format!("one of {}", names.join(", ")))
            }
            PlanError::Unsupported { .. } => Some("`--search astar-lmcut` alone supports them".to_string()),
            PlanError::Request(_) => Some("give a domain file and a problem file".to_string()),
            _ => None,
        }
    }
}
