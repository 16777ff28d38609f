//! Registers: what becomes a report, what is refused, and what is said of it.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use common::{Project, each_case, kept, say_error, say_findings, say_kept, say_rows};
use model::Severity;
use proptest::prelude::*;

#[test]
fn each_case_is_read_as_it_was_reviewed() {
    each_case("reports", |case| {
        let said = match case.project.reports() {
            Err(e) => say_error(&e),
            Ok(read) => {
                assert_eq!(kept(&case.project.kept()).len() as u64, read.rows.rows_used);
                format!(
                    "{}persons: {}\n\n{}\n{}",
                    say_rows(read.rows),
                    read.persons,
                    say_kept(&case.project),
                    say_findings(&read.findings)
                )
            }
        };
        insta::assert_snapshot!(case.name.clone(), said.trim_end(), &case.about);
    });
}

#[test]
fn the_same_pseudonym_is_the_same_person_in_every_register_of_a_monitor() {
    let settings = |id: &str, path: &str| {
        format!(
            "[[source]]\nid = \"{id}\"\npath = \"{path}\"\ntitle = \"A\"\n[source.reports]\nregister = \"{id}\"\n\
             label = \"A\"\nrecord = \"nr\"\nperson = \"who\"\ndate = {{ column = \"day\" }}\n"
        )
    };
    let text = b"nr,who,day\n1,P1,2024-01-01\n2,P2,2024-01-02\n";
    let read = |id: &str, path: &str| {
        let project = Project::new(&settings(id, path), [(path, &text[..])]);
        project.reports().expect("read");
        kept(&project.kept())
    };
    let (a, b) = (read("police", "a.csv"), read("shelters", "b.csv"));
    let persons = |rows: &[common::Kept]| rows.iter().map(|k| k.person).collect::<Vec<_>>();
    assert_eq!(persons(&a), persons(&b));
    assert_ne!(a[0].person, a[1].person);

    // Another monitor has another secret: its files cannot be put beside these.
    let mut project = Project::new(&settings("police", "a.csv"), [("a.csv", &text[..])]);
    project.secret[31] += 1;
    project.reports().expect("read");
    assert_ne!(persons(&a), persons(&kept(&project.kept())));
}

#[test]
fn a_report_without_pseudonym_is_a_person_of_its_own_and_never_one_with_a_pseudonym() {
    let settings = "[[source]]\nid = \"a\"\npath = \"a.csv\"\ntitle = \"A\"\n[source.reports]\nregister = \"a\"\n\
                    label = \"A\"\nrecord = \"nr\"\nperson = \"who\"\ndate = { column = \"day\" }\n";
    // One pseudonym is what a row without any could be hashed by.
    let text = "nr,who,day\n1,,2024-01-01\n2,,2024-01-01\n3,a.csv\u{0}2,2024-01-01\n4,2,2024-01-01\n";
    let project = Project::new(settings, [("a.csv", text.as_bytes())]);
    let read = project.reports().expect("read");
    assert_eq!((read.rows.rows_used, read.persons), (4, 4));
}

#[test]
fn the_order_of_findings_and_of_reports_does_not_depend_on_the_threads() {
    let mut text = String::from("nr,who,day,born,age,sex\n");
    for i in 0..20_000 {
        let day = if i % 7 == 0 { "2024-13-01" } else { "2024-05-01" };
        writeln!(text, "{},P{},{day},19{:02}-01-01,{},{}", i % 19_000, i % 301, i % 97, i % 50, i % 3)
            .expect("to a string");
    }
    let settings = register(&[]);
    let project = Project::new(&settings, [("r.csv", text.as_bytes())]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let read = pool.install(|| project.reports()).expect("read");
        (read.findings, read.rows, fs::read(project.kept()).expect("kept"))
    };
    let (one, four) = (run(1), run(4));
    assert_eq!(one.1, four.1);
    assert!(one.0 == four.0, "findings differ");
    assert!(one.2 == four.2, "kept reports differ");
}

#[test]
fn progress_ends_at_the_number_of_rows() {
    let text: String = std::iter::once("nr,who,day,born,age,sex\n".to_owned())
        .chain((0..10_000).map(|i| format!("{i},P,2024-05-01,,,F\n")))
        .collect();
    let project = Project::new(&register(&[]), [("r.csv", text.as_bytes())]);
    let seen = std::sync::Mutex::new(Vec::new());
    let source = &project.settings.source[0];
    intake::read_reports(
        project.path(),
        source,
        &project.settings,
        &project.catalogue,
        &[7; 32],
        &project.kept(),
        &|n| {
            seen.lock().expect("not poisoned").push(n);
        },
    )
    .expect("read");
    let seen = seen.into_inner().expect("not poisoned");
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&10_000));
}

