//! A world as a child process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use isogrid_core::Fault;
use isogrid_robot::protocol::{Briefing, RemoteWorld};

use super::streams::{Complaint, Lines};

/// How long a world may be silent when it is asked something.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a world that listens may draw what it was told to keep, after the episode.
const DRAWING: Duration = Duration::from_secs(600);

/// How often an ending world is looked at.
const PERIOD: Duration = Duration::from_millis(10);

/// How the simulator is had.
const BUILD: &str = "cargo xtask fetch libmujoco && cargo build --release -p isogrid-sim --features mujoco";

/// A started world; it ends with this value.
pub struct WorldProcess {
    /// The world.
    pub world: RemoteWorld,
    ending: Ending,
}

/// What is needed at the end of a world.
struct Ending {
    child: Child,
    complaint: Complaint,
    program: String,
}

impl WorldProcess {
    /// Starts `command` and listens for its first briefing.
    ///
    /// # Errors
    /// It cannot be started, ends early, says what is no briefing, or nothing for a minute; with its own complaint.
    pub fn start(command: Command) -> Result<(WorldProcess, Briefing), Fault> {
        WorldProcess::start_within(command, PATIENCE)
    }

    /// As [`WorldProcess::start`]; the world is given up when it says nothing for so long, now or later.
    ///
    /// # Errors
    /// As there.
    pub fn start_within(mut command: Command, patience: Duration) -> Result<(WorldProcess, Briefing), Fault> {
        let program = command.get_program().to_string_lossy().into_owned();
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams
            .spawn()
            .map_err(|error| Fault::bad_input(format!("the world `{program}` does not start: {error}")))?;
        let streams = (child.stdout.take(), child.stdin.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = streams else {
            return Err(Fault::bad_input(format!("the world `{program}` has no streams")));
        };
        let ending = Ending { child, complaint: Complaint::listen(errors), program };
        match RemoteWorld::greet(Box::new(Lines::listen(input, patience)), Box::new(output)) {
            Ok((world, briefing)) => Ok((WorldProcess { world, ending }, briefing)),
            Err(error) => Err(ending.explain(&error.to_string())),
        }
    }

    /// Says goodbye and waits until the world has written what it was told to keep.
    ///
    /// # Errors
    /// It fails at that, with its own complaint, or takes too long.
    pub fn finish(self) -> Result<(), Fault> {
        let WorldProcess { world, mut ending } = self;
        drop(world);
        let end = Instant::now() + DRAWING;
        while Instant::now() < end {
            match ending.child.try_wait() {
                Ok(None) => thread::sleep(PERIOD),
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(ending.explain(&format!("it ended with {status}"))),
                Err(error) => return Err(ending.explain(&error.to_string())),
            }
        }
        Err(ending.explain("it does not end"))
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // A world has nothing to save; one that hangs must not hold this program.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ending {
    /// What a world that ended left behind.
    fn explain(mut self, said: &str) -> Fault {
        // Killed first: a world that still runs would never close its stream.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let complaint = self.complaint.text();
        let program = &self.program;
        let message = match complaint.is_empty() {
            true => format!("the world `{program}` is of no use: {said}"),
            // Our own simulator's complaints are about the user's input, and say so themselves.
            false => format!(
                "the world `{}` is of no use: {}",
                Path::new(program).file_name().map_or(program.into(), |name| name.to_string_lossy()),
                complaint.strip_prefix("error: ").unwrap_or(&complaint)
            ),
        };
        let fault = Fault::bad_input(message);
        match complaint.contains("libmujoco") {
            true => fault.with_hint(format!("get the library and link to it again: {BUILD}")),
            false => fault,
        }
    }
}

/// The simulator `isogrid-sim`: beside this program, or where the system looks for programs.
///
/// # Errors
/// It is in neither place; with the commands that build it.
pub fn simulator() -> Result<PathBuf, Fault> {
    let name = format!("isogrid-sim{}", std::env::consts::EXE_SUFFIX);
    let own = std::env::current_exe().ok();
    // Tests run one folder below the programs.
    let beside = own.iter().flat_map(|own| own.ancestors().skip(1).take(2));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = beside.chain(paths.iter().map(PathBuf::as_path));
    let mut found = places.map(|folder: &Path| folder.join(&name)).filter(|program| program.is_file());
    found.next().ok_or_else(|| {
        Fault::bad_input(
            "there is no isogrid-sim beside this program, and none where programs are looked for",
        )
        .with_hint(format!("build it: {BUILD}"))
    })
}
