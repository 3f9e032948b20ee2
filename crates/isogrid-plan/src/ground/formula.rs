//! Ground conditions, simplified as they are made.

use isogrid_core::{Ctx, Stop};
use isogrid_num::hash::FastMap;

use crate::ground::schema::admitted;
use crate::pddl::{Domain, Formula, Leaf, Param, Problem, TypeId};

/// A ground condition. Leaves are whatever its maker interns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ground<L> {
    True,
    False,
    Leaf(L),
    And(Vec<Ground<L>>),
    Or(Vec<Ground<L>>),
}

impl<L> Ground<L> {
    pub(crate) fn and(parts: impl IntoIterator<Item = Ground<L>>) -> Ground<L> {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Ground::True => {}
                Ground::False => return Ground::False,
                Ground::And(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Ground::True,
            1 => kept.swap_remove(0),
            _ => Ground::And(kept),
        }
    }

    pub(crate) fn or(parts: impl IntoIterator<Item = Ground<L>>) -> Ground<L> {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Ground::False => {}
                Ground::True => return Ground::True,
                Ground::Or(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Ground::False,
            1 => kept.swap_remove(0),
            _ => Ground::Or(kept),
        }
    }
}

/// Says what a literal or comparison comes to under a binding.
pub(crate) type LeafOf<'a, L, E> = &'a mut dyn FnMut(Leaf<'_>, &[u32]) -> Result<Ground<L>, E>;

/// Unrolls quantifiers over the objects that their variables range over. One tick per 64 leaves.
pub(crate) struct Ranges<'a> {
    ctx: &'a Ctx,
    domain: &'a Domain,
    problem: &'a Problem,
    known: FastMap<Vec<TypeId>, Vec<u32>>,
    work: u64,
    /// Set once the context ends the work; what is grounded from then on means nothing.
    pub(crate) stopped: Option<Stop>,
}

impl<'a> Ranges<'a> {
    pub(crate) fn new(ctx: &'a Ctx, domain: &'a Domain, problem: &'a Problem) -> Ranges<'a> {
        Ranges { ctx, domain, problem, known: FastMap::default(), work: 0, stopped: None }
    }

    /// Whether the context lets the work go on.
    fn goes_on(&mut self) -> bool {
        self.work += 1;
        if self.stopped.is_none() && self.work.is_multiple_of(64) {
            self.stopped = self.ctx.tick(1).break_value();
        }
        self.stopped.is_none()
    }

    fn of(&mut self, param: &Param) -> Vec<u32> {
        if let Some(known) = self.known.get(&param.types) {
            return known.clone();
        }
        let objects: Vec<u32> =
            admitted(self.domain, self.problem, param).ones().map(|object| object as u32).collect();
        self.known.insert(param.types.clone(), objects.clone());
        objects
    }

    /// Grounds a formula. `leaf` says what a literal or comparison comes to; variables of quantifiers are behind the
    /// `binding` while it is asked, which is as before at the end.
    pub(crate) fn ground<L: PartialEq, E>(
        &mut self,
        formula: &Formula,
        binding: &mut Vec<u32>,
        leaf: LeafOf<'_, L, E>,
    ) -> Result<Ground<L>, E> {
        match formula {
            Formula::Literal(literal) => leaf(Leaf::Literal(literal), binding),
            Formula::Compare(comparison) => leaf(Leaf::Compare(comparison), binding),
            Formula::And(parts) => {
                let mut found = Vec::with_capacity(parts.len());
                for part in parts {
                    match self.ground(part, binding, &mut *leaf)? {
                        Ground::False => return Ok(Ground::False),
                        other => found.push(other),
                    }
                }
                Ok(Ground::and(found))
            }
            Formula::Or(parts) => {
                let mut found = Vec::with_capacity(parts.len());
                for part in parts {
                    match self.ground(part, binding, &mut *leaf)? {
                        Ground::True => return Ok(Ground::True),
                        other => found.push(other),
                    }
                }
                Ok(Ground::or(found))
            }
            Formula::Forall(params, body) => {
                let mut parts = Parts { found: Vec::new(), decided: Ground::False };
                self.instances((params, body), binding, leaf, &mut parts)?;
                Ok(Ground::and(parts.found))
            }
            Formula::Exists(params, body) => {
                let mut parts = Parts { found: Vec::new(), decided: Ground::True };
                self.instances((params, body), binding, leaf, &mut parts)?;
                Ok(Ground::or(parts.found))
            }
        }
    }

    /// Grounds the body for every choice of objects, or until one of them decides; false when that happened.
    fn instances<L: PartialEq, E>(
        &mut self,
        (params, body): (&[Param], &Formula),
        binding: &mut Vec<u32>,
        leaf: LeafOf<'_, L, E>,
        parts: &mut Parts<L>,
    ) -> Result<bool, E> {
        let Some((first, rest)) = params.split_first() else {
            let part = self.ground(body, binding, leaf)?;
            let goes_on = part != parts.decided && self.goes_on();
            parts.found.push(part);
            return Ok(goes_on);
        };
        for object in self.of(first) {
            binding.push(object);
            let goes_on = self.instances((rest, body), binding, &mut *leaf, parts);
            binding.pop();
            if !goes_on? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Instances of a quantifier's body, and what one of them must come to for the rest not to matter.
struct Parts<L> {
    found: Vec<Ground<L>>,
    decided: Ground<L>,
}
