//! Plan files as the International Planning Competition has them: one step a line, the cost in a comment.
//!
//! The reader is forgiving: comments, any case, blank lines, start times (`0:`) and durations (`[1]`) that classical
//! planners print although they mean nothing. Left out: plans with time.

use std::fmt::{self, Write as _};

use crate::pddl::{Complaint, DiagnosticKind, Node, PddlError, Report, Tree, is_name};

/// One step of a plan: an action and its arguments, in lower case when read from a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlanStep {
    /// The action's name.
    pub action: String,
    /// Names of objects.
    pub args: Vec<String>,
}

impl fmt::Display for PlanStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}", self.action)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))?;
        f.write_char(')')
    }
}

/// What a plan's cost counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostKind {
    /// Every step costs one.
    Unit,
    /// Steps cost what the domain says.
    General,
}

impl fmt::Display for CostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CostKind::Unit => "unit cost",
            CostKind::General => "general cost",
        })
    }
}

/// The cost that a plan file states about itself; nothing checks it here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedCost {
    /// The sum over all steps.
    pub value: f64,
    /// What it counts, if the file says so.
    pub kind: Option<CostKind>,
}

/// A plan file.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    /// The steps in their order.
    pub steps: Vec<PlanStep>,
    /// The line of each step, from one.
    pub lines: Vec<usize>,
    /// The last `; cost = N` comment.
    pub cost: Option<StatedCost>,
}

/// Reads a plan; `name` is the file's name in messages. A file of comments alone is the empty plan.
///
/// # Errors
/// The text is not UTF-8, parentheses do not match, or something other than steps stands in it.
pub fn parse_plan(name: &str, text: &[u8]) -> Result<PlanFile, PddlError> {
    let tree = Tree::read(name, text)?;
    let mut report = Report::new(&tree);
    let mut plan = PlanFile { steps: Vec::new(), lines: Vec::new(), cost: None };
    let mut line_of = tree.lines();
    for node in tree.roots() {
        if tree.token(node).is_some_and(is_timing) {
            continue;
        }
        if let Some(step) = step(&tree, &mut report, node) {
            plan.steps.push(step);
            plan.lines.push(line_of(node));
        }
    }
    report.finish()?;
    plan.cost = text.split(|&b| matches!(b, b'\n' | b'\r')).rev().find_map(stated_cost);
    Ok(plan)
}

/// Writes a plan with its cost as the last line.
pub fn write_plan(steps: &[PlanStep], cost: f64, kind: CostKind) -> String {
    let mut text = String::new();
    for step in steps {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{step}");
    }
    let _ = writeln!(text, "; cost = {cost} ({kind})");
    text
}

/// `0:`, `0.000:` or `[1.0]`.
fn is_timing(token: &str) -> bool {
    let number = match token.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']'),
        None => token.strip_suffix(':'),
    };
    number.is_some_and(|number| number.parse::<f64>().is_ok())
}

fn step(tree: &Tree<'_>, report: &mut Report<'_>, node: Node) -> Option<PlanStep> {
    let expected = "a step such as '(move a b)'";
    let found = |node: Node| Complaint::new(DiagnosticKind::Syntax, format!("found {}", tree.describe(node)));
    if !tree.is_list(node) {
        report.error(node, || found(node).expected(expected).hint("write each step in parentheses"));
        return None;
    }
    if tree.head(node) == Some("define") {
        report.error(node, || {
            Complaint::new(DiagnosticKind::WrongFile, "this is a PDDL domain or problem").expected("a plan")
        });
        return None;
    }
    let mut words = Vec::new();
    for word in tree.children(node) {
        match tree.token(word).filter(|token| is_name(token)) {
            Some(token) => words.push(token.to_string()),
            None => {
                report.error(word, || found(word).expected("the name of an object"));
                return None;
            }
        }
    }
    let mut words = words.into_iter();
    let Some(action) = words.next() else {
        report.error(node, || found(node).expected(expected));
        return None;
    };
    Some(PlanStep { action, args: words.collect() })
}

/// Larger costs are not read: whole numbers are no longer told apart.
const MAX_STATED: f64 = (1u64 << 53) as f64;

/// The cost in the comment of a line, if there is one.
fn stated_cost(line: &[u8]) -> Option<StatedCost> {
    let line = std::str::from_utf8(line).ok()?.to_ascii_lowercase();
    let (_, comment) = line.split_once(';')?;
    let rest = comment.trim_start_matches([';', ' ', '\t']).strip_prefix("cost")?.trim_start();
    let rest = rest.strip_prefix(['=', ':'])?.trim_start();
    let digits = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let value = rest[..digits].parse().ok().filter(|value| *value <= MAX_STATED)?;
    let kind = match rest[digits..].trim() {
        "(unit cost)" => Some(CostKind::Unit),
        "(general cost)" => Some(CostKind::General),
        _ => None,
    };
    Some(StatedCost { value, kind })
}
