//! What is played: the bars' rows, the ablations, the rivals' rows.
//!
//! Seeds of a row begin at a number of its own, far from those used in development.

use isogrid_robot::agent::{AgentOptions, Feedback};

use super::work::Lesson;
use super::{FIRST_SEEDS, SEED_STEP};
use crate::worlds::{DISTURBED, KITTING};

/// A family of worlds, as arguments of `isogrid-sim serve`.
pub(super) fn world(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_string).collect()
}

/// A row of the engine as it is.
pub(super) struct EngineRow {
    pub name: &'static str,
    /// What the paper reports: end-to-end, neuro-symbolic, in per cent.
    pub paper: Option<(f64, f64)>,
    /// The least share of reached goals; none is promised where the row was added to see more.
    pub bar: Option<f64>,
    pub n: u64,
    pub worlds: &'static [&'static str],
}

/// All of them; a row's place is that of its seeds.
pub(super) const ROWS: [EngineRow; 9] = [
    EngineRow {
        name: "one move",
        paper: Some((87.0, 99.0)),
        bar: Some(0.995),
        n: 1000,
        worlds: &["--family move --blocks 3"],
    },
    EngineRow {
        name: "3 blocks",
        paper: Some((34.0, 95.0)),
        bar: Some(0.99),
        n: 400,
        worlds: &["--family hanoi --blocks 3"],
    },
    EngineRow {
        name: "4 blocks, unseen",
        paper: Some((0.0, 78.0)),
        bar: Some(0.98),
        n: 400,
        worlds: &["--family hanoi --blocks 4"],
    },
    EngineRow {
        name: "5 blocks, unseen",
        paper: None,
        bar: Some(0.97),
        n: 400,
        worlds: &["--family hanoi --blocks 5"],
    },
    EngineRow {
        name: "6 blocks, unseen",
        paper: None,
        bar: Some(0.95),
        n: 400,
        worlds: &["--family hanoi --blocks 6"],
    },
    EngineRow { name: "4 blocks, disturbed once", paper: None, bar: Some(0.95), n: 400, worlds: &DISTURBED },
    EngineRow { name: "kitting, 3 to 5 parts", paper: None, bar: Some(0.95), n: 400, worlds: &KITTING },
    EngineRow {
        name: "3 blocks, any legal start",
        paper: None,
        bar: None,
        n: 400,
        worlds: &["--family hanoi --blocks 3 --start random"],
    },
    EngineRow {
        name: "4 blocks, any legal start, unseen",
        paper: None,
        bar: None,
        n: 400,
        worlds: &["--family hanoi --blocks 4 --start random"],
    },
];

/// The first seed of a row of [`ROWS`], by its place.
pub(super) fn first_seed(place: usize) -> u64 {
    FIRST_SEEDS[0] + SEED_STEP * place as u64
}

/// Whether an episode of the engine is of a row and a seed that are planned now.
pub(super) fn is_planned(row: &str, seed: u64) -> bool {
    let rows = ROWS.iter().enumerate().map(|(at, row)| (row.name.to_string(), first_seed(at)));
    let ablations = ABLATIONS.iter().chain([&SCRIPTED]);
    let ablations = ablations.map(|ablation| (ablation.row(), ablation.course.first_seed()));
    rows.chain(ablations).any(|(name, first)| name == row && (first..first + SEED_STEP).contains(&seed))
}

/// The row of [`ROWS`] in which somebody interferes.
pub(super) const DISTURBED_ROW: &EngineRow = &ROWS[5];

/// The default skills.
pub(super) const DEFAULT: Lesson =
    Lesson { name: "flow-50", head: "flow", demonstrations: 50, symmetry: "assumed" };

/// What else is trained.
pub(super) const OTHERS: [Lesson; 6] = [
    Lesson { name: "cloning-50", head: "cloning", ..DEFAULT },
    Lesson { name: "diffusion-50", head: "diffusion", ..DEFAULT },
    Lesson { name: "flow-25", demonstrations: 25, ..DEFAULT },
    Lesson { name: "flow-10", demonstrations: 10, ..DEFAULT },
    Lesson { name: "flow-5", demonstrations: 5, ..DEFAULT },
    Lesson { name: "flow-50-plain", symmetry: "none", ..DEFAULT },
];

/// An ablation.
pub(super) struct Ablation {
    pub name: &'static str,
    pub lesson: Lesson,
    pub feedback: Feedback,
    /// Failed moves in a row after which the arm is parked, where it is not the usual number.
    pub failures: Option<u32>,
    /// Noise of seen positions, in millimetres.
    pub pose_mm: f64,
    /// Scale of the noise that skills start from.
    pub temperature: f32,
    pub course: Course,
}

/// Worlds with a range of seeds of their own: differences between ablations of one course are theirs alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub worlds: &'static [&'static str],
    /// The number of its range.
    seeds: u64,
}

impl PartialEq for Course {
    fn eq(&self, other: &Course) -> bool {
        self.seeds == other.seeds
    }
}

