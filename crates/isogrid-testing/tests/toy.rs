//! The macros on a toy engine, and the same engine with one vice at a time: every check must notice its vice.

include!("toy/engine.rs");

isogrid_testing::conformance! {
    engine: Majority,
    data: || b"abbaaab".to_vec(),
    options: || (),
    inputs: |_model| vec![3, 0, 1],
    tick_slack: 1,
}

isogrid_testing::conformance_detect! { engine: Majority, alpha: 0.05, structure: "majority" }

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Vice {
    #[default]
    None,
    Talkative,
    Restless,
    Greedy,
    Deaf,
    Forgetful,
    Fragile,
    Credulous,
    Pushy,
    Suspicious,
    Blind,
    Certain,
}

#[derive(Default)]
struct Vicious(Vice);

static N_FITS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

impl Engine for Vicious {
    type Data = Vec<u8>;
    type Options = ();
    type Model = u8;
    type Session = u8;
    type Input = usize;
    type Output = String;
    type Error = NotText;

    fn info(&self) -> &'static Info {
        const LONG: Info = Info {
            name: "majority",
            structure: "One letter is frequent. The other is not.",
            assumes: &[],
            guarantees: &[],
            papers: &[],
            status: Status::Proof,
            emission: Emission::Appends,
            tick: "",
            options: &[],
            parts: &[],
        };
        if self.0 == Vice::Talkative { &LONG } else { Majority.info() }
    }

    fn fit(&self, ctx: &Ctx, data: &Vec<u8>, (): &()) -> Result<Fitted<u8>, NotText> {
        let fitted = match self.0 {
            Vice::Greedy | Vice::Deaf => {
                let free = Ctx::new(ctx.seed());
                let fitted = Majority.fit(&free, data, &())?;
                ctx.absorb(&free);
                fitted
            }
            _ => Majority.fit(ctx, data, &())?,
        };
        let n_fits = N_FITS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let model = if self.0 == Vice::Restless && n_fits % 2 == 1 { b'b' } else { fitted.model };
        Ok(Fitted { model, ..fitted })
    }

    fn open(&self, ctx: &Ctx, model: &Arc<u8>) -> Result<u8, NotText> {
        Majority.open(ctx, model)
    }

    fn step(&self, ctx: &Ctx, letter: &mut u8, n: usize, mut out: Sink<'_, String>) -> Result<Stop, NotText> {
        if self.0 != Vice::Pushy {
            return Majority.step(ctx, letter, n, out);
        }
        for _ in 0..n {
            let _ = out.emit("a".to_string());
        }
        Ok(Stop::Done)
    }
}

impl Port for Vicious {
    fn recognize(&self, request: &Request) -> Recognition {
        Majority.recognize(request)
    }

    fn data(&self, request: &Request) -> Result<(Vec<u8>, ()), NotText> {
        if self.0 == Vice::Credulous { Ok((Vec::new(), ())) } else { Majority.data(request) }
    }

    fn input(&self, request: &Request, model: &u8, fitted_here: bool) -> Result<usize, NotText> {
        Majority.input(request, model, fitted_here)
    }

    fn print(&self, model: &u8, output: &String) -> Printed {
        Majority.print(model, output)
    }
}

impl Store for Vicious {
    fn save(&self, model: &u8) -> Vec<u8> {
        Majority.save(model)
    }

    fn load(&self, bytes: &[u8]) -> Result<u8, NotText> {
        match self.0 {
            Vice::Fragile => Ok(bytes[0]),
            Vice::Forgetful => Majority.load(bytes).map(|letter| letter ^ b'a' ^ b'b'),
            _ => Majority.load(bytes),
        }
    }
}

impl Detect for Vicious {
    fn detect(&self, ctx: &Ctx, data: &Vec<u8>) -> Result<Vec<Finding>, NotText> {
        let mut findings = Majority.detect(ctx, data)?;
        for finding in &mut findings {
            match self.0 {
                Vice::Suspicious => finding.found = true,
                Vice::Blind => finding.found = false,
                Vice::Certain => {
                    finding.evidence = Evidence::Test { statistic: 1.0, null_quantile: 0.0, p: -1.0 };
                }
                _ => {}
            }
        }
        Ok(findings)
    }

    fn counter_example(&self, seed: u64) -> Vec<u8> {
        Majority.counter_example(seed)
    }

    fn planted(&self, seed: u64) -> Vec<u8> {
        Majority.planted(seed)
    }
}

fn complaint(vice: Vice, check: impl FnOnce(Vicious) + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(|| check(Vicious(vice)));
    let message = panic.expect_err(&format!("{vice:?} went unnoticed"));
    let words = message.downcast_ref::<&str>().map(ToString::to_string);
    words.or_else(|| message.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[test]
fn every_vice_is_noticed() {
    let data = || b"abbaaab".to_vec();
    type Check = fn(Vicious);
    macro_rules! subject {
        ($check:ident) => {
            |engine| {
                isogrid_testing::Subject::new(engine, || b"abbaaab".to_vec(), || (), |_| vec![3]).$check()
            }
        };
    }
    macro_rules! rates {
        ($check:ident) => {
            |engine| isogrid_testing::DetectorRates::new(engine, 0.05).$check()
        };
    }
    let cases: [(Vice, Check, &str); 11] = [
        (Vice::Talkative, subject!(info_is_filled_in), "structure is more than one sentence"),
        (Vice::Restless, subject!(same_seed_gives_same_bytes_and_outputs), "other model bytes"),
        (Vice::Greedy, subject!(tick_limits_are_obeyed), "fit counted 7 ticks of 0"),
        (Vice::Deaf, subject!(cancellation_is_obeyed), "fit says `done` after a cancel"),
        (Vice::Forgetful, subject!(saving_and_loading_changes_nothing), "saves other bytes"),
        (Vice::Fragile, subject!(corrupt_models_do_not_panic), "a model with no bytes makes"),
        (Vice::Credulous, subject!(bad_requests_are_typed_errors), "`data` accepts no source"),
        (Vice::Pushy, subject!(a_receiver_with_enough_gets_no_more), "3 outputs although one was enough"),
        (Vice::Suspicious, rates!(counter_examples_are_rarely_found), "found in 1.000 of 200"),
        (Vice::Blind, rates!(planted_structure_is_found), "found in only 0.000"),
        (Vice::Certain, rates!(findings_repeat_and_are_sane), "p is -1"),
    ];
    for (vice, check, expected) in cases {
        let message = complaint(vice, check);
        assert!(message.contains(expected), "{vice:?}: {message}");
    }
    isogrid_testing::Subject::new(Vicious::default(), data, || (), |_| vec![3])
        .with_tick_slack(1)
        .check_all();
    isogrid_testing::DetectorRates::new(Vicious::default(), 0.05).check_all();
}
