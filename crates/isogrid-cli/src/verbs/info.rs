//! `isogrid info ENGINE`: what an engine declares about itself.

use clap::{Arg, ArgMatches, Command};
use console::Style;
use isogrid::Error;
use isogrid::core::{Emission, Entry, Info};
use isogrid::wire::About;

use crate::app::App;
use crate::exit::{Exit, Trouble};
use crate::screen::Form;
use crate::text::{Side, TextTable, hanging};

pub(crate) fn command(_: &[Entry]) -> Command {
    Command::new("info").arg(Arg::new("engine").value_name("ENGINE").required(true).help("Its name"))
}

pub(crate) fn execute(app: &mut App, matches: &ArgMatches) -> Result<Exit, Trouble> {
    let name = matches.get_one::<String>("engine").map(String::as_str).unwrap_or_default();
    let entry = app.entries.iter().find(|entry| (entry.info)().name == name);
    let known = || app.entries.iter().map(|entry| (entry.info)().name.to_string()).collect();
    let entry = entry.ok_or_else(|| Error::UnknownEngine { name: name.to_string(), known: known() })?;
    match app.screen.form {
        Form::Json => app.screen.object(&About::of(entry))?,
        Form::Text => app.screen.data(&text(entry, app.screen.width()))?,
    }
    Ok(Exit::Answered)
}

fn text(entry: &Entry, width: usize) -> String {
    let info = (entry.info)();
    let bold = Style::new().for_stdout().bold();
    let mut text = format!("{}  ({})\n", bold.apply_to(info.name), info.status.word());
    text += &(hanging("  ", info.structure, width) + "\n");
    for (title, items) in
        [("assumes", info.assumes), ("guarantees", info.guarantees), ("papers", info.papers)]
    {
        if items.is_empty() {
            continue;
        }
        text += &format!("\n{}\n", bold.apply_to(title));
        for item in items {
            text += &(hanging("  - ", item, width) + "\n");
        }
    }
    let outputs = match info.emission {
        Emission::Improves => "each replaces the one before",
        Emission::Appends => "they follow each other",
    };
    let profile = if entry.detect.is_some() { "`isogrid profile` can ask it" } else { "it cannot be asked" };
    text += &format!("\n{}\n", bold.apply_to("at work"));
    for (title, value) in [("tick", info.tick), ("outputs", outputs), ("profile", profile)] {
        text += &(hanging(&format!("  {title:<9}"), value, width) + "\n");
    }
    text + &parts(info, width) + &options(info, width)
}

/// One table a kind of parts.
fn parts(info: &Info, width: usize) -> String {
    let mut text = String::new();
    for of_kind in info.parts.chunk_by(|one, next| one.kind == next.kind) {
        let Some(first) = of_kind.first() else { continue };
        let title = format!("  {}", first.kind);
        let names = first.properties.iter().map(|(name, _)| (*name, Side::Left));
        let columns: Vec<(&str, Side)> = std::iter::once((title.as_str(), Side::Left)).chain(names).collect();
        let mut table = TextTable::new(&columns);
        for part in of_kind {
            let values = part.properties.iter().map(|(_, value)| value.to_string());
            table.row(std::iter::once(format!("  {}", part.name)).chain(values).collect());
        }
        text += &format!("\n{}", table.render(width));
    }
    text
}

fn options(info: &Info, width: usize) -> String {
    if info.options.is_empty() {
        return String::new();
    }
    let bold = Style::new().for_stdout().bold();
    let mut table = TextTable::new(&[("  options", Side::Left), ("", Side::Left)]);
    for spec in info.options {
        let value = spec.value.map(|value| format!(" <{value}>")).unwrap_or_default();
        table.row(vec![format!("  --{}{value}", spec.name), spec.help.to_string()]);
    }
    let rows = table.render(width);
    let rows = rows.split_once('\n').map_or("", |(_, rows)| rows);
    format!("\n{}\n{rows}", bold.apply_to("options"))
}
