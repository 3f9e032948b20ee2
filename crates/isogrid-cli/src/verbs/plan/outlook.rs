//! `isogrid plan explain` of a problem: what is ahead on every way to the goal, or why there is no way.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;

use clap::ArgMatches;
use isogrid::core::{Ctx, Stop, Value};
use isogrid::plan::certificate::{Certification, CertifyOptions, Proof, certify};
use isogrid::plan::explain::{LandmarksAhead, MAX_FACTS, OutOfReach, Way, landmarks, out_of_reach};
use isogrid::plan::pddl::{Domain, Problem};
use isogrid::plan::validate::{Judgement, check_certificate};
use isogrid::plan::{Keep, PlanError, ground_in};
use isogrid::wire::Explanation;

use super::explain::stopped;
use super::{fault, within};
use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;

/// Ticks of looking for a proof that there is no plan before landmarks are shown.
const PROOF_TICKS: u64 = 4_000_000;
/// Ways to make a fact true that are shown to people.
const MAX_WAYS: usize = 6;
/// Landmarks shown to people.
const MAX_LANDMARKS: usize = 40;

/// What is known of a problem without a plan at hand.
enum Outlook {
    /// There is no plan, and what the goal lacks, where that is facts that never hold and was looked at.
    Unsolvable(String, Option<Vec<OutOfReach>>),
    /// Landmarks, where there are any to be had.
    Ahead { landmarks: Option<LandmarksAhead>, is_solvable: bool },
}

/// What a short look for a proof that there is no plan came to.
enum Proved {
    Unsolvable(String, Option<Vec<OutOfReach>>),
    /// A state was found in which the goal holds.
    Solvable,
    Nothing,
}

pub(super) fn execute(
    app: &mut App,
    matches: &ArgMatches,
    (domain, problem): (Domain, Problem),
) -> Result<Exit, Trouble> {
    let outlook = match within(app, matches, |ctx| outlook(ctx, (domain, problem)))?.value {
        Ok(ControlFlow::Continue(outlook)) => outlook,
        Ok(ControlFlow::Break(stop)) | Err(PlanError::Stopped(stop)) => return stopped(app, stop),
        Err(error) => return Err(fault(error).into()),
    };
    let exit = if matches!(outlook, Outlook::Unsolvable(..)) { Exit::Negative } else { Exit::Answered };
    if app.screen.form == Form::Json {
        show_object(app, &outlook, exit)?;
        return Ok(exit);
    }
    app.screen.data(&match &outlook {
        Outlook::Unsolvable(why, missing) => {
            format!("unsolvable: {why}\n{}", missing_text(missing.as_deref().unwrap_or_default()))
        }
        Outlook::Ahead { landmarks, is_solvable } => {
            let is_open = "a short look did not settle whether there is a plan; `isogrid plan certify` looks longer\n\n";
            let width = app.screen.width().min(100);
            let known = landmarks.as_ref().map(|ahead| landmarks_text(ahead, width));
            let known = known.unwrap_or_else(|| "no landmarks are known of this problem\n".to_string());
            format!("{}{known}", if *is_solvable { "" } else { is_open })
        }
    })?;
    Ok(exit)
}

fn show_object(app: &App, outlook: &Outlook, exit: Exit) -> Result<(), Trouble> {
    let (unsolvable, missing, ahead) = match outlook {
        Outlook::Unsolvable(why, missing) => {
            let record =
                |facts: &Vec<OutOfReach>| Value::List(facts.iter().map(OutOfReach::record).collect());
            (Some(why.as_str()), missing.as_ref().map(record), None)
        }
        Outlook::Ahead { landmarks, .. } => (None, None, landmarks.as_ref().map(LandmarksAhead::record)),
    };
    let solvable = match outlook {
        Outlook::Unsolvable(..) => Some(false),
        Outlook::Ahead { is_solvable, .. } => is_solvable.then_some(true),
    };
    app.screen.object(&Explanation {
        solvable,
        validation: None,
        timeline: None,
        elimination: None,
        landmarks: ahead.as_ref(),
        unsolvable,
        out_of_reach: missing.as_ref(),
        file: None,
        exit: exit.code(),
    })?;
    Ok(())
}

