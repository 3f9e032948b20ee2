//! The reader of SAS+ files. Counts in the file are never trusted: memory grows with what is there.

use crate::sas::error::{SasError, SasFault};
use crate::sas::{SasAxiom, SasEffect, SasFact, SasFile, SasOperator, SasVariable};

/// The version of the format.
const VERSION: u64 = 3;
/// The successor generator is as deep as the longest precondition.
const MAX_CONDITIONS: usize = 1000;

/// Reads a file; `name` is for messages. Blank lines at the end are allowed, anything else must be as the translator
/// writes it. Checks that every variable and value exists and that axioms are stratified.
///
/// # Errors
/// [`SasError`] with the line.
pub fn parse_sas(name: &str, bytes: &[u8]) -> Result<SasFile, SasError> {
    let mut lines = Lines { rest: "", line: 0 };
    let parsed = match std::str::from_utf8(bytes) {
        Ok(text) => {
            lines.rest = text;
            file(&mut lines)
        }
        Err(error) => {
            lines.line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
            Err(SasFault::NotText)
        }
    };
    parsed.map_err(|fault| SasError { name: name.to_string(), line: lines.line.max(1), fault })
}

fn file(lines: &mut Lines<'_>) -> Result<SasFile, SasFault> {
    lines.exactly("begin_version")?;
    let version = lines.number("the version")?;
    if version != VERSION {
        return Err(SasFault::Version { found: version });
    }
    lines.exactly("end_version")?;
    lines.exactly("begin_metric")?;
    let uses_costs = lines.below("the metric", 2)? == 1;
    lines.exactly("end_metric")?;
    let variables = lines.many("the number of variables", variable)?;
    check_sizes(&variables)?;
    let scope = Scope { variables: &variables };
    let mutex_groups = lines.many("the number of mutex groups", |lines, _| scope.mutex_group(lines))?;
    let init = scope.init(lines)?;
    lines.exactly("begin_goal")?;
    let goal = lines.many("the number of goals", |lines, _| scope.fact(lines))?;
    lines.exactly("end_goal")?;
    let operators = lines.many("the number of operators", |lines, _| scope.operator(lines))?;
    let axioms = lines.many("the number of axioms", |lines, _| scope.axiom(lines, &init))?;
    lines.end()?;
    Ok(SasFile { uses_costs, mutex_groups, init, goal, operators, axioms, variables })
}

fn variable(lines: &mut Lines<'_>, variable: usize) -> Result<SasVariable, SasFault> {
    lines.exactly("begin_variable")?;
    let name = lines.next("the name of a variable")?.to_string();
    let layer = match lines.next("the axiom layer")? {
        "-1" => None,
        text => Some(small(text, "the axiom layer", u64::from(u32::MAX))?),
    };
    let values = lines.many("the number of values", |lines, _| Ok(lines.next("a value")?.to_string()))?;
    if values.is_empty() {
        return Err(SasFault::NoValues { variable });
    }
    if layer.is_some() && values.len() != 2 {
        let what = "a derived variable must have two values";
        return Err(SasFault::Misplaced { what, variable: variable as u32 });
    }
    lines.exactly("end_variable")?;
    Ok(SasVariable { name, layer, values })
}

/// Facts are counted in 32 bits, some numbers of which are taken.
fn check_sizes(variables: &[SasVariable]) -> Result<(), SasFault> {
    let n_facts: usize = variables.iter().map(|variable| variable.values.len()).sum();
    if n_facts >= u32::MAX as usize / 2 { Err(SasFault::TooLarge { what: "facts" }) } else { Ok(()) }
}

/// Reads what refers to variables.
struct Scope<'a> {
    variables: &'a [SasVariable],
}

