//! Learned sub-skills: four small networks and what turns their outputs into actions.
//!
//! Three heads behind one type: plain behaviour cloning; diffusion (Chi et al., Diffusion Policy, 2023: squared-cosine
//! schedule, sample prediction, DDIM of Song et al. 2021); flow matching (Lipman et al. 2023: straight paths, Euler
//! steps). Inference is plain slices; training is in [`crate::learn`] behind the feature `train`.

use isogrid_num::net::{Scratch, TimeMlp};
use isogrid_num::rng::Rng;

use crate::RobotError;
use crate::learn::CHUNK;
use crate::policy::Policy;
use crate::skill::{MAX_FEATURES, SKILLS, Skill};
use crate::world::Action;

/// How a network's output becomes a chunk of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Head {
    /// The output is the chunk.
    Cloning,
    /// The output is the clean chunk behind a noisy one; so many denoising steps.
    Diffusion {
        /// DDIM steps.
        steps: u8,
    },
    /// The output is the velocity from noise to the chunk; so many Euler steps.
    Flow {
        /// Euler steps.
        steps: u8,
    },
}

impl Head {
    /// The name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Head::Cloning => "cloning",
            Head::Diffusion { .. } => "diffusion",
            Head::Flow { .. } => "flow",
        }
    }
}

/// Numbers that a skill's observation becomes.
pub fn n_encoded(skill: Skill) -> usize {
    6 + (skill.n_features() - 3)
}

/// The observation as the network sees it: every length coarse and fine, so that millimetres count near the aim.
pub fn encode(skill: Skill, features: &[f64; MAX_FEATURES], out: &mut Vec<f32>) {
    for &length in &features[..3] {
        out.push((length / COARSE).clamp(-6.0, 6.0) as f32);
        out.push(((length / FINE).asinh() / 4.0) as f32);
    }
    if skill.n_features() > 3 {
        out.push(features[3].clamp(-1.0, 2.0) as f32);
    }
}

/// A length that counts as one, in metres.
const COARSE: f64 = 0.1;
/// Below this length differences are seen linearly, above it by ratio, in metres.
const FINE: f64 = 0.003;

/// The share of signal at time `t` of 0 (clean) to 1 (noise), as its amplitude and that of the noise.
pub fn signal_and_noise(t: f32) -> (f32, f32) {
    // Nichol and Dhariwal 2021, offset 0.008.
    let level = |t: f32| ((t + 0.008) / 1.008 * std::f32::consts::FRAC_PI_2).cos().powi(2);
    let share = (level(t) / level(0.0)).clamp(1e-4, 0.9999);
    (share.sqrt(), (1.0 - share).sqrt())
}

/// Four trained sub-skills.
#[derive(Debug, Clone, PartialEq)]
pub struct Skills {
    /// What the networks predict.
    pub head: Head,
    /// Ticks a second that they were learned at: an action is one tick long.
    pub rate_hz: f64,
    /// In the order of [`SKILLS`].
    pub nets: Vec<TimeMlp>,
}

/// How learned skills are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnedOptions {
    /// Actions carried out of every chunk before the skill is asked again, 1 to [`CHUNK`]. Default 4.
    pub execute: usize,
    /// Scale of the noise that diffusion and flow matching start from. Default 0: one decision, the middle of what was
    /// learned, without the demonstrators' tremor. 1 draws from what was learned.
    pub temperature: f32,
    /// Of that noise. Default 0.
    pub seed: u64,
}

impl Default for LearnedOptions {
    fn default() -> LearnedOptions {
        LearnedOptions { execute: 4, temperature: 0.0, seed: 0 }
    }
}

/// Learned sub-skills at work.
pub struct Learned {
    skills: std::sync::Arc<Skills>,
    options: LearnedOptions,
    rng: Rng,
    scratch: Scratch,
    input: Vec<f32>,
    chunk: Vec<f32>,
    output: Vec<f32>,
}

impl Learned {
    /// A policy that uses these skills.
    pub fn new(skills: &std::sync::Arc<Skills>, options: LearnedOptions) -> Learned {
        Learned {
            skills: skills.clone(),
            options,
            rng: Rng::new(options.seed, 0x1ea4),
            scratch: Scratch::default(),
            input: Vec::new(),
            chunk: Vec::new(),
            output: Vec::new(),
        }
    }

