//! An episode as pictures: a strip of the moments that matter, and a moving picture of all of it.
//!
//! While the episode runs only places are kept; drawing comes afterwards, on as many threads as there are. Left out:
//! sound, and every claim about success: captions say what the agent and the world reported.

mod moving;
mod strip;

use std::path::Path;
use std::thread;

use isogrid_robot::agent::{Account, Event, Happening, Move};

use crate::SimError;
use crate::camera::{Props, Still};
use crate::episode::Watcher;
use crate::picture::Color;
use crate::world::World;

/// Ticks between two frames of the moving picture: four a second.
const TICKS_A_FRAME: usize = 5;

/// Most dots of one way: an agent at the other end of a pipe may say anything.
const MAX_DOTS: usize = 200;

/// For so long a caption stays in the moving picture, in seconds.
const CAPTION_SECONDS: f64 = 1.6;

/// Distance between the dots of the hand's way ahead, in metres.
const DOT_METRES: f64 = 0.022;

/// Ticks after which it shows what somebody did: pushes take a while.
const SHOWS_AFTER: usize = 7;

/// Text.
const DARK: Color = [38, 42, 48];
/// Text that matters less.
const GRAY: Color = [120, 126, 134];
/// What goes wrong.
const RED: Color = [186, 48, 38];
/// What the agent does about it.
const BLUE: Color = [24, 92, 160];
/// The end.
const GREEN: Color = [34, 120, 60];

/// A watcher that keeps what a film needs.
pub struct Film {
    props: Props,
    /// Moments for the strip, in order.
    moments: Vec<Moment>,
    /// Every few ticks, for the moving picture.
    frames: Vec<Moment>,
    ticks: usize,
    replans: usize,
    last: Option<Moment>,
    /// What others did, and the tick at which it is to be seen.
    due: Vec<(usize, String)>,
    caption: Option<(f64, Mark, String)>,
    end: Option<Mark>,
}

/// One instant with its caption.
#[derive(Debug, Clone)]
struct Moment {
    seconds: f64,
    still: Still,
    mark: Mark,
    caption: String,
    /// Moves done, moves that remain, plans after the first.
    counts: [usize; 3],
}

/// Why a moment is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Nothing,
    Done,
    Before,
    Failed,
    Replanned,
    Disturbed,
    Start,
    Stuck,
    Reached,
}

impl Mark {
    fn color(self) -> Color {
        match self {
            Mark::Disturbed | Mark::Failed | Mark::Stuck => RED,
            Mark::Replanned => BLUE,
            Mark::Reached => GREEN,
            _ => DARK,
        }
    }
}

impl Film {
    /// A film of a world that has not begun yet.
    pub fn new(world: &mut World) -> Film {
        let props = world.physics().props();
        let still = props.still(world.physics().data());
        let caption = "start".to_string();
        let first = Moment { seconds: 0.0, still, mark: Mark::Start, caption, counts: [0; 3] };
        let (moments, frames) = (vec![first.clone()], vec![first.clone()]);
        Film {
            props,
            moments,
            frames,
            ticks: 0,
            replans: 0,
            last: Some(first),
            due: Vec::new(),
            caption: None,
            end: None,
        }
    }

    /// Draws a film and writes it: `.png` is a strip, `.gif` a moving picture.
    ///
    /// # Errors
    /// The name ends in neither, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SimError> {
        let bytes = match Kind::of(path)? {
            Kind::Strip => self.strip()?,
            Kind::Moving => self.moving()?,
        };
        Ok(isogrid::files::write(path, &bytes)?)
    }

    /// The strip as a PNG's bytes.
    ///
    /// # Errors
    /// The encoder's own.
    pub fn strip(&self) -> Result<Vec<u8>, SimError> {
        let mut bytes = Vec::new();
        strip::draw(&self.props, &self.moments).write_png(&mut bytes)?;
        Ok(bytes)
    }

    /// The moving picture as a GIF's bytes.
    ///
    /// # Errors
    /// The encoder's own.
    pub fn moving(&self) -> Result<Vec<u8>, SimError> {
        moving::encode(&self.props, &self.frames)
    }

    /// What is seen now.
    fn moment(&self, world: &mut World, account: &Account) -> Moment {
        let mut still = self.props.still(world.physics().data());
        still.dots = dots(world.hand().position, &account.trace);
        let scene = &world.layout().scene;
        let caption = account.step.map_or(String::new(), |step| step.text(scene));
        let counts = [account.done, account.remaining, self.replans];
        Moment { seconds: world.seconds(), still, mark: Mark::Nothing, caption, counts }
    }

    fn keep(&mut self, moment: &Moment, mark: Mark, caption: String) {
        if mark > Mark::Done {
            self.caption = Some((moment.seconds, mark, caption.clone()));
        }
        self.moments.push(Moment { mark, caption, ..moment.clone() });
    }

    /// Keeps what the agent reported.
    fn report(&mut self, moment: &Moment, world: &World, event: &Event) {
        let scene = &world.layout().scene;
        let (mark, caption) = match &event.what {
            Happening::Planned { moves, again: true } => {
                (Mark::Replanned, format!("new plan: {moves} moves"))
            }
            Happening::Planned { again: false, .. } | Happening::Began(_) => return,
            Happening::Done(Move::Pick { .. }) | Happening::Needless(_) => return,
            Happening::Done(step) => (Mark::Done, format!("done: {}", step.text(scene))),
            Happening::Failed { step, why, .. } => (Mark::Failed, format!("{}: {why}", step.text(scene))),
            Happening::Reached => (Mark::Reached, "goal reached".to_string()),
            Happening::Unreachable(_) => (Mark::Stuck, "no plan leads to the goal: parked".to_string()),
            Happening::GaveUp => (Mark::Stuck, "too many failures: parked".to_string()),
        };
        if mark >= Mark::Stuck {
            self.end = Some(mark);
        }
        self.keep(moment, mark, caption);
    }
}

