//! A world as a child process.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use isogrid_core::Fault;
use isogrid_robot::protocol::{Briefing, RemoteWorld};

/// How much of what a failed world complained of is read.
const MAX_COMPLAINT: u64 = 4096;

/// How the simulator is had.
const BUILD: &str = "cargo xtask fetch libmujoco && cargo build --release -p isogrid-sim --features mujoco";

/// A started world; it ends with this value.
pub struct WorldProcess {
    /// The world.
    pub world: RemoteWorld,
    child: Child,
}

impl WorldProcess {
    /// Starts `command` and listens for its first briefing.
    ///
    /// # Errors
    /// It cannot be started, ends early, or says what is no briefing; with its own complaint.
    pub fn start(mut command: Command) -> Result<(WorldProcess, Briefing), Fault> {
        let program = command.get_program().to_string_lossy().into_owned();
        let streams = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = streams
            .spawn()
            .map_err(|error| Fault::bad_input(format!("the world `{program}` does not start: {error}")))?;
        let (Some(input), Some(output)) = (child.stdout.take(), child.stdin.take()) else {
            return Err(Fault::bad_input(format!("the world `{program}` has no streams")));
        };
        match RemoteWorld::greet(Box::new(BufReader::new(input)), Box::new(output)) {
            Ok((world, briefing)) => Ok((WorldProcess { world, child }, briefing)),
            Err(error) => Err(explain(child, &program, &error.to_string())),
        }
    }
}

impl Drop for WorldProcess {
    fn drop(&mut self) {
        // A world has nothing to save; one that hangs must not hold this program.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a world that ended left behind.
fn explain(mut child: Child, program: &str, said: &str) -> Fault {
    let mut complaint = Vec::new();
    // Killed first: a world that still runs would never close its stream.
    let _ = child.kill();
    if let Some(stream) = child.stderr.take() {
        let _ = stream.take(MAX_COMPLAINT).read_to_end(&mut complaint);
    }
    let _ = child.wait();
    let complaint = String::from_utf8_lossy(&complaint).trim().to_string();
    let message = match complaint.is_empty() {
        true => format!("the world `{program}` is of no use: {said}"),
        false => format!("the world `{program}` is of no use: {complaint}"),
    };
    let fault = Fault::bad_input(message);
    match complaint.contains("libmujoco") {
        true => fault.with_hint(format!("get the library and link to it again: {BUILD}")),
        false => fault,
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