#[test]
fn of_ten_thousand_findings_of_one_rule_the_first_are_kept_and_all_are_counted() {
    let text: String = std::iter::once("nr,who,day,born,age,sex\n".to_owned())
        .chain((0..10_007).map(|i| format!("{i},P,never,,,F\n")))
        .collect();
    let project = Project::new(&register(&[]), [("r.csv", text.as_bytes())]);
    let read = project.reports().expect("read");
    assert_eq!(read.findings.len(), 10_007);
    assert_eq!(read.findings.iter().count(), 10_000);
    intake::write_problems(&read.findings, project.path()).expect("written");
    let csv = fs::read_to_string(project.path().join("problems.csv")).expect("readable");
    let last = csv.lines().last().expect("a last row");
    assert_eq!(last, "r.csv,,,,date.impossible,error,\"7 more of these, not listed\",");
    let json: Vec<serde_json::Value> =
        serde_json::from_slice(&fs::read(project.path().join("problems.json")).expect("readable"))
            .expect("JSON");
    assert_eq!(json.len(), 10_001);
    assert!(!project.path().join("problems.tmp").exists(), "what was written aside is gone");
}

#[test]
fn a_value_or_a_column_that_a_spreadsheet_would_compute_is_written_as_text() {
    let settings = "[[source]]\nid = \"t\"\npath = \"t.csv\"\ntitle = \"T\"\n[[source.cube]]\nid = \"c\"\ntitle = \"C\"\n\
                    unit = \"persons\"\nvalue = \"=n\"\n[[source.cube.dimension]]\nid = \"form\"\ncolumn = \"form\"\n";
    let project = Project::new(settings, [("t.csv", &b"form,=n\nA,1\nB,=1+1\nC,-1\n"[..])]);
    let read =
        intake::read_cubes(project.path(), &project.settings.source[0], &project.settings).expect("read");
    intake::write_problems(&read.findings, project.path()).expect("written");
    let mut reader = csv::Reader::from_path(project.path().join("problems.csv")).expect("readable");
    for row in reader.records() {
        let row = row.expect("a row");
        for field in &row {
            assert!(!field.starts_with(['=', '+', '-', '@']), "{row:?}");
        }
    }
}

/// Settings of a register `r.csv` with the columns nr, who, day, born, age and sex, and a
/// column of codes for each of `more`.
fn register(more: &[&str]) -> String {
    let mut text = String::from(
        "[[source]]\nid = \"r\"\npath = \"r.csv\"\ntitle = \"R\"\n[source.format]\ndelimiter = \",\"\n\
         encoding = \"utf-8\"\n[source.reports]\nregister = \"r\"\nlabel = \"R\"\nrecord = \"nr\"\nperson = \"who\"\n\
         date = { column = \"day\" }\nbirth_date = { column = \"born\", format = \"%d-%m-%Y\" }\nage = \"age\"\n\
         [source.reports.columns]\nsex = { column = \"sex\", codes = { V = \"F\" } }\n",
    );
    for id in more {
        writeln!(text, "{id} = {{ column = \"{id}\", by_label = true }}").expect("to a string");
    }
    text
}

const COLUMNS: [&str; 9] = ["nr", "who", "day", "born", "age", "sex", "form", "citizenship", "organisation"];
const MORE: [&str; 3] = ["form", "citizenship", "organisation"];

/// Anything at all in a field, but mostly something that looks right.
fn field(column: usize) -> BoxedStrategy<String> {
    let good: &[&str] = match COLUMNS[column] {
        "nr" => &["1", "2", "3", "A-17", ""],
        "who" => &["P1", "P2", "P3", ""],
        "day" => &[
            "2024-02-29",
            "2023-02-29",
            "2027-01-01",
            "2026-11-24",
            "24-11-2026",
            "",
            "0001-01-01",
            "9999-12-31",
        ],
        "born" => &["29-02-2004", "31-04-2004", "1-1-1990", "", "01-01-1800", "24-11-2026", "1990-01-01"],
        "age" => &["20", "21.0", "-32768", "32767", "99999", "", "120", "121", "twintig"],
        "sex" => &["V", "F", "v", "M", "_U", "_T", "", "X", "vrouw"],
        "form" => &["SEKS_NL", "seks_nl", "Labour exploitation", "labour exploitation", "ARBIED", ""],
        "citizenship" => &["NL", "Nederland", "Netherlands", "CÃ´te d'Ivoire", "NLD", ""],
        _ => &["POLITIE", "Nationale Politie", "POLITE", "\u{fffd}", ""],
    };
    prop_oneof![
        8 => prop::sample::select(good).prop_map(str::to_owned),
        1 => "[ -~é€\n\r\";=\u{a0}𝕏]{0,12}",
        1 => "\\PC{0,40}",
    ]
    .boxed()
}

