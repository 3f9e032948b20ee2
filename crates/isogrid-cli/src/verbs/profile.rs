//! `isogrid profile`: what structure is in the input, with evidence, and the next command.

use std::path::PathBuf;

use clap::{ArgMatches, Command};
use console::Style;
use isogrid::candidates;
use isogrid::core::{Bid, Entry, Evidence, Fault, Finding, Request, Stop};
use isogrid::drive::{Setup, drive};
use isogrid::wire::Found;

use crate::app::App;
use crate::args;
use crate::exit::{Answer, Exit, Trouble};
use crate::inputs::{self, Asked};
use crate::screen::Form;
use crate::text::{hanging, number};

pub(crate) fn command(entries: &[Entry]) -> Command {
    args::with_work(Command::new("profile").arg(args::paths()), entries)
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let asked = Asked::from(app, matches)?;
    let askable = match asked.engine {
        Some(_) => vec![(asked.choose(app)?, "as you asked".to_string())],
        None => candidates(app.entries, &asked.request)?,
    };
    if askable.iter().all(|(entry, _)| entry.detect.is_none()) {
        let names: Vec<_> = askable.iter().map(|(entry, _)| (entry.info)().name).collect();
        let message = format!("no engine that takes this input has a detector: {}", names.join(", "));
        return Err(Fault::bad_input(message).into());
    }
    let setup = asked.start(app);
    let mut found = Vec::new();
    let mut stop = Stop::Done;
    for (entry, kind) in askable {
        let findings = ask(app, &setup, entry, &asked.request, &mut stop)?;
        app.screen.warnings(&asked.request);
        show(app, entry, &kind, &findings)?;
        if findings.iter().any(|finding| finding.found) {
            found.push((entry.info)().name);
        }
    }
    app.screen.unwatch();
    if app.screen.form == Form::Text {
        app.screen.data(&verdict(&found, stop, &asked, &inputs::paths(matches)))?;
    }
    Ok(match (found.is_empty(), stop) {
        (false, Stop::Cancelled) | (true, Stop::Cancelled) => Exit::Interrupted,
        (false, _) => Exit::Answered,
        (true, Stop::Budget(_)) => Exit::after(stop, Answer::Incomplete),
        (true, _) => Exit::Negative,
    })
}

fn ask(
    app: &App,
    setup: &Setup,
    entry: &Entry,
    request: &Request,
    stop: &mut Stop,
) -> Result<Vec<Finding>, Trouble> {
    let Some(detect) = entry.detect else {
        app.screen.detail(&format!("`{}` has no detector", (entry.info)().name));
        return Ok(Vec::new());
    };
    let driven = drive(setup, |ctx| {
        let findings = detect(ctx, request);
        // A tick of nothing asks whether the detector was cut short.
        let ended = ctx.tick(0).break_value();
        (findings, ended)
    })?;
    let (findings, ended) = driven.value;
    *stop = ended.unwrap_or(*stop);
    Ok(findings?)
}

fn show(app: &App, entry: &Entry, kind: &str, findings: &[Finding]) -> Result<(), Trouble> {
    let engine = (entry.info)().name;
    if app.screen.form == Form::Json {
        for finding in findings {
            app.screen.object(&Found { engine, finding })?;
        }
        return Ok(());
    }
    let width = app.screen.width();
    let bold = Style::new().for_stdout().bold();
    let mut text = format!("{}  ({kind})\n", bold.apply_to(engine));
    for finding in findings {
        text += &about(finding, width);
    }
    app.screen.data(&(text + "\n"))
}

fn about(finding: &Finding, width: usize) -> String {
    let style = Style::new().for_stdout().bold();
    let (word, style) = if finding.found { ("found ", style.green()) } else { ("absent", style.yellow()) };
    let mut text = format!("\n  {}  {}\n", style.apply_to(word), finding.structure);
    let mut line = |title: &str, body: &str| {
        text += &(hanging(&format!("          {title}"), body, width) + "\n");
    };
    line("", &finding.statement);
    line("evidence  ", &evidence(&finding.evidence));
    if let Some(bid) = &finding.bid {
        line("bid       ", &offer(bid));
    }
    text
}

fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Test { statistic, null_quantile, p } => format!(
            "statistic {} against {} under the null hypothesis, {}",
            number(*statistic),
            number(*null_quantile),
            probability(*p)
        ),
        Evidence::Proof { certificate } => format!("proof: {certificate}"),
        Evidence::ByConstruction { why } => format!("by construction: {why}"),
    }
}

fn offer(bid: &Bid) -> String {
    let (low, high) = bid.interval;
    format!(
        "score {} [{}, {}] for {} CPU seconds ({})",
        number(bid.score),
        number(low),
        number(high),
        number(bid.cost),
        bid.backing_run
    )
}

/// The last line: what to do about it.
fn verdict(found: &[&str], stop: Stop, asked: &Asked, paths: &[PathBuf]) -> String {
    let Some(engine) = found.first() else {
        return match stop {
            Stop::Budget(_) | Stop::Cancelled => format!("verdict: nothing found so far ({stop})\n"),
            _ => "verdict: no engine here finds structure that it could exploit\n".to_string(),
        };
    };
    let options = asked.request.options.iter().map(|(name, value)| match value.as_str() {
        "" => format!("--{name} "),
        value => format!("--{name} {value} "),
    });
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    format!("next: isogrid run --engine {engine} {}{}\n", options.collect::<String>(), paths.join(" "))
}

/// A probability; a very small one is not known well enough to print its digits.
fn probability(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".to_string() } else { format!("p = {}", number(p)) }
}
