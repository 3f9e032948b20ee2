//! Recordings from one format to the other: `convert IN OUT [NAME=KIND:X,Y,Z ..] [base=X,Y,Z] [filter=KEY]`.
//!
//! `OUT` is a robomimic file where it ends in `.hdf5`, and a LeRobot folder otherwise. Objects that `IN` does not
//! describe are described by name (`*` stands for any characters), kind (block or pad) and half sizes in metres.

use std::path::Path;
use std::process::ExitCode;

use isogrid_core::Diagnose;
use isogrid_robot::formats::{FormatError, ReadOptions, read, write_lerobot, write_robomimic};
use isogrid_robot::{Object, ObjectKind};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks")]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: convert IN OUT [NAME=KIND:X,Y,Z ..] [base=X,Y,Z] [filter=KEY]");
        return ExitCode::from(2);
    };
    let Some(options) = options(rest) else {
        eprintln!("an option is not NAME=KIND:X,Y,Z with the kind block or pad, base=X,Y,Z or filter=KEY");
        return ExitCode::from(2);
    };
    match convert(Path::new(from), Path::new(to), &options) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(2)
        }
    }
}

fn convert(from: &Path, to: &Path, options: &ReadOptions) -> Result<String, FormatError> {
    let loaded = read(from, options)?;
    if to.extension().is_some_and(|extension| extension == "hdf5") {
        write_robomimic(to, &loaded.recordings)?;
    } else {
        write_lerobot(to, &loaded.recordings)?;
    }
    let n_frames: usize = loaded.recordings.iter().map(|recording| recording.frames.len()).sum();
    let mut report = format!("{}: {} episodes, {n_frames} frames\n", loaded.format, loaded.recordings.len());
    for note in &loaded.notes {
        report += &format!("note: {note}\n");
    }
    for one in &loaded.rejected {
        report += &format!("rejected: {}: {}\n", one.episode, one.reason);
    }
    Ok(report)
}

fn options(arguments: &[String]) -> Option<ReadOptions> {
    let mut options = ReadOptions::default();
    for argument in arguments {
        match argument.split_once('=')? {
            ("base", place) => options.base = triple(place)?,
            ("filter", key) => options.filter = Some(key.to_string()),
            (name, what) => {
                let (kind, half_size) = what.split_once(':')?;
                let kind = match kind {
                    "block" => ObjectKind::Block,
                    "pad" => ObjectKind::Pad,
                    _ => return None,
                };
                options.objects.push(Object { name: name.to_string(), kind, half_size: triple(half_size)? });
            }
        }
    }
    Some(options)
}

fn triple(text: &str) -> Option<[f64; 3]> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|number| number.parse().ok()).collect();
    numbers?.try_into().ok()
}
