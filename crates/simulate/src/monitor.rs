//! The text of `monitor.toml`: the simulated monitor, with comments for who reads it.

use std::fmt::Write as _;

use crate::Options;
use crate::layout::{Encoding, Field, Kind, LAYOUTS, Layout, WORKBOOK_HEADER};

/// `monitor.toml` for registers with these numbers of rows, of the years from `first_year` to that before the delivery.
pub(crate) fn monitor_toml(rows: &[u64; 6], options: &Options, first_year: i16) -> String {
    let reference = options.reference_date;
    let last = reference.year() - 1;
    // whole numbers of TOML end at 2^63 − 1
    let seed = options.seed.min(i64::MAX as u64);
    let mut text = format!(
        r#"# A monitor of trafficking in human beings from six simulated registers.
# Every person in it is invented. What is true of them is in truth/, so that the figures of
# this monitor can be compared with it; zicht itself never reads that folder.

[monitor]
id = "registers"
title = {{ en = "Victims of trafficking in six simulated registers", nl = "Slachtoffers van mensenhandel in zes gesimuleerde registers" }}
description = {{ en = "A simulated population with known truth, made to test the whole way from registers to published figures. No person in it exists.", nl = "Een gesimuleerde populatie waarvan de waarheid bekend is, gemaakt om de hele weg van registers tot gepubliceerde cijfers te toetsen. Geen van deze personen bestaat." }}
publisher = "zicht simulate"
edition = "{year}"
# The day on which the registers were delivered. Dates after it lie in the future.
reference_date = "{reference}"
licence = "CC0-1.0"
# Where the regions lie: tiles, drawn by hand.
map = "codes/police_units.geojson"
{previous}seed = {seed}

# The page for young people. Numbers change: look them up with these organisations before you publish a page like this.
[young]

[[young.help]]
name = {{ en = "Police, when you are in danger now", nl = "Politie, als je nu in gevaar bent" }}
text = {{ en = "Call at any time. Police or an ambulance comes to you.", nl = "Bel op elk moment. De politie of een ambulance komt naar je toe." }}
phone = "112"

[[young.help]]
name = {{ en = "Kindertelefoon, for who is 8 to 18", nl = "Kindertelefoon, als je 8 tot 18 bent" }}
text = {{ en = "You can talk or chat about anything, every day.", nl = "Je kunt elke dag bellen of chatten, over alles." }}
phone = "0800-0432"
web = "https://www.kindertelefoon.nl/"

[[young.help]]
name = {{ en = "CoMensha, about human trafficking", nl = "CoMensha, over mensenhandel" }}
text = {{ en = "They know all about exploitation and find you a safe place.", nl = "Zij weten alles van uitbuiting en zoeken een veilige plek voor je." }}
phone = "033-4481186"
web = "https://www.comensha.nl/"

# ---------------------------------------------------------------------------------------------
# The registers. Each organisation sends what it has: its own file format, column names, codes
# and dates. [source.reports] says which column holds what, and `codes` what each of the
# register's own codes means in the classification. {who}
"#,
        year = reference.year(),
        previous = options.folder_before().map_or_else(String::new, |folder| {
            format!(
                "# What was published a year before: `zicht run` makes it of the folder {folder}.\n\
                 previous = \"{folder}/out/release\"\n"
            )
        }),
        who = if options.pseudonyms {
            "`person` is a pseudonym that\n# all registers hold. Columns that are not named (names, places of birth) are not read."
        } else {
            "What tells who a report is of\n# stands in [source.reports.identifiers]. Columns that are not named are not read, nor is the\n# pseudonym that the registers hold beside names: real ones share none."
        },
    );
    for (layout, &rows) in LAYOUTS.iter().zip(rows) {
        source(&mut text, layout, rows, options.pseudonyms);
    }
    let _ = write!(
        text,
        r#"
# ---------------------------------------------------------------------------------------------
# A published table: how many people live where, so that counts can become rates.

[[source]]
id = "inhabitants"
path = "{path}"
title = {{ en = "Inhabitants", nl = "Inwoners" }}
definition = {{ en = "Inhabitants on the first of January; invented, of about the real size.", nl = "Inwoners op 1 januari; verzonnen, ongeveer zo groot als in het echt." }}
publisher = "zicht simulate"
licence = "CC0-1.0"
format = {{ kind = "csv", delimiter = ";" }}

[[source.cube]]
id = "inhabitants_place"
title = {{ en = "Inhabitants by region", nl = "Inwoners naar regio" }}
unit = "persons"
value = "inwoners"

[[source.cube.dimension]]
id = "year"
column = "jaar"
role = "time"

[[source.cube.dimension]]
id = "place"
column = "regio"
classification = "nl.police_unit"
by_label = true
codes = {{ Totaal = "_T" }}
"#,
        path = crate::inhabitants::PATH,
    );
    if !options.pseudonyms {
        text.push_str(LINKAGE);
    }
    let _ = write!(
        text,
        r#"
# ---------------------------------------------------------------------------------------------
# Tables made from the reports. A person is counted once in each year, however many registers
# reported them.

[[table]]
id = "victims_form_sex"
title = {{ en = "Presumed victims by form of exploitation and sex", nl = "Vermoedelijke slachtoffers naar vorm van uitbuiting en geslacht" }}
definition = {{ en = "Persons reported by at least one register in the year.", nl = "Personen die in het jaar door ten minste één register zijn gemeld." }}
count = "persons"
dimensions = ["form", "sex"]

[[table]]
id = "victims_age_form"
title = {{ en = "Presumed victims by age group and form of exploitation", nl = "Vermoedelijke slachtoffers naar leeftijdsgroep en vorm van uitbuiting" }}
definition = {{ en = "Persons reported by at least one register in the year; age at the first report of the year.", nl = "Personen die in het jaar door ten minste één register zijn gemeld; leeftijd bij de eerste melding van het jaar." }}
count = "persons"
dimensions = ["age:age.nl", "form"]

[[table]]
id = "victims_citizenship_sex"
title = {{ en = "Presumed victims by citizenship and sex", nl = "Vermoedelijke slachtoffers naar nationaliteit en geslacht" }}
definition = {{ en = "Persons reported by at least one register in the year; citizens of the Netherlands, of other countries of the European Union on that date, and of other countries.", nl = "Personen die in het jaar door ten minste één register zijn gemeld; burgers van Nederland, van andere landen van de Europese Unie op die datum en van overige landen." }}
count = "persons"
dimensions = ["citizenship:country_group", "sex"]

[[table]]
id = "victims_place"
title = {{ en = "Presumed victims by region", nl = "Vermoedelijke slachtoffers naar regio" }}
definition = {{ en = "Persons reported by at least one register in the year, by the police unit of the place of exploitation; districts of the border police stand apart.", nl = "Personen die in het jaar door ten minste één register zijn gemeld, naar de politie-eenheid van de plaats van uitbuiting; districten van de Marechaussee staan apart." }}
count = "persons"
dimensions = ["place"]
population = "inhabitants_place"        # rates per 100,000 inhabitants

[[table]]
id = "victims_registers"
title = {{ en = "Presumed victims in four of the registers", nl = "Vermoedelijke slachtoffers in vier van de registers" }}
definition = {{ en = "Persons reported by at least one register in the year, by which of four registers reported them in that year.", nl = "Personen die in het jaar door ten minste één register zijn gemeld, naar welke van vier registers hen in dat jaar meldden." }}
count = "persons"
# More registers at once would make more counts small, and hide more.
dimensions = ["register:police", "register:kmar", "register:coordinators", "register:shelters"]

[[table]]
id = "reports_register"
title = {{ en = "Reports by register", nl = "Meldingen naar register" }}
definition = {{ en = "Reports, not persons: how often each register reports is a series of its own.", nl = "Meldingen, geen personen: hoe vaak elk register meldt is een eigen reeks." }}
count = "reports"
dimensions = ["register"]

# ---------------------------------------------------------------------------------------------
# Series over time, with intervals, changes and breaks in level. A fall in the reports of one
# register shows as such, and not as a fall in victims.

[[trend]]
cube = "victims_form_sex"
title = {{ en = "Presumed victims", nl = "Vermoedelijke slachtoffers" }}

[[trend]]
cube = "reports_register"
each = "register"
title = {{ en = "Reports of each register", nl = "Meldingen van elk register" }}

# ---------------------------------------------------------------------------------------------
# How many stayed hidden: multiple systems estimation from who occurs in which registers. Each
# group of `by` is estimated apart. truth/population.csv says what the estimates should be.

[[estimate]]
id = "hidden"
title = {{ en = "Victims in view and hidden", nl = "Slachtoffers in beeld en verborgen" }}
definition = {{ en = "All persons exploited in the Netherlands in {first_year}–{last}, reported or not.", nl = "Alle personen die in {first_year}–{last} in Nederland zijn uitgebuit, gemeld of niet." }}
years = [{first_year}, {last}]
methods = ["main", "bic", "profile", "chao"]
by = ["form", "age:age.nl"]

# ---------------------------------------------------------------------------------------------
# What may be published. Counts of 1 to 4 are hidden, and with them as many others as it takes
# that nobody can work them out from all tables together.

[disclosure]
threshold = 5
zeros = "publish"
"#
    );
    text
}

