//! What a trained machine goes by: its rules by weight, and the clauses behind one answer.
//!
//! A strict clause votes where all of its literals are true; a fuzzy one starts with as many votes as it has literals, at
//! most its fuzziness, and loses one for each that is false. Rendered as text here, as a page by [`page`].

mod html;

use std::fmt::Write;

use isogrid_data::Table;

pub use html::page;

use crate::{TableClassifier, TsetlinError};
use isogrid_data::answers::Answer;

/// A clause in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The clause's number.
    pub clause: usize,
    /// The classes that it votes for, with its weight for each, or against with a negative one; none is zero.
    pub votes: Vec<(u32, i32)>,
    /// Votes without misses, before weights.
    pub most: u32,
    /// What it asks for.
    pub text: String,
    /// How it did on rows with known classes, if there were any.
    pub record: Option<Record>,
}

/// How a clause did on rows with known classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Rows on which it had a vote.
    pub n_fired: usize,
    /// Of these, rows of the class that it weighs most for, or not of the one that it weighs most against.
    pub n_right: usize,
    /// Its votes on all rows, weights included.
    pub voice: u64,
}

/// One answer with the clauses behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// The answer.
    pub answer: Answer,
    /// Votes for each class.
    pub sums: Vec<i32>,
    /// Clauses that voted, the loudest first: the clause, its votes before weights.
    pub votes: Vec<(usize, u32)>,
}

impl TableClassifier {
    /// The rules of all clauses that can vote, those with the most say first: on the rows of a table with the target
    /// column if one is given, else by weight and votes.
    ///
    /// # Errors
    /// The table lacks a column, or holds text where there were numbers.
    pub fn rules(&self, table: Option<&Table>) -> Result<Vec<Rule>, TsetlinError> {
        let records = table.map(|table| self.records(table)).transpose()?;
        let machine = self.machine().machine();
        let rule = |clause: usize| {
            let votes = machine.weights(clause).filter(|(_, weight)| *weight != 0);
            let votes: Vec<(u32, i32)> = votes.map(|(output, weight)| (output as u32, weight)).collect();
            let most = (machine.literals(clause).len() as u32).min(machine.fuzziness());
            let record = records.as_ref().map(|records| records[clause]);
            let text = self.rule(clause).filter(|_| !votes.is_empty())?;
            Some(Rule { clause, votes, most, text, record })
        };
        let mut rules: Vec<Rule> = (0..machine.n_clauses()).filter_map(rule).collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.say()));
        Ok(rules)
    }

    fn records(&self, table: &Table) -> Result<Vec<Record>, TsetlinError> {
        let machine = self.machine().machine();
        let truth = self.classes_of(table)?;
        let rows = self.encoder().encode(table, 0..table.n_rows())?;
        let mut records = vec![Record { n_fired: 0, n_right: 0, voice: 0 }; machine.n_clauses()];
        let opinions: Vec<Option<(usize, i32)>> = (0..machine.n_clauses())
            .map(|clause| machine.weights(clause).max_by_key(|(_, weight)| (weight.unsigned_abs(), *weight)))
            .collect();
        for (row, class) in truth.iter().enumerate() {
            for ((record, votes), opinion) in
                records.iter_mut().zip(machine.row_votes(&rows, row)?).zip(&opinions)
            {
                let (Some((output, weight)), Some(class)) = (opinion, class) else { continue };
                if votes > 0 {
                    record.n_fired += 1;
                    record.n_right += usize::from((*class as usize == *output) == (*weight > 0));
                    record.voice += u64::from(votes) * u64::from(weight.unsigned_abs());
                }
            }
        }
        Ok(records)
    }

    /// Why a row is answered as it is.
    ///
    /// # Errors
    /// The table lacks a column, or holds text where there were numbers.
    ///
    /// # Panics
    /// If the row is not in the table.
    pub fn reasons(&self, table: &Table, row: usize) -> Result<Reasons, TsetlinError> {
        let machine = self.machine().machine();
        let rows = self.encoder().encode(table, row..row + 1)?;
        let sums = machine.sums(&rows)?;
        let votes = machine.row_votes(&rows, 0)?.into_iter().enumerate().filter(|(_, votes)| *votes > 0);
        let mut votes: Vec<(usize, u32)> = votes.collect();
        let loudness = |&(clause, votes): &(usize, u32)| {
            let weight = machine.weights(clause).map(|(_, weight)| weight.unsigned_abs()).max().unwrap_or(0);
            std::cmp::Reverse(u64::from(votes) * u64::from(weight))
        };
        votes.sort_by_key(loudness);
        Ok(Reasons { answer: self.answer_of(row, &sums), sums, votes })
    }
}

impl Rule {
    /// How much it has to say: on rows, else at most.
    fn say(&self) -> u64 {
        let weight = self.votes.iter().map(|(_, weight)| u64::from(weight.unsigned_abs())).max();
        self.record.map_or(weight.unwrap_or(0) * u64::from(self.most), |record| record.voice)
    }

    /// Whom it votes for, for example `+1 yes` or `-3 no, +2 maybe`, the strongest first.
    pub fn opinion(&self, classes: &[String]) -> String {
        let mut votes = self.votes.clone();
        votes.sort_by_key(|(_, weight)| std::cmp::Reverse(weight.unsigned_abs()));
        let name = |class: u32| classes.get(class as usize).map_or("?", String::as_str);
        votes
            .iter()
            .map(|&(class, weight)| format!("{weight:+} {}", name(class)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Rules as text, a line each: whom they vote for, how they did, and what they ask for.
pub fn rules_text(model: &TableClassifier, rules: &[Rule]) -> String {
    let opinions: Vec<String> = rules.iter().map(|rule| rule.opinion(model.classes())).collect();
    let width = opinions.iter().map(|opinion| opinion.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (rule, opinion) in rules.iter().zip(&opinions) {
        let record = rule.record.map_or(String::new(), |record| {
            format!("{:>6} rows, {:>5.1} % right  ", record.n_fired, record.percent())
        });
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{opinion:<width$}  {record}{}", rule.text);
    }
    text
}

impl Record {
    /// The share of rows on which it was right, in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.n_right as f64 / self.n_fired.max(1) as f64
    }
}

/// An answer as text: the classes by votes, then the clauses that voted, a line each.
pub fn reasons_text(model: &TableClassifier, reasons: &Reasons, rules: &[Rule]) -> String {
    let name = |class: usize| model.classes().get(class).map_or("?", String::as_str);
    let mut classes: Vec<usize> = (0..reasons.sums.len()).collect();
    classes.sort_by_key(|&class| std::cmp::Reverse(reasons.sums[class]));
    let sums: Vec<String> =
        classes.iter().map(|&class| format!("{} {:+}", name(class), reasons.sums[class])).collect();
    let mut text = format!(
        "row {}: {} ({})\n",
        reasons.answer.row,
        name(reasons.answer.class as usize),
        sums.join(", ")
    );
    for (clause, votes) in &reasons.votes {
        if let Some(rule) = rules.iter().find(|rule| rule.clause == *clause) {
            let share =
                if rule.most > 1 { format!("{votes} of {} votes, ", rule.most) } else { String::new() };
            let _ = writeln!(text, "  {share}{}: {}", rule.opinion(model.classes()), rule.text);
        }
    }
    text
}
