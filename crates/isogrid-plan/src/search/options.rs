//! What a query asks of the search.

use crate::error::PlanError;

/// What kind of answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The first plan found, polished for a part of the work that it took. Where that is long, the plan is handed out
    /// before it too.
    First,
    /// A first plan, then cheaper ones while ticks last or until one is proved optimal.
    #[default]
    Improve,
    /// A plan of least cost, with proof.
    Optimal,
}

/// Which search runs. Those but the portfolio, LAMA's and A* with a weight of one end with their first plan, also where
/// plans are to be improved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Search {
    /// A portfolio that fits the mode.
    #[default]
    Auto,
    /// A* with one estimate; the first plan is optimal unless a weight is set.
    AStar(Estimate),
    /// LAMA: lazy greedy search with FF, landmarks and preferred operators; where plans are to be improved, weighted
    /// searches with falling weights after it.
    Lama,
    /// Eager greedy search, with preferred operators where the guide has some; open lists of several estimates take
    /// turns.
    Greedy(Guide),
    /// Best-first width search BFWS(f5).
    Bfws,
    /// Dual-BFWS: an incomplete search that keeps states of novelty 1 alone, then the complete one. Both are BFWS(f5);
    /// the guides by landmarks that its authors give the complete one are left out.
    DualBfws,
    /// IW(k), k from 1 to 3: breadth-first search over states with a new tuple of at most k facts. It may end without a
    /// plan where there is one; another k ends with [`Stop::Failed`](isogrid_core::Stop::Failed).
    IteratedWidth(u8),
}

/// Admissible estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimate {
    /// Nothing at goals, the cheapest action elsewhere.
    Blind,
    /// h_max.
    HMax,
    /// LM-cut.
    LmCut,
    /// Cartesian abstractions, added up by saturated cost partitioning. Tasks with conditional effects, axioms or
    /// numbers are not supported.
    Cartesian,
}

/// What A* leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Nothing.
    #[default]
    None,
    /// Operators outside a stubborn set: other orders of what is done anyway. It turns itself off where it leaves
    /// out little. Tasks with conditional effects, axioms or numbers are not supported.
    StubbornSets,
}

impl Reduction {
    /// All reductions by the names that the command uses.
    pub const NAMED: [(&'static str, Reduction); 2] =
        [("none", Reduction::None), ("stubborn-sets", Reduction::StubbornSets)];

    /// The reduction of this name.
    pub fn named(name: &str) -> Option<Reduction> {
        Reduction::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, reduction)| reduction)
    }
}

/// Estimates that guide greedy search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guide {
    /// FF.
    FastForward,
    /// h_add.
    Add,
    /// FF and the landmark count, each with open lists of its own.
    FastForwardAndLandmarks,
}

impl Guide {
    pub(crate) fn counts_landmarks(self) -> bool {
        self == Guide::FastForwardAndLandmarks
    }
}

impl Search {
    /// All searches by the names that the command uses.
    pub const NAMED: [(&'static str, Search); 14] = [
        ("auto", Search::Auto),
        ("astar-blind", Search::AStar(Estimate::Blind)),
        ("astar-hmax", Search::AStar(Estimate::HMax)),
        ("astar-lmcut", Search::AStar(Estimate::LmCut)),
        ("astar-cartesian", Search::AStar(Estimate::Cartesian)),
        ("lama", Search::Lama),
        ("greedy-ff", Search::Greedy(Guide::FastForward)),
        ("greedy-add", Search::Greedy(Guide::Add)),
        ("greedy-ff-landmarks", Search::Greedy(Guide::FastForwardAndLandmarks)),
        ("bfws", Search::Bfws),
        ("dual-bfws", Search::DualBfws),
        ("iw-1", Search::IteratedWidth(1)),
        ("iw-2", Search::IteratedWidth(2)),
        ("iw-3", Search::IteratedWidth(3)),
    ];

    /// The search of this name.
    pub fn named(name: &str) -> Option<Search> {
        Search::NAMED.iter().find(|(known, _)| *known == name).map(|&(_, search)| search)
    }

    /// Whether its first plan can be proved optimal.
    pub fn is_optimal(self) -> bool {
        matches!(self, Search::Auto | Search::AStar(_))
    }
}

/// Settings of [`crate::solve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SolveOptions {
    /// What kind of answer is wanted. Default: improve.
    pub mode: Mode,
    /// Which search runs. Default: a portfolio that fits the mode.
    pub search: Search,
    /// What A*'s estimate is multiplied with: a plan costs at most this much more than the cheapest. Default: 1. The
    /// other searches have weights of their own.
    pub weight: u32,
    /// What A* leaves out. Default: nothing. The portfolio decides for itself.
    pub reduction: Reduction,
    /// Work in ticks after which [`crate::solve`] gives up. Default: none. A context has its own limit instead.
    pub ticks: u64,
    /// Work spent on improving after the first plan, when nothing else limits the work. Default: two million ticks,
    /// well under a second.
    pub improve_ticks: u64,
    /// Threads over which the portfolio's searches for a first or a cheapest plan race; where these are more, some share a
    /// thread. Improving has one. Default: one. The answer is the same at any speed of the threads, but another number of
    /// them may answer differently.
    pub threads: usize,
}

impl Default for SolveOptions {
    fn default() -> Self {
        SolveOptions {
            mode: Mode::Improve,
            search: Search::Auto,
            weight: 1,
            reduction: Reduction::None,
            ticks: u64::MAX,
            improve_ticks: 2_000_000,
            threads: 1,
        }
    }
}

impl SolveOptions {
    /// Larger weights are greedy search.
    pub const MAX_WEIGHT: u32 = 1000;
    /// More threads than any portfolio has use for.
    pub const MAX_THREADS: usize = 64;

    /// Whether the settings go together.
    ///
    /// # Errors
    /// Two of them contradict each other, or one needs another; options are named as the command names them.
    pub fn check(&self) -> Result<(), PlanError> {
        let (search, is_a_star) = (self.search, matches!(self.search, Search::AStar(_)));
        let needs = "--search astar-lmcut";
        match self.mode {
            Mode::Optimal if !search.is_optimal() => {
                Err(PlanError::Conflict { one: "optimal", other: "search" })
            }
            Mode::Optimal if self.weight > 1 => Err(PlanError::Conflict { one: "optimal", other: "weight" }),
            _ if self.weight > 1 && !is_a_star => Err(PlanError::Needs { option: "weight", needs }),
            _ if self.reduction != Reduction::None && !is_a_star => {
                Err(PlanError::Needs { option: "reduction", needs })
            }
            _ if self.threads > 1 && search != Search::Auto => {
                Err(PlanError::Conflict { one: "search", other: "threads" })
            }
            _ => Ok(()),
        }
    }

    /// The name of what is asked for and does not support conditional effects, axioms and numbers.
    pub fn only_for_plain_tasks(&self) -> Option<&'static str> {
        match (self.search, self.reduction) {
            (Search::AStar(Estimate::Cartesian), _) => Some("astar-cartesian"),
            (_, Reduction::StubbornSets) => Some("stubborn-sets"),
            _ => None,
        }
    }
}
