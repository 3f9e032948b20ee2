//! Tables that are no usual tables: very wide, of one row, with what was never seen, or not what the model learned from.

use isogrid_core::{Ctx, Source};
use isogrid_data::{Column, CsvOptions, Table, read_table};
use isogrid_tsetlin::{Machine, Settings, TableClassifier, TableOptions, Targets, Trainer, TsetlinError};

fn csv(text: impl AsRef<[u8]>) -> Result<Table, String> {
    let source = Source::memory("rows.csv", text.as_ref().to_vec());
    read_table(&source, &CsvOptions::default()).map(|(table, _)| table).map_err(|error| error.to_string())
}

fn small() -> TableOptions {
    let machine = Settings { n_clauses: Some(4), epochs: Some(3), ..Settings::default() };
    TableOptions { machine, ..TableOptions::default() }
}

fn fit(table: &Table) -> Result<TableClassifier, TsetlinError> {
    TableClassifier::fit(&Ctx::new(1), table, "kind", &small()).map(|fitted| fitted.model)
}

fn classes(model: &TableClassifier, table: &Table) -> Result<Vec<String>, TsetlinError> {
    let answers = model.answer(&Ctx::new(1), table, 0..table.n_rows())?.0;
    Ok(answers.iter().map(|answer| model.classes()[answer.class as usize].clone()).collect())
}

/// Forty rows in which `size` tells the kind.
fn fruit() -> String {
    let row = |at: usize| {
        let kind = ["plum", "melon"][at % 2];
        format!("{},{},{kind}\n", at % 2 * 10 + at % 5, ["red", "blue"][at % 2])
    };
    "size,color,kind\n".to_string() + &(0..40).map(row).collect::<String>()
}

#[test]
fn a_million_features_are_learned_from_a_few_rows() {
    const N_FEATURES: usize = 1 << 20;
    let n_rows = 12;
    let mut rows = isogrid_num::bits::BitMatrix::new(n_rows, N_FEATURES);
    (0..n_rows).filter(|row| row % 2 == 1).for_each(|row| rows.insert(row, N_FEATURES - 1));
    let labels: Vec<u32> = (0..n_rows as u32).map(|row| row % 2).collect();
    let options = isogrid_tsetlin::Options { n_clauses: 2, specificity: 1e6, ..Default::default() };
    let mut trainer = Trainer::new(1, N_FEATURES, 2, &options).unwrap();
    let targets = Targets::Classes { of: &labels, n_classes: 2, weights: None };
    trainer.partial_fit(&Ctx::new(1), &rows, &targets).unwrap();
    let machine = trainer.machine();
    assert_eq!((machine.n_features(), machine.sums(&rows).unwrap().len()), (N_FEATURES, 2 * n_rows));
}

#[test]
fn a_table_may_have_a_million_columns() {
    let n_columns = 1 << 20;
    let column = |at: usize| {
        let value = move |row: usize| if at == 9_999 { row % 2 } else { (row * (at + 3)) % 7 } as f64;
        Column::numbers(&format!("x{at}"), (0..12).map(value).collect())
    };
    let mut columns: Vec<Column> = (0..n_columns).map(column).collect();
    columns.push(Column::categories("kind", (0..12).map(|row| Some(["a", "b"][row % 2]))));
    let table = Table::new(columns).unwrap();
    let model = fit(&table).unwrap();
    assert_eq!(classes(&model, &table).unwrap().len(), 12);
}

#[test]
fn one_row_is_too_little_to_learn_from_and_enough_to_answer() {
    let whole = fruit();
    let model = fit(&csv(&whole).unwrap()).unwrap();
    let one = csv("size,color,kind\n3,red,plum\n").unwrap();
    assert_eq!(classes(&model, &one).unwrap(), ["plum"]);
    assert!(fit(&one).unwrap_err().to_string().contains("found 1"), "{}", fit(&one).unwrap_err());
    assert!(csv("size,color,kind\n").unwrap_err().contains("no rows"));
}

#[test]
fn what_was_never_seen_is_answered_by_what_is_known() {
    let model = fit(&csv(fruit()).unwrap()).unwrap();
    // An unseen label, a missing one, a missing number, and numbers beyond all others.
    let odd = csv("size,color\n1,green\n12,\n,blue\n1e300,blue\n-1e300,red\n").unwrap();
    let found = classes(&model, &odd).unwrap();
    assert_eq!((found.len(), found[3].as_str(), found[4].as_str()), (5, "melon", "plum"));
}

#[test]
fn infinities_are_larger_than_all_numbers_and_nan_is_missing() {
    let text = fruit().replace("10,", "inf,").replace("\n0,", "\n-inf,").replace("\n4,", "\nNaN,");
    let table = csv(text).unwrap();
    let model = fit(&table).unwrap();
    let found = classes(&model, &csv("size,color\ninf,blue\n-inf,red\nnan,red\n").unwrap()).unwrap();
    assert_eq!(found, ["melon", "plum", "plum"]);
    let rules = model.rules(Some(&table)).unwrap();
    assert!(rules.iter().all(|rule| !rule.text.contains("NaN")), "{rules:?}");
}

#[test]
fn rows_that_are_none_name_their_place() {
    let whole = fruit();
    for (text, expected) in [
        (whole.replace("blue", "bl\u{fc}e").chars().map(|c| c as u8).collect(), "UTF-8"),
        (whole.replacen("red,", "red,red,", 1).into_bytes(), "rows.csv:2"),
    ] {
        match csv(&text) {
            Err(error) => assert!(error.contains(expected), "{error}"),
            Ok(table) => panic!("{table:?}"),
        }
    }
}

#[test]
fn columns_of_another_kind_are_refused_by_name() {
    let model = fit(&csv(fruit()).unwrap()).unwrap();
    for (text, column) in [("size,color\nlarge,red\n", "size"), ("size\n3\n", "color")] {
        let error = classes(&model, &csv(text).unwrap()).unwrap_err();
        assert!(error.to_string().contains(&format!("`{column}`")), "{error}");
    }
}

#[test]
fn machines_that_contradict_themselves_do_not_load() {
    let load = |n_features: usize, patches: Option<[usize; 5]>, literals: &[u32]| {
        let (ends, weights, owned) = ([literals.len() as u32], [1_i32], [1_u32]);
        let parts = (
            n_features,
            1_usize,
            patches,
            owned.as_slice(),
            1_u8,
            literals,
            ends.as_slice(),
            weights.as_slice(),
        );
        postcard::from_bytes::<Machine>(&postcard::to_allocvec(&parts).unwrap())
    };
    assert_eq!(load(64, None, &[0, 70]).unwrap().literals(0), [0, 70]);
    for (n_features, patches, literals) in [
        (usize::MAX, Some([1; 5]), &[][..]),
        (64, Some([0; 5]), &[]),
        (64, None, &[5_000_000]),
        (64, None, &[70, 0]),
        (0, None, &[]),
    ] {
        assert!(load(n_features, patches, literals).is_err(), "{n_features} {patches:?} {literals:?}");
    }
}
