//! Whether to explore each state from nothing, or to bring the exploration of the state before up to date.
//!
//! The latter is much less work where a state differs from the one before in a few facts that little rests on, and more
//! where all costs change. Which it is shows in the work of trying; by counted steps, so that a search goes the same way
//! on every machine.

/// Explorations before the first try.
const FIRST_WAIT: u32 = 64;
/// Explorations between tries, at least and at most.
const WAITS: (u32, u32) = (32, 4096);
/// Updates of which one try consists.
const TRIED: u32 = 16;

/// How to explore the next state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Whole,
    /// From nothing, to be compared with the next one.
    Look,
    /// From nothing, and see how much has changed: updates take memory, so hopeless ones are not even tried.
    Compare,
    /// From nothing, to the very end, so that updates can follow.
    Begin,
    Update,
}

/// What was learned from the explorations so far.
#[derive(Debug)]
pub(super) struct Thrift {
    way: Way,
    /// Explorations before the next try; updates in the try at hand.
    count: u32,
    /// The wait after the next try that fails.
    wait: u32,
    /// Steps of the last exploration from nothing that stopped where it could.
    whole: u64,
    /// Steps of the updates counted.
    updates: u64,
}

impl Default for Thrift {
    fn default() -> Thrift {
        Thrift { way: Way::Whole, count: FIRST_WAIT, wait: WAITS.0, whole: 0, updates: 0 }
    }
}

impl Thrift {
    /// One that updates from the second state on, whatever it takes.
    #[cfg(test)]
    pub(super) fn none() -> Thrift {
        Thrift { way: Way::Begin, whole: u64::MAX >> 8, ..Thrift::default() }
    }

    /// How the next state is to be explored.
    pub(super) fn way(&self) -> Way {
        self.way
    }

    /// Hears the steps that it took.
    pub(super) fn hear(&mut self, steps: u64) {
        match self.way {
            Way::Whole => {
                self.whole = steps;
                self.count -= 1;
                if self.count == 0 {
                    self.way = Way::Look;
                }
            }
            Way::Look => self.way = Way::Compare,
            // What was seen decides.
            Way::Compare => {}
            Way::Begin => (self.way, self.count, self.updates) = (Way::Update, 0, 0),
            Way::Update => {
                self.updates += steps;
                self.count += 1;
                if self.count == TRIED {
                    self.judge();
                }
            }
        }
    }

    /// Hears whether little has changed from one state to the next.
    pub(super) fn hear_change(&mut self, is_small: bool) {
        if is_small {
            self.way = Way::Begin;
        } else {
            self.leave_off();
        }
    }

    fn leave_off(&mut self) {
        (self.way, self.count) = (Way::Whole, self.wait);
        self.wait = (self.wait * 2).min(WAITS.1);
    }

    fn judge(&mut self) {
        if self.updates > self.whole * u64::from(TRIED) {
            self.leave_off();
        } else {
            // Older updates count less and less.
            (self.count, self.updates) = (TRIED / 2, self.updates / 2);
            self.wait = WAITS.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ways of some explorations, of which each takes as many steps as the way says.
    fn ways(n: usize, is_small: bool, (whole, update): (u64, u64)) -> Vec<Way> {
        let mut thrift = Thrift::default();
        let mut ways = Vec::new();
        for _ in 0..n {
            ways.push(thrift.way());
            if thrift.way() == Way::Compare {
                thrift.hear_change(is_small);
            } else {
                thrift.hear(if thrift.way() == Way::Update { update } else { whole });
            }
        }
        ways
    }

    #[test]
    fn updates_go_on_where_they_are_cheap_and_are_tried_ever_less_where_not() {
        let count = |ways: &[Way], way| ways.iter().filter(|&&other| other == way).count();
        let cheap = ways(1000, true, (100, 10));
        assert_eq!((count(&cheap, Way::Whole), count(&cheap, Way::Begin)), (64, 1));
        let dear = ways(1000, true, (100, 110));
        // Tries after 64, 32, 64, 128, 256 and 512 explorations, the last of which is not reached.
        assert_eq!((count(&dear, Way::Begin), count(&dear, Way::Update)), (5, 80));
        let hopeless = ways(1000, false, (100, 10));
        assert_eq!((count(&hopeless, Way::Compare), count(&hopeless, Way::Begin)), (5, 0));
    }
}
