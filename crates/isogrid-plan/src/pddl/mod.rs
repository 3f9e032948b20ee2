//! The planning domain definition language: syntax tree, parser, printer.
//!
//! [`parse_domain`] and [`parse_problem`] accept strips, typing with `either`, equality, negative preconditions,
//! constants and action costs (PDDL 3.1, Kovacs, "BNF definition of PDDL 3.1", 2011), as forgivingly as real files
//! need; everything else is refused by name, all of it at once. [`print_domain`] and [`print_problem`] write what the
//! parser reads back unchanged. Left out: derived predicates, quantifiers, conditional effects, time and numbers
//! other than action costs.

mod ast;
mod diagnostic;
mod domain;
mod formula;
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
pub use print::{print_domain, print_problem};
pub use problem::parse_problem;

pub(crate) use diagnostic::{Complaint, Report};
pub(crate) use names::did_you_mean;
pub(crate) use tree::{Node, Tree};
pub(crate) use typed_list::is_name;
