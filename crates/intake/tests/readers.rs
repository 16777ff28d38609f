//! Readers: the same rows come out of a file however it is written.

mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array,
    LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray, TimestampMillisecondArray,
};
use arrow::datatypes::{Field, Int32Type, Int64Type, Schema};
use common::{Kept, Project, kept, say_error, say_findings};
use intake::read::rows_from_bytes;
use model::{FileKind, Format};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook, Worksheet};

/// The rows of `bytes`, the header first.
fn rows(kind: FileKind, bytes: &[u8], format: &Format) -> Vec<Vec<String>> {
    rows_from_bytes(kind, bytes, format).unwrap_or_else(|e| panic!("{}", say_error(&e)))
}

/// Rows as one text: fields between `|`, a row a line.
fn check(kind: FileKind, bytes: &[u8], format: &Format, expected: &str) {
    let rows = rows(kind, bytes, format);
    let said: Vec<String> = rows.iter().map(|r| r.join("|")).collect();
    assert_eq!(said.join("\n"), expected, "of {}", String::from_utf8_lossy(bytes).escape_debug());
}

fn csv(bytes: impl AsRef<[u8]>, expected: &str) {
    check(FileKind::Csv, bytes.as_ref(), &Format::default(), expected);
}

fn stated(delimiter: Option<char>, encoding: Option<&str>) -> Format {
    Format { delimiter, encoding: encoding.map(str::to_owned), ..Format::default() }
}

#[test]
fn delimiters_are_found_and_may_be_stated() {
    for d in [',', ';', '\t', '|'] {
        let text = format!("a{d}b{d}c\n1{d}2{d}3\n");
        csv(&text, "a|b|c\n1|2|3");
        check(FileKind::Csv, text.as_bytes(), &stated(Some(d), None), "a|b|c\n1|2|3");
    }
    // The more even one is the delimiter.
    csv("naam;bedrag\nA, B en C;1,5\nD;2,5\n", "naam|bedrag\nA, B en C|1,5\nD|2,5");
    csv("a,b\n\"x;y;z\",2\n", "a|b\nx;y;z|2");
    csv("one\nvalue\n", "one\nvalue");
    check(FileKind::Csv, b"a!b\n1!2\n", &stated(Some('!'), None), "a|b\n1|2");
    check(FileKind::Csv, b"a;b\n1;2\n", &stated(Some(','), None), "a;b\n1;2");
}

#[test]
fn quotes_hold_delimiters_line_ends_and_quotes() {
    csv("a,b\n\"x,\"\"y\"\"\",\"1\r\n2\"\n", "a|b\nx,\"y\"|1\r\n2");
    csv("\"a\",\"b\"\n\"\",2\n", "a|b\n|2");
    csv("a,b\nhalf \"quoted\" here,2\n", "a|b\nhalf \"quoted\" here|2");
    csv("a,b\n\"1\",\"not closed\n3,4\n", "a|b\n1|not closed\n3,4");
}

#[test]
fn line_ends_blank_lines_and_blanks_round_values_make_no_difference() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = ["", "a;b", "", "1;2", ";", "  ", " 3 ;\u{a0}4", "", ""];
        csv(lines.join(end), "a|b\n1|2\n3|4");
    }
    csv("a;b\n1;2", "a|b\n1|2");
    csv("  \n\t\na,b\n1,2\n", "a|b\n1|2");
}

#[test]
fn delimiters_at_the_end_of_each_row_are_no_column() {
    csv("a;b;\n1;2;\n3;4\n5;6; \n", "a|b\n1|2\n3|4\n5|6");
    csv("a;b;;;\n1;2;;;\n", "a|b\n1|2");
    // A value without a name, or a field too many: refused, never cut off.
    csv("a;b;\n1;2;3\n4;5;\n", "a|b\n4|5");
    csv("a;b\n1;2;\n3;4\n", "a|b\n3|4");
    csv("a;b;;\n1;2;\n3;4;;\n", "a|b\n3|4");
}

#[test]
fn a_column_without_a_name_gets_its_number() {
    csv("a,,c\n1,2,3\n", "a|column 2|c\n1|2|3");
}

#[test]
fn the_header_may_stand_further_down() {
    let text = b"Delivery of 2026;;\n;;\nSecret;x;\na;b;c\n1;2;3\n";
    let format = Format { header_row: Some(4), ..Format::default() };
    check(FileKind::Csv, text, &format, "a|b|c\n1|2|3");
}

