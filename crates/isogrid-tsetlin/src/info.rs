//! What the engine says of itself, and its options at the text edge.

use isogrid_core::{Emission, Info, OptionSpec, Status};

pub(crate) static INFO: Info = Info {
    name: "tsetlin",
    structure: "A few and-rules over yes-or-no features decide the class of a row.",
    assumes: &["rows are independent", "new rows come from where the learned ones came from"],
    guarantees: &[
        "the same seed gives the same model and answers",
        "answers marked as kept are as accurate as --level with probability 0.9 over the rows held out",
    ],
    papers: &[
        "Granmo, The Tsetlin machine, 2018, arXiv 1804.01508",
        "Hnilov, Fuzzy-pattern Tsetlin machine, 2025, arXiv 2508.08350",
        "Angelopoulos et al., Learn then test, 2021, arXiv 2110.01052",
    ],
    status: Status::Tested,
    emission: Emission::Appends,
    tick: "evaluating the clauses of one class on one row",
    options: &[
        OptionSpec { name: "target", value: Some("COL"), help: "the column to predict" },
        OptionSpec { name: "clauses", value: Some("N"), help: "clauses a class [100, or 200 strict ones]" },
        OptionSpec {
            name: "threshold",
            value: Some("N"),
            help: "votes at which learning stops [a fifth of those of half the clauses, or 15 strict ones]",
        },
        OptionSpec {
            name: "specificity",
            value: Some("S"),
            help: "larger makes clauses forget less [half the features, or 8 for strict clauses]",
        },
        OptionSpec {
            name: "fuzziness",
            value: Some("N"),
            help: "false literals at which a clause stops voting; 1 is strict [8, or 1 for few features]",
        },
        OptionSpec {
            name: "literals",
            value: Some("N"),
            help: "literals at which a clause stops growing [as the fuzziness, or 16 for strict clauses]",
        },
        OptionSpec {
            name: "epochs",
            value: Some("N"),
            help: "passes over the rows [50 to 600, more for fewer rows]",
        },
        OptionSpec {
            name: "trials",
            value: Some("N"),
            help: "settings to try on rows held out before the fit; those given stay [0]",
        },
        OptionSpec {
            name: "flash",
            value: Some("BYTES"),
            help: "take the most accurate model that fits a small device: 32k",
        },
        OptionSpec {
            name: "threads",
            value: Some("N"),
            help: "threads; the model is the same for every number [1]",
        },
        OptionSpec {
            name: "cuts",
            value: Some("N"),
            help: "yes-or-no features a numeric column [32, fewer in wide tables]",
        },
        OptionSpec {
            name: "binning",
            value: Some("HOW"),
            help: "where numbers are cut: distinct, quantile, uniform or learned [quantile]",
        },
        OptionSpec {
            name: "class-weight",
            value: Some("HOW"),
            help: "how much rows of each class count: uniform, or balanced where a class is rare [uniform]",
        },
        OptionSpec { name: "level", value: Some("P"), help: "accuracy promised for kept answers [0.9]" },
    ],
    parts: &[],
};
