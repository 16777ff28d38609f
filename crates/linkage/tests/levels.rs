//! Ages, lists and hierarchies are recognised, and help to find who is who.

mod common;

use common::{Draw, word};
use linkage::cluster::{Evaluation, Partition};
use linkage::recipe::Kind;
use linkage::{Hierarchy, Linked, Records, RecordsBuilder, Settings, link};

fn linked(records: &Records, leave: &[&str]) -> Linked {
    let leave = leave.iter().map(|&f| f.to_owned()).collect();
    let settings = Settings { draws: 20, seed: 3, leave, ..Settings::default() };
    link(records, &settings, &|_| {}).expect("linked")
}

fn f1(linked: &Linked, truth: &Partition) -> f64 {
    Evaluation::new(&linked.clusters.point, truth).pairs.f1
}

fn kind(linked: &Linked, field: &str) -> Option<Kind> {
    linked.kinds.iter().find(|(name, _)| name == field).map(|(_, kind)| *kind)
}

fn tests(linked: &Linked, field: &str) -> Vec<String> {
    let comparison = linked.model.comparisons.iter().find(|c| c.field == field);
    comparison.map(|c| c.levels.iter().map(|l| l.test.to_string()).collect()).unwrap_or_default()
}

/// A name of its own for each number; those of near numbers are not alike.
fn name(number: usize, syllables: usize) -> String {
    word(number * 7919, syllables)
}

fn typed(word: &str, draw: &mut Draw) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = draw.below(letters.len() - 1);
    letters.swap(at, at + 1);
    letters.into_iter().collect()
}

/// Persons of whom one register has dates of birth, the other ages on the day of registration.
fn dates_and_ages(seed: u64) -> (Records, Partition) {
    let mut draw = Draw::new(seed);
    let (mut builder, mut truth) = (
        RecordsBuilder::new(&["given_name", "surname", "town", "birth_date", "leeftijd", "registered"]),
        Vec::new(),
    );
    let people: Vec<([String; 3], (usize, usize, usize))> = (0..2500)
        .map(|_| {
            let born = (1950 + draw.below(55), 1 + draw.below(12), 1 + draw.below(28));
            ([name(draw.below(60), 3), name(draw.below(250), 4), name(draw.below(25) + 2000, 3)], born)
        })
        .collect();
    for register in ["police", "shelters"] {
        builder.register(register);
        for (person, ([given, family, town], (y, m, d))) in people.iter().enumerate() {
            if !draw.chance(0.6) {
                continue;
            }
            let given = if draw.chance(0.05) { typed(given, &mut draw) } else { given.clone() };
            let town = if draw.chance(0.1) { name(draw.below(25) + 2000, 3) } else { town.clone() };
            let (year, month, day) = (2018 + draw.below(4), 1 + draw.below(12), 1 + draw.below(28));
            let age = year - y - usize::from((month, day) < (*m, *d));
            // Some do not know their age well.
            let age = if draw.chance(0.1) { age + 1 } else { age };
            let (born, age, seen) = if register == "police" {
                (format!("{y}-{m:02}-{d:02}"), String::new(), String::new())
            } else {
                (String::new(), age.to_string(), format!("{year}-{month:02}-{day:02}"))
            };
            builder.push([&*given, family, &*town, &*born, &*age, &*seen]).expect("a record");
            truth.push(person as u32);
        }
    }
    (builder.build(), Partition::of_labels(&truth))
}

#[test]
fn ages_find_who_has_a_date_of_birth_elsewhere() {
    let (records, truth) = dates_and_ages(1);
    let with = linked(&records, &[]);
    let without = linked(&records, &["leeftijd", "registered"]);
    assert_eq!(kind(&with, "leeftijd"), Some(Kind::Age));
    assert_eq!(tests(&with, "leeftijd"), ["age(0)", "age(1)", "age(2)", "else"]);
    let of = with.model.comparisons.iter().find_map(|c| c.age.clone()).expect("read with other fields");
    assert_eq!((of.birth.as_deref(), of.at.as_deref()), (Some("birth_date"), Some("registered")));
    assert!(tests(&with, "registered").is_empty(), "the day of an age is not the person's");
    let (with, without) = (f1(&with, &truth), f1(&without, &truth));
    println!("F1 with ages {with:.3}, without {without:.3}");
    assert!(with > 0.9 && with > without + 0.05, "{with} with ages, {without} without");
}

#[test]
fn an_age_alone_is_compared_with_ages() {
    let mut draw = Draw::new(2);
    let mut builder = RecordsBuilder::new(&["name", "age"]);
    for register in ["a", "b"] {
        builder.register(register);
        for person in 0..200 {
            builder
                .push([&*word(person * 7, 4), &*(20 + (person * 13 + draw.below(2)) % 60).to_string()])
                .expect("a record");
        }
    }
    let found = linked(&builder.build(), &[]);
    assert_eq!(tests(&found, "age"), ["age(0)", "age(1)", "age(2)", "else"]);
}

