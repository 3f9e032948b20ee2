//! End-to-end rivals of the arm, at several sizes: they see what the engine sees, and the goal.
//!
//! An action-chunking transformer (Zhao et al. 2023), a diffusion policy (Chi et al. 2023), and a variant to which a
//! planner gives sub-tasks (arXiv 2602.19260). They learn from whole demonstrations of the task itself. They are small
//! policies on states, not vision-language-action models.

mod drive;
mod encode;
mod error;
mod guide;
mod lessons;
mod net;
mod settings;
mod train;
mod tune;

use std::sync::Arc;

use isogrid_num::rng::Rng;
use isogrid_robot::Scene;
use isogrid_robot::tasks::Task;

pub use drive::Driver;
pub use encode::{BLOCK_SLOTS, N_SLOTS, PAD_SLOTS};
pub use error::RivalError;
pub use lessons::Demonstration;
pub use settings::{Body, Execute, Head, KINDS, Kind, SIZES, Settings, Size, View};
pub use train::{N_POINTS, Point, Trained, train};
pub use tune::{Trial, TuneOptions, Tuned, tune};

/// First bytes of a saved rival.
const MAGIC: &[u8; 8] = b"isorival";

/// The version of the bytes.
const VERSION: u8 = 1;

/// A trained policy. Cloning shares its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Rival {
    settings: Settings,
    net: Arc<net::Net>,
}

impl Rival {
    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same weights, with chunks differently drawn and carried out.
    ///
    /// # Errors
    /// [`RivalError::Setting`] where `execute` asks for more than a chunk, or the temperature is not 0 to 1.
    pub fn acting(&self, execute: Execute, temperature: f64) -> Result<Rival, RivalError> {
        let settings = Settings { execute, temperature, ..self.settings };
        settings.check()?;
        Ok(Rival { settings, net: self.net.clone() })
    }

    /// Parameters of its network.
    pub fn n_parameters(&self) -> usize {
        net::count(&self.settings)
    }

    /// A driver for one episode.
    ///
    /// # Errors
    /// The scene has more things than slots, the task does not fit the scene, or, for a guided rival, is none that can
    /// be planned for.
    pub fn drive(&self, scene: &Scene, task: &Task, seed: u64) -> Result<Box<dyn Driver>, RivalError> {
        Ok(Box::new(drive::Episode::new(self, scene, task, seed)?))
    }

    /// The rival as bytes: magic, version, the settings behind their length, the network.
    ///
    /// # Errors
    /// [`RivalError::Bytes`] where the settings cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RivalError> {
        let settings =
            serde_json::to_vec(&self.settings).map_err(|error| RivalError::Bytes(error.to_string()))?;
        let mut bytes = [MAGIC.as_slice(), &[VERSION]].concat();
        bytes.extend_from_slice(&(settings.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&settings);
        bytes.extend_from_slice(&self.net.to_bytes());
        Ok(bytes)
    }

    /// The rival that [`Rival::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`RivalError::Bytes`] where the bytes are something else, of another version, cut short or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Rival, RivalError> {
        let wrong = |what: &str| RivalError::Bytes(what.to_string());
        let rest = bytes.strip_prefix(MAGIC.as_slice());
        let rest = rest.ok_or_else(|| wrong("they do not begin as a rival does"))?;
        let (&version, rest) = rest.split_first().ok_or_else(|| wrong("they are cut short"))?;
        if version != VERSION {
            return Err(wrong(&format!("they are of version {version}, this program reads {VERSION}")));
        }
        let (length, rest) = rest.split_first_chunk().ok_or_else(|| wrong("they are cut short"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let head = rest.get(..length).ok_or_else(|| wrong("they are cut short"))?;
        let settings: Settings = serde_json::from_slice(head).map_err(|error| wrong(&error.to_string()))?;
        settings.check()?;
        let net = net::Net::from_bytes(&settings, &rest[length..])?;
        Ok(Rival { settings, net: Arc::new(net) })
    }

    fn mind(&self, seed: u64) -> drive::Mind {
        drive::Mind::new(self.net.clone(), self.settings, Rng::new(seed, 0))
    }
}
