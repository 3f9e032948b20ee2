//! The cost of a ground action: one, or what the domain adds to `total-cost`.

use std::collections::BTreeMap;

use crate::error::PlanError;
use crate::ground::reach::Instance;
use crate::pddl::{CostTerm, Domain, Problem, Term};

pub(crate) struct Costs<'a> {
    domain: &'a Domain,
    problem: &'a Problem,
    values: BTreeMap<(usize, &'a [usize]), u32>,
}

impl<'a> Costs<'a> {
    pub(crate) fn new(domain: &'a Domain, problem: &'a Problem) -> Costs<'a> {
        let values =
            problem.function_values.iter().map(|v| ((v.function, v.args.as_slice()), v.value)).collect();
        Costs { domain, problem, values }
    }

    /// # Errors
    /// The function has no value for these arguments, or the sum does not fit.
    pub(crate) fn of(&self, instance: &Instance) -> Result<u32, PlanError> {
        if !self.problem.minimize_total_cost {
            return Ok(1);
        }
        let action = &self.domain.actions[instance.action as usize];
        let mut sum: u32 = 0;
        for term in &action.cost {
            let part = match term {
                CostTerm::Number(number) => *number,
                CostTerm::Function(function, terms) => self.value(*function, terms, instance)?,
            };
            sum = sum
                .checked_add(part)
                .ok_or_else(|| PlanError::CostOverflow { action: action.name.clone() })?;
        }
        Ok(sum)
    }

    fn value(&self, function: usize, terms: &[Term], instance: &Instance) -> Result<u32, PlanError> {
        let args: Vec<usize> = terms
            .iter()
            .map(|term| match *term {
                Term::Param(param) => instance.args[param] as usize,
                Term::Object(object) => object,
            })
            .collect();
        self.values.get(&(function, args.as_slice())).copied().ok_or_else(|| {
            let names = args.iter().map(|&arg| format!(" {}", self.problem.objects[arg].name));
            let name = &self.domain.functions[function].name;
            PlanError::MissingCost { function: format!("({name}{})", names.collect::<String>()) }
        })
    }
}
