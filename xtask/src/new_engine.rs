//! `cargo xtask new-engine NAME`: the skeleton of an engine crate, registered everywhere it has to be.

use anyhow::{Result, bail};

use crate::args::Args;
use crate::repo::Repo;

pub fn run(_: &Repo, args: Args) -> Result<()> {
    bail!("no template for {}", args.name("engine name")?)
}

pub fn prove(_: &Repo) -> Result<()> {
    bail!("no template")
}
