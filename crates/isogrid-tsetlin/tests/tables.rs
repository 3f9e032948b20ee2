//! Tables at the text edge: what is read, learned, answered and refused.
#![expect(clippy::unwrap_used, reason = "a broken test should stop at once")]

use std::ops::ControlFlow;
use std::sync::Arc;

use isogrid_core::{
    Check, Ctx, Detect, Diagnose, Engine, Port, Printed, Recognition, Request, Sink, Source, Stop, Store,
    Value, Verdict,
};
use isogrid_num::calibrate::Calibration;
use isogrid_tsetlin::{TableClassifier, Tsetlin, TsetlinError, explain};

/// "play" is yes when it is either warm or dry, not both; the last rows have no answer yet.
fn weather(n_rows: usize, n_blank: usize) -> String {
    let mut text = "day,sky,temperature,play\n".to_string();
    for row in 0..n_rows + n_blank {
        let (dry, warm) = (row % 2 == 0, row / 2 % 2 == 0);
        let sky = if dry { "clear" } else { "rain" };
        let temperature = if warm { 21.5 } else { 8.0 } + (row % 5) as f64 / 10.0;
        let play = if row >= n_rows {
            ""
        } else if dry != warm {
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

const SMALL: &[(&str, &str)] = &[("clauses", "100"), ("specificity", "4")];

fn fit(request: &Request) -> Arc<TableClassifier> {
    let (data, options) = Tsetlin.data(request).unwrap();
    let fitted = Tsetlin.fit(&Ctx::new(3), &data, &options).unwrap();
    assert_eq!(fitted.stop, Stop::Done);
    Arc::new(fitted.model)
}

fn run(request: &Request, model: &Arc<TableClassifier>, fitted_here: bool) -> (Printed, Verdict) {
    let input = Tsetlin.input(request, model, fitted_here).unwrap();
    let mut session = Tsetlin.open(&Ctx::new(3), model).unwrap();
    let mut outputs = Vec::new();
    let mut receive = |answers| {
        outputs.push((Tsetlin.print(model, &answers), Tsetlin.check(model, &answers)));
        ControlFlow::Continue(())
    };
    let stop = Tsetlin.step(&Ctx::new(3), &mut session, input, Sink::new(&mut receive)).unwrap();
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
    let request = request(&[&weather(400, 4)], SMALL);
    let (printed, verdict) = run(&request, &fit(&request), true);
    assert!(printed.text.starts_with("row,prediction,margin,probability,kept\n400,"), "{}", printed.text);
    let expected = [("400", "no"), ("401", "yes"), ("402", "yes"), ("403", "no")];
    assert_eq!(answers_of(&printed), expected.map(|(row, class)| (row.to_string(), class.to_string())));
    assert_eq!(printed.record.get("n_rows"), Some(&Value::Int(4)));
    assert!(matches!(verdict, Verdict::Pass(ref why) if why.contains("90 % accurate")), "{verdict:?}");
}

#[test]
fn a_second_table_is_answered_whole_and_columns_are_found_by_name() {
    let both = request(&[&weather(400, 0), "temperature,day,sky\n21.7,3,rain\n8.2,3,rain\n"], SMALL);
    let model = fit(&both);
    let (printed, _) = run(&both, &model, true);
    let expected = [("0", "yes"), ("1", "no")].map(|(row, class)| (row.to_string(), class.to_string()));
    assert_eq!(answers_of(&printed), expected);
    let loaded = Arc::new(Tsetlin.load(&Tsetlin.save(&model)).unwrap());
    assert_eq!(loaded, model);
    let alone = request(&["sky,temperature,day\nrain,21.7,3\nrain,8.2,3\n"], &[]);
    assert_eq!(run(&alone, &loaded, false).0, printed);
}

#[test]
fn an_empty_target_column_is_no_surprise_where_it_is_asked_for() {
    let model = fit(&request(&[&weather(400, 0)], SMALL));
    let blank = request(&["sky,temperature,day,play,note\nrain,21.7,3,,\nrain,8.2,3,,\n"], &[]);
    run(&blank, &model, false);
    assert_eq!(blank.warnings.take(), ["t0.csv: column `note` has no values"]);
}

#[test]
fn rules_can_be_read() {
    let model = fit(&request(&[&weather(400, 0)], SMALL));
    let rules: Vec<String> = (0..50).filter_map(|clause| model.rule(100 + clause)).collect();
    let dry_and_cold =
        rules.iter().find(|rule| rule.contains("not sky is rain") && rule.contains("temperature < 15"));
    assert!(dry_and_cold.is_some_and(|rule| rule.contains(" and ")), "{rules:?}");
}

#[test]
fn what_cannot_be_calibrated_abstains() {
    let few = request(&[&weather(40, 4)], SMALL);
    let model = fit(&few);
    assert_eq!(model.calibration(), &Calibration::Missing);
    let (printed, verdict) = run(&few, &model, true);
    assert!(matches!(verdict, Verdict::Abstain(ref why) if why.contains("not calibrated")), "{verdict:?}");
    assert!(printed.text.lines().skip(1).all(|line| line.ends_with(",no")));

    let mut coin = "a,b,play\n".to_string();
    for row in 0..600_u64 {
        let bits = isogrid_num::rng::Rng::new(1, row).at(0);
        coin.push_str(&format!(
            "{},{},{}\n",
            bits & 1,
            bits >> 1 & 1,
            if bits >> 2 & 1 == 1 { "yes" } else { "no" }
        ));
    }
    assert_eq!(model.probabilities(&Tsetlin.data(&few).unwrap().0.table, 0..3).unwrap(), None);
    let noise = request(&[&coin, "a,b\n0,1\n1,1\n"], SMALL);
    let (_, verdict) = run(&noise, &fit(&noise), true);
    assert!(matches!(verdict, Verdict::Abstain(ref why) if why.contains("no margin is 90 %")), "{verdict:?}");
}

#[test]
fn outputs_against_the_model_fail_the_check() {
    let request = request(&[&weather(400, 4)], SMALL);
    let model = fit(&request);
    let table = Tsetlin.data(&request).unwrap().0.table;
    let probabilities = model.probabilities(&table, 0..4).unwrap().unwrap();
    for (answer, row) in
        model.answer(&Ctx::new(1), &table, 0..4).unwrap().0.iter().zip(probabilities.chunks(2))
    {
        assert_eq!(answer.probability, Some(row[answer.class as usize]));
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{row:?}");
    }
    let (answers, _) =
        model.answer(&Ctx::new(1), &Tsetlin.input(&request, &model, true).unwrap().table, 0..4).unwrap();
    let mut wrong_class = answers.clone();
    wrong_class[1].class = 9;
    let mut wrong_flag = answers;
    wrong_flag[2].is_kept ^= true;
    for answers in [wrong_class, wrong_flag] {
        assert!(matches!(Tsetlin.check(&model, &answers), Verdict::Fail(_)));
    }
}

#[test]
fn bad_requests_have_words_and_hints() {
    let good = weather(40, 0);
    let ids = (0..40).fold("x,play\n".to_string(), |text, row| format!("{text}{},name{row}\n", row % 3));
    type Case<'a> = (&'a str, Request, &'a str);
    let no_target = Request { options: Vec::new(), ..request(&[&good], &[]) };
    let cases: [Case<'_>; 9] = [
        ("no target", no_target, "no target column"),
        ("unknown target", request(&["a,b\n1,2\n"], &[]), "no column `play`; there are `a`, `b`"),
        ("three files", request(&[&good, &good, &good], &[]), "3 files, expected a table to learn from"),
        (
            "clauses",
            request(&[&good], &[("clauses", "many")]),
            "option `clauses` is `many`, expected a number",
        ),
        (
            "ragged",
            request(&["a,play\n1,2\n1\n"], &[]),
            "t0.csv:3: expected 2 fields as in the header, found 1",
        ),
        ("one class", request(&["a,play\n1,x\n2,x\n"], &[]), "expected 2 to 4096 classes, found 1"),
        ("identifiers", request(&[&ids], &[]), "target `play` has 40 distinct values in 40 rows"),
        ("constant", request(&["a,play\n1,x\n1,y\n"], &[]), "no features"),
        ("level", request(&[&good], &[("level", "1.5")]), "option `level` is 1.5, expected a share"),
    ];
    for (name, request, expected) in cases {
        let fitted = |(data, options)| Tsetlin.fit(&Ctx::new(1), &data, &options).map(|_| ());
        let error = Tsetlin.data(&request).and_then(fitted).expect_err(name);
        assert!(error.to_string().contains(expected), "{name}: {error}");
        let has_words = !matches!(error, TsetlinError::Option { .. } | TsetlinError::Sources { .. });
        assert_eq!(error.hint().is_some(), has_words, "{name}");
    }
    assert_eq!(Tsetlin.report(&fit(&request(&[&good], SMALL))), [""; 0]);
    let full = request(&[&good], SMALL);
    let error = Tsetlin.input(&full, &fit(&full), true).unwrap_err();
    assert!(error.to_string().contains("nothing to predict") && error.hint().is_some(), "{error}");
}

#[test]
fn tables_are_recognized() {
    let with = |texts: &[&str]| Tsetlin.recognize(&request(texts, &[]));
    let table = "a,play\n1,x\n2,y\n";
    assert_eq!(with(&[table]), Recognition::Yes("a table with the target column `play`".to_string()));
    assert!(matches!(with(&[table, table]), Recognition::Yes(_)));
    assert_eq!(with(&[table, "(define (domain d))"]), Recognition::No);
    assert_eq!(with(&[]), Recognition::No);
    let without = Request { options: Vec::new(), ..request(&[table], &[]) };
    assert!(matches!(Tsetlin.recognize(&without), Recognition::Almost(why) if why.contains("--target")));
}

#[test]
fn structure_is_judged_with_numbers_or_not_at_all() {
    let judge = |text: &str, ctx: &Ctx| {
        let (data, _) = Tsetlin.data(&request(&[text], &[])).unwrap();
        let mut findings = Tsetlin.detect(ctx, &data).unwrap();
        assert_eq!(findings.len(), 1);
        findings.remove(0)
    };
    let found = judge(&weather(400, 0), &Ctx::new(1));
    assert!(found.found && found.bid.is_some() && found.statement.contains("by clauses"), "{found:?}");
    let mut rare = "a,play\n".to_string();
    (0..90).for_each(|row| rare.push_str(&format!("{},{}\n", row % 4, if row == 5 { "yes" } else { "no" })));
    for (name, text, ctx, expected) in [
        ("few rows", weather(30, 0), Ctx::new(1), "30 rows are too few"),
        ("no ticks", weather(400, 0), Ctx::new(1).with_tick_limit(0), "not judged: tick budget ended"),
        (
            "ticks for half",
            weather(400, 0),
            Ctx::new(1).with_tick_limit(22_000),
            "not judged: tick budget ended",
        ),
        ("a rare class", rare, Ctx::new(1), ""),
    ] {
        let finding = judge(&text, &ctx);
        assert!(
            !finding.found && finding.bid.is_none() && finding.statement.contains(expected),
            "{name}: {finding:?}"
        );
    }
}

#[test]
fn odd_columns_are_told() {
    let mut text = weather(40, 0);
    text.push_str("x,clear,9.5,yes\n");
    let request = request(&[&text], SMALL);
    Tsetlin.data(&request).unwrap();
    assert_eq!(request.warnings.take(), ["t0.csv: column `day` is read as text because line 42 has `x`"]);
}

#[test]
fn a_rare_class_is_found_where_classes_count_alike() {
    // Where x is 1 the rare class is one row of three, and nowhere else.
    let row = |at: usize| {
        let x = u8::from(at.is_multiple_of(10));
        let class = if at.is_multiple_of(30) { "rare" } else { "common" };
        format!("{x},{},{class}\n", at % 7)
    };
    let text = "x,y,play\n".to_string() + &(0..900).map(row).collect::<String>();
    let found = |weight: &str| {
        let request = request(&[&text], &[("class-weight", weight)]);
        let (model, table) = (fit(&request), Tsetlin.data(&request).unwrap().0.table);
        let answers = model.answer(&Ctx::new(1), &table, 0..900).unwrap().0;
        let is_rare = |class: u32| model.classes()[class as usize] == "rare";
        answers.iter().filter(|answer| is_rare(answer.class) && answer.row.is_multiple_of(30)).count()
    };
    assert_eq!((found("uniform"), found("balanced")), (0, 30));
}

#[test]
fn trials_choose_settings_and_keep_those_given() {
    let options = [("trials", "5"), ("clauses", "40"), ("threads", "2")];
    let tuned = request(&[&weather(300, 0)], &options);
    let model = fit(&tuned);
    let trials = model.trials();
    assert_eq!(trials.len(), 5);
    assert!(trials.is_sorted_by(|a, b| a.accuracy >= b.accuracy), "{trials:?}");
    assert!(trials.iter().all(|trial| trial.options.n_clauses == 40 && trial.n_bytes > 0), "{trials:?}");
    assert!(trials[0].accuracy > 0.98, "{:?}", trials[0]);
    let report = Tsetlin.report(&model);
    assert_eq!((report.len(), report[0].as_str()), (6, "5 settings were tried on rows held out:"));
    assert!(report[1].contains("% right: 40 clauses, threshold "), "{report:?}");
    let alone = request(&[&weather(300, 0)], &[("trials", "5"), ("clauses", "40"), ("threads", "1")]);
    assert_eq!(fit(&alone).to_bytes(), model.to_bytes());
}

#[test]
fn trials_that_a_limit_cuts_short_leave_the_best_so_far() {
    let request = request(&[&weather(300, 0)], &[("trials", "5")]);
    let (data, options) = Tsetlin.data(&request).unwrap();
    for limit in [1, 5_000, 60_000] {
        let ctx = Ctx::new(3).with_tick_limit(limit);
        let fitted = Tsetlin.fit(&ctx, &data, &options).unwrap();
        assert!(matches!(fitted.stop, Stop::Budget(_)), "{limit}: {:?}", fitted.stop);
        assert_eq!(fitted.model.calibration(), &Calibration::Missing);
        assert_eq!(TableClassifier::from_bytes(&fitted.model.to_bytes()).unwrap(), fitted.model);
    }
}

#[test]
fn settings_out_of_range_are_refused_in_words() {
    for (option, value, expected) in [
        ("trials", "2000", "option `trials` is 2000, expected a number within 0..=1000"),
        (
            "binning",
            "fine",
            "option `binning` is `fine`, expected one of distinct, quantile, uniform, learned",
        ),
        ("cuts", "0", "option `cuts` is 0, expected a number within 1..=256"),
        ("class-weight", "odd", "option `class-weight` is `odd`, expected one of uniform, balanced"),
        (
            "trials",
            "3",
            "option `trials` is 3, expected none beside `flash`, which tries settings of its own",
        ),
    ] {
        let flash = (value == "3").then_some(("flash", "1k"));
        let all: Vec<(&str, &str)> = [(option, value)].into_iter().chain(flash).collect();
        let request = request(&[&weather(60, 0)], &all);
        let error = match Tsetlin.data(&request) {
            Err(error) => error,
            Ok((data, options)) => Tsetlin.fit(&Ctx::new(1), &data, &options).unwrap_err(),
        };
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn rules_and_reasons_are_the_votes() {
    let text = weather(400, 0);
    for fuzziness in ["1", "3"] {
        let request = request(&[&text], &[("clauses", "30"), ("fuzziness", fuzziness), ("literals", "6")]);
        let model = fit(&request);
        let table = Tsetlin.data(&request).unwrap().0.table;
        let rules = model.rules(Some(&table)).unwrap();
        assert!(rules.is_sorted_by_key(|rule| std::cmp::Reverse(rule.record.unwrap().voice)));
        assert_eq!(model.rules(None).unwrap().len(), rules.len());
        for row in [0, 7, 123] {
            let reasons = model.reasons(&table, row).unwrap();
            let mut sums = vec![0; 2];
            for (clause, votes) in &reasons.votes {
                let rule = rules.iter().find(|rule| rule.clause == *clause).unwrap();
                rule.votes.iter().for_each(|&(class, weight)| sums[class as usize] += weight * *votes as i32);
            }
            assert_eq!(sums, reasons.sums);
            let text = explain::reasons_text(&model, &reasons, &rules);
            assert!(
                text.starts_with(&format!("row {row}: ")) && text.lines().count() == reasons.votes.len() + 1
            );
        }
        let text = explain::rules_text(&model, &rules);
        assert!(text.contains("temperature") && text.contains("% right"), "{text}");
        let reasons = model.reasons(&table, 3).unwrap();
        let page = explain::page(&model, &rules, 1, std::slice::from_ref(&reasons));
        assert!(page.contains("&lt; 15") && !page.contains("temperature <"), "{page}");
        // The rules behind an answer stand there whole, though one rule alone is shown below.
        assert_eq!(page.matches("<code>").count(), reasons.votes.len() + 1);
    }
}

#[test]
fn less_of_a_model_costs_what_it_says() {
    let request = request(&[&weather(600, 0)], &[("clauses", "200")]);
    let model = fit(&request);
    let table = Tsetlin.data(&request).unwrap().0.table;
    let sizes = model.sizes(&table).unwrap();
    assert!(sizes.is_sorted_by(|a, b| a.n_clauses > b.n_clauses && a.n_bytes > b.n_bytes), "{sizes:?}");
    let (smaller, size) = model.smaller(&table, 0.01).unwrap();
    assert!(size.n_bytes < sizes[0].n_bytes / 2 && size.accuracy >= sizes[0].accuracy - 0.01, "{size:?}");
    assert_eq!(smaller.machine().machine().n_clauses(), size.n_clauses);
    let answers = smaller.answer(&Ctx::new(1), &table, 0..600).unwrap().0;
    let column = table.column("play").unwrap();
    let is_right = |row: usize, class: u32| column.text(row).unwrap() == smaller.classes()[class as usize];
    let n_right = answers.iter().filter(|answer| is_right(answer.row, answer.class)).count();
    assert!((n_right as f64 / 600.0 - size.accuracy).abs() < 1e-9);
    assert_eq!(TableClassifier::from_bytes(&smaller.to_bytes()).unwrap(), smaller);
}

#[test]
fn a_model_fits_the_device_it_is_for() {
    for (flash, most) in [("400", 400), ("2k", 2_048)] {
        let model = fit(&request(&[&weather(600, 0)], &[("flash", flash)]));
        let sizes = model.tried_sizes();
        assert!(sizes.len() == 6 && sizes.iter().all(|size| size.n_bytes <= most), "{sizes:?}");
        assert!(sizes.iter().any(|size| size.accuracy > 0.95), "{sizes:?}");
        let report = Tsetlin.report(&model);
        assert!(report.len() == 7 && report[1].ends_with(" bytes"), "{report:?}");
    }
    for flash in ["k", "-1", "15", "9999999999999999999M"] {
        let request = request(&[&weather(60, 0)], &[("flash", flash)]);
        let refused =
            Tsetlin.data(&request).and_then(|(data, options)| Tsetlin.fit(&Ctx::new(1), &data, &options));
        assert!(matches!(refused, Err(TsetlinError::Option { option: "flash", .. })), "{flash}");
    }
}