#[test]
fn encodings_are_found_and_may_be_stated() {
    let text = "naam;plaats\nZoë;’s-Gravenhage\nJosé;Curaçao €\n";
    let plain = "naam|plaats\nZoë|’s-Gravenhage\nJosé|Curaçao €";
    let utf16 = |little: bool, mark: bool| {
        let mut bytes = Vec::new();
        for unit in mark.then_some(0xfeff).into_iter().chain(text.encode_utf16()) {
            bytes.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        }
        bytes
    };
    let windows = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let cases: [(&str, Vec<u8>, Option<&str>); 10] = [
        ("UTF-8", text.into(), None),
        ("UTF-8, stated", text.into(), Some("utf-8")),
        ("UTF-8 with a mark", marked.clone(), None),
        ("UTF-8 with a mark, stated otherwise", marked, Some("windows-1252")),
        ("UTF-16 LE with a mark", utf16(true, true), None),
        ("UTF-16 BE with a mark", utf16(false, true), None),
        ("UTF-16 LE", utf16(true, false), None),
        ("UTF-16 BE, stated", utf16(false, false), Some("utf-16be")),
        ("windows-1252", windows.clone(), None),
        ("windows-1252, stated", windows, Some("windows-1252")),
    ];
    for (what, bytes, encoding) in cases {
        println!("{what}");
        check(FileKind::Csv, &bytes, &stated(None, encoding), plain);
    }
    let latin9 =
        encoding_rs::Encoding::for_label(b"iso-8859-15").expect("known").encode("a\n€\n").0.into_owned();
    check(FileKind::Csv, &latin9, &stated(None, Some("iso-8859-15")), "a\n€");
    // In JSON lines too.
    let line = encoding_rs::WINDOWS_1252.encode("{\"naam\":\"Zoë\"}\n").0.into_owned();
    check(FileKind::Jsonl, &line, &Format::default(), "naam\nZoë");
    check(FileKind::Jsonl, b"\xef\xbb\xbf{\"naam\":\"Zo\"}\n", &Format::default(), "naam\nZo");
}

#[test]
fn a_row_that_is_no_text_is_left_out_and_the_others_are_read() {
    check(FileKind::Csv, b"a,b\n1,\xff\n2,3\n", &stated(None, Some("utf-8")), "a|b\n2|3");
}

/// A character at the edge of what is looked at first does not change what is found.
#[test]
fn an_encoding_is_found_wherever_a_buffer_ends() {
    for before in (256 << 10) - 4..(256 << 10) + 2 {
        let mut text = String::from("a\n");
        while text.len() < before {
            text.push_str(if before - text.len() > 100 { "xxxxxxxxx\n" } else { "y" });
        }
        text.push_str("é\n");
        let rows = rows(FileKind::Csv, text.as_bytes(), &Format::default());
        assert!(rows.last().is_some_and(|r| r[0].ends_with('é')), "{before}: {:?}", rows.last());
    }
}

#[test]
fn a_guess_of_the_encoding_is_noted() {
    let text = encoding_rs::WINDOWS_1252.encode("nr,who,day\n1,Zoë,2024-01-01\n").0.into_owned();
    let project = Project::new(&small("r.csv", ""), [("r.csv", &text[..])]);
    let read = project.reports().expect("read");
    insta::assert_snapshot!(say_findings(&read.findings).trim_end());
    let project =
        Project::new(&small("r.csv", "format = { encoding = \"windows-1252\" }"), [("r.csv", &text[..])]);
    assert!(project.reports().expect("read").findings.is_empty(), "what is stated is no guess");
}

/// Settings of a register with the columns nr, who and day.
fn small(path: &str, format: &str) -> String {
    format!(
        "[[source]]\nid = \"r\"\npath = \"{path}\"\ntitle = \"R\"\n{format}\n[source.reports]\nregister = \"r\"\n\
         label = \"R\"\nrecord = \"nr\"\nperson = \"who\"\ndate = {{ column = \"day\" }}\n"
    )
}

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().expect("a workbook")
}

fn put(sheet: &mut Worksheet, row: u32, texts: &[&str]) {
    for (column, text) in (0..).zip(texts) {
        sheet.write(row, column, *text).expect("a cell");
    }
}

