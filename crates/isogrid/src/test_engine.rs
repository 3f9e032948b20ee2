//! Two tiny engines for this crate's own tests: `adder` sums the words after `add`, `counter` counts words.

use std::sync::Arc;

use isogrid_core::{
    Bid, Ctx, Diagnose, Emission, Engine, Entry, Evidence, Fault, Finding, Fitted, Info, OptionSpec, Part,
    Port, Printed, Recognition, Request, Sink, Status, Stop, Store, Value, entry,
};

pub(crate) static ENTRIES: &[Entry] = &[entry::<Tiny<true>>(), entry::<Tiny<false>>()];

/// The same with detectors: that of the adder looks at the first word after the verb, that of the counter, which bids
/// less cost, at the second. A number is a bid of so many tenths, `broken` an error, nothing or `-` no structure, and
/// another word structure without a bid.
pub(crate) static BIDDERS: &[Entry] = &[
    Entry { detect: Some(|ctx, request| look(ctx, request, (1, 3.0))), ..entry::<Tiny<true>>() },
    Entry { detect: Some(|ctx, request| look(ctx, request, (2, 1.0))), ..entry::<Tiny<false>>() },
];

fn look(ctx: &Ctx, request: &Request, (place, cost): (usize, f64)) -> Result<Vec<Finding>, Fault> {
    // Whether there was time is for the caller to ask.
    let _ = ctx.tick(1);
    let text = text(request);
    let word = text.split_whitespace().nth(place).unwrap_or("-");
    if word == "broken" {
        return Err(Fault::bad_input("`broken` is not a number"));
    }
    let bid = |tenths: f64| {
        let score = tenths / 10.0;
        Bid { score, cost, interval: (score - 0.05, score + 0.05), backing_run: "none".to_string() }
    };
    Ok(vec![Finding {
        structure: "numbers".to_string(),
        found: word != "-",
        statement: format!("word {place} is `{word}`"),
        evidence: Evidence::ByConstruction { why: "it was written so".to_string() },
        bid: word.parse().ok().map(bid),
    }])
}

/// `ADDS`: the adder; else the counter.
#[derive(Debug, Default)]
pub(crate) struct Tiny<const ADDS: bool>;

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a number")]
pub(crate) struct NotANumber(String);

impl Diagnose for NotANumber {}

static ADDER: Info = Info { name: "adder", options: &[START], ..COUNTER };
static COUNTER: Info = Info {
    name: "counter",
    structure: "words",
    assumes: &[],
    guarantees: &[],
    papers: &[],
    status: Status::Proof,
    emission: Emission::Appends,
    tick: "one word",
    options: &[],
    parts: &[Part { kind: "words", name: "one", properties: &[("short", "yes")] }],
};
const START: OptionSpec =
    OptionSpec { name: "start", value: Some("N"), help: "the first summand [default: 0]" };

fn text(request: &Request) -> String {
    let head = request.sources.first().map(|source| source.head(1 << 20));
    head.and_then(Result::ok).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

impl<const ADDS: bool> Engine for Tiny<ADDS> {
    type Data = Vec<String>;
    type Options = ();
    type Model = i64;
    type Session = ();
    type Input = ();
    type Output = i64;
    type Error = NotANumber;

    fn info(&self) -> &'static Info {
        if ADDS { &ADDER } else { &COUNTER }
    }

    fn fit(&self, _: &Ctx, words: &Vec<String>, (): &()) -> Result<Fitted<i64>, NotANumber> {
        let mut model = 0;
        for word in words {
            model += if ADDS { word.parse().map_err(|_| NotANumber(word.clone()))? } else { 1 };
        }
        Ok(Fitted { model, stop: Stop::Done })
    }

    fn open(&self, _: &Ctx, _: &Arc<i64>) -> Result<(), NotANumber> {
        Ok(())
    }

    fn step(&self, _: &Ctx, (): &mut (), (): (), mut out: Sink<'_, i64>) -> Result<Stop, NotANumber> {
        let _ = out.emit(0);
        Ok(Stop::Done)
    }
}

impl<const ADDS: bool> Port for Tiny<ADDS> {
    fn recognize(&self, request: &Request) -> Recognition {
        match text(request).as_str() {
            "ad" if ADDS => Recognition::Almost("it starts as `add` but ends early".to_string()),
            "add both" => Recognition::Yes(if ADDS { "sum" } else { "count" }.to_string()),
            text if ADDS && text.starts_with("add") => Recognition::Yes("sum".to_string()),
            text if !ADDS && text.starts_with("count") => Recognition::Yes("count".to_string()),
            _ => Recognition::No,
        }
    }

    fn data(&self, request: &Request) -> Result<(Vec<String>, ()), NotANumber> {
        Ok((text(request).split_whitespace().skip(1).map(str::to_string).collect(), ()))
    }

    fn input(&self, _: &Request, _: &i64, _: bool) -> Result<(), NotANumber> {
        Ok(())
    }

    fn print(&self, model: &i64, output: &i64) -> Printed {
        let text = format!("{}\n", model + output);
        Printed { summary: text.clone(), text, record: Value::Int(model + output) }
    }
}

impl<const ADDS: bool> Store for Tiny<ADDS> {
    fn save(&self, model: &i64) -> Vec<u8> {
        model.to_le_bytes().to_vec()
    }

    fn load(&self, bytes: &[u8]) -> Result<i64, NotANumber> {
        let array = bytes.try_into().map_err(|_| NotANumber(format!("{bytes:?}")))?;
        Ok(i64::from_le_bytes(array))
    }
}
