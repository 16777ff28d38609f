//! Levels of pairs of values, through a compiled model.

use proptest::prelude::*;

use super::*;
use crate::{Records, RecordsBuilder};

fn records(fields: &[&str], rows: &[&[&str]]) -> Records {
    let mut builder = RecordsBuilder::new(fields);
    builder.register("a");
    for row in rows {
        builder.push(row.iter().copied()).expect("a record");
    }
    builder.build()
}

fn comparison(field: &str, tests: &[&str]) -> Comparison {
    let tests = tests.iter().map(|t| t.parse().expect("a test")).collect();
    Comparison::new(field, false, tests)
}

/// The level of the pair of the first two records, the same either way; 0 for missing.
fn level(model: &Model, records: &Records) -> usize {
    model.check().expect("a model");
    let compiled = Compiled::new(model, records).expect("fields");
    let of = |a, b| crate::pattern::level(compiled.pattern(&mut compiled.memory(), a, b), 0);
    assert_eq!(of(0, 1), of(1, 0));
    of(0, 1)
}

fn of_values(tests: &[&str], hierarchies: &[Hierarchy], a: &str, b: &str) -> usize {
    let mut model = Model::new(vec![comparison("x", tests)]);
    model.hierarchies = hierarchies.to_vec();
    level(&model, &records(&["x"], &[&[a], &[b]]))
}

#[test]
fn a_list_agrees_by_its_values() {
    let tests = ["exact", "overlap(0.5)", "in_common(2)", "in_common(1)", "any_near(0.92)", "else"];
    let of = |a: &str, b: &str| of_values(&tests, &[], a, b);
    assert_eq!(of("ann;bob", "ann;bob"), 1);
    assert_eq!(of("ann;bob", "ann"), 2, "one of two");
    assert_eq!(of("ann;bob;carl;dora;eve", "ann;bob;x;y;z"), 3, "two of eight");
    assert_eq!(of("ann;bob", "ann;carl;dora"), 4, "one of four");
    assert_eq!(of("ann;martha", "bob;marhta"), 5, "0.961 by Winkler");
    assert_eq!(of("ann;bob", "carl"), 6);
    assert_eq!(of("ann", ""), 0);
}

#[test]
fn numbers_and_days_agree_by_their_difference() {
    let of = |test: &str, a: &str, b: &str| of_values(&[test, "else"], &[], a, b);
    assert_eq!([of("difference(2)", "10", "12"), of("difference(2)", "10", "12.5")], [1, 2]);
    assert_eq!([of("relative(0.1)", "100", "91"), of("relative(0.1)", "100", "90")], [1, 2]);
    assert_eq!(of("difference(2)", "10", "many"), 2);
    assert_eq!(
        [of("days(30)", "2020-01-31", "2020-03-01"), of("days(30)", "2020-01-31", "2020-03-02")],
        [1, 2]
    );
    assert_eq!(of("days(30)", "2020-01", "2020-01-31"), 2, "not two whole dates");
}

#[test]
fn places_agree_by_their_municipality_and_province() {
    let made = |name: &str, rows: &[(&str, &str)]| {
        Hierarchy::new(name, rows.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())))
            .expect("a hierarchy")
    };
    let both = [
        made(
            "municipality",
            &[("Soesterberg", "Soest"), ("Den Dolder", "Zeist"), ("Lage Vuursche", "Baarn")],
        ),
        made("province", &[("Soest", "Utrecht"), ("Zeist", "Utrecht"), ("Hilversum", "Noord-Holland")]),
    ];
    let tests = ["exact", "within(municipality)", "within(municipality, province)", "else"];
    let of = |a: &str, b: &str| of_values(&tests, &both, a, b);
    assert_eq!(of("soesterberg", "soesterberg"), 1);
    assert_eq!(of("soesterberg", "soest"), 2, "a municipality is in itself");
    assert_eq!(of("soesterberg", "den dolder"), 3);
    assert_eq!(of("soesterberg", "utrecht"), 3, "a province is in itself");
    assert_eq!(of("soesterberg", "hilversum"), 4);
    assert_eq!(of("nowhere", "elsewhere"), 4);
}

fn ages(birth: Option<&str>, at: Option<&str>) -> Model {
    let mut comparison = comparison("age", &["age(0)", "age(1)", "age(2)", "else"]);
    comparison.age = Some(AgeOf { birth: birth.map(str::to_owned), at: at.map(str::to_owned) });
    Model::new(vec![comparison])
}