fn sheet(name: Option<&str>, header_row: Option<u64>) -> Format {
    Format { sheet: name.map(str::to_owned), header_row, ..Format::default() }
}

#[test]
fn workbooks_have_real_dates_numbers_sheets_and_empty_rows() {
    let bytes = workbook(|book| {
        let date = CellFormat::new().set_num_format("dd-mm-yyyy");
        let first = book.add_worksheet().set_name("Meldingen").expect("a name");
        put(first, 2, &["nr", " naam ", "dag", "aantal"]);
        first.write(3, 0, 17).expect("a cell");
        first.write(3, 1, " Zoë ").expect("a cell");
        let day = ExcelDateTime::from_ymd(2024, 2, 29).expect("a day").and_hms(13, 5, 9).expect("a time");
        first.write_with_format(3, 2, &day, &date).expect("a cell");
        first.write(3, 3, 1.5).expect("a cell");
        // Row 5 is empty, row 6 has blanks only.
        put(first, 5, &[" ", "", " "]);
        first.write(6, 0, "18").expect("a cell");
        first.write(6, 3, true).expect("a cell");
        let second = book.add_worksheet().set_name("Uitleg").expect("a name");
        put(second, 0, &["code", "betekenis"]);
        put(second, 1, &["V", "vrouw"]);
    });
    let expected = "nr|naam|dag|aantal\n17|Zoë|2024-02-29|1.5\n18|||true";
    check(FileKind::Xlsx, &bytes, &Format::default(), expected);
    check(FileKind::Xlsx, &bytes, &sheet(Some("Meldingen"), Some(3)), expected);
    check(FileKind::Xlsx, &bytes, &sheet(Some("Uitleg"), None), "code|betekenis\nV|vrouw");
}

#[test]
fn a_title_above_the_header_of_a_workbook_is_passed_over_when_its_row_is_stated() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        sheet.merge_range(0, 0, 0, 2, "Delivery of 2026", &CellFormat::new()).expect("merged");
        put(sheet, 1, &["a", "b", "c"]);
        put(sheet, 2, &["1", "2", "3"]);
        put(sheet, 3, &["4", "5"]);
    });
    check(FileKind::Xlsx, &bytes, &sheet(None, Some(2)), "a|b|c\n1|2|3\n4|5|");
}

#[test]
fn a_value_beside_the_named_columns_of_a_workbook_is_refused() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        put(sheet, 0, &["nr", "who", "day"]);
        put(sheet, 1, &["1", "P1", "2024-01-01"]);
        put(sheet, 2, &["2", "P2", "2024-01-01", "note"]);
    });
    let project = Project::new(&small("r.xlsx", ""), [("r.xlsx", &bytes[..])]);
    let read = project.reports().expect("read");
    assert_eq!((read.rows.rows_used, read.rows.rows_quarantined), (1, 1));
    insta::assert_snapshot!(say_findings(&read.findings).trim_end());
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, a)| a).collect());
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None).expect("a writer");
    writer.write(&batch.expect("columns of one length")).expect("to memory");
    writer.close().expect("to memory");
    bytes
}

#[test]
fn parquet_has_text_dictionaries_dates_numbers_and_nulls() {
    let dictionary: DictionaryArray<Int32Type> = [Some("NL"), None, Some("NL")].into_iter().collect();
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)]), None, None]);
    let moment = 19_782 * 86_400_000 + 86_399_999;
    let bytes = parquet(vec![
        ("text", Arc::new(StringArray::from(vec![Some(" Zoë "), None, Some("")]))),
        ("large", Arc::new(LargeStringArray::from(vec![Some("a"), None, Some("b")]))),
        ("view", Arc::new(StringViewArray::from(vec![Some("a"), None, Some("longer than twelve bytes")]))),
        ("land", Arc::new(dictionary)),
        ("lists", Arc::new(list)),
        ("day", Arc::new(Date32Array::from(vec![Some(19_782), None, Some(-1)]))),
        ("moment", Arc::new(TimestampMillisecondArray::from(vec![Some(moment), None, Some(-1)]))),
        ("whole", Arc::new(Int64Array::from(vec![Some(21), None, Some(-7)]))),
        ("float", Arc::new(Float64Array::from(vec![Some(21.0), None, Some(1.5)]))),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("bytes", Arc::new(BinaryArray::from_opt_vec(vec![Some("Zoë".as_bytes()), None, Some(b"b")]))),
    ]);
    check(
        FileKind::Parquet,
        &bytes,
        &Format::default(),
        "text|large|view|land|day|moment|whole|float|yes|bytes\n\
         Zoë|a|a|NL|2024-02-29|2024-02-29|21|21|true|Zoë\n\
         |||||||||\n\
         |b|longer than twelve bytes|NL|1969-12-31|1969-12-31|-7|1.5|false|b",
    );
}

