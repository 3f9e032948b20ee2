//! The writer of SAS+ files.

use std::fmt::{self, Display, Formatter};

use crate::sas::{SasAxiom, SasFact, SasFile, SasOperator};

impl Display for SasFile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "begin_version\n3\nend_version")?;
        writeln!(f, "begin_metric\n{}\nend_metric", u32::from(self.uses_costs))?;
        writeln!(f, "{}", self.variables.len())?;
        for variable in &self.variables {
            writeln!(f, "begin_variable\n{}", variable.name)?;
            match variable.layer {
                Some(layer) => writeln!(f, "{layer}")?,
                None => writeln!(f, "-1")?,
            }
            writeln!(f, "{}", variable.values.len())?;
            variable.values.iter().try_for_each(|value| writeln!(f, "{value}"))?;
            writeln!(f, "end_variable")?;
        }
        writeln!(f, "{}", self.mutex_groups.len())?;
        for group in &self.mutex_groups {
            block(f, "mutex_group", group)?;
        }
        writeln!(f, "begin_state")?;
        self.init.iter().try_for_each(|value| writeln!(f, "{value}"))?;
        writeln!(f, "end_state")?;
        block(f, "goal", &self.goal)?;
        writeln!(f, "{}", self.operators.len())?;
        self.operators.iter().try_for_each(|operator| write_operator(f, operator))?;
        writeln!(f, "{}", self.axioms.len())?;
        self.axioms.iter().try_for_each(|axiom| write_axiom(f, axiom))
    }
}

fn block(f: &mut Formatter<'_>, what: &str, list: &[SasFact]) -> fmt::Result {
    writeln!(f, "begin_{what}")?;
    facts(f, list)?;
    writeln!(f, "end_{what}")
}

fn facts(f: &mut Formatter<'_>, facts: &[SasFact]) -> fmt::Result {
    writeln!(f, "{}", facts.len())?;
    facts.iter().try_for_each(|(variable, value)| writeln!(f, "{variable} {value}"))
}

fn write_operator(f: &mut Formatter<'_>, operator: &SasOperator) -> fmt::Result {
    writeln!(f, "begin_operator\n{}", operator.name)?;
    facts(f, &operator.prevail)?;
    writeln!(f, "{}", operator.effects.len())?;
    for effect in &operator.effects {
        write!(f, "{}", effect.conditions.len())?;
        effect.conditions.iter().try_for_each(|(variable, value)| write!(f, " {variable} {value}"))?;
        write!(f, " {}", effect.variable)?;
        match effect.before {
            Some(before) => write!(f, " {before}")?,
            None => write!(f, " -1")?,
        }
        writeln!(f, " {}", effect.after)?;
    }
    writeln!(f, "{}\nend_operator", operator.cost)
}

fn write_axiom(f: &mut Formatter<'_>, axiom: &SasAxiom) -> fmt::Result {
    writeln!(f, "begin_rule")?;
    facts(f, &axiom.conditions)?;
    writeln!(f, "{} {} {}\nend_rule", axiom.variable, axiom.before, axiom.after)
}
