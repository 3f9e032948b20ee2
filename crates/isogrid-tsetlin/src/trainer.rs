//! Training, pass by pass: may be stopped, saved, and gone on with, to the same model as without a stop.
//!
//! Teams that share nothing are trained on threads of their own; which thread does what changes no bit of the model.

use std::ops::ControlFlow;

use isogrid_core::{Ctx, Progress, Stop};
use isogrid_num::bits::BitMatrix;
use serde::{Deserialize, Serialize};

use crate::TsetlinError;
use crate::aims::Targets;
use crate::blocks::Blocks;
use crate::book::Book;
use crate::draws::Draws;
use crate::ledger::Ledger;
use crate::machine::Machine;
use crate::options::{MAX_FEATURES, MAX_OUTPUTS, MAX_THREADS, Options, Pool};
use crate::patched::PatchBook;
use crate::patches::Grid;
use crate::pooled::Part;
use crate::rendezvous::Rendezvous;
use crate::schedule::{self, Plan};
use crate::solo::Solo;
use crate::team::{Rules, Team};

/// A machine in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trainer {
    options: Options,
    seed: u64,
    n_features: usize,
    n_outputs: usize,
    /// Blocks learned so far, of the passes begun.
    position: Position,
    teams: Vec<Team>,
}

/// Where training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Position {
    epoch: u64,
    /// Blocks of this epoch that are done.
    n_done: u64,
}

impl Trainer {
    /// A machine that has learned nothing.
    ///
    /// # Errors
    /// Options out of range, no features, or too many.
    pub fn new(
        seed: u64,
        n_features: usize,
        n_outputs: usize,
        options: &Options,
    ) -> Result<Trainer, TsetlinError> {
        options.validated()?;
        if !(1..=MAX_OUTPUTS).contains(&n_outputs) {
            return Err(TsetlinError::Classes { found: n_outputs, most: MAX_OUTPUTS });
        }
        if !(1..=MAX_FEATURES).contains(&n_features) {
            return Err(if n_features == 0 {
                TsetlinError::NoFeatures
            } else {
                TsetlinError::TooManyFeatures { found: n_features, most: MAX_FEATURES }
            });
        }
        if let Some(patches) = options.patches {
            patches.validated(n_features)?;
        }
        let n_clause_features = options.n_clause_features(n_features);
        let n_clauses = options.n_clauses;
        let polarity = |clause: usize| if clause < n_clauses.div_ceil(2) { 1 } else { -1 };
        let teams = match options.pool {
            Pool::PerOutput => {
                let team = Team::new(n_clause_features, 1, (0..n_clauses).map(polarity).collect());
                vec![team; n_outputs]
            }
            Pool::Shared => {
                let places = (0..n_clauses * n_outputs).map(|place| (place / n_outputs, place % n_outputs));
                let weights =
                    places.map(|(clause, output)| Draws { seed }.first_weight(clause, output)).collect();
                vec![Team::new(n_clause_features, n_outputs, weights)]
            }
        };
        let (options, position) = (options.clone(), Position::default());
        Ok(Trainer { options, seed, n_features, n_outputs, position, teams })
    }

    /// Goes on until `options.epochs` passes over these samples are done, or a limit ends it; call it again with the
    /// same samples to go on from there. One tick is one output's update on one sample. Cost of a pass: from
    /// `n_rows * n_outputs * n_clauses * n_features / 32` word operations in the beginning to a small part of that.
    ///
    /// # Errors
    /// Samples and targets differ in number or from what the machine is made for.
    pub fn fit(
        &mut self,
        ctx: &Ctx,
        samples: &BitMatrix,
        targets: &Targets<'_>,
    ) -> Result<Stop, TsetlinError> {
        self.train(ctx, samples, targets, u64::from(self.options.epochs))
    }

    /// One more pass over these samples, which may be others than before; a pass that a limit cut short is finished
    /// first.
    ///
    /// # Errors
    /// As [`Trainer::fit`].
    pub fn partial_fit(
        &mut self,
        ctx: &Ctx,
        samples: &BitMatrix,
        targets: &Targets<'_>,
    ) -> Result<Stop, TsetlinError> {
        self.train(ctx, samples, targets, self.position.epoch + 1)
    }

