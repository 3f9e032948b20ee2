//! Tables at the text edge: what is read, learned, answered and refused.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{
    Check, Ctx, Detect, Diagnose, Engine, Limit, Port, Printed, Recognition, Request, Sink, Source, Stop,
    Store, Verdict,
};
use isogrid_linear::{Linear, LinearError, LogisticRegression};
use isogrid_num::calibrate::Calibration;

/// "play" is yes when two of warm, dry and late in the week are true; the last rows have no answer yet.
fn weather(n_rows: usize, n_blank: usize) -> String {
    let mut text = "day,sky,temperature,play\n".to_string();
    for row in 0..n_rows + n_blank {
        let (dry, warm) = (row % 2 == 0, row / 2 % 2 == 0);
        let sky = if dry { "clear" } else { "rain" };
        let temperature = if warm { 21.5 } else { 8.0 } + (row % 5) as f64 / 10.0;
        let play = if row >= n_rows {
            ""
        } else if u8::from(dry) + u8::from(warm) + u8::from(row % 7 > 2) > 1 {
            "yes"
        } else {
            "no"
        };
        text.push_str(&format!("{},{sky},{temperature},{play}\n", row % 7));
    }
    text
}

fn request(texts: &[&str], options: &[(&str, &str)]) -> Request {
    let named = texts.iter().enumerate();
    let sources = named.map(|(i, text)| Source::memory(&format!("t{i}.csv"), text.as_bytes())).collect();
    let mut all = vec![("target".to_string(), "play".to_string())];
    all.extend(options.iter().map(|(key, value)| ((*key).to_string(), (*value).to_string())));
    Request { sources, options: all, ..Request::default() }
}

fn fit(request: &Request) -> Arc<LogisticRegression> {
    let (data, options) = Linear.data(request).unwrap();
    let fitted = Linear.fit(&Ctx::new(3), &data, &options).unwrap();
    assert_eq!(fitted.stop, Stop::Done);
    Arc::new(fitted.model)
}

fn run(request: &Request, model: &Arc<LogisticRegression>, fitted_here: bool) -> (Printed, Verdict) {
    let input = Linear.input(request, model, fitted_here).unwrap();
    let mut session = Linear.open(&Ctx::new(3), model).unwrap();
    let mut outputs = Vec::new();
    let mut receive = |answers| {
        outputs.push((Linear.print(model, &answers), Linear.check(model, &answers)));
        ControlFlow::Continue(())
    };
    let stop = Linear.step(&Ctx::new(3), &mut session, input, Sink::new(&mut receive)).unwrap();
    assert_eq!((stop, outputs.len()), (Stop::Done, 1));
    outputs.remove(0)
}

fn answers_of(printed: &Printed) -> Vec<(String, String)> {
    let cells = |line: &str| -> Vec<String> { line.split(',').map(String::from).collect() };
    let rows = printed.text.lines().skip(1).map(cells);
    rows.map(|row| (row[0].clone(), row[1].clone())).collect()
}

#[test]
fn blanks_are_filled_in() {
    let request = request(&[&weather(400, 4)], &[]);
    let (printed, verdict) = run(&request, &fit(&request), true);
    assert!(printed.text.starts_with("row,prediction,margin,probability,kept\n400,"), "{}", printed.text);
    let expected = [("400", "yes"), ("401", "no"), ("402", "yes"), ("403", "no")];
    assert_eq!(answers_of(&printed), expected.map(|(row, class)| (row.to_string(), class.to_string())));
    assert!(matches!(verdict, Verdict::Pass(ref why) if why.contains("90 % accurate")), "{verdict:?}");
}

#[test]
fn a_second_table_is_answered_whole_and_columns_are_found_by_name() {
    let both = request(&[&weather(400, 0), "temperature,day,sky\n21.7,3,rain\n8.2,3,rain\n"], &[]);
    let model = fit(&both);
    let (printed, _) = run(&both, &model, true);
    let expected = [("0", "yes"), ("1", "no")].map(|(row, class)| (row.to_string(), class.to_string()));
    assert_eq!(answers_of(&printed), expected);
    let loaded = Arc::new(Linear.load(&Linear.save(&model)).unwrap());
    assert_eq!(loaded, model);
    let alone = request(&["sky,temperature,day\nrain,21.7,3\nrain,8.2,3\n"], &[]);
    assert_eq!(run(&alone, &loaded, false).0, printed);
}

#[test]
fn gaps_new_labels_and_infinite_numbers_are_answered() {
    let mut text = weather(400, 0);
    text.push_str(",clear,21.5,yes\n1,,8.0,no\n1,clear,inf,yes\n1,clear,-inf,no\n");
    let model = fit(&request(&[&text], &[]));
    let odd = request(&["sky,temperature,day\nhail,21.7,3\n,,\nclear,inf,1\nrain,-inf,1e308\n"], &[]);
    assert_eq!(run(&odd, &model, false).0.text.lines().count(), 5);
}

#[test]
fn probabilities_add_up_and_the_budget_ends_answers() {
    let request = request(&[&weather(400, 0)], &[]);
    let model = fit(&request);
    let table = Linear.data(&request).unwrap().0.table;
    let probabilities = model.probabilities(&table, 3..7).unwrap();
    assert!(probabilities.chunks(2).all(|pair| (pair[0] + pair[1] - 1.0).abs() < 1e-12), "{probabilities:?}");
    let (answers, stop) = model.answer(&Ctx::new(1).with_tick_limit(300), &table, 0..400).unwrap();
    assert!((1..400).contains(&answers.len()), "{}", answers.len());
    assert_eq!(stop, Stop::Budget(Limit::Ticks));
}

