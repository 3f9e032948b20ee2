//! A timeline as text for a terminal: a line a step under its moment, with the steps that it serves.

use std::fmt::Write as _;

use crate::explain::timeline::{CausalLink, Timeline};

/// What is shown, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawOptions {
    /// Columns; at least 40. Default: 100.
    pub width: usize,
    /// Of plans with more steps the middle is left out. Default: 60.
    pub max_steps: usize,
    /// How what each step serves is shown. Default: as step numbers.
    pub links: DrawLinks,
}

/// How causal links are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DrawLinks {
    /// `-> 4, goal`: the steps that need something that this one makes true.
    #[default]
    Numbers,
    /// A line for each fact that is needed, with the steps that need it.
    Facts,
}

impl Default for DrawOptions {
    fn default() -> DrawOptions {
        DrawOptions { width: 100, max_steps: 60, links: DrawLinks::Numbers }
    }
}

impl Timeline {
    /// The timeline as lines of at most `width` columns, each with its line end.
    pub fn draw(&self, options: &DrawOptions) -> String {
        let mut lines = Lines { text: String::new(), width: options.width.max(40) };
        let mut by_moment: Vec<usize> = (0..self.steps.len()).collect();
        by_moment.sort_by_key(|&step| (self.steps[step].moment, step));
        let left_out = self.steps.len().saturating_sub(options.max_steps.max(2));
        let head = if left_out > 0 { options.max_steps.max(2) / 2 } else { self.steps.len() };
        let serves = self.serves();
        for (place, &step) in by_moment.iter().enumerate() {
            if left_out > 0 && (head..head + left_out).contains(&place) {
                if place == head {
                    let last = self.steps[by_moment[head + left_out - 1]].moment + 1;
                    lines.push(&format!("  ... {left_out} more steps, up to moment {last} ..."));
                }
                continue;
            }
            let previous = place.checked_sub(1).map(|place| self.steps[by_moment[place]].moment);
            let moment = self.steps[step].moment;
            let is_new = previous != Some(moment) || place == head + left_out;
            self.draw_step(&mut lines, (step, is_new), &serves[step], options.links);
        }
        lines.text
    }

    fn draw_step(
        &self,
        lines: &mut Lines,
        (step, is_new): (usize, bool),
        serves: &[&CausalLink],
        links: DrawLinks,
    ) {
        let digits = self.steps.last().map_or(1, |last| last.number).to_string().len();
        let when = if is_new { (self.steps[step].moment + 1).to_string() } else { String::new() };
        let head =
            format!("{when:>digits$}  {:>digits$}  {}", self.steps[step].number, self.steps[step].step);
        match links {
            DrawLinks::Numbers if serves.is_empty() => lines.push(&head),
            DrawLinks::Numbers => lines.push(&format!("{head}  -> {}", self.consumers(serves))),
            DrawLinks::Facts => {
                lines.push(&head);
                let mut sorted = serves.to_vec();
                sorted.sort_by(|a, b| a.fact.cmp(&b.fact));
                for same in sorted.chunk_by(|a, b| a.fact == b.fact) {
                    let indent = " ".repeat(2 * digits + 6);
                    lines.push(&format!("{indent}{} for {}", same[0].fact, self.consumers(same)));
                }
            }
        }
    }

    /// The links that each step is the producer of.
    fn serves(&self) -> Vec<Vec<&CausalLink>> {
        let mut serves = vec![Vec::new(); self.steps.len()];
        for link in &self.links {
            if let Some(producer) = link.producer {
                serves[producer].push(link);
            }
        }
        serves
    }

    /// `4, 7, goal`, each once; the first dozen.
    fn consumers(&self, links: &[&CausalLink]) -> String {
        let mut steps: Vec<usize> = links.iter().filter_map(|link| link.consumer).collect();
        steps.sort_unstable();
        steps.dedup();
        let more = steps.len().saturating_sub(12);
        let mut names: Vec<String> =
            steps.iter().take(12).map(|&step| self.steps[step].number.to_string()).collect();
        if more > 0 {
            names.push(format!("{more} more"));
        }
        if links.iter().any(|link| link.consumer.is_none()) {
            names.push("goal".to_string());
        }
        names.join(", ")
    }
}

/// Lines cut to a width.
struct Lines {
    text: String,
    width: usize,
}

impl Lines {
    fn push(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = match line.char_indices().nth(self.width) {
            None => writeln!(self.text, "{line}"),
            Some(_) => {
                let cut: String = line.chars().take(self.width - 3).collect();
                writeln!(self.text, "{}...", cut.trim_end())
            }
        };
    }
}
