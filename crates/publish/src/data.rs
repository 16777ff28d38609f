//! Open data: each cube in the formats that analysts use, and the catalogue of them all.

mod catalogue;
mod csvw;
mod frictionless;
mod jsonstat;
mod manifest;
mod parquet;
mod results;
mod shown;
mod xlsx;

use model::{Language, Rate, Unit};

use crate::facts::{CubeFacts, Figure, category_label, column_names};
use crate::release::ReleasedCube;
use crate::{Error, Release, sdmx};

pub(crate) use catalogue::catalogue;
pub(crate) use frictionless::package;
pub(crate) use jsonstat::dataset as json_stat;
pub(crate) use manifest::{File, manifest, protection};
pub(crate) use results::{RESULTS, Results, changes, made, results, titles};

/// The columns beside those of the dimensions, in their order.
pub(crate) const COLUMNS: [&str; 6] = ["value", "lower", "upper", "CONF_STATUS", "OBS_STATUS", "unit"];

/// The corrections of figures that an earlier release published.
pub(crate) const CHANGES: &str = "data/changes.csv";

/// The columns of rates, after the others, in tables that have them.
pub(crate) const RATES: [&str; 4] = ["population", "rate", "rate_lower", "rate_upper"];

/// A format in which a cube is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    /// The end of the file name.
    pub(crate) ending: &'static str,
    /// Its name for readers.
    pub(crate) name: &'static str,
    /// The media type.
    pub(crate) media: &'static str,
}

/// The formats, in the order in which pages list them.
pub(crate) const FORMATS: [Format; 6] = [
    Format { ending: "csv", name: "CSV", media: "text/csv" },
    Format { ending: "csv-metadata.json", name: "CSVW", media: "application/csvm+json" },
    Format { ending: "json", name: "JSON-stat", media: "application/json" },
    Format {
        ending: "xlsx",
        name: "XLSX",
        media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
    Format { ending: "parquet", name: "Parquet", media: "application/vnd.apache.parquet" },
    Format { ending: "sdmx.csv", name: "SDMX-CSV", media: "application/vnd.sdmx.data+csv" },
];

/// The file of a cube below the release.
pub(crate) fn file_name(cube: &str, format: Format) -> String {
    format!("data/{cube}/{cube}.{}", format.ending)
}

/// A cube in every format, as (file below the release, bytes).
pub(crate) fn files(release: &Release<'_>, released: &ReleasedCube) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let cube = &released.cube;
    let table = Rows::of(released);
    let bytes = [
        table.csv(),
        csvw::metadata(release, cube, &table),
        pretty(&jsonstat::dataset(release, released)),
        xlsx::workbook(release, cube, &table)?,
        parquet::file(release, cube, &table)?,
        sdmx::data(sdmx::Flow { cube, decimals: 0 }),
    ];
    Ok(FORMATS.into_iter().zip(bytes).map(|(format, bytes)| (file_name(cube.id(), format), bytes)).collect())
}

/// The structures of all cubes in SDMX, as they were on the day of the release.
pub(crate) fn structures(release: &Release<'_>) -> Vec<u8> {
    let flows: Vec<sdmx::Flow<'_>> =
        release.cubes.iter().map(|c| sdmx::Flow { cube: &c.cube, decimals: 0 }).collect();
    sdmx::structures(&flows, &format!("{}T00:00:00Z", release.settings.monitor.reference_date))
}

/// A cube as rows: what CSV, XLSX and Parquet share.
#[allow(clippy::struct_field_names)]
pub(crate) struct Rows {
    /// Names of the columns of codes, one a dimension.
    pub(crate) dimensions: Vec<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) unit: &'static str,
    /// Rates are per this many inhabitants; `None` in a table without rates.
    pub(crate) per: Option<u64>,
}

/// One cell as a row.
pub(crate) struct Row {
    /// Code and labels for each dimension.
    pub(crate) at: Vec<(String, String, String)>,
    pub(crate) value: Option<u64>,
    pub(crate) lower: Option<u64>,
    pub(crate) upper: Option<u64>,
    pub(crate) conf: &'static str,
    pub(crate) obs: &'static str,
    pub(crate) rate: Option<Rate>,
}

