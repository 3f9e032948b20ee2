//! `isogrid run`: the answer to an input, by a model fitted from it or by a saved one.
//!
//! Of an engine whose outputs improve, only the best one is data; a file given with `-o` is rewritten at every
//! improvement. Outputs that follow each other are streamed. An output that its checker refuses is never shown.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Ctx, Emission, Entry, Fault, FaultClass, Printed, RunOutcome, Stop, Verdict};
use isogrid::drive::{Driven, drive};
use isogrid::files::{self, Replacement};
use isogrid::wire::{Outcome, Output};
use isogrid::{Error, choose_named, envelope};

use crate::app::App;
use crate::exit::{Answer, Exit, Trouble};
use crate::inputs::{self, Asked};
use crate::screen::{Form, Screen};
use crate::{args, text};

pub(crate) fn command(entries: &[Entry]) -> Command {
    let model = Arg::new("model")
        .short('m')
        .long("model")
        .value_name("MODEL")
        .value_parser(value_parser!(PathBuf))
        .help("Use this saved model, as `isogrid fit` writes it, instead of fitting one");
    let output = args::output("Write the answer to this file, whole or not at all");
    args::with_work(
        Command::new("run")
            .arg(args::paths().required(false).required_unless_present("model"))
            .arg(model)
            .arg(output),
        entries,
    )
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let asked = Asked::from(app, matches)?;
    let model_path = matches.get_one::<PathBuf>("model");
    let model = model_path.map(|path| inputs::model(path)).transpose()?;
    let saved = match (model_path, &model) {
        (Some(path), Some(bytes)) => Some(of_model(app, &asked, path, bytes)?),
        _ => None,
    };
    let file = matches.get_one::<PathBuf>("output").map(PathBuf::as_path);
    file.map_or(Ok(()), files::check)?;
    let setup = asked.start(app);
    let driven = drive(&setup, |ctx| {
        let entry = saved.map_or_else(|| asked.choose(app, ctx), |(entry, _)| Ok(entry))?;
        let mut outputs = Outputs::new(entry, &app.screen, file);
        let mut emit = |printed, verdict| outputs.receive(ctx, printed, verdict);
        let ended = (entry.run)(ctx, &asked.request, saved.map(|(_, payload)| payload), &mut emit);
        Ok::<_, Trouble>((outputs, ended))
    })?;
    app.screen.unwatch();
    let warnings = app.screen.warnings(&asked.request);
    let Driven { value, seconds, ticks } = driven;
    let (outputs, ended) = value?;
    outputs.finish(Driven { value: ended, seconds, ticks }, &warnings)
}

/// The engine of the model at `path`, and what the engine wrote there.
fn of_model<'a>(
    app: &App,
    asked: &Asked,
    path: &Path,
    bytes: &'a [u8],
) -> Result<(&'static Entry, &'a [u8]), Error> {
    let name = path.display().to_string();
    let saved = envelope::unwrap(&name, bytes)?;
    let payload = envelope::unwrap_for(&name, bytes, asked.engine.as_deref().unwrap_or(saved.engine))?;
    Ok((choose_named(app.entries, &asked.request, saved.engine)?, payload))
}

/// What was put out so far.
struct Outputs<'a> {
    entry: &'a Entry,
    screen: &'a Screen,
    file: Option<&'a Path>,
    /// The file in the making, for outputs that follow each other.
    growing: Option<Replacement>,
    count: u64,
    /// The latest output: for an engine that improves, the best.
    last: Option<(Printed, Option<Verdict>)>,
    trouble: Option<Trouble>,
    start: std::time::Instant,
}

impl<'a> Outputs<'a> {
    fn new(entry: &'a Entry, screen: &'a Screen, file: Option<&'a Path>) -> Outputs<'a> {
        let start = std::time::Instant::now();
        Outputs { entry, screen, file, growing: None, count: 0, last: None, trouble: None, start }
    }

    fn emission(&self) -> Emission {
        (self.entry.info)().emission
    }

    fn engine(&self) -> &'static str {
        (self.entry.info)().name
    }

    fn receive(&mut self, ctx: &Ctx, printed: Printed, verdict: Option<Verdict>) -> ControlFlow<()> {
        match self.take(ctx, printed, verdict) {
            Ok(()) => ControlFlow::Continue(()),
            Err(trouble) => {
                self.trouble = Some(trouble);
                ControlFlow::Break(())
            }
        }
    }

