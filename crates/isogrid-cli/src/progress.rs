//! Progress of an engine as one line on a terminal, and its notes for those who ask for more.

use std::time::Instant;

use indicatif::{HumanCount, ProgressBar};
use isogrid::core::{Observer, Progress};

use crate::screen::{Volume, say};

/// Writes spans and progress into a spinner's message, and notes above it.
#[derive(Debug)]
pub(crate) struct Ticker {
    bar: ProgressBar,
    began: Instant,
    volume: Volume,
}

impl Ticker {
    /// A ticker on `bar` that shows notes to those who asked for more.
    pub(crate) fn new(bar: ProgressBar, volume: Volume) -> Ticker {
        Ticker { bar, began: Instant::now(), volume }
    }
}

impl Observer for Ticker {
    fn enter(&self, name: &'static str) {
        self.bar.set_message(name);
    }

    fn progress(&self, progress: Progress<'_>) {
        self.bar.set_message(message(&progress));
    }

    fn note(&self, text: &str) {
        if self.volume == Volume::Verbose {
            say(&self.bar, &format!("{:8.3} s  {text}", self.began.elapsed().as_secs_f64()));
        }
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
