//! What is kept of an episode to look at: pictures, and a recording for the Rerun viewer.

use std::io;
use std::path::{Path, PathBuf};

use isogrid_robot::Verdict;
use isogrid_robot::agent::Account;

use crate::SimError;
use crate::episode::Watcher;
use crate::film::{Film, Kind};
use crate::stream::Stream;
use crate::viewer::Target;
use crate::world::World;

/// What shall be kept of an episode.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keep<'a> {
    /// Pictures: `.png` a strip, `.gif` a moving picture. None by default.
    pub films: &'a [PathBuf],
    /// A recording: `.rrd` for the Rerun viewer, `.jsonl` its lines. None by default.
    pub record: Option<&'a Path>,
}

/// A watcher that keeps it.
#[derive(Default)]
pub struct Kept {
    films: Vec<PathBuf>,
    film: Option<Film>,
    stream: Option<Stream<Target>>,
}

impl Keep<'_> {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.films.is_empty() && self.record.is_none()
    }

    /// Begins with a world that has not begun yet.
    ///
    /// # Errors
    /// A name with another ending, a file that cannot be written, or no `isogrid-rerun` for a recording.
    pub fn begin(&self, world: &mut World, title: &str) -> Result<Kept, SimError> {
        for path in self.films {
            Kind::of(path)?;
            isogrid::files::check(path)?;
        }
        let stream = match self.record {
            Some(path) => {
                let target = Target::open(path)?;
                let io = |source| SimError::Io { path: path.to_path_buf(), source };
                Some(Stream::new(world, title, target).map_err(io)?)
            }
            None => None,
        };
        let film = (!self.films.is_empty()).then(|| Film::new(world));
        Ok(Kept { films: self.films.to_vec(), film, stream })
    }
}

impl Kept {
    /// Draws and writes. `ended` is the judge's word, or why there is none: then nothing is written.
    ///
    /// # Errors
    /// A file that cannot be written, or what the program that writes recordings complains of.
    pub fn finish(self, ended: Result<&Verdict, String>) -> Result<(), SimError> {
        let is_whole = ended.is_ok();
        let recorded = self.stream.map_or(Ok(()), |stream| {
            let (target, written) = stream.finish(ended.map_err(io::Error::other));
            target.finish(written)
        });
        if let Some(film) = self.film.filter(|_| is_whole) {
            self.films.iter().try_for_each(|path| film.write(path))?;
        }
        recorded
    }
}

impl Watcher for Kept {
    fn tick(&mut self, world: &mut World, account: &Account) {
        if let Some(film) = &mut self.film {
            film.tick(world, account);
        }
        if let Some(stream) = &mut self.stream {
            stream.tick(world, account);
        }
    }
}
