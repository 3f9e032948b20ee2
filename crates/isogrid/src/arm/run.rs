//! `isogrid run SCENARIO -m SKILLS`: the registry's entry of the arm, with worlds.

use std::ffi::OsString;
use std::process::Command;
use std::sync::Arc;

use isogrid_core::{
    Ctx, Emit, Entry, Fault, Printed, Progress, Request, RunOutcome, Source, Stop, Store, Value,
};
use isogrid_num::stats::quantile;
use isogrid_robot::agent::{Agent, Status};
use isogrid_robot::skills::{Learned, Skills};
use isogrid_robot::{Robot, RobotError, Scene};

use super::episode::{Episode, Tick, play};
use super::process::{WorldProcess, simulator};

const PLAIN: Entry = isogrid_core::entry::<Robot>().with_detect::<Robot>();

/// The arm's entry.
pub(crate) const ENTRY: Entry = Entry { run, ..PLAIN };

fn run(ctx: &Ctx, request: &Request, saved: Option<&[u8]>, emit: Emit<'_>) -> Result<RunOutcome, Fault> {
    let scenario = request.sources.iter().find(|source| is_scenario(source));
    if scenario.is_none() && request.option("world").is_none() {
        refuse_pictures(request, "an answer without a world shows nothing")?;
        return (PLAIN.run)(ctx, request, saved, emit);
    }
    let Some(saved) = saved else {
        return Err(Fault::bad_input("an arm in a world needs skills")
            .with_hint("-m SKILLS; `isogrid fit DEMONSTRATIONS -o SKILLS` learns them"));
    };
    let skills = Arc::new(Robot.load(saved).map_err(fault)?);
    let command = world_command(request, scenario)?;
    let (mut process, briefing) = WorldProcess::start(command)?;
    let scene = briefing.scene.clone();
    let mut agent = agent(ctx, request, &skills, (&scene, &briefing.task))?;
    let mut timeline = Timeline { scene, ctx, emit, replans: 0 };
    let episode = play(ctx, &mut process.world, &briefing, &mut agent, &mut |tick| timeline.take(tick));
    let episode = episode.map_err(fault)?;
    let filmed = if briefing.listens { process.finish() } else { Ok(()) };
    timeline.end(&episode, &if filmed.is_ok() { kept(request) } else { String::new() });
    filmed?;
    Ok(RunOutcome { stop: stop(&episode), model_bytes: Some(saved.len() as u64) })
}

fn fault(error: RobotError) -> Fault {
    let hint = isogrid_core::Diagnose::hint(&error);
    let fault = Fault::bad_input(error.to_string());
    match hint {
        Some(hint) => fault.with_hint(hint),
        None => fault,
    }
}