impl Watcher for Film {
    fn tick(&mut self, world: &mut World, account: &Account) {
        self.replans += account.replans();
        let moment = self.moment(world, account);
        let happened: Vec<String> = world.log().iter().map(|(_, what)| what.clone()).collect();
        if let (Some(before), false) = (self.last.clone(), happened.is_empty()) {
            let caption = format!("before: {}", before.caption);
            self.moments.push(Moment { mark: Mark::Before, caption, ..before });
        }
        for what in happened {
            self.caption = Some((moment.seconds, Mark::Disturbed, what.clone()));
            self.due.push((self.ticks + SHOWS_AFTER, what));
        }
        let is_seen = |at: usize| at <= self.ticks || world.is_over() || !account.events.is_empty();
        let (seen, due) =
            std::mem::take(&mut self.due).into_iter().partition::<Vec<_>, _>(|(at, _)| is_seen(*at));
        self.due = due;
        let disturbed = |(_, caption)| Moment { mark: Mark::Disturbed, caption, ..moment.clone() };
        self.moments.extend(seen.into_iter().map(disturbed));
        for event in &account.events {
            self.report(&moment, world, event);
        }
        if world.is_over() && self.end.is_none() {
            let why = world.verdict().stopped;
            self.end = Some(Mark::Stuck);
            self.keep(&moment, Mark::Stuck, why.unwrap_or_else(|| "the time is over".to_string()));
        }
        self.ticks += 1;
        if self.ticks.is_multiple_of(TICKS_A_FRAME) {
            self.frames.push(self.captioned(moment.clone()));
        }
        self.last = Some(moment);
    }
}

impl Film {
    /// The moment with what was last reported, for a while.
    fn captioned(&self, moment: Moment) -> Moment {
        match &self.caption {
            Some((at, mark, text)) if moment.seconds < at + CAPTION_SECONDS || self.end == Some(*mark) => {
                Moment { mark: *mark, caption: text.clone(), ..moment }
            }
            _ => moment,
        }
    }
}

/// What the name of a film asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A strip of moments.
    Strip,
    /// All of it.
    Moving,
}

impl Kind {
    /// By the ending of a name.
    ///
    /// # Errors
    /// [`SimError::Picture`] for other endings than `.png` and `.gif`.
    pub fn of(path: &Path) -> Result<Kind, SimError> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("png") => Ok(Kind::Strip),
            Some("gif") => Ok(Kind::Moving),
            _ => Err(SimError::Picture(format!("`{}` ends in neither .png nor .gif", path.display()))),
        }
    }
}

/// Dots along the way from `hand`.
fn dots(hand: [f64; 3], way: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let mut dots = Vec::new();
    let (mut from, mut left) = (hand, DOT_METRES);
    for to in way {
        let step: [f64; 3] = std::array::from_fn(|k| to[k] - from[k]);
        let far = step.iter().map(|value| value * value).sum::<f64>().sqrt();
        let mut along = left;
        while along < far && dots.len() < MAX_DOTS {
            dots.push(std::array::from_fn(|k| from[k] + step[k] * along / far));
            along += DOT_METRES;
        }
        left = along - far;
        from = *to;
    }
    dots
}

/// Does the same to many things on all cores; answers in order.
fn on_all_cores<T: Sync, R: Send>(things: &[T], work: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let n_threads = thread::available_parallelism().map_or(1, usize::from).min(things.len().max(1));
    let share = things.len().div_ceil(n_threads).max(1);
    thread::scope(|scope| {
        let parts =
            things.chunks(share).map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()));
        let parts: Vec<_> = parts.collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
            .collect()
    })
}
