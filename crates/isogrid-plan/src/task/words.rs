//! Facts of a task in PDDL's words.

use crate::dynamics::{Comparison, HOLDS};
use crate::ground::Sign;
use crate::task::{FactId, GroundFunction, Task};
use crate::text::atom_text;

impl Task {
    /// A fact in PDDL, `not` where it says that all atoms of its variable are false.
    pub fn fact_text(&self, fact: FactId) -> String {
        match &self.fact_atoms[fact as usize] {
            Some(atom) => atom_text(&self.domain, &self.problem, atom),
            None => {
                let variable = self.first_fact.partition_point(|&first| first <= fact) - 1;
                if let Some(text) = self.made_up_text(variable as u32, fact) {
                    return text;
                }
                let facts = self.first_fact[variable]..fact;
                let atoms: Vec<String> = facts
                    .filter_map(|f| self.fact_atoms[f as usize].as_ref())
                    .map(|atom| format!("(not {})", atom_text(&self.domain, &self.problem, atom)))
                    .collect();
                atoms.join(" ")
            }
        }
    }

    /// A comparison of numbers, or a disjunction, that has a variable of its own.
    fn made_up_text(&self, variable: u32, fact: FactId) -> Option<String> {
        let text = match self.dynamics.comparisons.iter().find(|known| known.variable == variable) {
            Some(comparison) => {
                let name = |number: u32| self.function_text(&self.functions[number as usize]);
                comparison_text(comparison, &name)
            }
            None if self.fact_atoms[self.first_fact[variable as usize] as usize].is_none() => {
                "(or ...)".to_string()
            }
            None => return None,
        };
        let holds = fact == self.first_fact[variable as usize] + HOLDS;
        Some(if holds { text } else { format!("(not {text})") })
    }

    fn function_text(&self, function: &GroundFunction) -> String {
        let args = function.args.iter().map(|&arg| format!(" {}", self.problem.objects[arg].name));
        format!("({}{})", self.domain.functions[function.function].name, args.collect::<String>())
    }
}

fn comparison_text(comparison: &Comparison, name: &dyn Fn(u32) -> String) -> String {
    let mut terms: Vec<String> = comparison
        .form
        .terms
        .iter()
        .map(|&(number, multiple)| match multiple {
            1.0 => name(number),
            _ => format!("(* {multiple} {})", name(number)),
        })
        .collect();
    let sum = if terms.len() == 1 { terms.swap_remove(0) } else { format!("(+ {})", terms.join(" ")) };
    let relation = match comparison.sign {
        Sign::Positive => ">",
        Sign::NotNegative => ">=",
        Sign::Zero => "=",
    };
    format!("({relation} {sum} {})", 0.0 - comparison.form.constant)
}
