//! The planning domain definition language: syntax tree, parser, printer.
//!
//! [`parse_domain`] and [`parse_problem`] accept what classical and numeric planning uses of PDDL 3.1 (Kovacs, "BNF
//! definition of PDDL 3.1", 2011), as forgivingly as real files need: typing with `either`, ADL conditions and effects,
//! derived predicates, numeric fluents, action costs. Everything else is refused by name, all of it at once.
//! [`print_domain`] and [`print_problem`] write what the parser reads back unchanged. Left out: time, preferences,
//! constraints on trajectories, functions to objects.

mod ast;
mod axioms;
mod diagnostic;
mod domain;
mod effect;
mod expression;
mod formula;
mod logic;
mod names;
mod print;
mod problem;
mod tree;
mod typed_list;
mod types;
mod unsupported;
mod vocabulary;

pub use ast::*;
pub use diagnostic::{Diagnostic, DiagnosticKind, PddlError, Place, Warning};
pub use domain::parse_domain;
pub use logic::*;
pub use print::{print_domain, print_problem};
pub use problem::parse_problem;

pub(crate) use axioms::strata;
pub(crate) use diagnostic::{Complaint, Report};
pub(crate) use names::did_you_mean;
pub(crate) use print::print_formula;
pub(crate) use tree::{Node, Tree};
pub(crate) use typed_list::is_name;
