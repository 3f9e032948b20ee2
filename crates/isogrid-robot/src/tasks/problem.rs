//! The planning problem of a task, and the facts of an observation in its words.

use std::fmt::Write;
use std::sync::Arc;

use isogrid_plan::pddl::{Domain, GroundAtom, Problem, parse_domain, parse_problem};

use super::Task;
use crate::RobotError;
use crate::facts::{Relations, Support};
use crate::world::{ObjectKind, Scene};

/// The name of the bare table in problems.
const TABLE: &str = "bare-table";
/// The block that comes after the last one of an order.
const END: &str = "the-end";

pub(super) fn build(task: &Task, scene: &Scene) -> Result<(Arc<Domain>, Arc<Problem>), RobotError> {
    let n = scene.objects.len();
    let in_range = task.goal.iter().all(|&(block, on)| block < n && on < n);
    if !in_range || task.fits.len() != n || task.fits.iter().any(|row| row.len() != n) {
        return Err(RobotError::Task(format!("its goal or rules do not fit a scene of {n} objects")));
    }
    if let Some(&block) = task.order.iter().find(|&&block| slot(task, block).is_none()) {
        return Err(RobotError::Task(format!("object {block} stands in the order and has no goal")));
    }
    let domain_text = match task.order.is_empty() {
        true => include_str!("rearrange.pddl"),
        false => include_str!("kit.pddl"),
    };
    let fault = |error: isogrid_plan::pddl::PddlError| RobotError::Task(error.to_string());
    let (domain, _) = parse_domain("domain", domain_text.as_bytes()).map_err(fault)?;
    let text = problem_text(task, scene, &domain.name);
    let (problem, _) = parse_problem("problem", text.as_bytes(), &domain).map_err(fault)?;
    Ok((Arc::new(domain), Arc::new(problem)))
}

fn slot(task: &Task, block: usize) -> Option<usize> {
    task.goal.iter().find(|(wanted, _)| *wanted == block).map(|(_, on)| *on)
}

fn problem_text(task: &Task, scene: &Scene, domain: &str) -> String {
    let name = |at: usize| scene.objects[at].name.as_str();
    let of_kind = |kind| {
        let names = scene.objects.iter().filter(move |object| object.kind == kind);
        names.map(|object| object.name.as_str()).collect::<Vec<_>>().join(" ")
    };
    let mut text = format!("(define (problem task) (:domain {domain})\n(:objects");
    let (blocks, pads) = (of_kind(ObjectKind::Block), of_kind(ObjectKind::Pad));
    let end = if task.order.is_empty() { "" } else { END };
    for (names, kind) in [(format!("{blocks} {end}"), "block"), (pads, "pad"), (TABLE.to_string(), "bare")] {
        if !names.trim().is_empty() {
            let _ = write!(text, "\n  {names} - {kind}");
        }
    }
    text.push_str(")\n(:init");
    for (block, row) in task.fits.iter().enumerate() {
        // What has a turn reaches its slot by `deliver` alone.
        let own_slot = task.order.contains(&block).then(|| slot(task, block)).flatten();
        for (on, _) in row.iter().enumerate().filter(|&(on, fits)| *fits && own_slot != Some(on)) {
            let _ = write!(text, "\n  (fits {} {})", name(block), name(on));
        }
    }
    for (at, &block) in task.order.iter().enumerate() {
        let then = task.order.get(at + 1).map_or(END, |&next| name(next));
        let on = slot(task, block).map_or(TABLE, name);
        let _ = write!(text, "\n  (slot {b} {on}) (next {b} {then})", b = name(block));
    }
    text.push_str(")\n(:goal (and (hand-empty)");
    for &(block, on) in &task.goal {
        let _ = write!(text, "\n  (on {b} {}) (not (askew {b}))", name(on), b = name(block));
    }
    text.push_str(")))\n");
    text
}

/// Translates relations into the planner's facts, for one task.
#[derive(Debug, Clone)]
pub struct TaskState {
    domain: Arc<Domain>,
    /// The problem's object for each object of the scene.
    objects: Vec<usize>,
    table: usize,
    end: Option<usize>,
}

impl TaskState {
    /// A translator for the problem made from `scene`.
    ///
    /// # Errors
    /// [`RobotError::Task`] where the problem lacks an object of the scene.
    pub fn new(domain: &Arc<Domain>, problem: &Problem, scene: &Scene) -> Result<TaskState, RobotError> {
        let find = |name: &str| problem.objects.iter().position(|object| object.name == name);
        let known =
            |name: &str| find(name).ok_or_else(|| RobotError::Task(format!("it has no object `{name}`")));
        let objects = scene.objects.iter().map(|object| known(&object.name.to_lowercase()));
        Ok(TaskState {
            domain: domain.clone(),
            objects: objects.collect::<Result<_, _>>()?,
            table: known(TABLE)?,
            end: find(END),
        })
    }

    /// The object of the scene that a problem's object stands for.
    pub fn scene_object(&self, object: usize) -> Option<usize> {
        self.objects.iter().position(|&known| known == object)
    }

    /// The facts of the planner's state.
    pub fn facts(&self, task: &Task, relations: &Relations) -> Vec<GroundAtom> {
        let mut facts = Vec::new();
        let mut add = |name: &str, args: Vec<usize>| {
            if let Some(predicate) = self.domain.predicates.iter().position(|known| known.name == name) {
                facts.push(GroundAtom { predicate, args });
            }
        };
        for (at, support) in relations.support.iter().enumerate() {
            let object = self.objects[at];
            match support {
                Some(Support::Hand) => add("holding", vec![object]),
                Some(Support::Table) => add("on", vec![object, self.table]),
                Some(Support::Object(under)) => add("on", vec![object, self.objects[*under]]),
                None => {}
            }
            if relations.askew[at] {
                add("askew", vec![object]);
            }
            if relations.is_clear(at) && *support != Some(Support::Hand) {
                add("clear", vec![object]);
            }
        }
        if relations.held().is_none() {
            add("hand-empty", Vec::new());
        }
        if let Some(end) = self.end {
            let waiting = task.order.iter().find(|&&block| !is_delivered(task, relations, block));
            add("turn", vec![waiting.map_or(end, |&block| self.objects[block])]);
        }
        facts
    }
}

/// Whether a block lies, not askew, where the goal wants it.
pub(crate) fn is_delivered(task: &Task, relations: &Relations, block: usize) -> bool {
    let wanted = slot(task, block).map(Support::Object);
    wanted.is_some() && relations.support[block] == wanted && !relations.askew[block]
}