fn outlook(ctx: &Ctx, (domain, problem): (Domain, Problem)) -> Result<ControlFlow<Stop, Outlook>, PlanError> {
    let is_solvable = match proof(ctx, (&domain, &problem)) {
        Proved::Unsolvable(why, missing) => {
            return Ok(ControlFlow::Continue(Outlook::Unsolvable(why, missing)));
        }
        Proved::Solvable => true,
        Proved::Nothing => false,
    };
    let task = ground_in(ctx, &Arc::new(domain), &Arc::new(problem), Keep::Relevant)?;
    if !task.unreachable_goals().is_empty() {
        let why = format!("these goal conditions never hold: {}", task.unreachable_goals().join(", "));
        return Ok(ControlFlow::Continue(Outlook::Unsolvable(why, None)));
    }
    let landmarks = landmarks(ctx, &task, task.init());
    Ok(match ctx.tick(0) {
        ControlFlow::Break(stop) if landmarks.is_none() => ControlFlow::Break(stop),
        _ => ControlFlow::Continue(Outlook::Ahead { landmarks, is_solvable }),
    })
}

/// Why there is no plan, if that is soon proved, and facts that are missing.
fn proof(ctx: &Ctx, (domain, problem): (&Domain, &Problem)) -> Proved {
    let child = ctx.child(PROOF_TICKS);
    let options = CertifyOptions { max_states: 10_000, pair_ticks: PROOF_TICKS / 4 };
    let made = certify(&child, domain, problem, &options);
    let judged = match &made {
        ControlFlow::Continue(Certification::Certified(certificate)) => {
            Some((check_certificate(&child, domain, problem, certificate), certificate))
        }
        _ => None,
    };
    ctx.absorb(&child);
    match (judged, &made) {
        (Some((Judgement::Valid(why), certificate)), _) => {
            let is_relaxed = matches!(certificate.proof, Proof::Relaxed);
            let missing = is_relaxed.then(|| out_of_reach(domain, problem, &certificate.atoms));
            Proved::Unsolvable(why, missing)
        }
        (_, ControlFlow::Continue(Certification::Solvable)) => Proved::Solvable,
        _ => Proved::Nothing,
    }
}

/// Each fact that never holds, and under it what would make it true.
fn missing_text(missing: &[OutOfReach]) -> String {
    let mut text = String::new();
    for one in missing {
        let goal = if one.is_goal { "  goal" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{} never holds{goal}", one.fact);
        if one.ways.is_empty() {
            text += "    nothing makes it true\n";
        }
        for Way { by, lacks } in one.ways.iter().take(MAX_WAYS) {
            let _ = match lacks.as_slice() {
                [] => writeln!(text, "    {by}  lacks no single fact; its conditions fail in another way"),
                lacks => writeln!(text, "    {by}  lacks {}", lacks.join(", ")),
            };
        }
        if one.ways.len() > MAX_WAYS {
            let _ = writeln!(text, "    ... {} more ...", one.ways.len() - MAX_WAYS);
        }
    }
    if missing.len() == MAX_FACTS {
        text += "\n... and perhaps more facts ...\n";
    }
    text
}

fn landmarks_text(found: &LandmarksAhead, width: usize) -> String {
    if found.ahead.is_empty() {
        return "no fact is known that every plan still has to make true\n".to_string();
    }
    let mut text =
        format!("every plan has to make true, in about this order ({} hold already):\n\n", found.n_reached);
    let digits = found.ahead.len().to_string().len();
    for (at, landmark) in found.ahead.iter().take(MAX_LANDMARKS).enumerate() {
        let mark = if landmark.is_next() { "next" } else { "" };
        let goal = if landmark.is_goal { "  goal" } else { "" };
        let line = format!("{:>digits$}  {mark:4}  {}{goal}", at + 1, landmark.text);
        let line: String = line.chars().take(width).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if found.ahead.len() > MAX_LANDMARKS {
        let _ = writeln!(text, "... {} more ...", found.ahead.len() - MAX_LANDMARKS);
    }
    text
}
