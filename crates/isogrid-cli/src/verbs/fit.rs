//! `isogrid fit`: fits a model and saves it.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use isogrid::core::{Entry, Stop};
use isogrid::drive::{Driven, drive};
use isogrid::wire::Outcome;
use isogrid::{envelope, files};

use crate::app::App;
use crate::exit::{Answer, Exit, Trouble, or_early};
use crate::inputs::Asked;
use crate::screen::Form;
use crate::{args, text};

pub(crate) fn command(entries: &[Entry]) -> Command {
    let output = args::output("Write the model to this file, whole or not at all").required(true);
    args::with_work(Command::new("fit").arg(args::paths()).arg(output), entries)
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let asked = Asked::from(app, matches)?;
    let entry = asked.choose(app)?;
    let path = matches.get_one::<PathBuf>("output").map_or(Path::new(""), PathBuf::as_path);
    files::check(path)?;
    let setup = asked.start(app);
    let Driven { value, seconds, ticks } = drive(&setup, |ctx| {
        let fitted = (entry.fit)(ctx, &asked.request).map(|fitted| (Some(fitted.model), fitted.stop));
        or_early(ctx, fitted, |stop| (None, stop))
    })?;
    app.screen.unwatch();
    let warnings = app.screen.warnings(&asked.request);
    let (model, stop) = value?;
    let engine = (entry.info)().name;
    let bytes = model.map(|model| envelope::wrap(engine, &model));
    bytes.as_ref().map_or(Ok(()), |bytes| files::write(path, bytes))?;
    let file = bytes.as_ref().map(|_| path.display().to_string());
    let model_bytes = bytes.as_ref().map(|bytes| bytes.len() as u64);
    let exit = Exit::after(stop, if bytes.is_some() { Answer::Whole } else { Answer::Incomplete });
    app.screen.note(&conclusion(engine, file.as_deref().zip(model_bytes), stop, seconds));
    if app.screen.form == Form::Json {
        app.screen.object(&Outcome {
            engine,
            verb: "fit",
            stop,
            outputs: 0,
            seconds,
            ticks,
            model_bytes,
            verdict: None,
            file,
            warnings: &warnings,
            exit: exit.code(),
        })?;
    }
    Ok(exit)
}

fn conclusion(engine: &str, written: Option<(&str, u64)>, stop: Stop, seconds: f64) -> String {
    let after = text::seconds(seconds);
    match written {
        None => format!("{engine}: no model, {stop} after {after}"),
        Some((file, size)) => {
            let ended = if stop == Stop::Done { String::new() } else { format!(" ({stop})") };
            format!("{engine}: wrote {file} ({}) in {after}{ended}", text::bytes(size))
        }
    }
}