#[test]
fn an_age_meets_a_date_of_birth() {
    let of = |model: &Model, a: [&str; 3], b: [&str; 3]| {
        let mut records = records(&["born", "age", "seen"], &[&a, &b]);
        crate::ages::fill(&mut records, model).expect("fields");
        level(model, &records)
    };
    let model = ages(Some("born"), Some("seen"));
    let dated = ["1990-05-03", "", ""];
    assert_eq!(of(&model, dated, ["", "31", "2021-05-03"]), 1);
    assert_eq!(of(&model, dated, ["", "30", "2021-05-03"]), 2);
    assert_eq!(of(&model, dated, ["", "33", "2021-05-03"]), 3);
    assert_eq!(of(&model, dated, ["", "40", "2021-05-03"]), 4);
    assert_eq!(of(&model, dated, ["1990-05-03", "31", "2021-05-03"]), 0, "left to the dates");
    assert_eq!(of(&model, ["", "21", "2011-05-03"], ["", "31", "2021-05-03"]), 1);
    assert_eq!(of(&model, ["1990", "", ""], ["", "31", "2021"]), 1);
    // The year 2021 for all.
    assert_eq!(of(&ages(Some("born"), Some("2021")), dated, ["", "31", ""]), 1);
    assert_eq!(of(&ages(Some("born"), Some("2021")), dated, ["", "28", ""]), 3);
    // Without a day ages meet ages only.
    assert_eq!(of(&ages(Some("born"), None), dated, ["", "31", ""]), 0);
    assert_eq!(of(&ages(None, None), ["", "32", ""], ["", "31", ""]), 2);
    // A day that is missing is one of those that there are.
    assert_eq!(of(&model, ["1990-05-03", "", ""], ["", "31", ""]), 0);
}

#[test]
fn a_model_that_cannot_be_is_refused_in_words() {
    let refused = |model: &Model| model.check().expect_err("refused").to_string();
    let of = |tests: &[&str]| refused(&Model::new(vec![comparison("x", tests)]));
    assert!(of(&["within(region)", "else"]).contains("[[hierarchy]]"));
    assert!(of(&["age(1)", "exact", "else"]).contains("age(0), age(1)"));
    assert!(of(&["age(1) or exact", "else"]).contains("stands alone"));
    assert!(of(&["in_common(0)", "else"]).contains("at least 1"));
    let mut model = ages(Some("nowhere"), None);
    let mut records = records(&["age"], &[&["1"], &["2"]]);
    let said = crate::ages::fill(&mut records, &model).expect_err("refused").to_string();
    assert!(said.contains("nowhere"), "{said}");
    model.comparisons[0].age = Some(AgeOf { birth: None, at: Some("some day".into()) });
    assert!(crate::ages::fill(&mut records, &model).is_err());
}

#[test]
fn a_pattern_reads_as_it_is_written() {
    let tests = vec![Test::Exact, Test::Sound, Test::Else];
    let model =
        Model::new(vec![Comparison::new("a", true, tests.clone()), Comparison::new("b", true, tests)]);
    for text in ["11", "-3", "2-", "--"] {
        let pattern = model.read_pattern(text).expect("a pattern");
        assert_eq!(model.pattern_text(pattern), text);
    }
    for text in ["", "1", "111", "14", "0x", "01"] {
        assert_eq!(model.read_pattern(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn either_way_the_same_level(a in "[a-c]{0,3}(;[a-c]{1,4}){0,3}", b in "[a-c]{0,3}(;[a-c]{1,4}){0,3}") {
        of_values(&["exact", "overlap(0.5)", "in_common(2)", "in_common(1)", "any_near(0.9)", "else"], &[], &a, &b);
    }

    #[test]
    fn either_way_the_same_difference(a in "[0-9]{1,3}(\\.[0-9])?", b in "[0-9]{1,3}(\\.[0-9])?") {
        of_values(&["difference(1)", "relative(0.1)", "else"], &[], &a, &b);
    }

    #[test]
    fn either_way_the_same_days(
        a in "(19[0-9]{2}-0[0-9]-[0-2][0-9])|[1-9]?[0-9] at 20[0-2][0-9]-0[0-9]-[0-2][0-9]|[1-9]?[0-9]",
        b in "(19[0-9]{2}-0[0-9]-[0-2][0-9])|[1-9]?[0-9] at 20[0-2][0-9]-0[0-9]-[0-2][0-9]|[1-9]?[0-9]",
    ) {
        of_values(&["age(0)", "age(1)", "age(2)", "else"], &[], &a, &b);
        of_values(&["days(30)", "years(1)", "else"], &[], &a, &b);
    }
}
