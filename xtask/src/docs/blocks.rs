//! Generated blocks of a Markdown file: the text between `<!-- generated:NAME -->` and `<!-- /generated -->`.

use anyhow::{Context, Result};

const OPEN: &str = "<!-- generated:";
const CLOSE: &str = "<!-- /generated -->";

/// The text with every block filled anew by `generate`, which receives the words of the block's name.
///
/// # Errors
/// A block does not end, or `generate` fails; the message names the line.
pub fn fill(text: &str, generate: &mut dyn FnMut(&[&str]) -> Result<String>) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = next_block(rest) {
        let line = text[..text.len() - rest.len() + at].matches('\n').count() + 1;
        let (name, behind) = rest[at + OPEN.len()..].split_once("-->").context("a marker ends with -->")?;
        let end = behind.find(CLOSE).with_context(|| format!("line {line}: the block has no `{CLOSE}`"))?;
        let words: Vec<&str> = name.split_whitespace().collect();
        let body = generate(&words).with_context(|| format!("line {line}: block `{}`", words.join(" ")))?;
        filled.push_str(&rest[..at]);
        filled.push_str(&format!("{OPEN}{} -->\n{}\n{CLOSE}", words.join(" "), body.trim_end()));
        rest = &behind[end + CLOSE.len()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The next marker that begins a line: one inside a sentence or a code block's indentation is prose.
fn next_block(text: &str) -> Option<usize> {
    let starts_line = |at: &usize| *at == 0 || text.as_bytes()[at - 1] == b'\n';
    text.match_indices(OPEN).map(|(at, _)| at).find(starts_line)
}

/// The text of `<!-- fragment:NAME -->` up to `<!-- /fragment -->`.
pub fn fragment<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, behind) = text.split_once(&format!("<!-- fragment:{name} -->"))?;
    let (body, _) = behind.split_once("<!-- /fragment -->")?;
    Some(body.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shout(words: &[&str]) -> Result<String> {
        anyhow::ensure!(words != ["bad"], "no such thing");
        Ok(words.join("+").to_uppercase() + "\n")
    }

    #[test]
    fn blocks_are_filled_again_and_again() {
        let text = "a\n<!-- generated:x y -->\nold\n<!-- /generated -->\nb `<!-- generated:z -->`\n";
        let once = fill(text, &mut shout).expect("good blocks");
        assert_eq!(once, "a\n<!-- generated:x y -->\nX+Y\n<!-- /generated -->\nb `<!-- generated:z -->`\n");
        assert_eq!(fill(&once, &mut shout).expect("good blocks"), once);
    }

    #[test]
    fn faults_name_the_line() {
        let cases = [
            ("no end", "a\n<!-- generated:x -->\n", "line 2: the block has no"),
            ("refused", "<!-- generated:bad -->\n<!-- /generated -->", "line 1: block `bad`: no such thing"),
        ];
        for (name, text, expected) in cases {
            let error = format!("{:#}", fill(text, &mut shout).expect_err(name));
            assert!(error.starts_with(expected), "{name}: {error}");
        }
    }

    #[test]
    fn fragments_are_cut_out() {
        let text = "<!-- fragment:a -->\n| x |\n<!-- /fragment -->\n<!-- fragment:b -->\n";
        assert_eq!(fragment(text, "a"), Some("| x |"));
        assert_eq!(fragment(text, "b"), None);
        assert_eq!(fragment(text, "c"), None);
    }
}
