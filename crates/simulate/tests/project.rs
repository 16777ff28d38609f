//! Whole projects: what is in them, and that it is what they say.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::{files, found_mistakes, make, persons, read_csv, settings, text_of};

/// Rules that find mistakes, with the probability that a row has one and the registers that
/// can hold it.
const ALL: &[&str] = &["police", "kmar", "inspectorate", "coordinators", "shelters", "others"];
const RATES: [(&str, f64, &[&str]); 9] = [
    ("code.unknown", 0.004, ALL),
    ("date.impossible", 0.0015, &["police", "kmar", "inspectorate", "coordinators", "others"]),
    ("date.future", 0.001, ALL),
    ("date.before_birth", 0.001, ALL),
    ("age.contradicts_birth_date", 0.003, &["kmar", "inspectorate", "coordinators", "shelters", "others"]),
    ("record.duplicate", 0.005, ALL),
    ("record.missing", 0.001, ALL),
    ("date.missing", 0.001, ALL),
    ("row.ragged", 0.0015, &["police", "kmar", "others"]),
];

#[test]
fn the_same_seed_makes_the_same_bytes_at_any_thread_count() {
    let run = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        // more than one block of persons and one piece of a register
        pool.install(|| make(40_000, seed)).0
    };
    let (one, two, other) = (run(1, 5), run(2, 5), run(2, 6));
    let names = files(one.path());
    assert!(names.len() >= 16, "{names:?}");
    assert_eq!(names, files(two.path()));
    for name in &names {
        let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(name)).expect("readable");
        assert!(read(&one) == read(&two), "{} differs", name.display());
    }
    let police = |dir: &tempfile::TempDir| fs::read(dir.path().join("registers/politie_meldingen.csv")).ok();
    assert_ne!(police(&one), police(&other));
}

#[test]
fn detected_persons_are_distributed_as_published() {
    let (dir, summary) = make(250_000, 11);
    let persons = persons(dir.path());
    let n = persons.len() as f64;
    assert_eq!(persons.len() as u64, summary.detected);

    // Capture histories: within 0.01 in total variation of the real six-list table. The model is
    // 0.003 off; 39 histories of 220,000 persons add about 0.002 by chance.
    let mut histories: BTreeMap<[bool; 6], f64> = BTreeMap::new();
    for p in &persons {
        *histories.entry(p.seen).or_default() += 1.0 / n;
    }
    let real = common::real_histories();
    let keys: BTreeSet<&[bool; 6]> = histories.keys().chain(real.keys()).collect();
    let at = |table: &BTreeMap<[bool; 6], f64>, key: &[bool; 6]| table.get(key).copied().unwrap_or(0.0);
    let distance: f64 = keys.into_iter().map(|k| (at(&histories, k) - at(&real, k)).abs()).sum::<f64>() / 2.0;
    assert!(distance < 0.01, "total variation distance {distance}");

    // Published shares among the detected, with how far ours may be off; see `published` and
    // `codes` for how they are put together.
    let share =
        |keep: &dyn Fn(&common::Person) -> bool| persons.iter().filter(|p| keep(p)).count() as f64 / n;
    let near = |what: &str, ours: f64, published: f64, tolerance: f64| {
        assert!((ours - published).abs() < tolerance, "{what}: {ours:.4}, published {published:.4}");
    };
    // UNODC GLOTIP 2018 and 2019 and CoMensha 2020: sexual, labour, other.
    near("sexual", share(&|p| p.form.starts_with("SEKS")), 1617.0 / 2837.0, 0.005);
    near("labour", share(&|p| p.form == "ARBEID"), 739.0 / 2837.0, 0.005);
    // GLOTIP 2018–2020 and nji.nl 2020: minors; young adults.
    near(
        "minors",
        share(&|p| p.age_group == "0-17"),
        (62.0 + 108.0 + 68.0) / (668.0 + 1213.0 + 984.0),
        0.015,
    );
    near("18-22", share(&|p| p.age_group == "18-22"), 152.0 / 984.0, 0.015);
    // GLOTIP 2017–2018, when labour was a smaller part than in 2018–2020, so fewer women now.
    near("women", share(&|p| p.sex == "F"), 1108.0 / 1610.0, 0.12);
    // GLOTIP 2017–2019 with CoMensha 2020 for the three largest.
    let citizens = |code: &'static str| share(&move |p| p.citizenship == code);
    near("NL", citizens("NL"), 909.0 / 3967.0, 0.015);
    near("NG", citizens("NG"), 892.0 / 3967.0, 0.015);
    near("PL", citizens("PL"), 365.0 / 3967.0, 0.015);
    near("UG", citizens("UG"), 180.0 / 2954.0, 0.01);
    near("RO", citizens("RO"), 147.0 / 2954.0, 0.01);
    // Years: the series of 2016–2020.
    for (year, real) in (2021..).zip([952.0, 952.0, 668.0, 1334.0, 984.0]) {
        near("year", share(&|p| p.year == year), real / 4890.0, 0.005);
    }
    // Every detected person of domestic sexual exploitation is a Dutch citizen.
    assert!(persons.iter().all(|p| p.form != "SEKS_NL" || p.citizenship == "NL"));
}

