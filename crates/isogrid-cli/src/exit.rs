//! How the command ends: exit codes, and what stops a verb early.

use std::io;

use isogrid::Error;
use isogrid::core::{Fault, FaultClass, Limit, Stop};

/// The end of a command. The codes are part of its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: answered, also when a budget ended the improving.
    Answered,
    /// 1: an honest negative.
    Negative,
    /// 2: wrong usage or bad input.
    BadInput,
    /// 3: the budget ended without a whole answer.
    Budget,
    /// 4: a fault of isogrid itself.
    Internal,
    /// 130: interrupted; the best so far is kept.
    Interrupted,
    /// 141: the reader of standard output went away; as a program that the signal ends.
    Pipe,
}

impl Exit {
    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Answered => 0,
            Exit::Negative => 1,
            Exit::BadInput => 2,
            Exit::Budget => 3,
            Exit::Internal => 4,
            Exit::Interrupted => 130,
            Exit::Pipe => 141,
        }
    }

    /// The end after a fault.
    pub(crate) fn of(fault: &Fault) -> Exit {
        match fault.class {
            FaultClass::BadInput => Exit::BadInput,
            FaultClass::Internal => Exit::Internal,
        }
    }

    /// The end after work that stopped with a whole answer at hand, or without.
    pub(crate) fn after(stop: Stop, answer: Answer) -> Exit {
        match (stop, answer) {
            (Stop::Cancelled, _) => Exit::Interrupted,
            (Stop::Impossible | Stop::Failed, _) => Exit::Negative,
            (Stop::Budget(Limit::Ticks | Limit::Time | Limit::Memory), Answer::Incomplete) => Exit::Budget,
            _ => Exit::Answered,
        }
    }
}

/// Whether what was put out answers the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It does.
    Whole,
    /// There is none, or only a part.
    Incomplete,
}

/// What ends a verb before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// An error to tell.
    Fault(Fault),
    /// Nobody reads standard output any more; nothing to tell.
    Pipe,
}

impl Trouble {
    /// The trouble behind a failed write to standard output.
    pub(crate) fn of_stdout(error: io::Error) -> Trouble {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Trouble::Pipe,
            _ => Error::StandardOutput { source: error }.into(),
        }
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Fault(fault)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Fault(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_follows_from_stop_and_answer() {
        use Answer::{Incomplete, Whole};
        let cases = [
            (Stop::Done, Whole, Exit::Answered),
            (Stop::Done, Incomplete, Exit::Answered),
            (Stop::Enough, Whole, Exit::Answered),
            (Stop::Impossible, Incomplete, Exit::Negative),
            (Stop::Impossible, Whole, Exit::Negative),
            (Stop::Failed, Whole, Exit::Negative),
            (Stop::Budget(Limit::Time), Whole, Exit::Answered),
            (Stop::Budget(Limit::Time), Incomplete, Exit::Budget),
            (Stop::Budget(Limit::Ticks), Incomplete, Exit::Budget),
            (Stop::Cancelled, Whole, Exit::Interrupted),
            (Stop::Cancelled, Incomplete, Exit::Interrupted),
        ];
        for (stop, answer, exit) in cases {
            assert_eq!(Exit::after(stop, answer), exit, "{stop} {answer:?}");
        }
    }
}
