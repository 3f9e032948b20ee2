//! What a ground action adds to the metric.
//!
//! A metric is minimised as a sum of action costs: each action may only add constants to the functions in it. Costs
//! with decimals are counted in a smaller unit, so that the search adds whole numbers.

use crate::error::PlanError;
use crate::ground::numbers::{Linear, NotLinear, NumberId, Numbers};
use crate::ground::rule::Slot;
use crate::ground::schema::{LiftedChange, Schema};
use crate::numbers::settle;
use crate::pddl::{Domain, Problem, Update};

/// Decimals of a cost that are kept, at most.
const MAX_DECIMALS: i32 = 6;

pub(crate) struct Costs<'a> {
    domain: &'a Domain,
    problem: &'a Problem,
    /// Multiples of numeric variables that are minimised; `None` where actions cost one.
    metric: Option<Vec<(NumberId, f64)>>,
    costs: Vec<f64>,
}

impl<'a> Costs<'a> {
    /// # Errors
    /// The metric is not linear, or a conditional effect changes it.
    pub(crate) fn new(
        domain: &'a Domain,
        problem: &'a Problem,
        schemas: &[Schema],
        numbers: &mut Numbers,
    ) -> Result<Costs<'a>, PlanError> {
        let Some(metric) = &problem.metric else {
            return Ok(Costs { domain, problem, metric: None, costs: Vec::new() });
        };
        let form: Linear = numbers.linear(&metric.expression, &[]).map_err(|why| match why {
            NotLinear::Undefined { function, args } => missing(domain, problem, function, &args),
            NotLinear::Product => PlanError::Metric("it multiplies or divides by numbers that change".into()),
        })?;
        let form = if metric.maximize { form.scaled(-1.0) } else { form };
        let is_in_metric = |function: usize| {
            form.terms.iter().any(|&(variable, _)| numbers.function(variable).0 == function)
        };
        for schema in schemas {
            for effect in &schema.sometimes {
                if let LiftedChange::Number { function, .. } = effect.change
                    && is_in_metric(function)
                {
                    let name = &domain.functions[function].name;
                    return Err(PlanError::Metric(format!("a conditional effect changes `{name}`")));
                }
            }
        }
        Ok(Costs { domain, problem, metric: Some(form.terms), costs: Vec::new() })
    }

    /// Notes the cost of the next action.
    ///
    /// # Errors
    /// A value is missing, is no constant, or makes the action cost less than nothing.
    pub(crate) fn push(
        &mut self,
        action: usize,
        changes: &[LiftedChange],
        (numbers, binding): (&mut Numbers, &[u32]),
    ) -> Result<(), PlanError> {
        let Some(metric) = &self.metric else {
            self.costs.push(1.0);
            return Ok(());
        };
        let name = || format!("`{}`", self.domain.actions[action].name);
        let mut sum = 0.0;
        for change in changes {
            let LiftedChange::Number { function, slots, update, value } = change else { continue };
            let args: Vec<u32> = slots.iter().map(|slot: &Slot| slot.value(binding)).collect();
            let variable = numbers.variable(*function, &args);
            let Some(&(_, multiple)) = metric.iter().find(|&&(counted, _)| counted == variable) else {
                continue;
            };
            let amount = match numbers.linear(value, binding) {
                Err(NotLinear::Undefined { function, args }) => {
                    return Err(missing(self.domain, self.problem, function, &args));
                }
                Ok(form) => form.as_number(),
                Err(NotLinear::Product) => None,
            };
            let Some(amount) = amount else {
                return Err(PlanError::Metric(format!("what {} adds to it depends on the state", name())));
            };
            sum += match update {
                Update::Increase => multiple * amount,
                Update::Decrease => -multiple * amount,
                Update::Assign | Update::ScaleUp | Update::ScaleDown => {
                    let how = update.symbol();
                    return Err(PlanError::Metric(format!("{} changes it by `{how}`", name())));
                }
            };
        }
        let sum = settle(sum);
        if sum < 0.0 {
            return Err(PlanError::Metric(format!("{} costs less than nothing: {sum}", name())));
        }
        self.costs.push(sum);
        Ok(())
    }

    /// All costs in whole units, and the unit.
    ///
    /// # Errors
    /// A cost does not fit, or has too many decimals.
    pub(crate) fn finish(self, actions: &[usize]) -> Result<(Vec<u32>, f64), PlanError> {
        for decimals in 0..=MAX_DECIMALS {
            let scale = 10f64.powi(decimals);
            // Costs lie on a grid of 10^-8: what is off by less is the product's own error.
            let is_whole = |cost: &f64| {
                let units = cost * scale;
                (units - units.round()).abs() < 0.4e-8 * scale + 4.0 * f64::EPSILON * units
            };
            if !self.costs.iter().all(is_whole) {
                continue;
            }
            let units: Vec<f64> = self.costs.iter().map(|cost| (cost * scale).round()).collect();
            if let Some(at) = units.iter().position(|&units| units > f64::from(u32::MAX)) {
                let action = self.domain.actions[actions[at]].name.clone();
                return Err(PlanError::CostOverflow { action });
            }
            return Ok((units.into_iter().map(|units| units as u32).collect(), 1.0 / scale));
        }
        Err(PlanError::Metric(format!("costs have more than {MAX_DECIMALS} decimals")))
    }
}

fn missing(domain: &Domain, problem: &Problem, function: usize, args: &[u32]) -> PlanError {
    let names = args.iter().map(|&arg| format!(" {}", problem.objects[arg as usize].name));
    let name = &domain.functions[function].name;
    PlanError::MissingCost { function: format!("({name}{})", names.collect::<String>()) }
}