/// Persons who use one of their names here and another there; the field `alias` holds those that the register knows.
fn aliases(seed: u64) -> (Records, Partition) {
    let mut draw = Draw::new(seed);
    let (mut builder, mut truth) = (RecordsBuilder::new(&["alias", "town", "birth_year", "sex"]), Vec::new());
    let people: Vec<([String; 3], [String; 3])> = (0..2000)
        .map(|_| {
            let names = [0, 1, 2].map(|_| word(draw.below(1500), 4));
            (
                names,
                [
                    word(draw.below(40), 3),
                    (1960 + draw.below(45)).to_string(),
                    ["f", "m"][draw.below(2)].to_owned(),
                ],
            )
        })
        .collect();
    for register in ["police", "shelters"] {
        builder.register(register);
        for (person, (names, [town, year, sex])) in people.iter().enumerate() {
            if !draw.chance(0.6) {
                continue;
            }
            let mut known: Vec<&str> = names.iter().map(String::as_str).collect();
            known.swap(0, draw.below(3));
            known.truncate(if draw.chance(0.3) { 1 } else { 2 });
            builder.push([&*known.join("; "), town, year, sex]).expect("a record");
            truth.push(person as u32);
        }
    }
    (builder.build(), Partition::of_labels(&truth))
}

#[test]
fn aliases_find_who_uses_another_name() {
    let (records, truth) = aliases(1);
    let with = linked(&records, &[]);
    assert_eq!(kind(&with, "alias"), Some(Kind::List));
    assert!(tests(&with, "alias").contains(&"in_common(1)".to_owned()));
    assert!(
        with.rules.iter().any(|r| r.rule.contains("each(alias)")),
        "each value is a key: {:?}",
        with.rules
    );
    // The same, each list taken for one name.
    let mut builder = RecordsBuilder::new(&["alias", "town", "birth_year", "sex"]);
    for (register, name) in (0..).zip(records.register_names()) {
        builder.register(name);
        for r in (0..records.len()).filter(|&r| records.registers()[r] == register) {
            let row: Vec<String> =
                records.columns().iter().map(|c| c.value(r).unwrap_or_default().replace(';', "")).collect();
            builder.push(row.iter().map(String::as_str)).expect("a record");
        }
    }
    let (with, without) = (f1(&with, &truth), f1(&linked(&builder.build(), &[]), &truth));
    println!("F1 with lists {with:.3}, without {without:.3}");
    assert!(with > without + 0.05, "{with} as lists, {without} as names");
}

#[test]
fn lists_of_which_no_two_are_the_same_name_no_records() {
    let lists = (0..100).map(|n| format!("{};{};{}", word(n, 3), word(n + 1, 3), word(n + 5, 3)));
    let column = linkage::Column::from_values("alias", lists);
    assert_eq!(Kind::of(&column), Kind::List);
}

#[test]
fn numbered_aliases_are_one_list() {
    let (records, _) = aliases(2);
    let mut builder = RecordsBuilder::new(&["alias1", "alias2", "town", "birth_year"]);
    for (register, name) in (0..).zip(records.register_names()) {
        builder.register(name);
        for r in (0..records.len()).filter(|&r| records.registers()[r] == register) {
            let value = |field: &str| records.column(field).and_then(|c| c.value(r)).unwrap_or_default();
            let (first, second) = value("alias").split_once("; ").unwrap_or((value("alias"), ""));
            builder.push([first, second, value("town"), value("birth_year")]).expect("a record");
        }
    }
    let found = linked(&builder.build(), &[]);
    assert_eq!(kind(&found, "alias1"), Some(Kind::List));
    assert_eq!(kind(&found, "alias2"), None);
}

#[test]
fn places_are_compared_by_a_hierarchy_that_holds_them() {
    let (records, _) = common::registers(3, 800, &[("police", 0.5), ("shelters", 0.5)], 0.05, 0.0);
    let places: Vec<String> = (0..60).map(|n| word(n, 3)).collect();
    let municipalities = places.iter().enumerate().map(|(n, place)| (place.clone(), format!("m{}", n % 12)));
    let hierarchies = vec![
        Hierarchy::new("province", (0..12).map(|n| (format!("M{n}"), format!("P{}", n % 3)))).expect("one"),
        Hierarchy::new("municipality", municipalities).expect("one"),
    ];
    let settings = Settings { hierarchies, draws: 20, ..Settings::default() };
    let found = link(&records, &settings, &|_| {}).expect("linked");
    let tests = tests(&found, "town");
    assert!(
        tests.ends_with(&[
            "within(municipality)".to_owned(),
            "within(municipality, province)".to_owned(),
            "else".to_owned()
        ]),
        "{tests:?}"
    );
    // The model has all that it needs to be used again.
    let again = Settings { model: Some(found.model.clone()), draws: 20, ..Settings::default() };
    assert!(link(&records, &again, &|_| {}).is_ok());
}
