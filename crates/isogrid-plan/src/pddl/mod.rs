//! The planning domain definition language: syntax tree, parser, printer.

mod ast;

pub use ast::*;
