//! Ctrl-C: the first one asks the work to end and keep the best so far, the second ends the process.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use isogrid::core::Reason;

use crate::app::App;
use crate::exit::Exit;

/// Listens from now on. Where the system allows no handler, an interrupt ends the process as usual.
pub(crate) fn listen(app: &App) {
    let (cancel, screen) = (app.cancel.clone(), app.screen.clone());
    let asked = AtomicBool::new(false);
    let _ = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(Exit::Interrupted.code()));
        }
        cancel.cancel(Reason::Interrupt);
        screen.note("interrupted: ending with the best so far; once more ends at once");
    });
}
