//! A verb's arguments: switches, options with a value, and names.

use std::fmt;

use anyhow::Result;

/// What the user typed wrong.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Arguments not yet taken.
#[derive(Debug)]
pub struct Args(Vec<String>);

impl Args {
    /// The words behind the verb.
    pub fn new(words: impl IntoIterator<Item = String>) -> Args {
        Args(words.into_iter().collect())
    }

    /// Takes the switch `name`; says whether it was there.
    pub fn switch(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() < before
    }

    /// Takes the option `name` with its value, written `--name value` or `--name=value`.
    ///
    /// # Errors
    /// The value is missing.
    pub fn value(&mut self, name: &str) -> Result<Option<String>> {
        let joined = format!("{name}=");
        let Some(at) = self.0.iter().position(|word| word == name || word.starts_with(&joined)) else {
            return Ok(None);
        };
        let word = self.0.remove(at);
        if let Some(value) = word.strip_prefix(&joined) {
            return Ok(Some(value.to_string()));
        }
        if self.0.get(at).is_none_or(|value| value.starts_with("--")) {
            return Err(Usage(format!("`{name}` needs a value")).into());
        }
        Ok(Some(self.0.remove(at)))
    }

    /// The names that are left.
    ///
    /// # Errors
    /// An option is left that nobody took.
    pub fn names(self) -> Result<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with('-')) {
            Some(unknown) => Err(Usage(format!("there is no option `{unknown}` here")).into()),
            None => Ok(self.0),
        }
    }

    /// The one name that is left.
    ///
    /// # Errors
    /// There is none, or more than one; `what` names it.
    pub fn name(self, what: &str) -> Result<String> {
        let mut names = self.names()?;
        match names.len() {
            1 => Ok(names.remove(0)),
            n => Err(Usage(format!("expected one {what}, found {n}")).into()),
        }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// Something is.
    pub fn finish(self) -> Result<()> {
        match self.names()?.first() {
            Some(word) => Err(Usage(format!("`{word}` means nothing here")).into()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(String::from))
    }

    #[test]
    fn switches_values_and_names_are_told_apart() {
        for line in ["a --quick --only b c", "--only=b a c --quick"] {
            let mut args = args(line);
            assert!(args.switch("--quick") && !args.switch("--slow"), "{line}");
            assert_eq!(args.value("--only").expect("a value"), Some("b".into()), "{line}");
            assert_eq!(args.names().expect("names"), ["a", "c"], "{line}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("no value", args("--only").value("--only").map(|_| ()), "`--only` needs a value"),
            ("an option as value", args("--only --x").value("--only").map(|_| ()), "`--only` needs a value"),
            ("unknown option", args("--bad").finish(), "there is no option `--bad` here"),
            ("extra word", args("bad").finish(), "`bad` means nothing here"),
            ("no name", args("").name("engine name").map(|_| ()), "expected one engine name, found 0"),
        ];
        for (name, result, expected) in cases {
            assert_eq!(result.expect_err(name).to_string(), expected, "{name}");
        }
    }
}