/// A row: fields as they should be, or a line of anything.
fn row() -> BoxedStrategy<Vec<u8>> {
    let fields: Vec<_> = (0..COLUMNS.len()).map(field).collect();
    let whole = fields.prop_map(|fields| {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(&fields).expect("to memory");
        writer.into_inner().expect("to memory")
    });
    prop_oneof![
        12 => whole,
        1 => "[ -~]{0,30}\n".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(|mut line| {
            // A quote that stays open would swallow the rows that come after.
            line.retain(|b| !b"\"\r\n".contains(b));
            line.push(b'\n');
            line
        }),
    ]
    .boxed()
}

fn table(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = COLUMNS.join(",").into_bytes();
    bytes.push(b'\n');
    bytes.extend(rows.concat());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_row_is_lost_and_every_row_that_is_refused_has_an_error(rows in prop::collection::vec(row(), 0..12)) {
        let project = Project::new(&register(&MORE), [("r.csv", &table(&rows)[..])]);
        let read = project.reports().expect("a register with a header can always be read");
        prop_assert!(read.rows.balances(), "{:?}", read.rows);
        let errors: BTreeSet<Option<u64>> =
            read.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.row).collect();
        prop_assert!(!errors.contains(&None), "an error that names no row");
        prop_assert_eq!(errors.len() as u64, read.rows.rows_quarantined);
        let kept = kept(&project.kept());
        prop_assert_eq!(kept.len() as u64, read.rows.rows_used);
        for k in &kept {
            prop_assert!(!errors.contains(&Some(k.row)), "row {} is both used and refused", k.row);
            prop_assert!(k.age.is_none_or(|a| (0..=120).contains(&a)), "{:?}", k.age);
            for (id, code) in project.settings.variable_ids().iter().zip(&k.codes) {
                let list = project.catalogue.of(id).expect("a classification");
                prop_assert!(usize::from(*code) < list.codes().len(), "{id} {code}");
            }
        }
        let persons: BTreeSet<u64> = kept.iter().map(|k| k.person).collect();
        prop_assert_eq!(persons.len() as u64, read.persons);
        say_findings(&read.findings);
    }

    #[test]
    fn no_personal_value_is_said_or_kept(
        // Each personal column may hold the canary or not, in rows with every kind of fault.
        rows in prop::collection::vec((row(), prop::array::uniform4(any::<bool>()), 0..28_u8, 1950..2000_i16), 1..8),
        kind in 0..3_usize,
    ) {
        const CANARY: &str = "Zuqavwimbo";
        let mut texts = Vec::new();
        let mut secrets: Vec<String> = vec![CANARY.to_lowercase()];
        let mut bytes = COLUMNS.join(",").into_bytes();
        bytes.push(b'\n');
        for (raw, with, day, year) in &rows {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&raw[..]);
            let Some(Ok(record)) = reader.records().next() else { continue };
            let mut fields: Vec<String> = record.iter().map(str::to_owned).collect();
            let born = format!("{:02}-03-{year}", day + 1);
            secrets.extend([born.clone(), format!("{year}-03-{:02}", day + 1)]);
            let values = [format!("{CANARY}-{}", texts.len()), CANARY.to_owned(), born, CANARY.to_owned()];
            for ((place, value), put) in [0, 1, 3, 3].into_iter().zip(values).zip(with) {
                if let (true, Some(field)) = (*put, fields.get_mut(place)) {
                    *field = value;
                }
            }
            // A name where an age or a code should be, as when a field is shifted.
            if with[0] && fields.len() > 8 {
                fields[[4, 5, 7][kind]] = CANARY.to_owned();
            }
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            writer.write_record(&fields).expect("to memory");
            bytes.extend(writer.into_inner().expect("to memory"));
            texts.push(fields);
        }
        let project = Project::new(&register(&MORE), [("r.csv", &bytes[..])]);
        let read = project.reports().expect("readable");
        intake::write_problems(&read.findings, project.path()).expect("written");
        let mut said = serde_json::to_string(&read.findings).expect("JSON");
        for name in ["problems.csv", "problems.json"] {
            said.push_str(&fs::read_to_string(project.path().join(name)).expect("readable"));
        }
        let said = said.to_lowercase();
        for secret in &secrets {
            prop_assert!(!said.contains(secret.as_str()), "{secret} is said of {texts:?}: {said}");
        }
        let kept = fs::read(project.kept()).expect("kept");
        for secret in &secrets {
            let found = kept.windows(secret.len()).any(|w| w.eq_ignore_ascii_case(secret.as_bytes()));
            prop_assert!(!found, "{secret} is kept");
        }
    }
}

