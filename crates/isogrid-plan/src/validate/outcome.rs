//! What the validator found, and how it says so.

use std::fmt;

use isogrid_core::Verdict;

/// A validator's word on a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// Steps that were executed; all of them if only the goal is missed.
    pub steps: usize,
    /// What the executed steps cost: one each without a metric, what they added to it with one.
    pub cost: f64,
    /// What was found.
    pub outcome: Outcome,
}

/// Why a plan is valid or not. Steps count from one; actions and conditions are in PDDL's notation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Every step can be executed and the goal holds at the end.
    Valid,
    /// The domain has no such action.
    UnknownAction {
        /// The step.
        step: usize,
        /// The name, or the index if it has none.
        action: String,
        /// A name that was perhaps meant, as a question.
        hint: Option<String>,
    },
    /// The problem has no such object.
    UnknownObject {
        /// The step.
        step: usize,
        /// The step's text.
        action: String,
        /// The name, or the index if it has none.
        object: String,
        /// A name that was perhaps meant, as a question.
        hint: Option<String>,
    },
    /// The wrong number of arguments.
    WrongArity {
        /// The step.
        step: usize,
        /// The step's text.
        action: String,
        /// How many parameters the action has.
        expected: usize,
        /// How many arguments were given.
        found: usize,
    },
    /// An argument of the wrong type.
    WrongType {
        /// The step.
        step: usize,
        /// The step's text.
        action: String,
        /// The argument.
        object: String,
        /// The parameter with its type.
        parameter: String,
    },
    /// A literal of the precondition does not hold.
    UnmetPrecondition {
        /// The step.
        step: usize,
        /// The step's text.
        action: String,
        /// The literal.
        condition: String,
    },
    /// An action's cost needs a function value that the problem does not give.
    MissingFunctionValue {
        /// The step.
        step: usize,
        /// The step's text.
        action: String,
        /// The function and its arguments.
        function: String,
    },
    /// The metric needs the value of a function that has none.
    UndefinedMetric {
        /// The last step executed.
        step: usize,
    },
    /// The plan's cost is so large that whole numbers are not told apart.
    CostOverflow {
        /// The step that is too much.
        step: usize,
    },
    /// All steps can be executed, but the goal does not hold at the end.
    GoalNotReached {
        /// Goal literals that do not hold.
        unmet: Vec<String>,
    },
    /// An initial atom or goal literal handed to [`super::Validator::check`] is not one of this problem.
    ForeignAtom {
        /// The atom, with indices where it has no names.
        atom: String,
    },
}

impl Validation {
    /// Whether the plan is valid.
    pub fn is_valid(&self) -> bool {
        self.outcome == Outcome::Valid
    }

    /// The same as a checker's verdict.
    pub fn verdict(&self) -> Verdict {
        if self.is_valid() { Verdict::Pass(self.to_string()) } else { Verdict::Fail(self.to_string()) }
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let question =
            |hint: &Option<String>| hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        match &self.outcome {
            Outcome::Valid => write!(f, "valid plan: {}, cost {}", count(self.steps, "step"), self.cost),
            Outcome::UnknownAction { step, action, hint } => {
                write!(f, "step {step}: unknown action '{action}'{}", question(hint))
            }
            Outcome::UnknownObject { step, action, object, hint } => {
                write!(f, "step {step} {action}: unknown object '{object}'{}", question(hint))
            }
            Outcome::WrongArity { step, action, expected, found } => {
                write!(f, "step {step} {action}: {} given, expected {expected}", count(*found, "argument"))
            }
            Outcome::WrongType { step, action, object, parameter } => {
                write!(f, "step {step} {action}: '{object}' is not of the type of {parameter}")
            }
            Outcome::UnmetPrecondition { step, action, condition } => {
                write!(f, "step {step} {action}: its precondition {condition} does not hold")
            }
            Outcome::MissingFunctionValue { step, action, function } => {
                write!(f, "step {step} {action}: the problem gives no value for {function}")
            }
            Outcome::CostOverflow { step } => {
                write!(f, "step {step}: the plan's cost is larger than {}", 1u64 << 53)
            }
            Outcome::UndefinedMetric { step } => {
                write!(f, "after step {step}: the metric needs a function that has no value")
            }
            Outcome::GoalNotReached { unmet } => {
                let steps = count(self.steps, "step");
                write!(f, "the goal is not reached after {steps}: not satisfied: {}", unmet.join(", "))
            }
            Outcome::ForeignAtom { atom } => write!(f, "{atom} is not an atom of this problem"),
        }
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
