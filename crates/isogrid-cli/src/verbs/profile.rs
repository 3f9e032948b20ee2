//! `isogrid profile`: what structure is in the input, with evidence, and the next command.

use std::path::PathBuf;

use clap::{ArgMatches, Command};
use console::Style;
use isogrid::core::{Bid, Entry, Evidence, Fault, Finding, Stop};
use isogrid::decide::{Decision, Heard, decide};
use isogrid::drive::drive;
use isogrid::wire::Found;

use crate::app::App;
use crate::exit::{Answer, Exit, Trouble};
use crate::inputs::{self, Asked};
use crate::screen::Form;
use crate::text::{hanging, number};
use crate::{args, bids};

pub(crate) fn command(entries: &[Entry]) -> Command {
    args::with_work(Command::new("profile").arg(args::paths()), entries)
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let asked = Asked::from(app, matches)?;
    let candidates = asked.candidates(app)?;
    if candidates.iter().all(|(entry, _)| entry.detect.is_none()) {
        let names: Vec<_> = candidates.iter().map(|(entry, _)| (entry.info)().name).collect();
        let message = format!("no engine that takes this input has a detector: {}", names.join(", "));
        return Err(Fault::bad_input(message).into());
    }
    let setup = asked.start(app);
    let decided = drive(&setup, |ctx| decide(ctx, candidates, &asked.request))?.value;
    app.screen.unwatch();
    app.screen.warnings(&asked.request);
    let decision = decided?;
    for heard in &decision.heard {
        show(app, heard)?;
    }
    if decision.heard.len() > 1 {
        bids::object(&app.screen, &decision)?;
    }
    if app.screen.form == Form::Text {
        app.screen.data(&verdict(app, &decision, &asked, &inputs::paths(matches)))?;
    }
    Ok(match (decision.heard.iter().any(Heard::found), decision.stop) {
        (_, Stop::Cancelled) => Exit::Interrupted,
        (true, _) => Exit::Answered,
        (false, Stop::Budget(_)) => Exit::after(decision.stop, Answer::Incomplete),
        (false, _) => Exit::Negative,
    })
}

fn show(app: &App, heard: &Heard<'_>) -> Result<(), Trouble> {
    let engine = heard.engine();
    let findings = match &heard.findings {
        Ok(findings) => findings,
        Err(fault) => {
            app.screen.warning(&format!("`{engine}` cannot take this input: {fault}"));
            return Ok(());
        }
    };
    if heard.entry.detect.is_none() {
        app.screen.detail(&format!("`{engine}` has no detector"));
    }
    if app.screen.form == Form::Json {
        for finding in findings {
            app.screen.object(&Found { engine, finding })?;
        }
        return Ok(());
    }
    let width = app.screen.width();
    let bold = Style::new().for_stdout().bold();
    let mut text = format!("{}  ({})\n", bold.apply_to(engine), heard.kind);
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

/// The last lines: the bids where there are several, and what to do about it.
fn verdict(app: &App, decision: &Decision<'_>, asked: &Asked, paths: &[PathBuf]) -> String {
    if !decision.heard.iter().any(Heard::found) {
        return match decision.stop {
            stop @ (Stop::Budget(_) | Stop::Cancelled) => {
                format!("verdict: nothing found so far ({stop})\n")
            }
            _ => "verdict: no engine here finds structure that it could exploit\n".to_string(),
        };
    }
    let bids = match decision.offers.as_slice() {
        several @ [_, _, ..] => bids::table(several, app.screen.width()) + "\n",
        _ => String::new(),
    };
    let engine = (decision.entry.info)().name;
    let options = asked.request.options.iter().map(|(name, value)| match value.as_str() {
        "" => format!("--{name} "),
        value => format!("--{name} {value} "),
    });
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    format!("{bids}next: isogrid run --engine {engine} {}{}\n", options.collect::<String>(), paths.join(" "))
}

/// A probability; a very small one is not known well enough to print its digits.
fn probability(p: f64) -> String {
    if p < 1e-4 { "p < 0.0001".to_string() } else { format!("p = {}", number(p)) }
}
