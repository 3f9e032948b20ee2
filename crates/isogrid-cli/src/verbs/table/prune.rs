//! `isogrid table prune`: a smaller model, with what that costs in accuracy.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use isogrid::core::{Fault, Value};
use isogrid::tsetlin::Size;
use isogrid::wire::Pruned;
use isogrid::{envelope, files};

use super::{ENGINE, fault, model, model_arg, table, table_arg};
use crate::app::App;
use crate::args;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;

pub(super) fn command() -> Command {
    let loss = Arg::new("loss")
        .long("loss")
        .value_name("P")
        .value_parser(value_parser!(f64))
        .default_value("0.01")
        .help("The accuracy that may be lost");
    Command::new("prune")
        .about("Make a Tsetlin machine smaller, and show what each size costs in accuracy")
        .after_help(
            "The clauses that say least on the rows given go first. Give rows that the model did not learn from: what is \
             shown is its accuracy on them, and answers are calibrated on them anew.",
        )
        .arg(model_arg())
        .arg(table_arg().required(true).help("Rows with the target column to judge by"))
        .arg(loss)
        .arg(args::output("Write the smaller model to this file, whole or not at all"))
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let output = matches.get_one::<PathBuf>("output");
    output.map_or(Ok(()), |path| files::check(path))?;
    let loss = matches.get_one::<f64>("loss").copied().unwrap_or(0.01);
    if !(0.0..=1.0).contains(&loss) {
        return Err(Fault::bad_input(format!("--loss {loss}: expected a share within 0..=1")).into());
    }
    let (model, table) = (model(matches)?, table(app, matches)?.unwrap_or_default());
    let sizes = model.sizes(&table).map_err(|error| fault(&error))?;
    let (smaller, taken) = model.smaller(&table, loss).map_err(|error| fault(&error))?;
    if let Some(path) = output {
        files::write(path, &envelope::wrap(ENGINE, &smaller.to_bytes()))?;
    }
    let file = output.map(|path| path.display().to_string());
    if app.screen.form == Form::Json {
        let list = |sizes: &[Size]| Value::List(sizes.iter().map(size_value).collect());
        app.screen.object(&Pruned {
            sizes: &list(&sizes),
            taken: &size_value(&taken),
            file: file.clone(),
        })?;
    } else {
        app.screen.data(&text(&sizes, &taken))?;
    }
    if let Some(file) = file {
        app.screen.note(&format!("wrote {file}"));
    }
    Ok(Exit::Answered)
}

fn text(sizes: &[Size], taken: &Size) -> String {
    let line = |size: &Size| {
        let mark = if size == taken { "  <" } else { "" };
        format!(
            "{:>8}{:>10}{:>10}{:>10.2} %{mark}\n",
            size.n_clauses,
            size.n_literals,
            size.n_bytes,
            100.0 * size.accuracy
        )
    };
    let head = format!("{:>8}{:>10}{:>10}{:>12}\n", "clauses", "literals", "bytes", "accuracy");
    head + &sizes.iter().map(line).collect::<String>()
}

fn size_value(size: &Size) -> Value {
    Value::map([
        ("n_clauses", size.n_clauses.into()),
        ("n_literals", size.n_literals.into()),
        ("n_bytes", size.n_bytes.into()),
        ("accuracy", size.accuracy.into()),
    ])
}
