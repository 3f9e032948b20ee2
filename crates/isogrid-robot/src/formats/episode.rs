//! From columns of numbers to a recording, with every check that both formats share.

use super::Reason;
use super::objects::check_scene;
use crate::recording::{Frame, Recording};
use crate::world::{Action, Hand, Observation, Pose, Scene};

/// A quaternion this far from unit length is still taken for a rounded one.
const NORM_TOLERANCE: f64 = 0.05;

/// Below this, normalizing would only change rounding, and a file would not read back as it was written.
const NORM_ROUNDING: f64 = 1e-6;

/// Rotation components up to this share of the controller's range (0.5 rad) count as none: 1.4 degrees.
const MAX_TURN: f64 = 0.05;

/// Steps of the clock may differ from one over the rate by this share of it.
const CLOCK_TOLERANCE: f64 = 0.05;

/// A column: rows of `width` numbers, one after the other.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// Its name in the file.
    pub name: String,
    /// Numbers a row, at least 1.
    pub width: usize,
    /// All of them.
    pub values: Vec<f64>,
}

/// An object's columns.
#[derive(Debug, Clone)]
pub struct ObjectColumns {
    /// Three numbers a row, metres.
    pub position: Column,
    /// Four numbers a row (w, x, y, z); an object without is upright.
    pub rotation: Option<Column>,
}

/// An episode before anything is believed.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Its name, for notes.
    pub name: String,
    /// Seconds, one a row; without, ticks are evenly spaced.
    pub seconds: Option<Column>,
    /// The hand's position, three a row, metres.
    pub hand: Column,
    /// How far the fingers are apart, one a row, metres.
    pub opening: Column,
    /// In the order of the scene's objects.
    pub objects: Vec<ObjectColumns>,
    /// Four numbers a row (x, y, z, grip), or seven with three rotations before the grip.
    pub actions: Column,
    /// The base plate in the file's frame, metres.
    pub base: [f64; 3],
}

impl Column {
    pub fn rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    fn row<const N: usize>(&self, row: usize) -> [f64; N] {
        std::array::from_fn(|k| self.values[row * self.width + k])
    }

    fn check(&self, width: usize, rows: usize) -> Result<(), Reason> {
        if self.width != width {
            let expected = width.to_string();
            return Err(Reason::Width { column: self.name.clone(), found: self.width, expected });
        }
        if self.rows() != rows {
            let (found, expected) = (self.rows() as u64, rows as u64);
            return Err(Reason::Rows { column: self.name.clone(), found, expected });
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                let (row, value) = (at / width, self.values[at]);
                Err(Reason::NotFinite { column: self.name.clone(), row, value })
            }
            None => Ok(()),
        }
    }
}

impl Columns {
    /// The recording, or why it cannot be believed. `notes` gets what was put right.
    pub fn into_recording(
        mut self,
        scene: &Scene,
        task: &str,
        notes: &mut Vec<String>,
    ) -> Result<Recording, Reason> {
        let rows = self.hand.rows();
        if rows == 0 {
            return Err(Reason::Empty);
        }
        self.check(rows)?;
        if let Some(seconds) = &self.seconds {
            check_clock(&seconds.values, scene.rate_hz)?;
        }
        let mut n_rounded = 0;
        for rotation in self.objects.iter_mut().filter_map(|object| object.rotation.as_mut()) {
            n_rounded += normalize(rotation)?;
        }
        let actions = self.actions(rows)?;
        let clipped = |action: &Action| action.to_array().iter().filter(|part| part.abs() > 1.0).count();
        let n_clipped: usize = actions.iter().map(clipped).sum();
        if n_clipped > 0 {
            let n_parts = rows * Action::LEN;
            notes.push(format!(
                "{}: {n_clipped} of {n_parts} action components beyond [-1, 1] clipped",
                self.name
            ));
        }
        if n_rounded > 0 {
            notes.push(format!("{}: {n_rounded} rotations brought to unit length", self.name));
        }
        let frame = |(row, action): (usize, Action)| Frame {
            observation: self.observation(row, scene.rate_hz),
            action: action.clipped(),
        };
        let frames = actions.into_iter().enumerate().map(frame).collect();
        Ok(Recording { scene: scene.clone(), task: task.to_string(), frames })
    }

    fn check(&self, rows: usize) -> Result<(), Reason> {
        self.hand.check(3, rows)?;
        self.opening.check(1, rows)?;
        for object in &self.objects {
            object.position.check(3, rows)?;
            if let Some(rotation) = &object.rotation {
                rotation.check(4, rows)?;
            }
        }
        if let Some(seconds) = &self.seconds {
            seconds.check(1, rows)?;
        }
        if ![4, 7].contains(&self.actions.width) {
            let (column, found) = (self.actions.name.clone(), self.actions.width);
            return Err(Reason::Width { column, found, expected: "4 or 7".to_string() });
        }
        self.actions.check(self.actions.width, rows)
    }