    /// The same on another number of threads: what is learned does not depend on it.
    #[must_use]
    pub fn on_threads(mut self, n_threads: usize) -> Trainer {
        self.options.n_threads = n_threads.clamp(1, MAX_THREADS);
        self
    }

    /// The passes finished.
    pub fn epoch(&self) -> u64 {
        self.position.epoch
    }

    /// The machine as it is now.
    pub fn machine(&self) -> Machine {
        Machine::new(self.n_features, self.n_outputs, &self.options, &self.teams)
    }

    fn train(
        &mut self,
        ctx: &Ctx,
        samples: &BitMatrix,
        targets: &Targets<'_>,
        n_epochs: u64,
    ) -> Result<Stop, TsetlinError> {
        self.check(samples, targets)?;
        let has_lanes = self.options.patches.is_none();
        let blocks = Blocks::new(Draws { seed: self.seed }, samples, has_lanes);
        let n_blocks = blocks.n_blocks() as u64;
        self.position.n_done = self.position.n_done.min(n_blocks);
        let rules = Rules::new(&self.options, self.options.n_clause_features(self.n_features));
        let teams = std::mem::take(&mut self.teams);
        let (fuzziness, shape) = (rules.fuzziness, rules.shape);
        let task = Task { ctx, blocks: &blocks, targets, rules: &rules, n_epochs };
        let flow = match self.options.patches {
            None => {
                let book = |team: &Team| Ledger::new(team.n_clauses(), fuzziness, shape);
                self.train_with(&task, Crew::new(teams, &self.options, &rules, book))
            }
            Some(patches) => {
                let grid = Grid::new(patches, self.n_features);
                let book = |team: &Team| PatchBook::new(team.n_clauses(), fuzziness, shape, grid.clone());
                self.train_with(&task, Crew::new(teams, &self.options, &rules, book))
            }
        };
        Ok(if let ControlFlow::Break(stop) = flow { stop } else { Stop::Done })
    }

    fn train_with<B: Book + Send>(&mut self, task: &Task<'_>, mut crew: Crew<B>) -> ControlFlow<Stop> {
        let mut flow = ControlFlow::Continue(());
        while flow.is_continue() && self.position.epoch < task.n_epochs {
            let (done, total) = (self.position.epoch, Some(task.n_epochs));
            task.ctx.progress(Progress { stage: "passes", done, total, note: "" });
            flow = self.pass(task, &mut crew);
        }
        self.teams = crew.teams();
        flow
    }

    /// The rest of one pass.
    fn pass<B: Book + Send>(&mut self, task: &Task<'_>, crew: &mut Crew<B>) -> ControlFlow<Stop> {
        let Task { ctx, blocks, targets, rules, .. } = *task;
        let Position { epoch, n_done } = self.position;
        let draws = Draws { seed: self.seed };
        let order = draws.blocks(epoch, blocks.n_blocks()).split_off(n_done as usize);
        let cost = |step: usize| (blocks.block(order[step]).order.len() * self.n_outputs) as u64;
        let step = |step: usize| (draws.pass(epoch, order[step]), blocks.block(order[step]));
        let options = &self.options;
        let (end, flow) = match crew {
            Crew::Solos(solos) => {
                let plan = Plan { n_steps: order.len(), n_threads: options.n_threads, cost };
                schedule::run(ctx, solos, &plan, |solo, number| {
                    let (pass, block) = step(number);
                    solo.learn(pass, &block, targets, (rules, options));
                })
            }
            Crew::Parts(parts, meeting) => {
                let paid = |number: &usize| ctx.tick(cost(*number));
                let unpaid = (0..order.len()).find_map(|number| {
                    if let ControlFlow::Break(stop) = paid(&number) {
                        return Some((number, ControlFlow::Break(stop)));
                    }
                    let (pass, block) = step(number);
                    meeting.run(parts, |part| part.learn(pass, &block, targets, (rules, options, meeting)));
                    None
                });
                unpaid.unwrap_or((order.len(), ControlFlow::Continue(())))
            }
        };
        self.position.n_done += end as u64;
        if flow.is_continue() {
            self.position = Position { epoch: epoch + 1, n_done: 0 };
        }
        flow
    }