    fn take(&mut self, ctx: &Ctx, printed: Printed, verdict: Option<Verdict>) -> Result<(), Trouble> {
        match &verdict {
            Some(Verdict::Fail(reason)) => return Err(self.refused(reason).into()),
            Some(Verdict::Abstain(reason)) => {
                self.screen.warning(&format!("`{}` abstains: {reason}", self.engine()));
            }
            _ => {}
        }
        // An answer without text, such as "there is none", is nothing to keep in a file.
        if let Some(path) = self.file.filter(|_| !printed.text.is_empty())
            && let Err(trouble) = self.write(path, &printed.text)
        {
            self.last = Some((printed, verdict));
            return Err(trouble);
        }
        if self.emission() == Emission::Improves {
            let after = text::seconds(self.start.elapsed().as_secs_f64());
            self.screen.detail(&format!("after {after}: {}", printed.summary));
        }
        match (self.screen.form, self.emission()) {
            (Form::Json, _) => self.object(ctx, &printed, verdict.as_ref())?,
            (Form::Text, Emission::Appends) if self.file.is_none() => self.screen.data(&printed.text)?,
            _ => {}
        }
        self.count += 1;
        self.last = Some((printed, verdict));
        Ok(())
    }

    fn refused(&self, reason: &str) -> Fault {
        let message = format!("an answer of `{}` failed its check and is not shown: {reason}", self.engine());
        let hint =
            "this is a fault of isogrid, not of your input: please report it with the command and the input";
        Fault { class: FaultClass::Internal, message, hint: Some(hint.to_string()) }
    }

    fn write(&mut self, path: &Path, text: &str) -> Result<(), Trouble> {
        if self.emission() == Emission::Improves {
            return Ok(files::write(path, text.as_bytes())?);
        }
        let growing = match self.growing.take() {
            Some(growing) => growing,
            None => Replacement::begin(path)?,
        };
        Ok(self.growing.insert(growing).append(text.as_bytes())?)
    }

    fn object(&self, ctx: &Ctx, printed: &Printed, verdict: Option<&Verdict>) -> Result<(), Trouble> {
        self.screen.object(&Output {
            engine: self.engine(),
            index: self.count,
            seconds: self.start.elapsed().as_secs_f64(),
            ticks: ctx.ticks(),
            verdict,
            summary: &printed.summary,
            text: &printed.text,
            record: &printed.record,
        })
    }

    /// Shows the best output, says how the run ended, and gives the exit code.
    fn finish(
        mut self,
        driven: Driven<Result<RunOutcome, Fault>>,
        warnings: &[String],
    ) -> Result<Exit, Trouble> {
        if let Some(trouble) = self.trouble.take() {
            // The file could not be written: the answer is not lost with it.
            if let (Form::Text, Emission::Improves, Some((best, _))) =
                (self.screen.form, self.emission(), &self.last)
            {
                self.screen.data(&best.text)?;
            }
            return Err(trouble);
        }
        if let Some(growing) = self.growing.take() {
            growing.commit()?;
        }
        if let (Form::Text, Emission::Improves, None, Some((best, _))) =
            (self.screen.form, self.emission(), self.file, &self.last)
        {
            self.screen.data(&best.text)?;
        }
        let Driven { value, seconds, ticks } = driven;
        let ended = value?;
        let exit = Exit::after(ended.stop, self.answer(ended.stop));
        self.conclude(&ended, seconds);
        if self.screen.form == Form::Json {
            self.screen.object(&Outcome {
                engine: self.engine(),
                verb: "run",
                stop: ended.stop,
                outputs: self.count,
                seconds,
                ticks,
                model_bytes: ended.model_bytes,
                verdict: self.last.as_ref().and_then(|(_, verdict)| verdict.as_ref()),
                file: self.written(),
                warnings,
                report: &[],
                exit: exit.code(),
            })?;
        }
        Ok(exit)
    }

    fn answer(&self, stop: Stop) -> Answer {
        let cut_short = matches!(stop, Stop::Budget(_) | Stop::Cancelled);
        match (self.emission(), self.count) {
            (_, 0) => Answer::Incomplete,
            (Emission::Appends, _) if cut_short => Answer::Incomplete,
            _ => Answer::Whole,
        }
    }

    fn written(&self) -> Option<String> {
        let text = self.last.as_ref().map_or("", |(last, _)| &last.text);
        self.file.filter(|_| !text.is_empty()).map(|path| path.display().to_string())
    }

    fn conclude(&self, ended: &RunOutcome, seconds: f64) {
        let after = text::seconds(seconds);
        self.screen.note(&match (&self.last, ended.stop) {
            (None, Stop::Impossible) => format!("no answer exists (proved after {after})"),
            (None, stop) => format!("no answer: {stop} after {after}"),
            (Some((last, _)), Stop::Budget(_) | Stop::Cancelled) => {
                format!("{}; {} after {after}", last.summary, ended.stop)
            }
            (Some((last, _)), _) => format!("{} in {after}", last.summary),
        });
        if let Some(Verdict::Pass(how)) = self.last.as_ref().and_then(|(_, verdict)| verdict.as_ref()) {
            self.screen.detail(&format!("checked: {how}"));
        }
        if let Some(file) = self.written() {
            self.screen.note(&format!("wrote {file}"));
        }
        if self.answer(ended.stop) == Answer::Incomplete && self.count > 0 {
            self.screen.warning("these are not all answers: the work ended before the input did");
        }
    }
}