#[test]
fn a_value_of_parquet_that_is_no_text_is_refused_and_not_taken_as_missing() {
    let bytes = parquet(vec![
        ("nr", Arc::new(Int64Array::from(vec![1, 2]))),
        ("who", Arc::new(BinaryArray::from_vec(vec![b"P1", b"\xff2"]))),
        ("day", Arc::new(Date32Array::from(vec![19_782, 19_782]))),
    ]);
    let project = Project::new(&small("r.parquet", ""), [("r.parquet", &bytes[..])]);
    let read = project.reports().expect("read");
    assert_eq!((read.rows.rows_used, read.rows.rows_quarantined), (1, 1));
    insta::assert_snapshot!(say_findings(&read.findings).trim_end());
}

#[test]
fn parquet_of_long_texts_is_read_in_pieces() {
    // One megabyte in each of 100 rows that stands in the file but once.
    let long = "x".repeat(1 << 20);
    let values: DictionaryArray<Int32Type> = std::iter::repeat_n(Some(long.as_str()), 100).collect();
    let numbers: Vec<i64> = (0..100).collect();
    let bytes = parquet(vec![("n", Arc::new(Int64Array::from(numbers))), ("long", Arc::new(values))]);
    assert!(bytes.len() < 4 << 20, "{}", bytes.len());
    let rows = rows(FileKind::Parquet, &bytes, &Format::default());
    assert_eq!(rows.len(), 101);
    for (i, row) in rows[1..].iter().enumerate() {
        assert_eq!((row[0].as_str(), row[1].len()), (i.to_string().as_str(), 1 << 20));
    }
}

#[test]
fn rows_come_in_order_however_many_there_are() {
    let numbers: Vec<String> = (0..10_000).map(|i| i.to_string()).collect();
    let expected: Vec<Vec<String>> =
        std::iter::once("n".to_owned()).chain(numbers.iter().cloned()).map(|n| vec![n]).collect();
    let lines: String = numbers.iter().fold(String::new(), |text, n| text + "{\"n\":" + n + "}\n");
    let book = workbook(|book| {
        let sheet = book.add_worksheet();
        put(sheet, 0, &["n"]);
        (1..).zip(&numbers).for_each(|(r, n)| put(sheet, r, &[n]));
    });
    let column: StringArray = numbers.iter().map(Some).collect();
    let forms = [
        (FileKind::Csv, format!("n\n{}\n", numbers.join("\n")).into_bytes()),
        (FileKind::Jsonl, lines.into_bytes()),
        (FileKind::Xlsx, book),
        (FileKind::Parquet, parquet(vec![("n", Arc::new(column))])),
    ];
    for (kind, bytes) in forms {
        assert!(rows(kind, &bytes, &Format::default()) == expected, "{kind:?}");
    }
}