    /// Whether the parts fit together, as after loading from a file.
    pub(crate) fn is_consistent(&self) -> bool {
        let Trainer { options, n_features, n_outputs, teams, .. } = self;
        if options.validated().is_err()
            || !(1..=MAX_FEATURES).contains(n_features)
            || !(1..=MAX_OUTPUTS).contains(n_outputs)
            || options.patches.is_some_and(|patches| patches.validated(*n_features).is_err())
        {
            return false;
        }
        let n_clause_features = options.n_clause_features(*n_features);
        let (n_teams, n_columns) = match options.pool {
            Pool::PerOutput => (*n_outputs, 1),
            Pool::Shared => (1, *n_outputs),
        };
        // A sum of votes must fit, whatever clauses fire.
        let votes = |team: &Team, column: usize| {
            let weights = (0..team.n_clauses()).map(|clause| team.weight(clause, column));
            weights.map(|weight| u64::from(weight.unsigned_abs())).sum::<u64>() * u64::from(options.fuzziness)
        };
        let fits =
            |team: &Team| (0..n_columns).all(|column| votes(team, column) <= i32::MAX.unsigned_abs().into());
        teams.len() == n_teams
            && teams.iter().all(|team| {
                team.is_consistent(options.n_clauses, (n_clause_features, n_columns)) && fits(team)
            })
            // A clause of one output is for it or against it.
            && (options.pool == Pool::Shared
                || teams.iter().all(|team| (0..team.n_clauses()).all(|clause| team.weight(clause, 0) != 0)))
    }

    fn check(&self, samples: &BitMatrix, targets: &Targets<'_>) -> Result<(), TsetlinError> {
        targets.validated()?;
        if targets.len() != samples.n_rows() {
            return Err(TsetlinError::LabelCount { rows: samples.n_rows(), labels: targets.len() });
        }
        if samples.n_cols() != self.n_features {
            return Err(TsetlinError::FeatureCount { expected: self.n_features, found: samples.n_cols() });
        }
        if targets.n_outputs() != self.n_outputs {
            return Err(TsetlinError::OutputCount { expected: self.n_outputs, found: targets.n_outputs() });
        }
        Ok(())
    }
}

/// What is learned, and how.
#[derive(Clone, Copy)]
struct Task<'a> {
    ctx: &'a Ctx,
    blocks: &'a Blocks<'a>,
    targets: &'a Targets<'a>,
    rules: &'a Rules,
    n_epochs: u64,
}

/// The teams with what they need to learn.
enum Crew<B> {
    /// One of each output, which learn alone.
    Solos(Vec<Solo<B>>),
    /// The parts of a pool, which learn together.
    Parts(Vec<Part<B>>, Rendezvous),
}

impl<B: Book> Crew<B> {
    fn new(teams: Vec<Team>, options: &Options, rules: &Rules, book: impl Fn(&Team) -> B) -> Crew<B> {
        let teams = teams.into_iter();
        match options.pool {
            Pool::PerOutput => {
                let solo = |(output, team)| {
                    let book = book(&team);
                    Solo::new(team, output as u32, rules, book)
                };
                Crew::Solos(teams.enumerate().map(solo).collect())
            }
            Pool::Shared => {
                let parts = teams.flat_map(|team| team.split(options.n_threads));
                let part = |(first, team)| {
                    let book = book(&team);
                    Part::new(team, first, rules, book)
                };
                let parts: Vec<Part<B>> = parts.map(part).collect();
                let n_outputs = parts.first().map_or(0, |part| part.team.n_outputs());
                let meeting = Rendezvous::new(parts.len(), n_outputs);
                Crew::Parts(parts, meeting)
            }
        }
    }

    fn teams(self) -> Vec<Team> {
        match self {
            Crew::Solos(solos) => solos.into_iter().map(|solo| solo.team).collect(),
            Crew::Parts(parts, _) => {
                Team::join(parts.into_iter().map(|part| part.team)).into_iter().collect()
            }
        }
    }
}
