//! `isogrid table explain`: the rules of a model, and the clauses behind single answers, as text, JSON or a page.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use isogrid::core::{Fault, Value};
use isogrid::data::Table;
use isogrid::files;
use isogrid::tsetlin::TableClassifier;
use isogrid::tsetlin::explain::{Reasons, Rule, page, reasons_text, rules_text};
use isogrid::wire::Rules;

use super::{fault, model, model_arg, table, table_arg};
use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;

/// Rules shown where nobody says how many.
const N_SHOWN: usize = 20;

pub(super) fn command() -> Command {
    let row = Arg::new("row")
        .long("row")
        .value_name("N")
        .value_parser(value_parser!(usize))
        .action(ArgAction::Append)
        .requires("TABLE")
        .help("Show the clauses behind the answer for this row of the table, counted from 0; may be given again");
    let top = Arg::new("top")
        .long("top")
        .value_name("N")
        .value_parser(value_parser!(usize))
        .help("Show this many rules [20, all on a page]");
    let html = Arg::new("html")
        .long("html")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("Write a page that needs nothing else to this file, whole or not at all");
    Command::new("explain")
        .about("Show what a Tsetlin machine goes by: its rules by weight, and why it answers a row as it does")
        .after_help(
            "With a table that has the target column, each rule is shown with the rows on which it votes and the share \
             that it is right on, those with the most say first.\n\n\
             A strict rule votes where all of it is true. A fuzzy one has a vote for each of its parts, up to its \
             fuzziness, and loses one for each part that is false; `x >= 2, 5` are two parts.",
        )
        .arg(model_arg())
        .arg(table_arg().help("Rows to judge the rules by, or to explain"))
        .arg(row)
        .arg(top)
        .arg(html)
}

pub(super) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let html = matches.get_one::<PathBuf>("html");
    html.map_or(Ok(()), |path| files::check(path))?;
    let (model, table) = (model(matches)?, table(app, matches)?);
    let judges = table.as_ref().filter(|table| table.column(model.target()).is_some());
    let rules = model.rules(judges).map_err(|error| fault(&error))?;
    let rows: Vec<usize> = matches.get_many("row").map(|rows| rows.copied().collect()).unwrap_or_default();
    let mut reasons = Vec::new();
    for row in rows {
        // Clap asks for a table where a row is named.
        let Some(table) = table.as_ref().filter(|table| row < table.n_rows()) else {
            let n_rows = table.as_ref().map_or(0, Table::n_rows);
            return Err(Fault::bad_input(format!(
                "--row {row}: the table has {n_rows} rows, counted from 0"
            ))
            .into());
        };
        reasons.push(model.reasons(table, row).map_err(|error| fault(&error))?);
    }
    let n_shown = matches.get_one::<usize>("top").copied();
    if let Some(path) = html {
        let page = page(&model, &rules, n_shown.unwrap_or(usize::MAX), &reasons);
        files::write(path, page.as_bytes())?;
    }
    let shown = &rules[..rules.len().min(n_shown.unwrap_or(N_SHOWN))];
    show(app, &model, (&rules, shown), &reasons)?;
    if let Some(path) = html {
        app.screen.note(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Answered)
}

fn show(
    app: &App,
    model: &TableClassifier,
    (rules, shown): (&[Rule], &[Rule]),
    reasons: &[Reasons],
) -> Result<(), Trouble> {
    if app.screen.form == Form::Json {
        return app.screen.object(&Rules {
            target: model.target(),
            classes: model.classes(),
            rules: &Value::List(shown.iter().map(rule_value).collect()),
            reasons: &Value::List(reasons.iter().map(|reasons| reasons_value(reasons, rules)).collect()),
        });
    }
    if reasons.is_empty() {
        let left = rules.len() - shown.len();
        app.screen.data(&rules_text(model, shown))?;
        if left > 0 {
            app.screen.note(&format!("{left} rules more: --top {} shows all", rules.len()));
        }
    }
    reasons.iter().try_for_each(|reasons| app.screen.data(&reasons_text(model, reasons, rules)))
}

fn rule_value(rule: &Rule) -> Value {
    let votes = rule
        .votes
        .iter()
        .map(|&(class, weight)| Value::map([("class", class.into()), ("weight", i64::from(weight).into())]));
    let record = rule
        .record
        .map(|record| Value::map([("n_fired", record.n_fired.into()), ("n_right", record.n_right.into())]));
    Value::map([
        ("clause", rule.clause.into()),
        ("votes", Value::List(votes.collect())),
        ("most", rule.most.into()),
        ("record", record.into()),
        ("text", rule.text.as_str().into()),
    ])
}

fn reasons_value(reasons: &Reasons, rules: &[Rule]) -> Value {
    let text = |clause| rules.iter().find(|rule| rule.clause == clause).map_or("", |rule| rule.text.as_str());
    let votes = reasons.votes.iter().map(|&(clause, votes)| {
        Value::map([("clause", clause.into()), ("votes", votes.into()), ("text", text(clause).into())])
    });
    Value::map([
        ("row", reasons.answer.row.into()),
        ("class", reasons.answer.class.into()),
        ("probability", reasons.answer.probability.into()),
        ("sums", Value::List(reasons.sums.iter().map(|&sum| i64::from(sum).into()).collect())),
        ("votes", Value::List(votes.collect())),
    ])
}
