//! Which engine takes a request: the one that the user names, else the only one that recognizes the content.

use isogrid_core::{Entry, Recognition, Request, Source};

use crate::registry::{find_among, registry};
use crate::{Error, envelope};

/// The engine for `request`: `named` if given, else the only one that recognizes it.
///
/// Opens every source and reads the first bytes of each.
///
/// # Errors
/// A source cannot be read; the name is unknown; no engine or several take the request; the chosen engine lacks an
/// option that was given.
pub fn choose(request: &Request, named: Option<&str>) -> Result<&'static Entry, Error> {
    choose_among(registry(), request, named)
}

/// [`choose()`] from a list of your own.
///
/// # Errors
/// As [`choose()`].
pub fn choose_among<'a>(
    entries: &'a [Entry],
    request: &Request,
    named: Option<&str>,
) -> Result<&'a Entry, Error> {
    if let Some(name) = named {
        find_among(entries, name)?;
        any_source(request)?;
        return choose_named(entries, request, name);
    }
    let mut found = candidates(entries, request)?;
    if found.len() == 1 {
        return with_its_options(found.remove(0).0, request);
    }
    let candidates = found.into_iter().map(|(entry, kind)| (name_of(entry), kind)).collect();
    Err(Error::Ambiguous { candidates })
}

/// The engine called `name`, for a request to a saved model of it, which may need no sources.
///
/// # Errors
/// The name is unknown; a source cannot be read; the engine lacks an option that was given.
pub fn choose_named<'a>(entries: &'a [Entry], request: &Request, name: &str) -> Result<&'a Entry, Error> {
    let entry = find_among(entries, name)?;
    readable(request)?;
    with_its_options(entry, request)
}

/// Every engine that recognizes `request`, with the kind of input that it sees; never empty.
///
/// # Errors
/// A source cannot be read, or no engine recognizes the request.
pub fn candidates<'a>(entries: &'a [Entry], request: &Request) -> Result<Vec<(&'a Entry, String)>, Error> {
    any_source(request)?;
    readable(request)?;
    let mut found = Vec::new();
    let mut near = Vec::new();
    for entry in entries {
        match (entry.recognize)(request) {
            Recognition::Yes(kind) => found.push((entry, kind)),
            Recognition::Almost(reason) => near.push((name_of(entry), reason)),
            Recognition::No => {}
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    // A folder is an input to some engines only.
    if near.is_empty() {
        request.sources.iter().try_for_each(|source| head(source, 1).map(drop))?;
    }
    Err(Error::Unrecognized { near, model: saved_model(request) })
}

fn name_of(entry: &Entry) -> String {
    (entry.info)().name.to_string()
}

fn any_source(request: &Request) -> Result<(), Error> {
    if request.sources.is_empty() { Err(Error::NoSources) } else { Ok(()) }
}

fn readable(request: &Request) -> Result<(), Error> {
    for source in request.sources.iter().filter(|source| !source.is_folder()) {
        head(source, 1)?;
    }
    Ok(())
}

fn head(source: &Source, n: u64) -> Result<Vec<u8>, Error> {
    source.head(n).map_err(|error| Error::Unreadable { name: source.name.clone(), source: error })
}

fn with_its_options<'a>(entry: &'a Entry, request: &Request) -> Result<&'a Entry, Error> {
    let info = (entry.info)();
    let foreign = request.options.iter().find(|(name, _)| !info.options.iter().any(|spec| spec.name == name));
    match foreign {
        None => Ok(entry),
        Some((option, _)) => Err(Error::ForeignOption {
            engine: info.name.to_string(),
            option: option.clone(),
            takes: info.options.iter().map(|spec| spec.name.to_string()).collect(),
        }),
    }
}

fn saved_model(request: &Request) -> Option<String> {
    let is_model = |bytes: Vec<u8>| bytes == envelope::MAGIC;
    let length = envelope::MAGIC.len() as u64;
    let model = request.sources.iter().find(|source| source.head(length).is_ok_and(is_model))?;
    Some(model.name.clone())
}

#[cfg(test)]
mod tests {
    use isogrid_core::{Fault, Source};

    use super::*;
    use crate::test_engine::ENTRIES;

    fn request(text: &str, options: &[(&str, &str)]) -> Request {
        let options = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Request { sources: vec![Source::memory("input", text)], options, ..Request::default() }
    }

    struct Case {
        name: &'static str,
        text: &'static str,
        options: &'static [(&'static str, &'static str)],
        engine: Option<&'static str>,
        expected: Result<&'static str, &'static str>,
    }

    const CASES: &[Case] = &[
        Case { name: "by content", text: "add 1 2", options: &[], engine: None, expected: Ok("adder") },
        Case {
            name: "a named engine wins over content",
            text: "add 1 2",
            options: &[],
            engine: Some("counter"),
            expected: Ok("counter"),
        },
        Case {
            name: "two engines recognize it",
            text: "add both",
            options: &[],
            engine: None,
            expected: Err("several engines take this input: `adder` (sum), `counter` (count)"),
        },
        Case {
            name: "nothing recognizes it",
            text: "nonsense",
            options: &[],
            engine: None,
            expected: Err("no engine takes this input"),
        },
        Case {
            name: "near misses are listed",
            text: "ad",
            options: &[],
            engine: None,
            expected: Err("no engine takes this input\n  `adder` almost: it starts as `add` but ends early"),
        },
        Case {
            name: "an unknown name",
            text: "add 1 2",
            options: &[],
            engine: Some("sum"),
            expected: Err("there is no engine `sum`"),
        },
        Case {
            name: "an option of the engine",
            text: "add 1 2",
            options: &[("start", "3")],
            engine: None,
            expected: Ok("adder"),
        },
        Case {
            name: "an option of another engine",
            text: "count 2",
            options: &[("start", "3")],
            engine: None,
            expected: Err("engine `counter` has no option `--start`"),
        },
    ];

    #[test]
    fn engines_are_chosen_by_content_name_and_options() {
        for case in CASES {
            let chosen = choose_among(ENTRIES, &request(case.text, case.options), case.engine);
            let seen = chosen.map(|entry| (entry.info)().name).map_err(|error| error.to_string());
            assert_eq!(seen, case.expected.map_err(str::to_string), "{}", case.name);
        }
    }

    #[test]
    fn a_saved_model_among_the_inputs_is_pointed_out() {
        let model = envelope::wrap("adder", b"x");
        let request = Request { sources: vec![Source::memory("m.iso", model)], ..Request::default() };
        let fault = Fault::from(choose_among(ENTRIES, &request, None).expect_err("a model is no input"));
        assert!(fault.hint.is_some_and(|hint| hint.contains("-m m.iso")));
    }

    #[test]
    fn missing_inputs_and_directories_are_named() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (path, reason) in
            [(directory.path().join("none"), "no such file"), (directory.path().into(), "is a directory")]
        {
            let request = Request { sources: vec![Source::file(&path)], ..Request::default() };
            let message = choose_among(ENTRIES, &request, None).expect_err("unreadable").to_string();
            assert!(message.contains(reason) && message.contains(&path.display().to_string()), "{message}");
        }
        assert!(matches!(choose_among(ENTRIES, &Request::default(), None), Err(Error::NoSources)));
    }
}
