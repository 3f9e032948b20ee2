//! What the user asks, from the matched arguments: sources, options, and the terms of the work.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use isogrid::budget::Budget;
use isogrid::core::{Ctx, Entry, Request, Source};
use isogrid::drive::Setup;
use isogrid::{Error, able, candidates, choose_among, choose_named, envelope};

use crate::app::App;
use crate::exit::Trouble;
use crate::{args, bids, interrupt};

/// The most that is read from standard input or a pipe: these are held in memory, because engines look twice.
const MAX_STREAM_BYTES: u64 = 1 << 30;

/// The largest model file.
const MAX_MODEL_BYTES: u64 = 16 << 30;

/// The paths given.
pub(crate) fn paths(matches: &ArgMatches) -> Vec<PathBuf> {
    matches.get_many::<PathBuf>("paths").map(|paths| paths.cloned().collect()).unwrap_or_default()
}

/// What a verb that makes an engine work was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Sources and engine options.
    pub(crate) request: Request,
    /// The engine named with `--engine`.
    pub(crate) engine: Option<String>,
    /// The seed.
    pub(crate) seed: u64,
    /// The budget; without limits if none was given.
    pub(crate) budget: Budget,
}

impl Asked {
    /// Reads it from the arguments.
    pub(crate) fn from(app: &App, matches: &ArgMatches) -> Result<Asked, Error> {
        let budget =
            matches.get_one::<String>("budget").map_or(Ok(Budget::default()), |text| text.parse())?;
        let sources: Result<_, _> = paths(matches).iter().map(|path| source(path)).collect();
        let options = args::given_options(app.entries, matches);
        let seed = matches.get_one("seed").copied();
        Ok(Asked {
            request: Request { sources: sources?, options, seed, ..Request::default() },
            engine: matches.get_one("engine").cloned(),
            seed: seed.unwrap_or(1),
            budget,
        })
    }

    /// The engine that takes it, which the user is told of; asking several is work under `ctx`.
    pub(crate) fn choose(&self, app: &App, ctx: &Ctx) -> Result<&'static Entry, Trouble> {
        let choice = choose_among(ctx, app.entries, &self.request, self.engine.as_deref())?;
        bids::tell(&app.screen, &choice)?;
        Ok(choice.entry())
    }

    /// The engines that could take it, with the kind of input that each sees.
    pub(crate) fn candidates(&self, app: &App) -> Result<Vec<(&'static Entry, String)>, Error> {
        match &self.engine {
            Some(name) => {
                Ok(vec![(choose_named(app.entries, &self.request, name)?, "as you asked".to_string())])
            }
            None => able(candidates(app.entries, &self.request)?, &self.request),
        }
    }

    /// The terms of the work; shows progress and listens to interrupts from now on.
    pub(crate) fn start(&self, app: &mut App) -> Setup {
        let observer = app.screen.watch();
        interrupt::listen(app);
        let cancel = app.cancel.clone();
        Setup { seed: self.seed, budget: self.budget, cancel, observer, ..Setup::default() }
    }
}

/// Reads a file that should hold a saved model; something else is refused by its first bytes.
pub(crate) fn model(path: &Path) -> Result<Vec<u8>, Error> {
    let name = || path.display().to_string();
    let unreadable = |source| Error::Unreadable { name: name(), source };
    let file = Source::file(path);
    if file.head(envelope::MAGIC.len() as u64).map_err(unreadable)? != envelope::MAGIC {
        return Err(Error::NotAModel { name: name() });
    }
    file.read(MAX_MODEL_BYTES).map_err(unreadable)
}

fn source(path: &Path) -> Result<Source, Error> {
    if path == Path::new("-") {
        return stream("standard input", io::stdin().lock());
    }
    let kind = fs::metadata(path).map(|metadata| metadata.file_type());
    // A pipe or device can be read only once.
    if kind.is_ok_and(|kind| !kind.is_file() && !kind.is_dir()) {
        let name = path.display().to_string();
        let file = fs::File::open(path).map_err(|source| Error::Unreadable { name: name.clone(), source })?;
        return stream(&name, file);
    }
    Ok(Source::file(path))
}

fn stream(name: &str, input: impl Read) -> Result<Source, Error> {
    let mut bytes = Vec::new();
    let unreadable = |source| Error::Unreadable { name: name.to_string(), source };
    let length = input.take(MAX_STREAM_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if length as u64 > MAX_STREAM_BYTES {
        let message = format!("more than {MAX_STREAM_BYTES} bytes in a stream; save it to a file");
        return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, message)));
    }
    Ok(Source::memory(name, bytes))
}
