//! The program on good and bad lines. CI does not build this crate: `cargo test --manifest-path viewer/Cargo.toml`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SCENE: &str = r#"{"type":"scene","version":1,"title":"test","bodies":[{"path":["blocks","b1"],"moves":true,"pose":[0.5,0,0.02,1,0,0,0],"shapes":[{"form":"box","size":[0.02,0.02,0.02],"pose":[0,0,0,1,0,0,0],"color":[200,40,40]}]},{"path":["scene","all"],"moves":false,"pose":[0,0,0,1,0,0,0],"shapes":[{"form":"capsule","size":[0.05,0.1],"pose":[0,0,0,1,0,0,0],"color":[1,2,3]},{"form":"cylinder","size":[0.05,0.1],"pose":[0,0,0,1,0,0,0],"color":[1,2,3]},{"form":"ellipsoid","size":[0.05,0.1,0.1],"pose":[0,0,0,1,0,0,0],"color":[1,2,3]},{"form":"triangles","triangles":[[0,0,0,1,0,0,0,1,0]],"pose":[0,0,0,1,0,0,0],"color":[1,2,3]}]}]}"#;
const TICK: &str = r#"{"type":"tick","seconds":0.05,"poses":[[0.5,0,0.03,1,0,0,0]],"opening":0.08,"trace":[[0.4,0,0.2],[0.5,0,0.1]],"done":0,"remaining":2,"decision_ms":0.4}"#;
const EVENT: &str =
    r#"{"type":"event","seconds":0.05,"source":"agent","level":"warn","text":"begin pick b1"}"#;
const END: &str = r#"{"type":"end","seconds":0.1,"reached":true,"text":"reached"}"#;

/// A folder of one test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn convert(path: &Path, lines: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_isogrid-rerun"));
    command.arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // The program may stop reading at a bad line.
    let _ = input.write_all(lines);
    drop(input);
    child.wait_with_output().unwrap()
}

/// A file's messages without the last, which is the index.
fn messages(bytes: &[u8]) -> Vec<&[u8]> {
    // 12 bytes begin the file, 16 a message: its kind, then its length, both little-endian.
    let (mut at, mut messages) = (12, Vec::new());
    while at + 16 <= bytes.len() {
        let length = u64::from_le_bytes(bytes[at + 8..at + 16].try_into().unwrap()) as usize;
        messages.push(&bytes[at..at + 16 + length]);
        at += 16 + length;
        if messages.last().is_some_and(|message| message[..8] == [0; 8]) {
            break;
        }
    }
    messages.pop();
    messages
}

