//! Why a bar is missed: the profile that shows it and the ways that were tried, from a committed file.

use crate::bars::Bars;

/// The accounts, from the root of the repository: a heading of the second rank with the bar's name, then its account.
pub(super) const NOTES: &str = "bench/planners/missed.md";

/// The accounts of all bars that fall short; those that lack one are named.
pub(super) fn accounts(notes: &str, bars: &Bars) -> String {
    let missed: Vec<&str> = bars.iter().filter(|(_, bar)| !bar.holds).map(|(name, _)| name).collect();
    if missed.is_empty() {
        return "No bar falls short.".to_string();
    }
    let account = |name: &str| {
        let text = section(notes, name).unwrap_or("**There is no account of it yet.**");
        format!("**{name}**\n\n{text}\n")
    };
    missed.into_iter().map(account).collect::<Vec<_>>().join("\n")
}

/// The text under a heading.
fn section<'n>(notes: &'n str, name: &str) -> Option<&'n str> {
    let mut all = sections(notes);
    all.find(|(heading, _)| *heading == name).map(|(_, text)| text).filter(|text| !text.is_empty())
}

/// Headings with their texts.
fn sections(notes: &str) -> impl Iterator<Item = (&str, &str)> {
    notes.split("\n## ").skip(1).map(|section| {
        let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
        (heading.trim(), text.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::{Bar, Promise};

    #[test]
    fn missed_bars_have_their_account_or_lack_it_in_so_many_words() {
        let mut bars = Bars::default();
        let bar = |value| Bar::judge("t", Some(value), Promise::AtMost, Some(1.0));
        bars.push("held", bar(1.0));
        assert_eq!(accounts("", &bars), "No bar falls short.");
        bars.push("slow", bar(2.0));
        bars.push("large", bar(3.0));
        let notes =
            "# Missed\n\n## held\n\nnothing\n\n## slow\n\nThe clock.\n\nTried: a, b, c.\n\n## large\n";
        let expected =
            "**slow**\n\nThe clock.\n\nTried: a, b, c.\n\n**large**\n\n**There is no account of it yet.**\n";
        assert_eq!(accounts(notes, &bars), expected);
    }
}
