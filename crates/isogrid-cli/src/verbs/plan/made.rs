//! What a tool of `plan` makes: a text for a file or for standard output, and a sentence of it beside it.

use std::path::Path;

use isogrid::wire::{self, Message};
use isogrid::{Error, files};

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;

/// What came of a tool's work.
pub(super) struct Made<'a> {
    /// Where the text goes, if not to standard output.
    pub file: Option<&'a Path>,
    /// The text; none where the work came to none.
    pub text: Option<String>,
    /// What it is, or why there is none.
    pub message: String,
    pub ticks: u64,
    pub exit: Exit,
}

impl Made<'_> {
    /// Hands the text out: to its file, whole or not at all, or to standard output, which carries nothing else.
    /// `object` makes the object of the wire format.
    pub(super) fn hand_out<'m, M: Message>(
        &'m self,
        app: &App,
        object: impl FnOnce(wire::Made<'m>) -> M,
    ) -> Result<Exit, Trouble> {
        let written = self.write()?;
        let text = self.text.as_deref().filter(|_| written.is_none());
        if app.screen.form == Form::Json {
            app.screen.object(&object(wire::Made {
                message: &self.message,
                text,
                file: written.map(|path| path.display().to_string()),
                ticks: self.ticks,
                exit: self.exit.code(),
            }))?;
            return Ok(self.exit);
        }
        text.map_or(Ok(()), |text| app.screen.data(text))?;
        app.screen.note(&self.message);
        if let Some(path) = written {
            app.screen.note(&format!("wrote {}", path.display()));
        }
        Ok(self.exit)
    }

    /// Writes the file, if there is a text for it.
    fn write(&self) -> Result<Option<&Path>, Error> {
        let Some((path, text)) = self.file.zip(self.text.as_ref()) else { return Ok(None) };
        files::write(path, text.as_bytes())?;
        Ok(Some(path))
    }
}
