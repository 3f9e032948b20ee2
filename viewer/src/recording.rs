//! From lines to a recording: bodies and the hand's way in space, moves and decisions as plots, events as text.
//!
//! Columns are kept for some minutes of the episode and then written, so memory does not grow with its length. A body's
//! pose is written where it changes.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::mem;
use std::path::Path;

use re_log_types::{EntityPath, StoreId, TimePoint};
use re_sdk_types::archetypes::{
    LineStrips3D, RecordingInfo, Scalars, SeriesLines, TextLog, Transform3D, ViewCoordinates,
};
use re_sdk_types::components::{Color, TextLogLevel};

use crate::blueprint;
use crate::error::RerunError;
use crate::file::RrdFile;
use crate::lines::{Event, Level, Line, Lines, Pose, Scene, Tick};
use crate::shapes::{self, position, rotation};

/// The name under which the viewer keeps what a user arranges.
pub const APPLICATION: &str = "isogrid";

/// Ticks that are kept before they are written.
const KEPT_TICKS: usize = 4096;

/// What is plotted: path, name, color.
const SERIES: [(&str, &str, [u8; 3]); 4] = [
    ("plots/moves/remaining", "moves that remain", [235, 95, 80]),
    ("plots/moves/done", "moves done", [95, 200, 120]),
    ("plots/decision", "decision (ms)", [90, 165, 240]),
    ("plots/opening", "hand opening (mm)", [165, 172, 180]),
];

/// Reads an episode and writes it to `path`.
///
/// # Errors
/// A line is not what it should be, the lines end too early, or the file cannot be written.
pub fn write(input: &mut dyn BufRead, path: &Path) -> Result<(), RerunError> {
    let mut lines = Lines::new(input);
    let scene = lines.scene()?;
    let mut recording = Recording::begin(RrdFile::create(path, &lines.raw)?, &scene)?;
    loop {
        match lines.next_after_scene()? {
            Line::Tick(tick) => recording.tick(&tick)?,
            Line::Event(event) => recording.event(event),
            Line::End(end) => {
                let level = if end.reached { Level::Info } else { Level::Error };
                let source = "judge".to_string();
                recording.event(Event { seconds: end.seconds, source, level, text: end.text });
                break;
            }
            Line::Scene(_) => (),
        }
    }
    lines.nothing_more()?;
    recording.flush()?;
    recording.file.finish()
}

struct Recording {
    file: RrdFile,
    store: StoreId,
    moving: Vec<Track>,
    traces: Track<Vec<[f64; 3]>>,
    series: Vec<Track<f64>>,
    /// By who says so.
    events: BTreeMap<String, Track<(String, Level)>>,
    n_ticks: usize,
}

/// What changes in one place, since it was last written.
struct Track<T = Pose> {
    path: EntityPath,
    seconds: Vec<f64>,
    values: Vec<T>,
    last: Option<T>,
}

impl<T: Clone + PartialEq> Track<T> {
    fn new(path: impl Into<EntityPath>) -> Track<T> {
        Track { path: path.into(), seconds: Vec::new(), values: Vec::new(), last: None }
    }

    fn push(&mut self, seconds: f64, value: T) {
        self.seconds.push(seconds);
        self.values.push(value);
    }

    fn push_if_new(&mut self, seconds: f64, value: T) {
        if self.last.as_ref() != Some(&value) {
            self.last = Some(value.clone());
            self.push(seconds, value);
        }
    }

    fn take(&mut self) -> (Vec<f64>, Vec<T>) {
        (mem::take(&mut self.seconds), mem::take(&mut self.values))
    }
}