#[test]
fn a_line_of_json_does_not_fill_the_memory_with_names() {
    let inner: Vec<String> = (0..10_000).map(|i| format!("\"{i}\":1")).collect();
    let long = format!("{{\"{}\":{{{}}}}}\n", "x".repeat(4 << 20), inner.join(","));
    let many: Vec<String> = (0..17_000).map(|i| format!("\"{i}\":1")).collect();
    let deep = format!("{}1{}\n", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    for line in [long, format!("{{{}}}\n", many.join(",")), deep] {
        check(FileKind::Jsonl, (String::from("{\"a\":1}\n") + &line).as_bytes(), &Format::default(), "a\n1");
    }
    // Lines that together have too many.
    let name = |line: usize, i: usize| format!("\"{line}-{i}\":1");
    let line = |line: usize| (0..1000).map(|i| name(line, i)).collect::<Vec<_>>().join(",");
    let each = (0..20).map(line).fold(String::new(), |text, fields| text + "{" + &fields + "}\n");
    let read = rows_from_bytes(FileKind::Jsonl, each.as_bytes(), &Format::default());
    let said = read.err().map(|e| e.to_string());
    assert_eq!(said.as_deref(), Some("bytes:1: the header has 17000 columns"));
}

#[test]
fn json_lines_have_the_columns_that_show_up_in_any_of_them() {
    let text = "\n{\"a\": 1, \"b\": {\"c\": \" x \", \"d\": null}}\r\n{\"e\": true, \"a\": \"2\"}\n\n{\"b\": {\"d\": 1.50}}";
    check(FileKind::Jsonl, text.as_bytes(), &Format::default(), "a|b.c|b.d|e\n1|x||\n2|||true\n||1.5|");
}

#[test]
fn what_stops_the_reading_is_said_with_what_to_do() {
    let merged = workbook(|book| {
        let sheet = book.add_worksheet();
        sheet.merge_range(0, 0, 0, 2, "Delivery", &CellFormat::new()).expect("merged");
        put(sheet, 1, &["a", "b", "c"]);
    });
    let empty = workbook(|book| {
        book.add_worksheet().set_name("Leeg").expect("a name");
    });
    let two = workbook(|book| {
        put(book.add_worksheet().set_name("Meldingen").expect("a name"), 0, &["a", "b"]);
        book.add_worksheet().set_name("Uitleg").expect("a name");
    });
    let gzip = compress_gzip(b"a,b\n1,2\n3,4\n");
    let cases: Vec<(&str, FileKind, Vec<u8>, Format)> = vec![
        ("empty", FileKind::Csv, b"".to_vec(), Format::default()),
        ("blank", FileKind::Csv, b"\n \n\n".to_vec(), Format::default()),
        ("no header row", FileKind::Csv, b"a,b\n".to_vec(), sheet(None, Some(9))),
        ("a name twice", FileKind::Csv, b"a,b,a\n1,2,3\n".to_vec(), Format::default()),
        (
            "a person twice",
            FileKind::Csv,
            b"PL2021-0001,Zuqavwimbo,Zuqavwimbo\n1,2,3\n".to_vec(),
            Format::default(),
        ),
        ("a header that is no text", FileKind::Csv, b"a,\xff\n".to_vec(), stated(None, Some("utf-8"))),
        ("no encoding", FileKind::Csv, b"a\n".to_vec(), stated(None, Some("latin-15"))),
        ("no delimiter", FileKind::Csv, b"a\n".to_vec(), stated(Some('é'), None)),
        ("too wide", FileKind::Csv, wide(17_000), Format::default()),
        ("cut off", FileKind::Csv, gzip[..gzip.len() - 9].to_vec(), Format::default()),
        ("not zstd", FileKind::Csv, b"\x28\xb5\x2f\xfdnonsense".to_vec(), Format::default()),
        ("no workbook", FileKind::Xlsx, b"a,b\n1,2\n".to_vec(), Format::default()),
        ("empty workbook", FileKind::Xlsx, Vec::new(), Format::default()),
        ("empty sheet", FileKind::Xlsx, empty, Format::default()),
        ("merged header", FileKind::Xlsx, merged.clone(), Format::default()),
        ("no row for the header", FileKind::Xlsx, merged, sheet(None, Some(40))),
        ("sheet misspelt", FileKind::Xlsx, two.clone(), sheet(Some("meldingn"), None)),
        ("sheet lacking", FileKind::Xlsx, two, sheet(Some("2026"), None)),
        ("no Parquet", FileKind::Parquet, b"a,b\n1,2\n".to_vec(), Format::default()),
        ("only lists", FileKind::Parquet, only_lists(), Format::default()),
        ("no JSON", FileKind::Jsonl, b"a,b\n1,2\n".to_vec(), Format::default()),
        ("empty objects", FileKind::Jsonl, b"{}\n{}\n".to_vec(), Format::default()),
        ("an array", FileKind::Jsonl, b"[{\"a\": 1}, {\"a\": 2}]\n".to_vec(), Format::default()),
    ];
    let mut said = String::new();
    for (what, kind, bytes, format) in cases {
        let e = rows_from_bytes(kind, &bytes, &format).expect_err(what);
        write!(said, "{what}\n  {}", say_error(&e)).expect("to a string");
        assert!(!said.contains("Zuqavwimbo"), "the first person of a file without a header is repeated");
    }
    insta::assert_snapshot!(said.trim_end());
}

/// A header of so many columns.
fn wide(columns: usize) -> Vec<u8> {
    (0..columns).map(|c| format!("c{c}")).collect::<Vec<_>>().join(";").into_bytes()
}

fn only_lists() -> Vec<u8> {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)])]);
    parquet(vec![("a", Arc::new(list))])
}

