use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::*;

/// Learns which of two letters is the more frequent one in a text, and answers with it.
#[derive(Default)]
pub struct Majority;

/// What was expected.
#[derive(Debug)]
pub struct NotText(String);

impl std::fmt::Display for NotText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {}", self.0)
    }
}
impl std::error::Error for NotText {}
impl Diagnose for NotText {}

impl Engine for Majority {
    type Data = Vec<u8>;
    type Options = ();
    type Model = u8;
    type Session = u8;
    type Input = usize;
    type Output = String;
    type Error = NotText;

    fn info(&self) -> &'static Info {
        &Info {
            name: "majority",
            structure: "One of two letters is more frequent than the other.",
            assumes: &["letters are independent"],
            guarantees: &["the answer is the majority of the letters read"],
            papers: &["Condorcet, Essai sur l'application de l'analyse, 1785"],
            status: Status::Proof,
            emission: Emission::Appends,
            tick: "a letter",
            options: &[],
            parts: &[],
        }
    }

    fn fit(&self, ctx: &Ctx, data: &Vec<u8>, (): &()) -> Result<Fitted<u8>, NotText> {
        let (mut lead, mut stop) = (0_i64, Stop::Done);
        for &letter in data {
            if let ControlFlow::Break(limit) = ctx.tick(1) {
                stop = limit;
                break;
            }
            lead += if letter == b'a' { 1 } else { -1 };
        }
        Ok(Fitted { model: if lead >= 0 { b'a' } else { b'b' }, stop })
    }

    fn open(&self, _: &Ctx, model: &Arc<u8>) -> Result<u8, NotText> {
        Ok(**model)
    }

    fn step(&self, ctx: &Ctx, letter: &mut u8, n: usize, mut out: Sink<'_, String>) -> Result<Stop, NotText> {
        for _ in 0..n {
            let flow = match ctx.tick(1) {
                ControlFlow::Continue(()) => out.emit(char::from(*letter).to_string()),
                stop => stop,
            };
            if let ControlFlow::Break(stop) = flow {
                return Ok(stop);
            }
        }
        Ok(Stop::Done)
    }
}

impl Port for Majority {
    fn recognize(&self, request: &Request) -> Recognition {
        if request.sources.is_empty() { Recognition::No } else { Recognition::Yes("letters".to_string()) }
    }

    fn data(&self, request: &Request) -> Result<(Vec<u8>, ()), NotText> {
        let source = request.sources.first().ok_or_else(|| NotText("a source".to_string()))?;
        let bytes = source.read(1 << 20).map_err(|error| NotText(format!("a file: {}: {error}", source.name)))?;
        let is_text = !bytes.is_empty() && bytes.iter().all(|letter| b"ab".contains(letter));
        if is_text { Ok((bytes, ())) } else { Err(NotText("letters a and b".to_string())) }
    }

    fn input(&self, request: &Request, _: &u8, _: bool) -> Result<usize, NotText> {
        self.data(request).map(|(bytes, ())| bytes.len())
    }

    fn print(&self, _: &u8, output: &String) -> Printed {
        Printed { text: output.clone(), summary: output.clone(), record: Value::from(output.as_str()) }
    }
}

impl Store for Majority {
    fn save(&self, model: &u8) -> Vec<u8> {
        vec![*model]
    }

    fn load(&self, bytes: &[u8]) -> Result<u8, NotText> {
        match bytes {
            [letter @ (b'a' | b'b')] => Ok(*letter),
            _ => Err(NotText("one letter".to_string())),
        }
    }
}

/// `n` letters, `a` with probability `share` / 256.
pub fn letters(seed: u64, n: u64, share: u64) -> Vec<u8> {
    let mix = |i: u64| (seed * 4_096 + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let draw = |i: u64| (mix(i) ^ mix(i) >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56;
    (0..n).map(|i| if draw(i) < share { b'a' } else { b'b' }).collect()
}

impl Detect for Majority {
    fn detect(&self, _: &Ctx, data: &Vec<u8>) -> Result<Vec<Finding>, NotText> {
        let n_a = data.iter().filter(|&&letter| letter == b'a').count() as f64;
        let n = data.len() as f64;
        let (statistic, null_quantile) = ((2.0 * n_a - n).abs() / n.sqrt(), 1.96);
        let p = (-statistic * statistic / 2.0).exp();
        Ok(vec![Finding {
            structure: "majority".to_string(),
            found: statistic > null_quantile,
            statement: format!("{n_a} of {n} letters are a"),
            evidence: Evidence::Test { statistic, null_quantile, p },
            bid: None,
        }])
    }

    fn counter_example(&self, seed: u64) -> Vec<u8> {
        letters(seed, 400, 128)
    }

    fn planted(&self, seed: u64) -> Vec<u8> {
        letters(seed, 400, 160)
    }
}