impl Recording {
    /// Writes what always holds.
    fn begin(mut file: RrdFile, scene: &Scene) -> Result<Recording, RerunError> {
        let store = StoreId::recording(APPLICATION, file.name());
        blueprint::write(&mut file)?;
        file.begin(&store)?;
        let always = TimePoint::default();
        let info = RecordingInfo::new().with_name(scene.title.as_str());
        file.row(&store, &EntityPath::properties(), &always, &info)?;
        file.row(&store, &"world".into(), &always, &ViewCoordinates::RIGHT_HAND_Z_UP())?;
        let look = LineStrips3D::update_fields().with_radii([0.003_f32]).with_colors([[30_u8, 190, 215]]);
        file.row(&store, &"world/trace".into(), &always, &look)?;
        for (path, name, color) in SERIES {
            let look = SeriesLines::new().with_names([name]).with_colors([Color::from(color)]);
            file.row(&store, &path.into(), &always, &look)?;
        }
        let mut moving = Vec::new();
        for body in &scene.bodies {
            let path = shapes::path_of(body);
            for (below, part) in shapes::parts(body) {
                let path =
                    below.map_or(path.clone(), |name| path.join(&EntityPath::from_single_string(name)));
                file.row(&store, &path, &always, &part)?;
            }
            if body.moves {
                let mut track = Track::new(path);
                track.push_if_new(0.0, body.pose);
                moving.push(track);
            } else {
                file.row(&store, &path, &always, &shapes::transform(&body.pose))?;
            }
        }
        let series = SERIES.iter().map(|(path, ..)| Track::new(*path)).collect();
        let traces = Track::new("world/trace");
        Ok(Recording { file, store, moving, traces, series, events: BTreeMap::new(), n_ticks: 0 })
    }

    fn tick(&mut self, tick: &Tick) -> Result<(), RerunError> {
        for (track, pose) in self.moving.iter_mut().zip(&tick.poses) {
            track.push_if_new(tick.seconds, *pose);
        }
        self.traces.push_if_new(tick.seconds, tick.trace.clone());
        let (remaining, done) = (f64::from(tick.remaining), f64::from(tick.done));
        let values = [Some(remaining), Some(done), tick.decision_ms, Some(1e3 * tick.opening)];
        for (track, value) in self.series.iter_mut().zip(values) {
            value.into_iter().for_each(|value| track.push(tick.seconds, value));
        }
        self.n_ticks += 1;
        if self.n_ticks.is_multiple_of(KEPT_TICKS) { self.flush() } else { Ok(()) }
    }

    fn event(&mut self, event: Event) {
        let path = || EntityPath::new(vec!["log".into(), event.source.as_str().into()]);
        let track = self.events.entry(event.source.clone()).or_insert_with(|| Track::new(path()));
        track.push(event.seconds, (event.text, event.level));
    }

    /// Writes what was kept.
    fn flush(&mut self) -> Result<(), RerunError> {
        let (file, store) = (&mut self.file, &self.store);
        for track in &mut self.moving {
            let (seconds, poses) = track.take();
            let columns = Transform3D::update_fields()
                .with_many_translation(poses.iter().map(position))
                .with_many_quaternion(poses.iter().map(rotation));
            file.rows(store, &track.path, seconds, columns.columns_of_unit_batches())?;
        }
        let (seconds, ways) = self.traces.take();
        // No way is no strip; a row without one ends the strip before.
        let lengths: Vec<usize> = ways.iter().map(|way| usize::from(!way.is_empty())).collect();
        let strips = ways.into_iter().filter(|way| !way.is_empty());
        let columns = LineStrips3D::update_fields().with_strips(strips);
        file.rows(store, &self.traces.path, seconds, columns.columns(lengths))?;
        for track in &mut self.series {
            let (seconds, values) = track.take();
            let columns = Scalars::update_fields().with_scalars(values);
            file.rows(store, &track.path, seconds, columns.columns_of_unit_batches())?;
        }
        for track in self.events.values_mut() {
            let (seconds, events) = track.take();
            let columns = TextLog::update_fields()
                .with_many_level(events.iter().map(|(_, level)| word(*level)))
                .with_many_text(events.into_iter().map(|(text, _)| text));
            file.rows(store, &track.path, seconds, columns.columns_of_unit_batches())?;
        }
        Ok(())
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Info => TextLogLevel::INFO,
        Level::Warn => TextLogLevel::WARN,
        Level::Error => TextLogLevel::ERROR,
    }
}