fn is_scenario(source: &Source) -> bool {
    let extension = source.path().and_then(|path| path.extension());
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// The world that is asked for: the user's own command, else the simulator with a scenario.
fn world_command(request: &Request, scenario: Option<&Source>) -> Result<Command, Fault> {
    if let Some(text) = request.option("world") {
        refuse_pictures(request, "a world of your own shows itself")?;
        let mut words = text.split_whitespace();
        let program = words.next().ok_or_else(|| Fault::bad_input("--world is empty"))?;
        let mut command = Command::new(program);
        command.args(words).args(scenario.and_then(Source::path));
        return Ok(command);
    }
    let mut command = Command::new(simulator()?);
    command.args(serve(request, scenario));
    Ok(command)
}

/// Options that the simulator serves.
const PICTURES: [&str; 2] = ["film", "record"];

fn refuse_pictures(request: &Request, why: &str) -> Result<(), Fault> {
    match PICTURES.iter().find(|option| request.option(option).is_some()) {
        Some(option) => Err(Fault::bad_input(format!("--{option} is for scenarios: {why}"))),
        None => Ok(()),
    }
}

/// What the simulator is told; a scenario has a seed of its own.
fn serve(request: &Request, scenario: Option<&Source>) -> Vec<OsString> {
    let path = scenario.and_then(Source::path).map(OsString::from);
    let seed = request.seed.map(|seed| OsString::from(format!("--seed={seed}")));
    let option = |name| request.option(name).map(|value| OsString::from(format!("--{name}={value}")));
    let pictures = PICTURES.into_iter().filter_map(option);
    std::iter::once(OsString::from("serve")).chain(path).chain(seed).chain(pictures).collect()
}

/// The files that pictures went to, as a reader of the last line is told.
fn kept(request: &Request) -> String {
    PICTURES.iter().filter_map(|name| request.option(name).map(|file| format!("; {file} written"))).collect()
}

fn agent(
    ctx: &Ctx,
    request: &Request,
    skills: &Arc<Skills>,
    (scene, task): (&Scene, &isogrid_robot::tasks::Task),
) -> Result<Agent, Fault> {
    let assignment = isogrid_robot::assignment(request, scene.clone(), task.clone()).map_err(fault)?;
    let mut how = assignment.skills;
    how.seed = ctx.seed();
    let policy = Box::new(Learned::new(skills, how));
    Agent::new(scene, task, policy, assignment.agent).map_err(fault)
}

/// What happens, line by line.
struct Timeline<'a, 'b> {
    scene: Scene,
    ctx: &'a Ctx,
    emit: Emit<'b>,
    replans: usize,
}

impl Timeline<'_, '_> {
    fn take(&mut self, tick: &Tick<'_>) {
        let (done, remaining) = (tick.agent.memory().done.len(), tick.agent.memory().remaining.len());
        for (seconds, what) in tick.disturbances {
            self.say(*seconds, &format!("!! {what}"), (done, remaining));
        }
        for event in tick.events {
            use isogrid_robot::agent::Happening;
            self.replans += usize::from(matches!(event.what, Happening::Planned { again: true, .. }));
            self.say(event.seconds, &event.what.text(&self.scene), (done, remaining));
        }
        let note = match self.replans {
            0 => "moves".to_string(),
            n => format!("moves, {n} new plans"),
        };
        let total = Some((done + remaining) as u64);
        self.ctx.progress(Progress { stage: "episode", done: done as u64, total, note: &note });
    }

    fn say(&mut self, seconds: f64, what: &str, (done, remaining): (usize, usize)) {
        // A receiver that has enough sees no more lines; the arm goes on to the episode's end.
        let _ = (self.emit)(
            Printed {
                text: format!("{seconds:7.2} s  {done:>3} done {remaining:>3} left  {what}\n"),
                summary: what.to_string(),
                record: Value::map([
                    ("seconds", seconds.into()),
                    ("what", what.into()),
                    ("done", done.into()),
                    ("remaining", remaining.into()),
                ]),
            },
            None,
        );
    }

    fn end(&mut self, episode: &Episode, kept: &str) {
        let verdict = &episode.verdict;
        let millis: Vec<f64> = episode.decisions.iter().map(|time| time.as_secs_f64() * 1e3).collect();
        let p99 = if millis.is_empty() { 0.0 } else { quantile(&millis, 0.99) };
        let word = match (verdict.reached, &verdict.stopped) {
            (true, _) => "reached".to_string(),
            (false, None) => "missed".to_string(),
            (false, Some(why)) => format!("missed, stopped because {why}"),
        };
        let text = format!(
            "the world says: {word}, {} of {} goals after {:.1} s; {} new plans; 99 % of decisions within {p99:.2} ms\n",
            verdict.met, verdict.goals, verdict.seconds, self.replans
        );
        let summary = format!("{word}{kept}");
        let record = Value::map([
            ("reached", verdict.reached.into()),
            ("met", verdict.met.into()),
            ("goals", verdict.goals.into()),
            ("violations", verdict.violations.into()),
            ("seconds", verdict.seconds.into()),
            ("replans", self.replans.into()),
            ("decision_ms_p99", p99.into()),
        ]);
        let _ = (self.emit)(Printed { text, summary, record }, None);
    }
}

/// How the run ended: what the arm cannot do, or did not, is an honest negative, not an error.
fn stop(episode: &Episode) -> Stop {
    match (episode.stop, &episode.status) {
        (Stop::Done, _) if episode.verdict.reached => Stop::Done,
        (Stop::Done, Status::Unreachable) => Stop::Impossible,
        (Stop::Done, _) => Stop::Failed,
        (stop, _) => stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_keeps_its_seed_unless_another_is_named() {
        let scenario = Source::file("world.toml");
        let plain = Request::default();
        assert_eq!(serve(&plain, Some(&scenario)), ["serve", "world.toml"]);
        let options = vec![("film".to_string(), "a.gif".to_string())];
        let other = Request { seed: Some(5), options, ..Request::default() };
        assert_eq!(serve(&other, Some(&scenario)), ["serve", "world.toml", "--seed=5", "--film=a.gif"]);
        assert_eq!((kept(&plain).as_str(), kept(&other).as_str()), ("", "; a.gif written"));
    }
}