/// How persons are found.
const LINKAGE: &str = "
# ---------------------------------------------------------------------------------------------
# Who is who. Reports are linked by names, date and place of birth, sex and citizenship; how is
# learnt from the reports. What is uncertain of it reaches the estimates by draws.

[linkage]
compare = [\"sex\", \"citizenship\"]
draws = 20
";

fn source(text: &mut String, layout: &Layout, rows: u64, pseudonyms: bool) {
    let kind = layout.kind(rows);
    let code = layout.register.code();
    let label = format!("{{ en = {:?}, nl = {:?} }}", layout.label.0, layout.label.1);
    let _ = write!(
        text,
        "\n[[source]]\nid = \"{code}\"\npath = \"{path}\"\ntitle = {label}\n\
         publisher = \"zicht simulate\"\nlicence = \"CC0-1.0\"\n",
        path = layout.path(rows),
    );
    match kind {
        Kind::Csv { delimiter, encoding, .. } => {
            let delimiter =
                if delimiter == b'\t' { "\\t".to_owned() } else { char::from(delimiter).to_string() };
            let name = if encoding == Encoding::Windows1252 { "windows-1252" } else { "utf-8" };
            let _ = writeln!(
                text,
                "format = {{ kind = \"csv\", delimiter = \"{delimiter}\", encoding = \"{name}\" }}"
            );
        }
        Kind::Workbook => {
            let _ = writeln!(
                text,
                "# two lines for readers stand above the header\n\
                 format = {{ kind = \"xlsx\", sheet = \"Meldingen\", header_row = {WORKBOOK_HEADER} }}"
            );
        }
        Kind::Lines { .. } => text.push_str("format = { kind = \"jsonl\" }\n"),
        Kind::Parquet => text.push_str("format = { kind = \"parquet\" }\n"),
    }
    let _ = writeln!(text, "\n[source.reports]\nregister = \"{code}\"\nlabel = {label}");
    let dates = layout.dates.strftime();
    for &(field, column) in layout.columns {
        let key = match field {
            Field::Record => "record",
            Field::Pseudonym if pseudonyms => "person",
            Field::Age => "age",
            Field::Date => "date",
            Field::Birth => "birth_date",
            _ => continue,
        };
        let _ = match field {
            Field::Date | Field::Birth => {
                writeln!(text, "{key} = {{ column = \"{column}\", format = \"{dates}\" }}")
            }
            _ => writeln!(text, "{key} = \"{column}\""),
        };
    }
    if !pseudonyms {
        text.push_str("\n[source.reports.identifiers]\n");
    }
    for &(field, column) in layout.columns.iter().filter(|_| !pseudonyms) {
        let name = match field {
            Field::Given => "given_name",
            Field::Family => "family_name",
            Field::Birth => "birth_date",
            Field::Town => "birth_place",
            _ => continue,
        };
        let _ = writeln!(text, "{name} = \"{column}\"");
    }
    for &(field, column) in layout.columns {
        let Some(variable) = field.variable() else { continue };
        let _ = writeln!(text, "\n[source.reports.columns.{variable}]\ncolumn = \"{column}\"");
        if field == Field::Citizenship
            && let Some(file) = layout.countries.codes_file()
        {
            let _ = writeln!(text, "codes_file = \"{file}\"");
        }
        let codes = layout.codes(field);
        if !codes.is_empty() {
            text.push_str("codes = {");
            for (i, (written, code)) in codes.iter().enumerate() {
                let comma = if i == 0 { "" } else { "," };
                let _ = write!(text, "{comma} \"{written}\" = \"{code}\"");
            }
            text.push_str(" }\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(seed: u64, pseudonyms: bool) -> Options {
        Options {
            reports: 1,
            seed,
            reference_date: jiff::civil::date(2026, 1, 31),
            pseudonyms,
            year_before: false,
        }
    }

    #[test]
    fn registers_with_pseudonyms_are_not_linked() {
        let text = monitor_toml(&[400; 6], &options(1, true), 2021);
        let settings = model::Settings::parse(&text).unwrap_or_else(|e| panic!("{e} {}", e.help));
        assert!(settings.linkage.is_none());
        let reports = settings.source.iter().filter_map(|s| s.reports.as_ref());
        assert_eq!(reports.filter(|r| r.person.is_some() && r.identifiers.is_empty()).count(), 6);
    }

    #[test]
    fn monitor_toml_is_understood_whatever_the_size() {
        for rows in [[0; 6], [10; 6], [1_000_000; 6]] {
            for seed in [0, 1, u64::MAX] {
                let text = monitor_toml(&rows, &options(seed, false), 2021);
                let settings = model::Settings::parse(&text).unwrap_or_else(|e| panic!("{e} {}", e.help));
                assert_eq!(settings.source.len(), 7);
                assert_eq!(settings.registers().len(), 6);
                assert_eq!(settings.table.len(), 6);
                for (source, (layout, rows)) in settings.source.iter().zip(LAYOUTS.iter().zip(rows)) {
                    assert_eq!(source.path, layout.path(rows));
                    let reports = source.reports.as_ref().expect("a register");
                    assert!(reports.identifiers.len() >= 3 && reports.columns.contains_key("form"));
                }
            }
        }
    }

    #[test]
    fn monitor_toml_says_what_each_part_does() {
        let text = monitor_toml(&[400; 6], &options(1, false), 2021);
        insta::assert_snapshot!("monitor_toml", text);
    }
}