#[test]
fn a_file_of_no_known_kind_asks_for_it() {
    let project =
        Project::new(&small("register.dat", ""), [("register.dat", &b"nr,who,day\n1,P,2024-01-01\n"[..])]);
    insta::assert_snapshot!(say_error(&project.reports().expect_err("which kind?")).trim_end());
    let stated = small("register.dat", "format = { kind = \"csv\" }");
    let project = Project::new(&stated, [("register.dat", &b"nr,who,day\n1,P,2024-01-01\n"[..])]);
    assert_eq!(project.reports().expect("read").rows.rows_used, 1);
}

fn compress_gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect("to memory");
    out.finish().expect("to memory")
}

#[test]
fn a_decompression_bomb_ends_at_the_longest_row() {
    // A thousand times as large as it looks, without a line end.
    let bomb = vec![b'x'; 64 << 20];
    let quoted = [b"a\n\"", &bomb[..]].concat();
    for packed in [compress_gzip(&quoted), zstd::encode_all(&quoted[..], 1).expect("to memory")] {
        assert!(packed.len() < 1 << 20);
        let e = rows_from_bytes(FileKind::Csv, &packed, &Format::default()).expect_err("too long");
        assert!(e.to_string().contains("bytes:2: the row has more than 16 MiB"), "{e}");
    }
    for packed in [compress_gzip(&bomb), zstd::encode_all(&bomb[..], 1).expect("to memory")] {
        for kind in [FileKind::Csv, FileKind::Jsonl] {
            let e = rows_from_bytes(kind, &packed, &Format::default()).expect_err("too long");
            assert!(e.to_string().contains("bytes:1: the row has more than 16 MiB"), "{e}");
        }
    }
    // Nor does a row of very many fields fill the memory.
    let many = [b"a,b\n", ";,".repeat(200_000).as_bytes()].concat();
    let e = rows_from_bytes(FileKind::Csv, &compress_gzip(&many), &Format::default()).expect_err("too many");
    assert!(e.to_string().starts_with("bytes:2: the row has more than"), "{e}");
}

#[test]
fn compressed_parts_one_after_the_other_are_one_file() {
    let parts = ["nr,who,day\n1,Zo", "ë,2024-01-01\n2,", "P2,2024-01-01\n"];
    let gzip: Vec<u8> = parts.iter().flat_map(|p| compress_gzip(p.as_bytes())).collect();
    let zstd: Vec<u8> =
        parts.iter().flat_map(|p| zstd::encode_all(p.as_bytes(), 1).expect("to memory")).collect();
    // A part may end within a character.
    let cut = ["nr,who,day\n1,Zo\u{eb}".as_bytes(), b",2024-01-01\n2,P2,2024-01-01\n"].concat();
    let within: Vec<u8> = [&cut[..15], &cut[15..]].iter().flat_map(|p| compress_gzip(p)).collect();
    for bytes in [gzip, zstd, within] {
        check(FileKind::Csv, &bytes, &Format::default(), "nr|who|day\n1|Zoë|2024-01-01\n2|P2|2024-01-01");
    }
}

// --- One register in every form ---------------------------------------------------------------

const HEADER: [&str; 7] = ["nummer", "wie", "datum", "geboren", "leeftijd", "geslacht", "land"];

/// nummer, wie, datum, geboren, leeftijd, geslacht, land.
const REGISTER: [[&str; 7]; 7] = [
    ["17", "Zoë \"Z\"", "2024-02-29", "2004-03-01", "19", "V", "Nederland"],
    ["18", "P;2, of 3", "2023-12-31", "", "40", "M", "NL"],
    ["19", "Zoë \"Z\"", "2024-03-01", "2004-03-01", "20", "V", "Curaçao"],
    ["20", "P4", "2026-11-24", "1985-07-09", "", "", ""],
    ["21", "P5", "2024-05-05", "1990-01-01", "20", "M", "NL"],
    ["22", "P6", "2026-11-25", "1990-01-01", "", "M", "NL"],
    ["19", "P7", "2024-05-05", "", "", "M", "NL"],
];

