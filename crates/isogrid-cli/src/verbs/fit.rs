//! `isogrid fit`: fits a model and saves it.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use isogrid::core::{Entry, Stop};
use isogrid::drive::{Driven, drive};
use isogrid::wire::Outcome;
use isogrid::{envelope, files};

use crate::app::App;
use crate::exit::{Answer, Exit, Trouble};
use crate::inputs::Asked;
use crate::screen::Form;
use crate::{args, text};

pub(crate) fn command(entries: &[Entry]) -> Command {
    let output = args::output("Write the model to this file, whole or not at all").required(true);
    args::with_work(Command::new("fit").arg(args::paths()).arg(output), entries)
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let asked = Asked::from(app, matches)?;
    let path = matches.get_one::<PathBuf>("output").map_or(Path::new(""), PathBuf::as_path);
    files::check(path)?;
    let setup = asked.start(app);
    let Driven { value, seconds, ticks } = drive(&setup, |ctx| {
        let entry = asked.choose(app, ctx)?;
        let fitted = (entry.fit)(ctx, &asked.request)?;
        Ok::<_, Trouble>((entry, fitted))
    })?;
    app.screen.unwatch();
    let warnings = app.screen.warnings(&asked.request);
    let (entry, fitted) = value?;
    let engine = (entry.info)().name;
    let bytes = envelope::wrap(engine, &fitted.model);
    files::write(path, &bytes)?;
    // A model is an answer also when a limit ended its fit.
    let exit = Exit::after(fitted.stop, Answer::Whole);
    let (size, after) = (text::bytes(bytes.len() as u64), text::seconds(seconds));
    fitted.report.iter().for_each(|line| app.screen.note(line));
    let ended = if fitted.stop == Stop::Done { String::new() } else { format!(" ({})", fitted.stop) };
    app.screen.note(&format!("{engine}: wrote {} ({size}) in {after}{ended}", path.display()));
    if app.screen.form == Form::Json {
        app.screen.object(&Outcome {
            engine,
            verb: "fit",
            stop: fitted.stop,
            outputs: 0,
            seconds,
            ticks,
            model_bytes: Some(bytes.len() as u64),
            verdict: None,
            file: Some(path.display().to_string()),
            warnings: &warnings,
            report: &fitted.report,
            exit: exit.code(),
        })?;
    }
    Ok(exit)
}
