//! What to type next.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use isogrid_data::locate;

use super::typed;
use crate::process;

pub(super) fn show(data: &Path, out: &mut dyn Write) -> Result<()> {
    let isogrid =
        process::beside("isogrid", "isogrid-cli").map_or("isogrid".to_string(), |path| typed(&path));
    let place = |set: &str| locate(set, data).map_or(set.to_string(), |path| typed(&path));
    let (plans, digits) = (place("amlgym"), place("mnist-10k"));
    let pair =
        format!("\\\n       {plans}/domains/ferry.pddl {plans}/problems/solving/ferry/0_ferry_prob.pddl");
    writeln!(out, "Next:")?;
    for (what, command) in [
        ("a plan", format!("{isogrid} run {pair}")),
        ("its structure", format!("{isogrid} profile {pair}")),
        ("beside blind search", format!("{isogrid} measure {pair}")),
        ("rules from a table", format!("{isogrid} fit {digits}/mnist.csv --target label -o digits.isogrid")),
        ("the arm, learned anew in minutes", "cargo xtask demo --train".to_string()),
        ("beside Fast Downward", "cargo xtask bench planners".to_string()),
    ] {
        writeln!(out, "   # {what}\n   {command}")?;
    }
    Ok(())
}
