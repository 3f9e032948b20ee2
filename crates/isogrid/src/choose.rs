//! Which engine takes a request: the one that the user names, the only one that recognizes the content and has the options
//! given, or the one that bids best.

use isogrid_core::{Ctx, Entry, Recognition, Request, Source};

use crate::decide::{Decision, decide};
use crate::registry::{find_among, registry};
use crate::{Error, envelope};

/// The engine for a request, and what settled it.
#[derive(Debug, Clone)]
pub enum Choice<'a> {
    /// It was named, or no other takes the input.
    Only(&'a Entry),
    /// No other that takes the input has the options given.
    Options(&'a Entry),
    /// Bids decided.
    Bids(Decision<'a>),
}

impl<'a> Choice<'a> {
    /// The engine.
    pub fn entry(&self) -> &'a Entry {
        match self {
            Choice::Only(entry) | Choice::Options(entry) => entry,
            Choice::Bids(decision) => decision.entry,
        }
    }
}

/// The engine for `request`: `named` if given, else the one that recognizes it; of several the one with the options given,
/// or the one that [`decide`](crate::decide) finds by their bids.
///
/// Opens every source and reads the first bytes of each; where bids decide, each engine reads all of them.
///
/// # Errors
/// A source cannot be read; the name is unknown; no engine takes the request, or several of which some make no bids;
/// none of them has the options given.
pub fn choose(ctx: &Ctx, request: &Request, named: Option<&str>) -> Result<Choice<'static>, Error> {
    choose_among(ctx, registry(), request, named)
}

/// [`choose()`] from a list of your own.
///
/// # Errors
/// As [`choose()`].
pub fn choose_among<'a>(
    ctx: &Ctx,
    entries: &'a [Entry],
    request: &Request,
    named: Option<&str>,
) -> Result<Choice<'a>, Error> {
    if let Some(name) = named {
        find_among(entries, name)?;
        any_source(request)?;
        return Ok(Choice::Only(choose_named(entries, request, name)?));
    }
    let recognized = candidates(entries, request)?;
    let n_recognized = recognized.len();
    let able = able(recognized, request)?;
    match able.as_slice() {
        [(entry, _)] if n_recognized == 1 => Ok(Choice::Only(entry)),
        [(entry, _)] => Ok(Choice::Options(entry)),
        several if several.iter().all(|(entry, _)| entry.detect.is_some()) => {
            decide(ctx, able, request).map(Choice::Bids)
        }
        several => Err(ambiguous(several)),
    }
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

/// Those of `candidates` that have every option that was given; never empty.
///
/// # Errors
/// [`Error::ForeignOption`] of the first, where none has them all.
pub fn able<'a>(
    candidates: Vec<(&'a Entry, String)>,
    request: &Request,
) -> Result<Vec<(&'a Entry, String)>, Error> {
    let first = candidates.first().map(|(entry, _)| *entry);
    let mut able = candidates;
    able.retain(|(entry, _)| request.options.iter().all(|(name, _)| has_option(entry, name)));
    match first {
        Some(first) if able.is_empty() => with_its_options(first, request).map(|_| able),
        _ => Ok(able),
    }
}

/// Several engines take the request, and nothing says which should.
pub(crate) fn ambiguous(candidates: &[(&Entry, String)]) -> Error {
    let pairs = candidates.iter().map(|(entry, kind)| (name_of(entry), kind.clone()));
    Error::Ambiguous { candidates: pairs.collect() }
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
    match request.options.iter().find(|(name, _)| !has_option(entry, name)) {
        None => Ok(entry),
        Some((option, _)) => Err(Error::ForeignOption {
            engine: info.name.to_string(),
            option: option.clone(),
            takes: info.options.iter().map(|spec| spec.name.to_string()).collect(),
        }),
    }
}

fn has_option(entry: &Entry, name: &str) -> bool {
    (entry.info)().options.iter().any(|spec| spec.name == name)
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
    use crate::test_engine::{BIDDERS, ENTRIES};

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
        Case {
            name: "of two engines the one with the option",
            text: "add both",
            options: &[("start", "3")],
            engine: None,
            expected: Ok("adder"),
        },
        Case {
            name: "an option of neither engine",
            text: "add both",
            options: &[("end", "3")],
            engine: None,
            expected: Err("engine `adder` has no option `--end`"),
        },
    ];

    #[test]
    fn engines_are_chosen_by_content_name_and_options() {
        for case in CASES {
            let chosen = choose_among(&Ctx::new(1), ENTRIES, &request(case.text, case.options), case.engine);
            let seen = chosen.map(|choice| (choice.entry().info)().name).map_err(|error| error.to_string());
            assert_eq!(seen, case.expected.map_err(str::to_string), "{}", case.name);
        }
    }

    #[test]
    fn what_settled_the_choice_is_told() {
        let choose = |text, options: &[_], engine| {
            choose_among(&Ctx::new(1), BIDDERS, &request(text, options), engine).expect(text)
        };
        assert!(matches!(choose("add 1 1", &[], None), Choice::Only(_)));
        assert!(matches!(choose("add both", &[], Some("counter")), Choice::Only(_)));
        assert!(matches!(choose("add both", &[("start", "3")], None), Choice::Options(_)));
        let Choice::Bids(decision) = choose("add both", &[], None) else { panic!("both bid") };
        assert_eq!((decision.heard.len(), decision.offers.len()), (2, 0));
    }

    #[test]
    fn a_saved_model_among_the_inputs_is_pointed_out() {
        let model = envelope::wrap("adder", b"x");
        let request = Request { sources: vec![Source::memory("m.iso", model)], ..Request::default() };
        let fault = Fault::from(
            choose_among(&Ctx::new(1), ENTRIES, &request, None).expect_err("a model is no input"),
        );
        assert!(fault.hint.is_some_and(|hint| hint.contains("-m m.iso")));
    }

    #[test]
    fn missing_inputs_and_directories_are_named() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        for (path, reason) in
            [(directory.path().join("none"), "no such file"), (directory.path().into(), "is a directory")]
        {
            let request = Request { sources: vec![Source::file(&path)], ..Request::default() };
            let message =
                choose_among(&Ctx::new(1), ENTRIES, &request, None).expect_err("unreadable").to_string();
            assert!(message.contains(reason) && message.contains(&path.display().to_string()), "{message}");
        }
        assert!(matches!(
            choose_among(&Ctx::new(1), ENTRIES, &Request::default(), None),
            Err(Error::NoSources)
        ));
    }
}