fn register(path: &str, format: &str) -> String {
    format!(
        "[[source]]\nid = \"r\"\npath = \"{path}\"\ntitle = \"R\"\n{format}\n[source.reports]\nregister = \"r\"\n\
         label = \"R\"\nrecord = \"nummer\"\nperson = \"wie\"\ndate = {{ column = \"datum\" }}\n\
         birth_date = {{ column = \"geboren\" }}\nage = \"leeftijd\"\n[source.reports.columns]\n\
         sex = {{ column = \"geslacht\", codes = {{ V = \"F\" }} }}\n\
         citizenship = {{ column = \"land\", by_label = true }}\n"
    )
}

fn as_csv(delimiter: u8, end: csv::Terminator) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
    writer.write_record(HEADER).expect("to memory");
    for row in REGISTER {
        writer.write_record(row).expect("to memory");
    }
    String::from_utf8(writer.into_inner().expect("to memory")).expect("text")
}

fn as_workbook() -> Vec<u8> {
    workbook(|book| {
        let date = CellFormat::new().set_num_format("yyyy-mm-dd");
        let sheet = book.add_worksheet();
        put(sheet, 0, &HEADER);
        for (row, fields) in (1..).zip(REGISTER) {
            for (column, text) in (0..).zip(fields).filter(|(_, text)| !text.is_empty()) {
                match column {
                    0 | 4 => sheet.write(row, column, text.parse::<f64>().expect("a number")),
                    2 | 3 => {
                        let day = ExcelDateTime::parse_from_str(text).expect("a day");
                        sheet.write_with_format(row, column, &day, &date)
                    }
                    _ => sheet.write(row, column, text),
                }
                .expect("a cell");
            }
        }
    })
}

fn as_json() -> String {
    let mut out = String::new();
    for fields in REGISTER {
        let object: serde_json::Map<String, serde_json::Value> = HEADER
            .iter()
            .zip(fields)
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| {
                let number =
                    matches!(*name, "nummer" | "leeftijd").then(|| text.parse::<u64>().ok()).flatten();
                ((*name).to_owned(), number.map_or_else(|| text.into(), Into::into))
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::from(object)).expect("to a string");
    }
    out
}

fn as_parquet() -> Vec<u8> {
    let column = |i: usize| REGISTER.map(|r| (!r[i].is_empty()).then_some(r[i]));
    let days = |i: usize| -> ArrayRef {
        let start = jiff::civil::date(1970, 1, 1);
        let day = |text: &str| start.until(text.parse::<jiff::civil::Date>().expect("a day")).expect("days");
        Arc::new(Date32Array::from(column(i).map(|text| text.map(|t| day(t).get_days())).to_vec()))
    };
    let number = |text: Option<&str>| text.map(|t| t.parse::<i64>().expect("a number"));
    let dictionary: DictionaryArray<Int32Type> = column(5).into_iter().collect();
    parquet(vec![
        (HEADER[0], Arc::new(Int64Array::from(column(0).map(number).to_vec()))),
        (HEADER[1], Arc::new(StringArray::from(column(1).to_vec()))),
        (HEADER[2], days(2)),
        (HEADER[3], days(3)),
        // As pandas writes whole numbers of which some are missing.
        (HEADER[4], Arc::new(Float64Array::from(column(4).map(|t| number(t).map(|n| n as f64)).to_vec()))),
        (HEADER[5], Arc::new(dictionary)),
        (HEADER[6], Arc::new(LargeStringArray::from(column(6).to_vec()))),
    ])
}

