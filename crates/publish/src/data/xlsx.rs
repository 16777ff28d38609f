//! An Excel workbook: the figures, and a sheet that says what they are.

use disclosure::ProtectedCube;
use model::Language;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Rows, source_titles};
use crate::{Error, Release};

/// Rows of one sheet; Excel holds 1,048,576 with the header.
const ROWS: usize = 1_000_000;
/// Characters in one cell.
const TEXT: usize = 32_000;

pub(super) fn workbook(release: &Release<'_>, cube: &ProtectedCube, rows: &Rows) -> Result<Vec<u8>, Error> {
    make(release, cube, rows).map_err(|e| Error::Format {
        cube: cube.id().to_owned(),
        format: "XLSX",
        why: e.to_string(),
    })
}

fn make(release: &Release<'_>, cube: &ProtectedCube, rows: &Rows) -> Result<Vec<u8>, XlsxError> {
    let monitor = &release.settings.monitor;
    let date = monitor.reference_date;
    // The date in the file is that of the figures: there is no clock here. Excel has no dates
    // before 1900.
    let created = ExcelDateTime::from_ymd(
        u16::try_from(date.year()).unwrap_or(1900).max(1900),
        u8::try_from(date.month()).unwrap_or(1),
        u8::try_from(date.day()).unwrap_or(1),
    )?;
    let mut book = Workbook::new();
    book.set_properties(
        &DocProperties::new()
            .set_title(short(&cube.title().en))
            .set_author(short(&monitor.publisher.en))
            .set_creation_datetime(&created),
    );
    let bold = Format::new().set_bold();
    let header = rows.header();
    let parts: Vec<&[super::Row]> =
        if rows.rows.is_empty() { vec![&[]] } else { rows.rows.chunks(ROWS).collect() };
    for (i, part) in parts.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(if parts.len() == 1 { "data".to_owned() } else { format!("data {}", i + 1) })?;
        for (c, name) in header.iter().enumerate() {
            sheet.write_string_with_format(0, c as u16, name, &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        for (r, row) in part.iter().enumerate() {
            write_row(sheet, r as u32 + 1, row, rows.unit)?;
            // Only a table with rates has a row with one; its columns are the last.
            if let Some(rate) = row.rate {
                let figures = [rate.population as f64, rate.rate, rate.interval.0, rate.interval.1];
                for (name, x) in (header.len() - figures.len()..).zip(figures) {
                    sheet.write_number(r as u32 + 1, name as u16, x)?;
                }
            }
        }
    }
    about(book.add_worksheet(), release, cube, &bold)?;
    book.save_to_buffer()
}

fn write_row(sheet: &mut Worksheet, r: u32, row: &super::Row, unit: &str) -> Result<(), XlsxError> {
    let mut c = 0u16;
    let labels = row.at.iter().flat_map(|(_, en, nl)| [en, nl]);
    for text in row.at.iter().map(|(code, ..)| code).chain(labels) {
        sheet.write_string(r, c, short(text))?;
        c += 1;
    }
    for n in [row.value, row.lower, row.upper] {
        // A cell that is not written is empty.
        if let Some(n) = n {
            sheet.write_number(r, c, n as f64)?;
        }
        c += 1;
    }
    for text in [row.conf, row.obs, unit] {
        sheet.write_string(r, c, text)?;
        c += 1;
    }
    Ok(())
}

fn about(
    sheet: &mut Worksheet,
    release: &Release<'_>,
    cube: &ProtectedCube,
    bold: &Format,
) -> Result<(), XlsxError> {
    let monitor = &release.settings.monitor;
    sheet.set_name("about")?;
    let threshold = cube.rule().threshold;
    let (rule_en, rule_nl) = if cube.waiver().is_some() {
        (
            "Published whole: these figures do not need protection.".to_owned(),
            "Geheel gepubliceerd: deze cijfers behoeven geen bescherming.".to_owned(),
        )
    } else if let Some(method) = cube.changed() {
        let words = method.words();
        (words.en, words.nl)
    } else {
        (
            format!(
                "Counts below {threshold} are hidden, and as many others as are needed to keep them hidden. A hidden count has no value."
            ),
            format!(
                "Aantallen onder {threshold} zijn verborgen, en zoveel andere als nodig is om ze verborgen te houden. Een verborgen aantal heeft geen waarde."
            ),
        )
    };
    let sources = |l| source_titles(release, cube.sources(), l).join("; ");
    let lines = [
        ("Title", "Titel", cube.title().en.clone(), cube.title().nl.clone()),
        ("Definition", "Definitie", cube.definition().en.clone(), cube.definition().nl.clone()),
        ("Protection", "Bescherming", rule_en, rule_nl),
        ("Sources", "Bronnen", sources(Language::En), sources(Language::Nl)),
        ("Monitor", "Monitor", monitor.title.en.clone(), monitor.title.nl.clone()),
        ("Publisher", "Uitgever", monitor.publisher.en.clone(), monitor.publisher.nl.clone()),
        ("Edition", "Editie", monitor.edition.clone(), monitor.edition.clone()),
        ("Date", "Datum", monitor.reference_date.to_string(), monitor.reference_date.to_string()),
        ("Licence", "Licentie", monitor.licence.clone(), monitor.licence.clone()),
        (
            "Made with",
            "Gemaakt met",
            format!("zicht {}", release.version),
            format!("zicht {}", release.version),
        ),
    ];
    for (r, (en, nl, text_en, text_nl)) in lines.iter().enumerate() {
        let r = r as u32;
        sheet.write_string_with_format(r, 0, *en, bold)?;
        sheet.write_string(r, 1, short(text_en))?;
        sheet.write_string_with_format(r, 2, *nl, bold)?;
        sheet.write_string(r, 3, short(text_nl))?;
    }
    Ok(())
}

/// As much of a text as fits a cell.
fn short(text: &str) -> String {
    text.chars().take(TEXT).collect()
}