impl Scope<'_> {
    fn mutex_group(&self, lines: &mut Lines<'_>) -> Result<Vec<SasFact>, SasFault> {
        lines.exactly("begin_mutex_group")?;
        let facts = lines.many("the number of facts", |lines, _| self.fact(lines))?;
        lines.exactly("end_mutex_group")?;
        Ok(facts)
    }

    fn init(&self, lines: &mut Lines<'_>) -> Result<Vec<u32>, SasFault> {
        lines.exactly("begin_state")?;
        let mut init = Vec::new();
        for variable in self.variables {
            init.push(small(lines.next("a value")?, "a value", variable.values.len() as u64)?);
        }
        lines.exactly("end_state")?;
        Ok(init)
    }

    fn operator(&self, lines: &mut Lines<'_>) -> Result<SasOperator, SasFault> {
        lines.exactly("begin_operator")?;
        let name = lines.next("the name of an operator")?.to_string();
        let prevail = lines.many("the number of prevail conditions", |lines, _| self.fact(lines))?;
        let effects = lines.many("the number of effects", |lines, _| self.effect(lines))?;
        let cost = lines.below("the cost", u64::from(u32::MAX))?;
        lines.exactly("end_operator")?;
        let found = prevail.len() + effects.iter().filter(|effect| effect.before.is_some()).count();
        if found > MAX_CONDITIONS {
            return Err(SasFault::TooManyConditions {
                owner: cut_short(&name),
                found,
                limit: MAX_CONDITIONS,
            });
        }
        Ok(SasOperator { name, prevail, effects, cost })
    }

    fn effect(&self, lines: &mut Lines<'_>) -> Result<SasEffect, SasFault> {
        const WHAT: &str = "an effect";
        let mut words = lines.next(WHAT)?.split_ascii_whitespace();
        let mut word =
            || words.next().ok_or(SasFault::Truncated { expected: "a number in the line of an effect" });
        let n_conditions = number(word()?, WHAT)?;
        let mut conditions = Vec::new();
        for _ in 0..n_conditions {
            conditions.push(self.fact_of(word()?, word()?)?);
        }
        let variable = self.variable(word()?)?;
        let before = match word()? {
            "-1" => None,
            text => Some(self.value(variable, text)?),
        };
        let after = self.value(variable, word()?)?;
        if let Some(more) = words.next() {
            return Err(SasFault::Unexpected { expected: "the end of the line", found: cut_short(more) });
        }
        if self.variables[variable as usize].layer.is_some() {
            return Err(SasFault::Misplaced { what: "an operator sets a derived variable", variable });
        }
        Ok(SasEffect { conditions, variable, before, after })
    }

    fn axiom(&self, lines: &mut Lines<'_>, init: &[u32]) -> Result<SasAxiom, SasFault> {
        lines.exactly("begin_rule")?;
        let conditions = lines.many("the number of conditions", |lines, _| self.fact(lines))?;
        let line = lines.next("the head of an axiom")?;
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [variable, before, after] = words[..] else {
            return Err(SasFault::Unexpected { expected: "three numbers", found: cut_short(line) });
        };
        let variable = self.variable(variable)?;
        let (before, after) = (self.value(variable, before)?, self.value(variable, after)?);
        lines.exactly("end_rule")?;
        let axiom = SasAxiom { conditions, variable, before, after };
        self.check_axiom(&axiom, init)?;
        Ok(axiom)
    }

    fn check_axiom(&self, axiom: &SasAxiom, init: &[u32]) -> Result<(), SasFault> {
        let variable = axiom.variable;
        let Some(layer) = self.variables[variable as usize].layer else {
            return Err(SasFault::Misplaced {
                what: "an axiom sets a variable that is not derived",
                variable,
            });
        };
        if axiom.before != init[variable as usize] || axiom.after == axiom.before {
            return Err(SasFault::Misplaced { what: "an axiom must change the first value", variable });
        }
        for &(other, value) in &axiom.conditions {
            // What holds unless derived must be settled in a lower layer.
            let known = self.variables[other as usize].layer;
            let is_negative = value == init[other as usize];
            if known.is_some_and(|below| below > layer || below == layer && is_negative) {
                return Err(SasFault::Misplaced {
                    what: "an axiom needs its own or a higher layer",
                    variable: other,
                });
            }
        }
        Ok(())
    }

    fn fact(&self, lines: &mut Lines<'_>) -> Result<SasFact, SasFault> {
        let line = lines.next("a fact")?;
        let words: Vec<&str> = line.split_ascii_whitespace().take(3).collect();
        let [variable, value] = words[..] else {
            return Err(SasFault::Unexpected { expected: "a variable and a value", found: cut_short(line) });
        };
        self.fact_of(variable, value)
    }

    fn fact_of(&self, variable: &str, value: &str) -> Result<SasFact, SasFault> {
        let variable = self.variable(variable)?;
        Ok((variable, self.value(variable, value)?))
    }

    fn variable(&self, text: &str) -> Result<u32, SasFault> {
        small(text, "a variable", self.variables.len() as u64)
    }

    fn value(&self, variable: u32, text: &str) -> Result<u32, SasFault> {
        small(text, "a value", self.variables[variable as usize].values.len() as u64)
    }
}

struct Lines<'a> {
    rest: &'a str,
    /// The line read last, from one.
    line: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self, expected: &'static str) -> Result<&'a str, SasFault> {
        self.line += 1;
        if self.rest.is_empty() {
            return Err(SasFault::Truncated { expected });
        }
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        Ok(line.trim_end())
    }

    fn exactly(&mut self, expected: &'static str) -> Result<(), SasFault> {
        let found = self.next(expected)?;
        if found == expected {
            Ok(())
        } else {
            Err(SasFault::Unexpected { expected, found: cut_short(found) })
        }
    }

    fn number(&mut self, what: &'static str) -> Result<u64, SasFault> {
        number(self.next(what)?, what)
    }

    fn below(&mut self, what: &'static str, limit: u64) -> Result<u32, SasFault> {
        small(self.next(what)?, what, limit)
    }

    /// A count, then so many items.
    fn many<T>(
        &mut self,
        what: &'static str,
        mut item: impl FnMut(&mut Self, usize) -> Result<T, SasFault>,
    ) -> Result<Vec<T>, SasFault> {
        let count = self.below(what, u64::from(u32::MAX))?;
        let mut items = Vec::new();
        for at in 0..count {
            items.push(item(self, at as usize)?);
        }
        Ok(items)
    }

    fn end(&mut self) -> Result<(), SasFault> {
        while !self.rest.is_empty() {
            let found = self.next("the end of the file")?;
            if !found.is_empty() {
                return Err(SasFault::Unexpected {
                    expected: "the end of the file",
                    found: cut_short(found),
                });
            }
        }
        Ok(())
    }
}

fn number(text: &str, expected: &'static str) -> Result<u64, SasFault> {
    text.parse().map_err(|_| SasFault::Unexpected { expected, found: cut_short(text) })
}

fn small(text: &str, what: &'static str, limit: u64) -> Result<u32, SasFault> {
    let found = number(text, what)?;
    let limit = limit.min(u64::from(u32::MAX));
    if found < limit { Ok(found as u32) } else { Err(SasFault::OutOfRange { what, found, limit }) }
}

fn cut_short(text: &str) -> String {
    text.chars().take(40).collect()
}
