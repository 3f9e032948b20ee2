//! The only place that writes: data to standard output, everything else to standard error.
//!
//! Colour only on a terminal and without `NO_COLOR`; progress only on a terminal. Every text reads well without colour.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

use console::{Style, Term};
use indicatif::{ProgressBar, ProgressStyle};
use isogrid::core::{Fault, FaultClass, Observer, Request};
use isogrid::wire::{self, Failure, Message};

use crate::exit::{Exit, Trouble};
use crate::progress::Ticker;

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Volume {
    /// Errors only.
    Quiet,
    /// Notes and warnings too.
    Normal,
    /// Details too.
    Verbose,
}

/// What standard output carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text for people.
    Text,
    /// Objects of the wire format.
    Json,
}

/// Where a command writes.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    /// What standard output carries.
    pub(crate) form: Form,
    volume: Volume,
    /// What was asked for; a terminal gets details in any case.
    asked: Volume,
    bar: ProgressBar,
}

impl Screen {
    /// A screen on this process's standard output and error.
    pub(crate) fn new(form: Form, volume: Volume) -> Screen {
        let volume_for_terminal =
            if volume == Volume::Normal && io::stderr().is_terminal() { Volume::Verbose } else { volume };
        Screen { form, volume: volume_for_terminal, asked: volume, bar: ProgressBar::hidden() }
    }

    /// Shows progress from now on, if standard error is a terminal, and notes, if they were asked for; for the work's
    /// context.
    pub(crate) fn watch(&mut self) -> Option<Arc<dyn Observer>> {
        if self.volume == Volume::Quiet || !io::stderr().is_terminal() {
            let ticker = Ticker::new(self.bar.clone(), self.asked);
            return (self.asked == Volume::Verbose).then(|| Arc::new(ticker) as Arc<dyn Observer>);
        }
        let style = ProgressStyle::with_template("{spinner:.cyan} {wide_msg} {elapsed:.dim}");
        self.bar =
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        self.bar.enable_steady_tick(Duration::from_millis(100));
        Some(Arc::new(Ticker::new(self.bar.clone(), self.asked)))
    }

    /// Takes the progress line away.
    pub(crate) fn unwatch(&self) {
        self.bar.finish_and_clear();
    }

    /// Writes data to standard output.
    pub(crate) fn data(&self, text: &str) -> Result<(), Trouble> {
        let write = || {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        };
        self.bar.suspend(write).map_err(Trouble::of_stdout)
    }

    /// Writes an object of the wire format to standard output.
    pub(crate) fn object<M: Message>(&self, message: &M) -> Result<(), Trouble> {
        self.data(&(wire::line(message) + "\n"))
    }

    /// A note for everybody who did not ask for quiet.
    pub(crate) fn note(&self, text: &str) {
        if self.volume >= Volume::Normal {
            self.say(text);
        }
    }

    /// A note for a terminal and for those who asked for more.
    pub(crate) fn detail(&self, text: &str) {
        if self.volume >= Volume::Verbose {
            self.say(text);
        }
    }

    /// Something that may surprise.
    pub(crate) fn warning(&self, text: &str) {
        let word = Style::new().for_stderr().yellow().bold().apply_to("warning:");
        self.note(&format!("{word} {text}"));
    }

    /// Shows what readers of `request` found odd, and hands it on.
    pub(crate) fn warnings(&self, request: &Request) -> Vec<String> {
        let warnings = request.warnings.take();
        warnings.iter().for_each(|warning| self.warning(warning));
        warnings
    }

    /// Tells a fault and returns the end that goes with it.
    pub(crate) fn failure(&self, fault: &Fault) -> Exit {
        let exit = Exit::of(fault);
        let red = Style::new().for_stderr().red().bold();
        let mut text = format!("{} {}", red.apply_to("error:"), fault.message);
        if let Some(hint) = &fault.hint {
            let cyan = Style::new().for_stderr().cyan().bold();
            text += &format!("\n\n{} {hint}", cyan.apply_to("hint:"));
        }
        self.say(&text);
        if self.form == Form::Json {
            let class = match fault.class {
                FaultClass::BadInput => "bad_input",
                FaultClass::Internal => "internal",
            };
            let hint = fault.hint.as_deref();
            // The exit code already tells a reader who went away.
            let _ = self.object(&Failure { class, message: &fault.message, hint, exit: exit.code() });
        }
        exit
    }

    fn say(&self, text: &str) {
        say(&self.bar, text);
    }

    /// The width that text for people may take: that of the terminal, or 100 where there is none.
    pub(crate) fn width(&self) -> usize {
        let columns = Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
        columns.map_or(100, |columns| columns.clamp(40, 120))
    }
}

/// Writes a line to standard error, above the progress on `bar`. A standard error that is gone is no reason to stop.
pub(crate) fn say(bar: &ProgressBar, text: &str) {
    bar.suspend(|| {
        let _ = writeln!(io::stderr().lock(), "{text}");
    });
}
