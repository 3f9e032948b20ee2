//! Progress of an engine as one line on a terminal.

use indicatif::{HumanCount, ProgressBar};
use isogrid::core::{Observer, Progress};

/// Writes spans and progress into a spinner's message.
#[derive(Debug)]
pub(crate) struct Ticker {
    bar: ProgressBar,
}

impl Ticker {
    /// A ticker on `bar`.
    pub(crate) fn new(bar: ProgressBar) -> Ticker {
        Ticker { bar }
    }
}

impl Observer for Ticker {
    fn enter(&self, name: &'static str) {
        self.bar.set_message(name);
    }

    fn progress(&self, progress: Progress<'_>) {
        self.bar.set_message(message(&progress));
    }
}

fn message(progress: &Progress<'_>) -> String {
    let Progress { stage, done, total, note } = progress;
    let amount = match total {
        Some(total) if *total > 0 => format!("{} of {}", HumanCount(*done), HumanCount(*total)),
        _ => HumanCount(*done).to_string(),
    };
    if note.is_empty() { format!("{stage}  {amount}") } else { format!("{stage}  {amount}  {note}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_what_is_known() {
        let progress = |total, note| Progress { stage: "epoch", done: 1200, total, note };
        assert_eq!(message(&progress(Some(5000), "")), "epoch  1,200 of 5,000");
        assert_eq!(message(&progress(None, "best 31")), "epoch  1,200  best 31");
    }
}