#[test]
fn a_register_gives_the_same_reports_in_every_form_compressed_or_not() {
    let text = as_csv(b';', csv::Terminator::CRLF);
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("comma.csv", as_csv(b',', csv::Terminator::Any(b'\n')).into()),
        ("semicolon.csv", text.clone().into()),
        ("tab.tsv", as_csv(b'\t', csv::Terminator::CRLF).into()),
        ("bar.txt", as_csv(b'|', csv::Terminator::CRLF).into()),
        ("mark.csv", format!("\u{feff}{text}").into()),
        ("utf16.csv", utf16),
        ("windows.csv", encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()),
        ("book.xlsx", as_workbook()),
        ("lines.jsonl", as_json().into()),
        ("columns.parquet", as_parquet()),
    ];
    let read = |name: &str, bytes: &[u8]| -> (Vec<Kept>, Vec<String>) {
        let project = Project::new(&register(name, ""), [(name, bytes)]);
        let read = project.reports().unwrap_or_else(|e| panic!("{name}: {}", say_error(&e)));
        assert_eq!((read.rows.rows_in, read.rows.rows_used), (7, 5), "{name}");
        assert_eq!(read.persons, 4, "{name}");
        let rules = read
            .findings
            .iter()
            .filter(|f| f.rule != "encoding.guessed")
            .map(|f| format!("{} {:?} {:?}", f.rule, f.column, f.value))
            .collect();
        // Rows have other numbers where there is no line for the header.
        let kept = kept(&project.kept()).into_iter().map(|k| Kept { row: 0, ..k }).collect();
        (kept, rules)
    };
    let first = read(forms[0].0, &forms[0].1);
    assert_eq!(
        first.0.iter().map(|k| k.age).collect::<Vec<_>>(),
        [Some(19), Some(40), Some(20), Some(41), None]
    );
    for (name, bytes) in &forms {
        assert_eq!(read(name, bytes), first, "{name}");
        let (gzip, zstd) = (compress_gzip(bytes), zstd::encode_all(&bytes[..], 3).expect("to memory"));
        assert_eq!(read(&format!("{name}.gz"), &gzip), first, "{name}.gz");
        assert_eq!(read(&format!("{name}.zst"), &zstd), first, "{name}.zst");
        // What counts is what is in the file, not the end of its name.
        assert_eq!(read(name, &gzip), first, "{name}, compressed without saying so");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_table_of_text_comes_back_from_every_form(
        table in (1..5_usize).prop_flat_map(|width| {
            // The first field is never blank: a row of blanks is no row.
            let row = (
                "[a-z]{1,4}",
                prop::collection::vec("[ -~é€ß√𝕏\t\n,;|\"']{0,10}", width - 1),
            );
            prop::collection::vec(row, 0..6).prop_map(move |rows| (width, rows))
        }),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
    ) {
        let (width, body) = table;
        let header: Vec<String> = (0..width).map(|c| format!("c{c}")).collect();
        let mut raw = vec![header];
        raw.extend(body.into_iter().map(|(first, rest)| std::iter::once(first).chain(rest).collect()));
        let trimmed: Vec<Vec<String>> =
            raw.iter().map(|r| r.iter().map(|f| f.trim().to_owned()).collect()).collect();

        let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
        for row in &raw {
            writer.write_record(row).expect("to memory");
        }
        let text = writer.into_inner().expect("to memory");
        let format = stated(Some(char::from(delimiter)), None);
        prop_assert_eq!(&rows(FileKind::Csv, &text, &format), &trimmed);
        prop_assert_eq!(&rows(FileKind::Csv, &compress_gzip(&text), &format), &trimmed);
        let utf16: Vec<u8> = std::str::from_utf8(&text)
            .expect("text")
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let stated = stated(Some(char::from(delimiter)), Some("utf-16be"));
        prop_assert_eq!(&rows(FileKind::Csv, &utf16, &stated), &trimmed);

        if raw.len() > 1 {
            let mut lines = String::new();
            for row in &raw[1..] {
                let object: serde_json::Map<String, serde_json::Value> =
                    raw[0].iter().cloned().zip(row.iter().map(|f| f.as_str().into())).collect();
                writeln!(lines, "{}", serde_json::Value::from(object)).expect("to a string");
            }
            prop_assert_eq!(&rows(FileKind::Jsonl, lines.as_bytes(), &Format::default()), &trimmed);
        }

        let columns = (0..width)
            .map(|c| {
                let array: StringArray = raw[1..].iter().map(|r| Some(r[c].as_str())).collect();
                (raw[0][c].as_str(), Arc::new(array) as ArrayRef)
            })
            .collect();
        prop_assert_eq!(&rows(FileKind::Parquet, &parquet(columns), &Format::default()), &trimmed);

        let book = workbook(|book| {
            let sheet = book.add_worksheet();
            for (r, row) in (0..).zip(&raw) {
                put(sheet, r, &row.iter().map(String::as_str).collect::<Vec<_>>());
            }
        });
        prop_assert_eq!(&rows(FileKind::Xlsx, &book, &Format::default()), &trimmed);
    }
}