#[test]
fn an_episode_becomes_a_file_and_again_the_same() {
    let folder = folder("good");
    let path = folder.join("a.rrd");
    let late = TICK.replace("\"seconds\":0.05", "\"seconds\":0.1").replace("[[0.4,0,0.2],[0.5,0,0.1]]", "[]");
    let lines = [SCENE, TICK, EVENT, &late, END, ""].join("\n");
    let output = convert(&path, lines.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let first = fs::read(&path).unwrap();
    assert!(first.starts_with(b"RRF2"), "{:?}", &first[..4]);
    assert!(convert(&path, lines.as_bytes()).status.success());
    let second = fs::read(&path).unwrap();
    let left = fs::read_dir(&folder).unwrap().count();
    fs::remove_dir_all(&folder).unwrap();
    let [first, second] = [messages(&first), messages(&second)];
    assert!(first.len() > 30, "{} messages", first.len());
    assert_eq!((first == second, left), (true, 1), "same messages, and no partial file");
}

#[test]
fn bad_lines_are_refused_by_their_numbers() {
    let folder = folder("bad");
    let pose = "[0.5,0,0.03,1,0,0,0]";
    let many = format!("{SCENE}\n{}\n{END}\n", TICK.replace(pose, &format!("{pose},{pose}")));
    let short = format!("{SCENE}\n{}\n{END}\n", TICK.replace(pose, "[0.5,0,0.03,1,0,0]"));
    let null = format!("{SCENE}\n{}\n{END}\n", TICK.replace(pose, "[null,0,0.03,1,0,0,0]"));
    let backwards = format!("{SCENE}\n{TICK}\n{}\n", TICK.replace("0.05", "0.01"));
    let cases: [(&str, String, &str); 22] = [
        ("nothing", String::new(), "ends with line 0"),
        ("no scene", TICK.to_string(), "line 1: the first line must have the type `scene`"),
        ("two scenes", format!("{SCENE}\n{SCENE}\n"), "line 2: a second scene"),
        ("no JSON", format!("{SCENE}\nhello\n"), "line 2: expected value at column 1"),
        ("an empty line", format!("{SCENE}\n\n{TICK}\n"), "line 2: EOF"),
        ("half a line", format!("{SCENE}\n{}", &TICK[..40]), "line 2: EOF"),
        ("no text", format!("{SCENE}\n\u{1}\n"), "line 2: expected value"),
        ("cut", format!("{SCENE}\n{TICK}\n"), "ends with line 2, before its line of type `end`"),
        ("more", format!("{SCENE}\n{END}\n{TICK}\n"), "line 3: nothing may follow"),
        ("too many poses", many, "line 2: 2 poses, but 1 bodies of the scene move"),
        ("a short pose", short, "line 2: invalid length 6"),
        ("a pose without a number", null, "line 2: invalid type: null"),
        ("back in time", backwards, "line 3: seconds is 0.01, expected 0.05"),
        ("an unknown type", format!("{SCENE}\n{{\"type\":\"tock\"}}\n"), "line 2: unknown variant `tock`"),
        ("an unknown key", SCENE.replace("title", "tittle"), "line 1: unknown field `tittle`"),
        ("another version", SCENE.replace("\"version\":1", "\"version\":9"), "line 1: version 9, expected 1"),
        (
            "no rotation",
            SCENE.replace("[0.5,0,0.02,1,0,0,0]", "[0.5,0,0.02,0,0,0,0]"),
            "body `blocks/b1`: the length",
        ),
        ("far away", SCENE.replace("[0.5,0,0.02,1", "[1e300,0,0.02,1"), "a coordinate is 1"),
        (
            "a size too few",
            SCENE.replace("[0.02,0.02,0.02]", "[0.02,0.02]"),
            "2 sizes of a shape of form Box, expected 3",
        ),
        ("a negative size", SCENE.replace("[0.02,0.02,0.02]", "[0.02,0.02,-1]"), "a size is -1"),
        (
            "twice",
            SCENE.replace("\"scene\",\"all\"", "\"blocks\",\"b1\""),
            "body `blocks/b1`: it is there twice",
        ),
        ("a nameless body", SCENE.replace("\"blocks\",\"b1\"", "\"\""), "a part of its path has 0 bytes"),
    ];
    for (name, lines, expected) in cases {
        let output = convert(&folder.join("a.rrd"), lines.as_bytes());
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {words}");
        assert!(words.starts_with("error: ") && words.contains(expected), "{name}: {words}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "{name}: nothing is left");
    }
    let bytes = convert(&folder.join("a.rrd"), &[SCENE.as_bytes(), b"\n\xff\xfe\n"].concat());
    fs::remove_dir_all(&folder).unwrap();
    assert!(String::from_utf8_lossy(&bytes.stderr).contains("line 2: "), "{bytes:?}");
}

#[test]
fn a_folder_that_is_not_there_and_wrong_usage_are_told() {
    let nowhere = convert(Path::new("/nowhere/a.rrd"), format!("{SCENE}\n{END}\n").as_bytes());
    assert!(
        String::from_utf8_lossy(&nowhere.stderr).contains("`/nowhere/a.rrd`: No such file"),
        "{nowhere:?}"
    );
    let output = Command::new(env!("CARGO_BIN_EXE_isogrid-rerun")).arg("--spawn").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: "));
}