impl Course {
    /// The seed of its first episode.
    pub fn first_seed(&self) -> u64 {
        FIRST_SEEDS[1] + SEED_STEP * self.seeds
    }
}

const FOUR: Course = Course { worlds: &["--family hanoi --blocks 4"], seeds: 0 };
/// Disturbed as in [`DISTURBED_ROW`].
pub(super) const FOUR_DISTURBED: Course = Course { worlds: &DISTURBED, seeds: 1 };
const PARTS: Course = Course { worlds: &KITTING, seeds: 2 };

const PLAIN: Ablation = Ablation {
    name: "",
    lesson: DEFAULT,
    feedback: Feedback::Full,
    failures: None,
    pose_mm: 0.0,
    temperature: 0.0,
    course: FOUR,
};

/// Ablations on four blocks, without a disturbance unless they say so.
pub(super) const ABLATIONS: [Ablation; 24] = [
    Ablation { name: "as it is", ..PLAIN },
    Ablation { name: "open loop", feedback: Feedback::None, ..PLAIN },
    Ablation { name: "without retry", failures: Some(1), ..PLAIN },
    Ablation { name: "disturbed, as it is", course: FOUR_DISTURBED, ..PLAIN },
    Ablation {
        name: "disturbed, without replanning",
        feedback: Feedback::Retry,
        course: FOUR_DISTURBED,
        ..PLAIN
    },
    Ablation { name: "disturbed, without retry", failures: Some(1), course: FOUR_DISTURBED, ..PLAIN },
    Ablation { name: "disturbed, open loop", feedback: Feedback::None, course: FOUR_DISTURBED, ..PLAIN },
    Ablation { name: "disturbed, pose noise 2 mm", pose_mm: 2.0, course: FOUR_DISTURBED, ..PLAIN },
    Ablation { name: "disturbed, pose noise 5 mm", pose_mm: 5.0, course: FOUR_DISTURBED, ..PLAIN },
    Ablation { name: "head: cloning", lesson: OTHERS[0], ..PLAIN },
    Ablation { name: "head: diffusion", lesson: OTHERS[1], ..PLAIN },
    Ablation { name: "head: flow, drawn at temperature 1", temperature: 1.0, ..PLAIN },
    Ablation { name: "25 demonstrations", lesson: OTHERS[2], ..PLAIN },
    Ablation { name: "10 demonstrations", lesson: OTHERS[3], ..PLAIN },
    Ablation { name: "5 demonstrations", lesson: OTHERS[4], ..PLAIN },
    Ablation { name: "pose noise 1 mm", pose_mm: 1.0, ..PLAIN },
    Ablation { name: "pose noise 2 mm", pose_mm: 2.0, ..PLAIN },
    Ablation { name: "pose noise 5 mm", pose_mm: 5.0, ..PLAIN },
    Ablation { name: "pose noise 10 mm", pose_mm: 10.0, ..PLAIN },
    Ablation { name: "5 demonstrations, without retry", lesson: OTHERS[4], failures: Some(1), ..PLAIN },
    Ablation { name: "5 demonstrations, open loop", lesson: OTHERS[4], feedback: Feedback::None, ..PLAIN },
    Ablation { name: "without symmetry", lesson: OTHERS[5], ..PLAIN },
    Ablation { name: "kitting, as it is", course: PARTS, ..PLAIN },
    Ablation { name: "kitting, without symmetry", lesson: OTHERS[5], course: PARTS, ..PLAIN },
];

/// The ablation that the other disturbed ones are held against.
pub(super) const DISTURBED_AS_IT_IS: &Ablation = &ABLATIONS[3];

/// The demonstrator's own hands under the same manager: what no learning could do better.
pub(super) const SCRIPTED: Ablation = Ablation { name: "the demonstrator's hands", ..PLAIN };

impl Ablation {
    /// The name of its row of episodes.
    pub fn row(&self) -> String {
        format!("ablation: {}", self.name)
    }

    /// How the agent behaves.
    pub fn agent(&self) -> AgentOptions {
        let usual = AgentOptions::default();
        let failures = self.failures.unwrap_or(usual.failures);
        AgentOptions { feedback: self.feedback, failures, noise: self.pose_mm / 1000.0, ..usual }
    }

    /// Its worlds, with its noise.
    pub fn worlds(&self) -> Vec<Vec<String>> {
        self.course.worlds.iter().map(|text| world(&format!("{text} --pose-mm {}", self.pose_mm))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_seeds_of_their_own_and_those_of_earlier_plans_are_not_theirs() {
        assert!(is_planned("one move", first_seed(0)) && !is_planned("one move", 100_000));
        assert!(is_planned(&SCRIPTED.row(), SCRIPTED.course.first_seed()));
        assert!(!is_planned("3 blocks", first_seed(0)) && !is_planned("rival: x", first_seed(0)));
        assert!(ROWS.iter().all(|row| row.n <= SEED_STEP));
    }
}
