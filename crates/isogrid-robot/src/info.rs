//! What the engine says of itself: structure, promises, papers, options of the text edge.

use isogrid_core::{Emission, Info, OptionSpec, Part, Status};

pub(crate) static INFO: Info = Info {
    name: "robot",
    structure: "A long manipulation task is a plan over few relations, carried out by few sub-skills that look the same \
                from the hand wherever they happen.",
    assumes: &[
        "poses of the hand and of all objects are observed; no images",
        "the operators (pick, place) and the relations (on, clear, holding) are given",
        "blocks stand on a face, and the hand points down",
        "the hand moves alike in all directions (or --symmetry none)",
    ],
    guarantees: &[
        "plans are validated; a goal that no plan reaches is said to be unreachable and the arm is parked",
        "what is done is read from the world after every move, never assumed",
        "the same seed and observations give the same actions",
    ],
    papers: &[
        "Duggan et al., The Price Is Not Right, ICRA 2026, arXiv 2602.19260",
        "Liu et al., LoHo-Manip, 2026, arXiv 2604.21924",
        "Chi et al., Diffusion Policy, RSS 2023, arXiv 2303.04137",
        "Lipman et al., Flow matching, ICLR 2023, arXiv 2210.02747",
    ],
    status: Status::Tested,
    emission: Emission::Appends,
    tick: "a step of training, a decision, or an expanded state of a plan",
    options: &[
        OptionSpec { name: "head", value: Some("NAME"), help: "cloning, diffusion or flow [flow]" },
        OptionSpec { name: "steps", value: Some("N"), help: "training steps of each sub-skill [6000]" },
        OptionSpec {
            name: "symmetry",
            value: Some("WORD"),
            help: "assumed: what is learned in one direction holds in the others; or none [assumed]",
        },
        OptionSpec { name: "width", value: Some("N"), help: "width of the networks [128]" },
        OptionSpec {
            name: "checkpoints",
            value: Some("DIR"),
            help: "save the training there, and go on from it",
        },
        OptionSpec {
            name: "objects",
            value: Some("LIST"),
            help: "kinds and half sizes in metres for recordings that lack them: `cube*=block:0.02x0.02x0.02,bin=pad:...`",
        },
        OptionSpec {
            name: "filter",
            value: Some("KEY"),
            help: "only the demonstrations of this robomimic mask",
        },
        OptionSpec {
            name: "base",
            value: Some("X,Y,Z"),
            help: "where the base plate stands in recordings [0,0,0]",
        },
        OptionSpec {
            name: "rate",
            value: Some("HZ"),
            help: "ticks a second of robomimic files that do not say it [20]",
        },
        OptionSpec {
            name: "hand-columns",
            value: Some("I,I,I,I"),
            help: "which of LeRobot's states are x, y, z and the opening, counted from 0 [by their names]",
        },
        OptionSpec {
            name: "action-columns",
            value: Some("I,I,I,I"),
            help: "which of LeRobot's actions are x, y, z and the grip, counted from 0 [by their names]",
        },
        OptionSpec {
            name: "world",
            value: Some("COMMAND"),
            help: "a program that is the world, instead of a scenario",
        },
        OptionSpec {
            name: "film",
            value: Some("FILE"),
            help: "pictures of a scenario's episode: a strip (.png) or a moving picture (.gif)",
        },
        OptionSpec {
            name: "record",
            value: Some("FILE"),
            help: "a scenario's episode for the Rerun viewer (.rrd), or as lines of JSON (.jsonl)",
        },
        OptionSpec {
            name: "feedback",
            value: Some("KIND"),
            help: "full, retry or none: what is done about failures [full]",
        },
        OptionSpec {
            name: "pose-noise",
            value: Some("MM"),
            help: "noise of observed positions to expect [0]",
        },
    ],
    parts: &[
        head("cloning", &[("network passes a chunk", "1"), ("several ways to act", "no")]),
        head("diffusion", &[("network passes a chunk", "8"), ("several ways to act", "yes")]),
        head("flow", &[("network passes a chunk", "2"), ("several ways to act", "yes")]),
    ],
};

const fn head(name: &'static str, properties: &'static [(&'static str, &'static str)]) -> Part {
    Part { kind: "heads", name, properties }
}