    /// One pass of a network on the chunk so far and the observation.
    fn evaluate(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], t: f32) {
        self.input.clear();
        if self.skills.head != Head::Cloning {
            self.input.extend_from_slice(&self.chunk);
        }
        encode(skill, features, &mut self.input);
        self.output.resize(CHUNK * skill.n_actions(), 0.0);
        let net = &self.skills.nets[skill as usize];
        net.forward(&self.input, &[t], &mut self.scratch, &mut self.output);
    }

    fn start_from_noise(&mut self, skill: Skill) {
        self.chunk.clear();
        let n = CHUNK * skill.n_actions();
        let scale = self.options.temperature;
        self.chunk.extend((0..n).map(|_| scale * self.rng.normal() as f32));
    }

    fn denoise(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], steps: u8) {
        self.start_from_noise(skill);
        for step in (0..steps).rev() {
            let (t, next) = (f32::from(step + 1) / f32::from(steps), f32::from(step) / f32::from(steps));
            self.evaluate(skill, features, t);
            let ((signal, noise), (next_signal, next_noise)) = (signal_and_noise(t), signal_and_noise(next));
            for (value, clean) in self.chunk.iter_mut().zip(&self.output) {
                let clean = clean.clamp(-1.0, 1.0);
                let guess = (*value - signal * clean) / noise;
                *value = if step == 0 { clean } else { next_signal * clean + next_noise * guess };
            }
        }
    }

    fn flow(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], steps: u8) {
        self.start_from_noise(skill);
        for step in 0..steps {
            self.evaluate(skill, features, f32::from(step) / f32::from(steps));
            for (value, velocity) in self.chunk.iter_mut().zip(&self.output) {
                *value += velocity / f32::from(steps);
            }
        }
    }
}

impl Policy for Learned {
    fn rate_hz(&self) -> Option<f64> {
        Some(self.skills.rate_hz)
    }

    fn decide(&mut self, skill: Skill, features: &[f64; MAX_FEATURES], actions: &mut Vec<Action>) {
        match self.skills.head {
            Head::Cloning => {
                self.evaluate(skill, features, 0.0);
                std::mem::swap(&mut self.chunk, &mut self.output);
            }
            Head::Diffusion { steps } => self.denoise(skill, features, steps),
            Head::Flow { steps } => self.flow(skill, features, steps),
        }
        let n = skill.n_actions();
        for action in self.chunk.chunks_exact(n).take(self.options.execute.clamp(1, CHUNK)) {
            let at = |k: usize| action.get(k).map_or(skill.grip(), |&value| f64::from(value));
            actions.push(Action { offset: [at(0), at(1), at(2)], grip: at(3) }.clipped());
        }
    }
}

/// First bytes of saved skills.
const MAGIC: &[u8; 8] = b"isoskill";

/// The version of the bytes.
const VERSION: u8 = 2;