#[test]
fn what_is_kept_has_no_column_that_could_hold_a_name_or_a_birth_date() {
    let text = "nr,who,day,born,age,sex\n1,P1,2024-01-01,14-03-1987,,F\n";
    let project = Project::new(&register(&[]), [("r.csv", text.as_bytes())]);
    project.reports().expect("read");
    let file = fs::File::open(project.kept()).expect("kept");
    let schema = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file)
        .expect("Parquet")
        .schema()
        .clone();
    let columns: Vec<String> =
        schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect();
    assert_eq!(
        columns,
        [
            "row UInt64",
            "person UInt64",
            "date Date32",
            "register UInt16",
            "age Int16",
            "organisation UInt16",
            "form UInt16",
            "sex UInt16",
            "citizenship UInt16",
            "place UInt16",
            "residence UInt16",
            "status UInt16"
        ]
    );
}

#[test]
fn a_name_in_a_column_of_codes_is_not_said() {
    // Many a name begins as the code of a country does.
    let names = [
        "Jansen",
        "Marie",
        "Ali",
        "Fatima",
        "Nina",
        "Esther",
        "Bruno",
        "Amina",
        "Mohamed",
        "Nguyen",
        "Marko",
        "Kim",
        "Maria-Elena",
        "de Vries",
        "O'Brien",
        "Łukasz",
        "Zoë",
        "Cruz",
        "Chadwick",
        "Jordi",
        "Georgina",
        "Israela",
    ];
    let mut text = COLUMNS.join(",");
    text.push('\n');
    for (i, name) in names.iter().enumerate() {
        writeln!(text, "{i},P,2024-01-01,,,\"{name}\",\"{name}\",\"{name}\",\"{name}\"")
            .expect("to a string");
    }
    let project = Project::new(&register(&MORE), [("r.csv", text.as_bytes())]);
    let read = project.reports().expect("read");
    assert_eq!(read.rows.rows_quarantined, names.len() as u64);
    for f in read.findings.iter() {
        let value = f.value.as_deref().unwrap_or_default();
        assert!(!names.contains(&value), "{f:?}");
    }
}

#[test]
fn a_register_without_a_header_does_not_have_its_first_person_repeated() {
    let text = "PL2021-0000001,PD5XTNVDZ,2021-02-08,22-06-1997,,Zuqavwimbo\nPL2,PD6,2021-02-09,,,F\n";
    let project = Project::new(&register(&[]), [("r.csv", text.as_bytes())]);
    let said = say_error(&project.reports().expect_err("there is no header"));
    for secret in ["PL2021", "PD5XT", "1997", "Zuqavwimbo"] {
        assert!(!said.contains(secret), "{said}");
    }
    insta::assert_snapshot!(said.trim_end());
}

#[test]
fn a_register_that_is_checked_without_settings_says_nothing_of_a_person() {
    // Whatever the columns are: `Alle` is a total to a table, the ages are its counts.
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("plain.csv", "naam,regio,leeftijd\nZuqavwimbo,Noord,20\nZuqavwimbo,Zuid,x21\nZuqavwimba,Noord,30\n"),
        ("all.csv", "naam,regio,leeftijd\nZuqavwimbo,Alle,20\nZuqavwimbo,Noord,21\nZuqavwimba,Noord,22\n"),
        (
            "count.csv",
            "naam,geboren,aantal\nZuqavwimbo,14-03-1987,1\nAlle,14-03-1987,Zuqavwimbo\nT,14-03-1987,9\n",
        ),
        ("marks.csv", "Zuqavwimbo,A,B\n14-03-1987,0,1\nZuqavwimbo,1,Zuqavwimbo\n"),
        ("ragged.csv", "naam,a\nZuqavwimbo,1,2\n\"Zuqavwimbo\n"),
    ] {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("written");
        let checked = intake::check_file(&path, name).expect("checked");
        assert!(checked.rows.balances(), "{name}");
        let said = say_findings(&checked.findings);
        for secret in ["qavwimb", "1987"] {
            assert!(!said.contains(secret), "{name}: {said}");
        }
    }
}