#[test]
fn population_and_visibility_add_up() {
    let (dir, summary) = make(50_000, 2);
    let (mut population, mut detected) = (0_u64, 0_u64);
    for row in read_csv(&fs::read(dir.path().join("truth/population.csv")).expect("written"), b',').skip(1) {
        population += row[3].parse::<u64>().expect("a count");
        detected += row[4].parse::<u64>().expect("a count");
    }
    assert_eq!((population, detected), (summary.persons, summary.detected));
    let visibility = text_of(&dir.path().join("truth/visibility.csv"));
    let anchored =
        visibility.lines().find(|l| l.starts_with("form_and_age_group,SEKS_NL,0-17")).expect("there");
    let fields: Vec<&str> = anchored.split(',').collect();
    let seen: f64 = fields[5].parse().expect("a share");
    // 13,500 persons: five standard errors
    assert!((seen - 0.11).abs() < 0.014, "{anchored}");
    assert!(anchored.ends_with(",0.110000,true"), "{anchored}");
}

#[test]
fn every_listed_mistake_is_there_and_no_other() {
    let (dir, _) = make(60_000, 3);
    let settings = settings(dir.path());
    let listed: BTreeSet<(String, u64, String)> =
        read_csv(&fs::read(dir.path().join("truth/mistakes.csv")).expect("written"), b',')
            .skip(1)
            .map(|r| (r[0].clone(), r[1].parse().expect("a row"), r[2].clone()))
            .collect();
    for source in settings.source.iter().filter(|s| s.reports.is_some()) {
        let found = found_mistakes(dir.path(), &settings, source);
        let listed: BTreeSet<(u64, String)> =
            listed.iter().filter(|m| m.0 == source.id).map(|m| (m.1, m.2.clone())).collect();
        assert!(!listed.is_empty());
        let wrong: Vec<_> = found.symmetric_difference(&listed).take(5).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", source.id);
    }
}

#[test]
fn mistakes_are_as_frequent_as_stated() {
    let (dir, summary) = make(200_000, 4);
    let rows: BTreeMap<&str, u64> = summary.registers.iter().map(|(r, n)| (r.as_str(), *n)).collect();
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for row in read_csv(&fs::read(dir.path().join("truth/mistakes.csv")).expect("written"), b',').skip(1) {
        *counted.entry(row[2].clone()).or_default() += 1;
    }
    for (rule, rate, registers) in RATES {
        let n: u64 = registers.iter().map(|r| rows[r]).sum();
        let expected = n as f64 * rate;
        let seen = summary.mistakes[rule];
        assert_eq!(counted.get(rule).copied().unwrap_or(0), seen, "{rule}");
        // duplicated rows carry no other mistake: 1 % fewer at most; then five standard errors
        let slack = 5.0 * expected.sqrt() + 0.012 * expected;
        assert!((seen as f64 - expected).abs() < slack, "{rule}: {seen} where {expected} were expected");
    }
    assert!(summary.mistakes["field.empty"] > 0);
}

#[test]
fn about_as_many_reports_as_asked_for_in_order_of_date() {
    let (dir, summary) = make(50_000, 8);
    assert!((summary.reports as f64 / 50_000.0 - 1.0).abs() < 0.03, "{}", summary.reports);
    let settings = settings(dir.path());
    for source in settings.source.iter().filter(|s| s.reports.is_some()) {
        let rows = common::rows(dir.path(), source);
        let expected = summary.registers.iter().find(|(r, _)| *r == source.id).expect("a register").1;
        assert_eq!(rows.len() as u64, expected, "{}", source.id);
        let mistakes: BTreeSet<u64> =
            found_mistakes(dir.path(), &settings, source).into_iter().map(|m| m.0).collect();
        let dates: Vec<_> = rows
            .iter()
            .filter(|r| !mistakes.contains(&r.number))
            .map(|r| r.date(source).expect("a date"))
            .collect();
        assert!(dates.is_sorted(), "{}", source.id);
    }
}