#[test]
fn what_cannot_be_calibrated_abstains() {
    let few = request(&[&weather(40, 4)], &[]);
    let model = fit(&few);
    assert_eq!(model.calibration(), &Calibration::Missing);
    let (printed, verdict) = run(&few, &model, true);
    assert!(matches!(verdict, Verdict::Abstain(ref why) if why.contains("not calibrated")), "{verdict:?}");
    assert!(printed.text.lines().skip(1).all(|line| line.ends_with(",no")));
}

#[test]
fn bad_requests_have_words_and_hints() {
    let good = weather(40, 0);
    let ids = (0..40).fold("x,play\n".to_string(), |text, row| format!("{text}{},name{row}\n", row % 3));
    type Case<'a> = (&'a str, Request, &'a str);
    let no_target = Request { options: Vec::new(), ..request(&[&good], &[]) };
    let cases: [Case<'_>; 11] = [
        ("no target", no_target, "no target column"),
        ("unknown target", request(&["a,b\n1,2\n"], &[]), "no column `play`; there are `a`, `b`"),
        ("three files", request(&[&good, &good, &good], &[]), "3 files, expected a table to learn from"),
        (
            "a word",
            request(&[&good], &[("iterations", "many")]),
            "option `iterations` is `many`, expected a number",
        ),
        (
            "out of range",
            request(&[&good], &[("iterations", "0")]),
            "option `iterations` is 0, expected a number within 1..=",
        ),
        (
            "ragged",
            request(&["a,play\n1,2\n1\n"], &[]),
            "t0.csv:3: expected 2 fields as in the header, found 1",
        ),
        ("one class", request(&["a,play\n1,x\n2,x\n"], &[]), "expected 2 to 4096 classes, found 1"),
        ("one row", request(&["a,play\n1,x\n"], &[]), "expected 2 to 4096 classes, found 1"),
        ("identifiers", request(&[&ids], &[]), "target `play` has 40 distinct values in 40 rows"),
        ("constant", request(&["a,play\n1,x\n1,y\n"], &[]), "no features"),
        ("level", request(&[&good], &[("level", "1.5")]), "option `level` is 1.5, expected a share"),
    ];
    for (name, request, expected) in cases {
        let fitted = |(data, options)| Linear.fit(&Ctx::new(1), &data, &options).map(|_| ());
        let error = Linear.data(&request).and_then(fitted).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
        let has_words = !matches!(error, LinearError::Option { .. } | LinearError::Sources { .. });
        assert_eq!(error.hint().is_some(), has_words, "{name}");
    }
    let full = request(&[&good], &[]);
    let error = Linear.input(&full, &fit(&full), true).unwrap_err();
    assert!(error.to_string().contains("nothing to predict") && error.hint().is_some(), "{error}");
}

#[test]
fn foreign_and_cut_models_are_refused() {
    let bytes = fit(&request(&[&weather(60, 0)], &[])).to_bytes();
    let cuts = [0, 1, bytes.len() / 2, bytes.len() - 1];
    let cut = cuts.map(|length| bytes[..length].to_vec());
    let longer = [bytes.as_slice(), &[0]].concat();
    for bytes in cut.into_iter().chain([longer, b"another format".to_vec()]) {
        let error = Linear.load(&bytes).unwrap_err();
        assert!(error.to_string().starts_with("not a valid model") && error.hint().is_some(), "{error}");
    }
}

#[test]
fn tables_are_recognized() {
    let with = |texts: &[&str]| Linear.recognize(&request(texts, &[]));
    let table = "a,play\n1,x\n2,y\n";
    assert_eq!(with(&[table]), Recognition::Yes("a table with the target column `play`".to_string()));
    assert!(matches!(with(&[table, table]), Recognition::Yes(_)));
    assert_eq!(with(&[table, "(define (domain d))"]), Recognition::No);
    assert_eq!(with(&[]), Recognition::No);
    let without = Request { options: Vec::new(), ..request(&[table], &[]) };
    assert!(matches!(Linear.recognize(&without), Recognition::Almost(why) if why.contains("--target")));
}

#[test]
fn structure_is_judged_with_numbers_or_not_at_all() {
    let judge = |text: &str, ctx: &Ctx| {
        let (data, _) = Linear.data(&request(&[text], &[])).unwrap();
        let mut findings = Linear.detect(ctx, &data).unwrap();
        assert_eq!(findings.len(), 1);
        findings.remove(0)
    };
    let found = judge(&weather(400, 0), &Ctx::new(1));
    assert!(found.found && found.bid.is_some() && found.statement.contains("by weighted sums"), "{found:?}");
    let mut rare = "a,play\n".to_string();
    (0..90).for_each(|row| rare.push_str(&format!("{},{}\n", row % 4, if row == 5 { "yes" } else { "no" })));
    for (name, text, ctx, expected) in [
        ("few rows", weather(30, 0), Ctx::new(1), "30 rows are too few"),
        ("no ticks", weather(400, 0), Ctx::new(1).with_tick_limit(0), "not judged: tick budget ended"),
        ("some ticks", weather(400, 0), Ctx::new(1).with_tick_limit(5_000), "not judged: tick budget ended"),
        ("a rare class", rare, Ctx::new(1), ""),
    ] {
        let finding = judge(&text, &ctx);
        assert!(
            !finding.found && finding.bid.is_none() && finding.statement.contains(expected),
            "{name}: {finding:?}"
        );
    }
}