impl Rows {
    fn of(released: &ReleasedCube) -> Self {
        let cube = &released.cube;
        let rates = released.rates.as_ref();
        let rows = cube
            .cells()
            .map(|(key, cell)| {
                let at = cube
                    .dimensions()
                    .iter()
                    .zip(key)
                    .map(|(d, &k)| {
                        let category = &d.categories[k as usize];
                        (
                            category.code.clone(),
                            category_label(category, Language::En),
                            category_label(category, Language::Nl),
                        )
                    })
                    .collect();
                let (value, bounds) = match cube.figure(key) {
                    Figure::Count(n) => (Some(n), None),
                    Figure::Between(low, high) => (None, Some((low, high))),
                    Figure::Hidden | Figure::Missing => (None, None),
                };
                Row {
                    at,
                    value,
                    lower: bounds.map(|b| b.0),
                    upper: bounds.map(|b| b.1),
                    conf: cell.conf.code(),
                    obs: cell.obs.code(),
                    // A rate gives its count away, so there is none where there is no count.
                    rate: value.and(rates).and_then(|r| r.cells.get(key)).copied(),
                }
            })
            .collect();
        let taken: Vec<&str> = COLUMNS.into_iter().chain(RATES).collect();
        Rows {
            dimensions: column_names(cube.dimensions(), &taken),
            rows,
            unit: unit_code(cube.unit()),
            per: rates.map(|r| r.per),
        }
    }

    /// All names of columns in order.
    pub(crate) fn header(&self) -> Vec<String> {
        let labels = self.dimensions.iter().flat_map(|d| [format!("{d}_en"), format!("{d}_nl")]);
        let rates = RATES.into_iter().filter(|_| self.per.is_some());
        let names = COLUMNS.into_iter().chain(rates).map(String::from);
        self.dimensions.iter().cloned().chain(labels).chain(names).collect()
    }

    fn csv(&self) -> Vec<u8> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let whole: Result<(), csv::Error> = (|| {
            out.write_record(self.header())?;
            for row in &self.rows {
                for (code, ..) in &row.at {
                    out.write_field(code)?;
                }
                for (_, en, nl) in &row.at {
                    out.write_field(en)?;
                    out.write_field(nl)?;
                }
                for n in [row.value, row.lower, row.upper] {
                    out.write_field(number(n))?;
                }
                for text in [row.conf, row.obs, self.unit] {
                    out.write_field(text)?;
                }
                if self.per.is_some() {
                    out.write_field(number(row.rate.map(|r| r.population)))?;
                    for x in row.rate_figures() {
                        out.write_field(x.map(|x| format!("{x:.4}")).unwrap_or_default())?;
                    }
                }
                out.write_record(None::<&[u8]>)?;
            }
            Ok(())
        })();
        whole.expect("rows of equal length, written to memory");
        out.into_inner().expect("flushing to memory does not fail")
    }
}

impl Row {
    /// The rate and the bounds of its interval.
    pub(crate) fn rate_figures(&self) -> [Option<f64>; 3] {
        [self.rate.map(|r| r.rate), self.rate.map(|r| r.interval.0), self.rate.map(|r| r.interval.1)]
    }
}

/// The code of a unit in files.
pub(crate) fn unit_code(unit: Unit) -> &'static str {
    match unit {
        Unit::Persons => "persons",
        Unit::Reports => "reports",
        Unit::Events => "events",
        Unit::Amounts => "amounts",
    }
}

/// The title of a source with its edition, for credits in files.
pub(crate) fn source_titles(release: &Release<'_>, ids: &[String], language: Language) -> Vec<String> {
    release
        .sources
        .iter()
        .filter(|s| ids.contains(&s.source.id))
        .map(|s| {
            let title = s.source.title.get(language);
            let parts: Vec<&str> = [title, s.source.publisher.as_str(), s.source.vintage.as_str()]
                .into_iter()
                .filter(|p| !p.is_empty())
                .collect();
            parts.join(", ")
        })
        .collect()
}

/// The address of a licence, where it is one with a page of its own.
pub(crate) fn licence_address(spdx: &str) -> String {
    match spdx {
        "CC-BY-4.0" => "https://creativecommons.org/licenses/by/4.0/".into(),
        "CC-BY-SA-4.0" => "https://creativecommons.org/licenses/by-sa/4.0/".into(),
        "CC0-1.0" => "https://creativecommons.org/publicdomain/zero/1.0/".into(),
        other => {
            let plain = other.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'+'));
            if plain { format!("https://spdx.org/licenses/{other}.html") } else { String::new() }
        }
    }
}

fn pretty(value: &serde_json::Value) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("a JSON value can always be written");
    bytes.push(b'\n');
    bytes
}