    fn actions(&self, rows: usize) -> Result<Vec<Action>, Reason> {
        let action = |row| {
            if self.actions.width == Action::LEN {
                return Ok(Action::from_array(self.actions.row(row)));
            }
            let [x, y, z, roll, pitch, yaw, grip] = self.actions.row(row);
            let turn = [roll, pitch, yaw].into_iter().fold(0.0, |most: f64, part| most.max(part.abs()));
            match turn <= MAX_TURN {
                true => Ok(Action { offset: [x, y, z], grip }),
                false => Err(Reason::Turns { row, value: turn, limit: MAX_TURN }),
            }
        };
        (0..rows).map(action).collect()
    }

    fn observation(&self, row: usize, rate_hz: f64) -> Observation {
        let place = |position: [f64; 3]| std::array::from_fn(|k| position[k] - self.base[k]);
        let pose = |object: &ObjectColumns| {
            let position = place(object.position.row(row));
            match &object.rotation {
                Some(rotation) => Pose { position, rotation: rotation.row(row) },
                None => Pose::upright(position),
            }
        };
        let seconds = match &self.seconds {
            Some(seconds) => seconds.values[row],
            None => row as f64 / rate_hz,
        };
        let hand = Hand { position: place(self.hand.row(row)), opening: self.opening.values[row] };
        Observation { seconds, hand, objects: self.objects.iter().map(pose).collect() }
    }
}

/// Whether a recording would be read back as it is.
pub fn check_recording(recording: &Recording) -> Result<(), Reason> {
    let n_objects = recording.scene.objects.len();
    check_scene(&recording.scene).map_err(Reason::Scene)?;
    let miscounted = |frame: &&Frame| frame.observation.objects.len() != n_objects;
    if let Some(frame) = recording.frames.iter().find(miscounted) {
        let found = frame.observation.objects.len();
        return Err(Reason::Scene(format!("{n_objects} objects, but a frame has {found} poses")));
    }
    if recording.task.contains('\0') {
        return Err(Reason::Scene("a task with a zero byte in its words".to_string()));
    }
    let columns = Columns::of(recording);
    columns.into_recording(&recording.scene, "", &mut Vec::new()).map(|_| ())
}

impl Columns {
    /// The columns of a recording whose frames all have as many poses as its scene has objects.
    pub fn of(recording: &Recording) -> Columns {
        let column = |name: &str, width: usize, numbers: &dyn Fn(&Frame) -> Vec<f64>| Column {
            name: name.to_string(),
            width,
            values: recording.frames.iter().flat_map(numbers).collect(),
        };
        let object = |(at, object): (usize, &crate::world::Object)| ObjectColumns {
            position: column(&format!("{}_pos", object.name), 3, &|frame| {
                frame.observation.objects[at].position.to_vec()
            }),
            rotation: Some(column(&format!("{}_quat", object.name), 4, &|frame| {
                frame.observation.objects[at].rotation.to_vec()
            })),
        };
        Columns {
            name: String::new(),
            seconds: Some(column("seconds", 1, &|frame| vec![frame.observation.seconds])),
            hand: column("hand position", 3, &|frame| frame.observation.hand.position.to_vec()),
            opening: column("hand opening", 1, &|frame| vec![frame.observation.hand.opening]),
            objects: recording.scene.objects.iter().enumerate().map(object).collect(),
            actions: column("actions", 4, &|frame| frame.action.to_array().to_vec()),
            base: [0.0; 3],
        }
    }
}

fn check_clock(seconds: &[f64], rate_hz: f64) -> Result<(), Reason> {
    let expected = 1.0 / rate_hz;
    for (row, pair) in seconds.windows(2).enumerate() {
        let step = pair[1] - pair[0];
        // Clocks are often stored as 32-bit numbers, which late in an episode are coarser than the tolerance.
        let rounding = 2.0 * f64::from(f32::EPSILON) * pair[1].abs();
        if (step - expected).abs() > CLOCK_TOLERANCE * expected + rounding {
            return Err(Reason::Clock { row, step, expected });
        }
    }
    Ok(())
}

/// Brings rows to unit length and returns how many were visibly off.
fn normalize(rotation: &mut Column) -> Result<usize, Reason> {
    let mut n_rounded = 0;
    for (row, quaternion) in rotation.values.chunks_exact_mut(4).enumerate() {
        let norm = quaternion.iter().map(|part| part * part).sum::<f64>().sqrt();
        let off = (norm - 1.0).abs();
        if off.is_nan() || off > NORM_TOLERANCE {
            return Err(Reason::NotUnit { column: rotation.name.clone(), row, norm });
        }
        if off > NORM_ROUNDING {
            quaternion.iter_mut().for_each(|part| *part /= norm);
            n_rounded += 1;
        }
    }
    Ok(n_rounded)
}