#[test]
fn links_name_the_person_of_every_row() {
    let (dir, summary) = make(20_000, 9);
    let pseudonyms: BTreeMap<u64, String> =
        persons(dir.path()).into_iter().map(|p| (p.index, p.pseudonym)).collect();
    let links = common::links(dir.path());
    assert_eq!(links.len() as u64, summary.reports);
    for source in settings(dir.path()).source.iter().filter(|s| s.reports.is_some()) {
        for row in common::rows(dir.path(), source) {
            let person = links[&(source.id.clone(), row.number)];
            let column = source.reports.as_ref().and_then(|r| r.person.as_ref()).expect("a pseudonym");
            assert_eq!(row.get(column), pseudonyms[&person], "{} {}", source.id, row.number);
        }
    }
}

#[test]
fn the_year_before_has_what_had_come_in_by_then() {
    let (alone, _) = make(40_000, 3);
    let (both, _) = common::make_editions(40_000, 3, true);
    for name in files(alone.path()).iter().filter(|name| *name != "monitor.toml") {
        let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(name)).expect("readable");
        assert!(read(&alone) == read(&both), "{} differs", name.display());
    }
    let before = both.path().join("2025");
    let (now, earlier) = (settings(both.path()), settings(&before));
    assert_eq!(now.monitor.previous.as_deref(), Some("2025/out/release"));
    assert_eq!((earlier.monitor.edition.as_str(), earlier.monitor.previous.as_deref()), ("2025", None));
    assert!(!before.join("truth").exists());

    let delivery = jiff::civil::date(2025, 1, 31);
    let (mut expected, mut variance, mut missing) = (0.0, 0.0, 0.0);
    for (source, source_before) in now.source.iter().zip(&earlier.source).filter(|(s, _)| s.reports.is_some())
    {
        let reports = source.reports.as_ref().expect("a register");
        // The row of the same report: what tells it apart is its number and, of copies, their status.
        let key = |row: &common::Row| {
            let text = |column: &Option<String>| column.as_deref().map(|c| row.get(c).to_owned());
            (row.get(&reports.record).to_owned(), text(&reports.person))
        };
        let by_then: BTreeSet<_> = common::rows(&before, source_before).iter().map(key).collect();
        let all = common::rows(both.path(), source);
        assert!(by_then.is_subset(&all.iter().map(key).collect()), "{}", source.id);
        for row in all {
            let Some(date) = row.date(source) else { continue };
            let known = by_then.contains(&key(&row));
            // Dates of later years are mistakes where they are not of later reports.
            assert!(date.year() != 2025 || !known, "{} {}", source.id, row.number);
            if date.year() < 2025 {
                // A report is under way for 30 days on average, by an exponential distribution.
                let days = f64::from((delivery - date).get_days());
                let late = (-days / 30.0).exp();
                expected += late;
                variance += late * (1.0 - late);
                missing += f64::from(u8::from(!known));
            }
        }
    }
    assert!(expected > 300.0, "{expected}");
    assert!((missing - expected).abs() < 4.0 * variance.sqrt(), "{missing} late, {expected} expected");
}

#[test]
fn small_projects_are_whole() {
    for reports in [1, 100, 1_000] {
        let (dir, summary) = make(reports, 1);
        let settings = settings(dir.path());
        for source in settings.source.iter().filter(|s| s.reports.is_some()) {
            assert!(dir.path().join(&source.path).is_file(), "{}", source.path);
            let rows = common::rows(dir.path(), source).len() as u64;
            assert!(summary.registers.contains(&(source.id.clone(), rows)), "{} {rows}", source.id);
        }
    }
}

#[test]
fn no_reports_are_refused_in_words() {
    let dir = tempfile::tempdir().expect("a folder");
    let refuse = |reports, reference_date| {
        let options =
            simulate::Options { reports, seed: 1, reference_date, pseudonyms: false, year_before: false };
        simulate::simulate(&options, dir.path(), &|_| {}).expect_err("refused").to_string()
    };
    let day = common::REFERENCE;
    assert!(refuse(0, day).contains("ask for 100 or more"));
    assert!(refuse(u64::MAX, day).contains("at most 1000000000"));
    assert!(refuse(100, jiff::civil::date(20, 1, 1)).contains("years 1950 to 2200"));
    assert_eq!(files(dir.path()).len(), 0);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("registers"), "in the way").expect("written");
    let options = simulate::Options {
        reports: 100,
        seed: 1,
        reference_date: common::REFERENCE,
        pseudonyms: false,
        year_before: false,
    };
    let error = simulate::simulate(&options, dir.path(), &|_| {}).expect_err("refused").to_string();
    assert!(error.starts_with("registers could not be written"), "{error}");
}