impl Skills {
    /// The skills as bytes: magic, version, head, its steps, the rate, then each network behind its length.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (code, steps) = match self.head {
            Head::Cloning => (0, 0),
            Head::Diffusion { steps } => (1, steps),
            Head::Flow { steps } => (2, steps),
        };
        let mut bytes = [MAGIC.as_slice(), &[VERSION, code, steps]].concat();
        bytes.extend_from_slice(&self.rate_hz.to_le_bytes());
        for net in &self.nets {
            let net = net.to_bytes();
            bytes.extend_from_slice(&(net.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&net);
        }
        bytes
    }

    /// The skills that [`Skills::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`RobotError::Skills`] where the bytes are something else, of another version, cut short or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Skills, RobotError> {
        let wrong = |what: &str| RobotError::Skills(what.to_string());
        let rest =
            bytes.strip_prefix(MAGIC.as_slice()).ok_or_else(|| wrong("they do not begin as skills do"))?;
        let (&[version, code, steps], mut rest) =
            rest.split_first_chunk().ok_or_else(|| wrong("they are cut short"))?;
        if version != VERSION {
            return Err(wrong(&format!("they are of version {version}, this program reads {VERSION}")));
        }
        let (rate, after) = rest.split_first_chunk().ok_or_else(|| wrong("they are cut short"))?;
        let rate_hz = f64::from_le_bytes(*rate);
        if !(rate_hz.is_finite() && rate_hz > 0.0) {
            return Err(wrong(&format!("their rate is {rate_hz} Hz")));
        }
        rest = after;
        let head = match (code, steps) {
            (0, _) => Head::Cloning,
            (1, 1..) => Head::Diffusion { steps },
            (2, 1..) => Head::Flow { steps },
            _ => return Err(wrong("their head is unknown")),
        };
        let mut nets = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let length = u32::from_le_bytes(*length) as usize;
            let net = after.get(..length).ok_or_else(|| wrong("they are cut short"))?;
            nets.push(TimeMlp::from_bytes(net).map_err(|error| wrong(&error.to_string()))?);
            rest = &after[length..];
        }
        let skills = Skills { head, rate_hz, nets };
        if !rest.is_empty() || !skills.is_whole() {
            return Err(wrong("their networks are not those of four sub-skills"));
        }
        Ok(skills)
    }

    /// Whether there is a network of the right size for each sub-skill.
    pub fn is_whole(&self) -> bool {
        let fits = |(net, skill): (&TimeMlp, &Skill)| {
            let out = CHUNK * skill.n_actions();
            let noised = if self.head == Head::Cloning { 0 } else { out };
            net.n_out() == out && net.n_in() == noised + n_encoded(*skill)
        };
        self.nets.len() == SKILLS.len() && self.nets.iter().zip(&SKILLS).all(fits)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use isogrid_num::net::{Activation, Dense, FilmBlock};

    use super::*;

    /// A network whose every output is half the first length it sees, in decimetres, plus a tenth of the output's place.
    fn net(skill: Skill, head: Head) -> TimeMlp {
        const WIDTH: usize = 4;
        let n_out = CHUNK * skill.n_actions();
        let n_noised = if head == Head::Cloning { 0 } else { n_out };
        let n_in = n_noised + n_encoded(skill);
        let zero = |n_in: usize, n_out: usize| {
            Dense::new(n_in, n_out, &vec![0.0; n_in * n_out], vec![0.0; n_out]).expect("sizes that fit")
        };
        let mut into = vec![0.0; n_in * WIDTH];
        into[n_noised * WIDTH] = 1.0;
        let input = Dense::new(n_in, WIDTH, &into, vec![0.0; WIDTH]).expect("sizes that fit");
        let mut out_of = vec![0.0; WIDTH * n_out];
        out_of[..n_out].fill(0.5);
        let places = (0..n_out).map(|at| 0.1 * (at % skill.n_actions()) as f32).collect();
        let output = Dense::new(WIDTH, n_out, &out_of, places).expect("sizes that fit");
        let block =
            FilmBlock { raise: zero(WIDTH, WIDTH), lower: zero(WIDTH, WIDTH), film: zero(2, 2 * WIDTH) };
        TimeMlp::new([input, zero(2, 2), output], vec![block], Activation::Silu, 1.0).expect("a network")
    }

    #[test]
    fn every_head_decides_what_its_network_says() {
        let heads =
            [Head::Cloning, Head::Diffusion { steps: 5 }, Head::Flow { steps: 1 }, Head::Flow { steps: 4 }];
        for head in heads {
            let nets = SKILLS.map(|skill| net(skill, head)).to_vec();
            let skills = Arc::new(Skills { head, rate_hz: 20.0, nets });
            assert!(skills.is_whole());
            assert_eq!(Skills::from_bytes(&skills.to_bytes()).expect("its own bytes"), *skills);
            let mut policy = Learned::new(&skills, LearnedOptions::default());
            for skill in SKILLS {
                let mut actions = Vec::new();
                policy.decide(skill, &[0.04, -0.2, 0.1, 0.5], &mut actions);
                assert_eq!(actions.len(), LearnedOptions::default().execute);
                let grip = if skill.n_actions() > 3 { 0.2 + 0.3 } else { skill.grip() };
                for action in &actions {
                    let [x, y, z] = action.offset;
                    let off = [x - 0.2, y - 0.3, z - 0.4, action.grip - grip];
                    assert!(off.iter().all(|off| off.abs() < 1e-5), "{head:?}, {}: {action:?}", skill.name());
                }
            }
        }
    }

    #[test]
    fn a_diffusion_head_ends_at_the_clean_chunk_wherever_it_starts() {
        let head = Head::Diffusion { steps: 8 };
        let nets = SKILLS.map(|skill| net(skill, head)).to_vec();
        let skills = Arc::new(Skills { head, rate_hz: 20.0, nets });
        let options = LearnedOptions { temperature: 1.0, seed: 3, ..LearnedOptions::default() };
        let mut actions = Vec::new();
        Learned::new(&skills, options).decide(Skill::Pick, &[0.04, 0.0, 0.0, 1.0], &mut actions);
        assert!(actions.iter().all(|action| (action.offset[1] - 0.3).abs() < 1e-5), "{actions:?}");
    }
}
