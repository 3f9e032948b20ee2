//! A team of clauses of one class: bit-sliced Tsetlin automata, 64 literals a word.
//!
//! An automaton's state is 8 bits, each in a plane of its own; the top plane is the include mask, so a clause is
//! evaluated without unpacking, and a whole word of automata counts up or down by a ripple of carries.

use crate::draws::Events;

/// Bits of an automaton's state: 256 states, the upper half includes the literal.
const N_PLANES: usize = 8;

/// Clauses over packed literals.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    n_words: usize,
    /// `[clause][plane][word]`, lowest plane first.
    planes: Vec<u64>,
    /// Ones for the literals that exist, in the last word.
    tail: u64,
    /// `[word]`: the automata to count, then the carries.
    carry: Vec<u64>,
    /// `[word]`: the events of a type I feedback.
    forget: Vec<u64>,
}

impl Team {
    /// Clauses over `n_literals` literals, every automaton one step below including its literal.
    pub(crate) fn new(n_clauses: usize, n_literals: usize) -> Team {
        let n_words = n_literals.div_ceil(64);
        let tail = isogrid_num::bits::tail_mask(n_literals);
        let mut team =
            Team { n_words, planes: Vec::new(), tail, carry: vec![0; n_words], forget: vec![0; n_words] };
        for _ in 0..n_clauses {
            for plane in 0..N_PLANES {
                let word = if plane + 1 < N_PLANES { u64::MAX } else { 0 };
                team.planes.extend((0..n_words).map(|w| if w + 1 == n_words { word & tail } else { word }));
            }
        }
        team
    }

    /// The include mask of a clause.
    pub(crate) fn included(&self, clause: usize) -> &[u64] {
        &self.planes[(clause * N_PLANES + N_PLANES - 1) * self.n_words..][..self.n_words]
    }

    /// Whether the clause holds; one without literals does, so that it can learn its first ones.
    pub(crate) fn holds(&self, clause: usize, literals: &[u64]) -> bool {
        self.included(clause).iter().zip(literals).all(|(included, literals)| included & !literals == 0)
    }

    /// Type I feedback fights false negatives: a clause that holds remembers its true literals (unless the event of
    /// probability 1/s forgets to) and a clause that fails, or a false literal, forgets with probability 1/s.
    pub(crate) fn type_i(&mut self, clause: usize, literals: &[u64], events: Events) {
        if !self.holds(clause, literals) {
            self.carry.iter_mut().enumerate().for_each(|(word, carry)| *carry = events.word(word));
            self.count_down(clause);
            return;
        }
        self.forget.iter_mut().enumerate().for_each(|(word, forget)| *forget = events.word(word));
        for ((carry, literals), forget) in self.carry.iter_mut().zip(literals).zip(&self.forget) {
            *carry = literals & !forget;
        }
        self.count_up(clause);
        for ((carry, literals), forget) in self.carry.iter_mut().zip(literals).zip(&self.forget) {
            *carry = !literals & forget;
        }
        self.count_down(clause);
    }

    /// Type II feedback fights false positives: a clause that holds takes in false literals, so that it soon fails.
    pub(crate) fn type_ii(&mut self, clause: usize, literals: &[u64]) {
        if !self.holds(clause, literals) {
            return;
        }
        let start = (clause * N_PLANES + N_PLANES - 1) * self.n_words;
        let included = &self.planes[start..start + self.n_words];
        for ((carry, literals), included) in self.carry.iter_mut().zip(literals).zip(included) {
            *carry = !literals & !included;
        }
        self.count_up(clause);
    }

    /// Adds one to the automata in `carry`, up to the last state.
    fn count_up(&mut self, clause: usize) {
        self.confine();
        let planes = &mut self.planes[clause * N_PLANES * self.n_words..][..N_PLANES * self.n_words];
        for plane in planes.chunks_exact_mut(self.n_words) {
            for (bits, carry) in plane.iter_mut().zip(&mut self.carry) {
                let next = *bits & *carry;
                *bits ^= *carry;
                *carry = next;
            }
        }
        for plane in planes.chunks_exact_mut(self.n_words) {
            plane.iter_mut().zip(&self.carry).for_each(|(bits, carry)| *bits |= carry);
        }
    }

    /// Subtracts one from the automata in `carry`, down to the first state.
    fn count_down(&mut self, clause: usize) {
        self.confine();
        let planes = &mut self.planes[clause * N_PLANES * self.n_words..][..N_PLANES * self.n_words];
        for plane in planes.chunks_exact_mut(self.n_words) {
            for (bits, borrow) in plane.iter_mut().zip(&mut self.carry) {
                let next = !*bits & *borrow;
                *bits ^= *borrow;
                *borrow = next;
            }
        }
        for plane in planes.chunks_exact_mut(self.n_words) {
            plane.iter_mut().zip(&self.carry).for_each(|(bits, borrow)| *bits &= !borrow);
        }
    }

    fn confine(&mut self) {
        if let Some(last) = self.carry.last_mut() {
            *last &= self.tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(team: &Team, clause: usize, literal: usize) -> u32 {
        let bit = |plane: usize| {
            let word = team.planes[(clause * N_PLANES + plane) * team.n_words + literal / 64];
            (word >> (literal % 64) & 1) as u32
        };
        (0..N_PLANES).map(|plane| bit(plane) << plane).sum()
    }

    #[test]
    fn automata_count_and_saturate() {
        let mut team = Team::new(2, 70);
        assert_eq!((state(&team, 1, 69), team.included(1)), (127, &[0, 0][..]));
        for step in 1..300_u32 {
            team.carry = vec![1 << 3, 1 << 5];
            team.count_up(1);
            assert_eq!(state(&team, 1, 69), (127 + step).min(255));
        }
        assert_eq!((team.included(1), team.included(0)), (&[1 << 3, 1 << 5][..], &[0, 0][..]));
        for step in 1..300_u32 {
            team.carry = vec![u64::MAX, u64::MAX];
            team.count_down(1);
            assert_eq!(state(&team, 1, 69), 255_u32.saturating_sub(step));
            assert_eq!(state(&team, 1, 68), 127_u32.saturating_sub(step));
        }
        assert_eq!(state(&team, 0, 3), 127);
        assert!(team.planes.chunks(2).all(|words| words[1] >> 6 == 0), "automata beyond the last literal");
    }
}
