//! How each register lays out its file: format, columns, codes, dates.
//!
//! `monitor.toml` is written from the same tables as the registers, so they cannot disagree.

use jiff::civil::Date;

use crate::codes::{COUNTRIES, Country, FORMS, ORGANISATIONS, RESIDENCES, Register, SEXES, STATUSES, UNITS};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Record,
    Pseudonym,
    Date,
    Given,
    Family,
    Birth,
    Town,
    Age,
    Sex,
    Citizenship,
    Form,
    Place,
    Residence,
    Status,
    Organisation,
}

impl Field {
    /// The standard variable with codes that the column is, if it is one.
    pub(crate) fn variable(self) -> Option<&'static str> {
        match self {
            Self::Sex => Some("sex"),
            Self::Citizenship => Some("citizenship"),
            Self::Form => Some("form"),
            Self::Place => Some("place"),
            Self::Residence => Some("residence"),
            Self::Status => Some("status"),
            Self::Organisation => Some("organisation"),
            _ => None,
        }
    }
}

/// How citizenship is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Countries {
    Alpha2,
    Alpha3,
    Dutch,
}

impl Countries {
    pub(crate) fn write(self, country: &'static Country) -> &'static str {
        match self {
            Self::Alpha2 => country.alpha2,
            Self::Alpha3 => country.alpha3,
            Self::Dutch => country.dutch,
        }
    }

    /// The file of the project that says which code each value stands for.
    pub(crate) fn codes_file(self) -> Option<&'static str> {
        match self {
            Self::Alpha2 => None,
            Self::Alpha3 => Some("codes/landcodes_alpha3.csv"),
            Self::Dutch => Some("codes/landnamen.csv"),
        }
    }
}

/// How places are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// Code of the police unit.
    Code,
    /// Name of the police unit.
    Name,
    /// Number of the police unit.
    Number,
    /// The border police have districts of their own, all `KMAR` in the classification.
    Districts,
}

/// Districts of the border police.
pub(crate) const DISTRICTS: [&str; 4] = ["Schiphol", "Noord-Oost", "Zuid", "West"];

/// How dates are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dates {
    DayFirst(char),
    Iso,
    Compact,
}

impl Dates {
    /// The format as in `strftime`.
    pub(crate) fn strftime(self) -> String {
        match self {
            Self::DayFirst(c) => format!("%d{c}%m{c}%Y"),
            Self::Iso => "%Y-%m-%d".into(),
            Self::Compact => "%Y%m%d".into(),
        }
    }

    /// Year, month and day as text, whether or not there is such a date.
    pub(crate) fn write(self, year: i16, month: i8, day: i8) -> String {
        match self {
            Self::DayFirst(c) => format!("{day:02}{c}{month:02}{c}{year:04}"),
            Self::Iso => format!("{year:04}-{month:02}-{day:02}"),
            Self::Compact => format!("{year:04}{month:02}{day:02}"),
        }
    }

    pub(crate) fn date(self, date: Date) -> String {
        self.write(date.year(), date.month(), date.day())
    }
}

/// How the text of a register is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Delimited text.
    Csv { delimiter: u8, encoding: Encoding, packing: Packing },
    /// A workbook with two lines above its header; real dates.
    Workbook,
    /// One JSON object a line.
    Lines { packing: Packing },
    /// Parquet with real dates.
    Parquet,
}

/// Encodings of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf8WithMark,
    Windows1252,
}

/// Compression of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Kind {
    /// The row, counted from 1, in which the first report stands.
    pub(crate) fn first_row(self) -> u64 {
        match self {
            Self::Csv { .. } => 2,
            Self::Workbook => WORKBOOK_HEADER + 1,
            Self::Lines { .. } | Self::Parquet => 1,
        }
    }

    pub(crate) fn is_csv(self) -> bool {
        matches!(self, Self::Csv { .. })
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Csv { packing: Packing::Plain, .. } => "csv",
            Self::Csv { packing: Packing::Gzip, .. } => "csv.gz",
            Self::Csv { packing: Packing::Zstd, .. } => "csv.zst",
            Self::Workbook => "xlsx",
            Self::Lines { packing: Packing::Plain } => "jsonl",
            Self::Lines { packing: Packing::Gzip } => "jsonl.gz",
            Self::Lines { packing: Packing::Zstd } => "jsonl.zst",
            Self::Parquet => "parquet",
        }
    }
}

/// Row of the header in the workbook, counted from 1.
pub(crate) const WORKBOOK_HEADER: u64 = 3;
/// More rows than this do not go in a workbook (Excel holds 1,048,576), nor in plain JSON.
pub(crate) const MOST_PLAIN_ROWS: u64 = 200_000;

/// The layout of one register.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) register: Register,
    /// Names for readers: English, Dutch.
    pub(crate) label: (&'static str, &'static str),
    /// Name of the file without its ending.
    stem: &'static str,
    pub(crate) columns: &'static [(Field, &'static str)],
    pub(crate) dates: Dates,
    pub(crate) countries: Countries,
    pub(crate) places: Places,
    /// What is written for each of `FORMS`, `SEXES`, `RESIDENCES`, `STATUSES`.
    pub(crate) forms: [&'static str; 7],
    pub(crate) sexes: [&'static str; 3],
    pub(crate) residences: [&'static str; 6],
    pub(crate) statuses: [&'static str; 2],
    /// What is written for each of `ORGANISATIONS`.
    pub(crate) organisations: [&'static str; 10],
    /// What stands before a record number.
    pub(crate) prefix: &'static str,
}

impl Layout {
    /// How the file is stored when the register has `rows` rows.
    pub(crate) fn kind(&self, rows: u64) -> Kind {
        let small = rows <= MOST_PLAIN_ROWS;
        let csv = |delimiter, encoding, packing| Kind::Csv { delimiter, encoding, packing };
        match self.register {
            Register::Police => csv(b';', Encoding::Windows1252, Packing::Plain),
            Register::Kmar => csv(b',', Encoding::Utf8, Packing::Gzip),
            Register::Inspectorate if small => Kind::Workbook,
            Register::Inspectorate => csv(b';', Encoding::Utf8, Packing::Zstd),
            Register::Coordinators if small => Kind::Lines { packing: Packing::Plain },
            Register::Coordinators => Kind::Lines { packing: Packing::Zstd },
            Register::Shelters => Kind::Parquet,
            Register::Others => csv(b'\t', Encoding::Utf8WithMark, Packing::Plain),
        }
    }

    /// Path below the project folder.
    pub(crate) fn path(&self, rows: u64) -> String {
        format!("registers/{}.{}", self.stem, self.kind(rows).ending())
    }

    /// Name of the column that holds `field`.
    pub(crate) fn column(&self, field: Field) -> Option<&'static str> {
        self.columns.iter().find(|(f, _)| *f == field).map(|(_, name)| *name)
    }

    /// What the register writes → code of the classification, for a column of codes; empty
    /// where the register writes the codes themselves or a file of the project says so.
    pub(crate) fn codes(&self, field: Field) -> Vec<(&'static str, &'static str)> {
        let pair = |written: &[&'static str], codes: &[&'static str]| -> Vec<_> {
            written.iter().copied().zip(codes.iter().copied()).filter(|(w, c)| w != c).collect()
        };
        match field {
            Field::Sex => pair(&self.sexes, &SEXES),
            Field::Form => pair(&self.forms, &FORMS),
            Field::Residence => pair(&self.residences, &RESIDENCES),
            Field::Status => pair(&self.statuses, &STATUSES),
            Field::Organisation => pair(&self.organisations, &ORGANISATIONS)
                .into_iter()
                .filter(|(written, _)| !written.is_empty())
                .collect(),
            Field::Place => match self.places {
                Places::Code => Vec::new(),
                Places::Name | Places::Number => {
                    (0..UNITS.len()).map(|u| (self.place(u), UNITS[u].0)).collect()
                }
                Places::Districts => DISTRICTS.map(|d| (d, "KMAR")).to_vec(),
            },
            _ => Vec::new(),
        }
    }

    /// What is written for the police unit with this index; districts do not follow from it.
    pub(crate) fn place(&self, unit: usize) -> &'static str {
        const NUMBERS: [&str; 11] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"];
        match self.places {
            Places::Code => UNITS[unit].0,
            Places::Number => NUMBERS[unit],
            Places::Name | Places::Districts => UNITS[unit].1,
        }
    }
}

/// Text for which no register has a code, for the column of codes `field`.
pub(crate) fn unknown_code(field: Field, countries: Countries) -> &'static str {
    match field {
        Field::Sex => "W/D",
        Field::Citizenship => match countries {
            Countries::Alpha2 => "Q9",
            Countries::Alpha3 => "QQ9",
            Countries::Dutch => "Koninkrijk (overig)",
        },
        Field::Form => "X99",
        Field::Place => "Twente e.o.",
        Field::Residence => "77-oud",
        Field::Status => "Nader te bepalen",
        _ => "Stichting n.n.b.",
    }
}

const NONE: [&str; 6] = [""; 6];
const NO_ORGANISATIONS: [&str; 10] = [""; 10];

/// The six registers, in the order of [`Register::ALL`].
pub(crate) const LAYOUTS: [Layout; 6] = [
    Layout {
        register: Register::Police,
        label: ("Police", "Politie"),
        stem: "politie_meldingen",
        columns: &[
            (Field::Record, "Meldingsnummer"),
            (Field::Pseudonym, "Pseudoniem"),
            (Field::Date, "Datum melding"),
            (Field::Family, "Achternaam"),
            (Field::Given, "Voornaam"),
            (Field::Birth, "Geboortedatum"),
            (Field::Town, "Geboorteplaats"),
            (Field::Sex, "Geslacht"),
            (Field::Citizenship, "Nationaliteit"),
            (Field::Form, "Vorm uitbuiting"),
            (Field::Place, "Eenheid"),
            (Field::Status, "Status slachtoffer"),
        ],
        dates: Dates::DayFirst('-'),
        countries: Countries::Dutch,
        places: Places::Name,
        forms: [
            "Seksuele uitbuiting binnenland",
            "Seksuele uitbuiting grensoverschrijdend",
            "Arbeidsuitbuiting",
            "Criminele uitbuiting",
            "Gedwongen bedelarij",
            "Gedwongen orgaanverwijdering",
            "Gedwongen dienstverlening",
        ],
        sexes: ["V", "M", "X"],
        residences: NONE,
        statuses: ["Mogelijk slachtoffer", "Vastgesteld slachtoffer"],
        organisations: NO_ORGANISATIONS,
        prefix: "PL",
    },
    Layout {
        register: Register::Kmar,
        label: ("Border police", "Koninklijke Marechaussee"),
        stem: "kmar_signalen",
        columns: &[
            (Field::Record, "zaaknr"),
            (Field::Date, "datum"),
            (Field::Pseudonym, "pseudoniem"),
            (Field::Family, "naam"),
            (Field::Given, "voornamen"),
            (Field::Birth, "geboren"),
            (Field::Age, "leeftijd"),
            (Field::Sex, "geslacht"),
            (Field::Citizenship, "nationaliteit"),
            (Field::Form, "uitbuiting"),
            (Field::Place, "district"),
            (Field::Residence, "verblijfstitel"),
        ],
        dates: Dates::Iso,
        countries: Countries::Alpha3,
        places: Places::Districts,
        forms: ["11", "12", "20", "30", "40", "50", "60"],
        sexes: ["VROUW", "MAN", "ANDERS"],
        residences: ["00", "10", "20", "30", "35", "90"],
        statuses: [""; 2],
        organisations: NO_ORGANISATIONS,
        prefix: "KM",
    },
    Layout {
        register: Register::Inspectorate,
        label: ("Labour inspectorate", "Nederlandse Arbeidsinspectie"),
        stem: "arbeidsinspectie",
        columns: &[
            (Field::Record, "Dossier"),
            (Field::Pseudonym, "Pseudoniem"),
            (Field::Date, "Meldingsdatum"),
            (Field::Family, "Achternaam"),
            (Field::Given, "Voornaam"),
            (Field::Birth, "Geboortedatum"),
            (Field::Age, "Leeftijd"),
            (Field::Sex, "Geslacht"),
            (Field::Citizenship, "Land"),
            (Field::Form, "Soort uitbuiting"),
            (Field::Place, "Regionummer"),
            (Field::Status, "Beoordeling"),
        ],
        dates: Dates::DayFirst('-'),
        countries: Countries::Alpha2,
        places: Places::Number,
        forms: [
            "Seksueel (NL)",
            "Seksueel (internationaal)",
            "Arbeid",
            "Crimineel",
            "Bedelarij",
            "Orgaan",
            "Diensten",
        ],
        sexes: ["vrouw", "man", "overig"],
        residences: NONE,
        statuses: ["signaal", "bevestigd"],
        organisations: NO_ORGANISATIONS,
        prefix: "NLA-",
    },
    Layout {
        register: Register::Coordinators,
        label: ("Regional coordinators", "Zorgcoördinatoren"),
        stem: "zorgcoordinatie",
        columns: &[
            (Field::Record, "casus_id"),
            (Field::Pseudonym, "pseudoniem"),
            (Field::Date, "aanmelddatum"),
            (Field::Given, "voornaam"),
            (Field::Family, "achternaam"),
            (Field::Birth, "geboortedatum"),
            (Field::Town, "geboorteplaats"),
            (Field::Age, "leeftijd"),
            (Field::Sex, "gender"),
            (Field::Citizenship, "nationaliteit"),
            (Field::Form, "uitbuitingsvorm"),
            (Field::Place, "regio"),
            (Field::Residence, "verblijfsstatus"),
            (Field::Status, "status"),
            (Field::Organisation, "melder"),
        ],
        dates: Dates::Compact,
        countries: Countries::Alpha2,
        places: Places::Code,
        forms: ["seks_binnenland", "seks_buitenland", "arbeid", "crimineel", "bedel", "orgaan", "dienst"],
        sexes: ["v", "m", "x"],
        residences: ["geen", "dublin", "asiel", "b8", "bedenktijd", "mob"],
        statuses: ["mogelijk", "vastgesteld"],
        organisations: ["Zorgcoördinatie", "", "", "", "", "", "", "", "", ""],
        prefix: "ZC",
    },
    Layout {
        register: Register::Shelters,
        label: ("Shelters and youth care", "Opvang en jeugdzorg"),
        stem: "opvang_jeugdzorg",
        columns: &[
            (Field::Record, "client_nr"),
            (Field::Pseudonym, "client_pseudoniem"),
            (Field::Date, "datum_intake"),
            (Field::Given, "voornaam"),
            (Field::Family, "achternaam"),
            (Field::Birth, "geboortedatum"),
            (Field::Age, "leeftijd"),
            (Field::Sex, "geslacht"),
            (Field::Citizenship, "land_code"),
            (Field::Form, "vorm"),
            (Field::Place, "regio_code"),
            (Field::Residence, "verblijf"),
            (Field::Organisation, "instelling"),
        ],
        dates: Dates::Iso,
        countries: Countries::Alpha2,
        places: Places::Code,
        forms: ["S1", "S2", "A", "C", "B", "O", "D"],
        sexes: ["VR", "MN", "NB"],
        residences: RESIDENCES,
        statuses: [""; 2],
        organisations: ["", "Opvang", "Jeugdzorg", "Nidos", "", "", "", "", "", ""],
        prefix: "OJ",
    },
    Layout {
        register: Register::Others,
        label: ("Others", "Overige melders"),
        stem: "overige_melders",
        columns: &[
            (Field::Record, "Nummer"),
            (Field::Pseudonym, "Pseudoniem"),
            (Field::Date, "Datum"),
            (Field::Organisation, "Organisatie"),
            (Field::Given, "Voornaam"),
            (Field::Family, "Achternaam"),
            (Field::Birth, "Geb. datum"),
            (Field::Age, "Leeftijd"),
            (Field::Sex, "M/V"),
            (Field::Citizenship, "Nationaliteit"),
            (Field::Form, "Uitbuiting"),
            (Field::Place, "Plaats"),
        ],
        dates: Dates::DayFirst('/'),
        countries: Countries::Dutch,
        places: Places::Name,
        forms: [
            "seksueel, Nederland",
            "seksueel, over de grens",
            "arbeid",
            "criminaliteit",
            "bedelarij",
            "organen",
            "dienstverlening",
        ],
        sexes: ["v", "m", "anders"],
        residences: NONE,
        statuses: [""; 2],
        organisations: ["", "", "", "", "FairWork", "IND", "COA", "Advocaat", "Ambulant werk", "Cliënt zelf"],
        prefix: "OV",
    },
];

/// The lines of a codes file: what is written → ISO 3166-1 alpha-2.
pub(crate) fn country_codes(countries: Countries) -> String {
    let mut text = String::from("value,code\n");
    for country in &COUNTRIES {
        text.push_str(countries.write(country));
        text.push(',');
        text.push_str(country.alpha2);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_stand_in_the_order_of_the_registers() {
        for (layout, register) in LAYOUTS.iter().zip(Register::ALL) {
            assert_eq!(layout.register, register);
            assert!(layout.column(Field::Record).is_some() && layout.column(Field::Birth).is_some());
        }
    }

    #[test]
    fn an_unknown_code_is_in_no_register_and_no_classification() {
        for layout in &LAYOUTS {
            for (field, _) in layout.columns {
                let Some(variable) = field.variable() else { continue };
                let code = unknown_code(*field, layout.countries);
                assert!(layout.codes(*field).iter().all(|(written, _)| *written != code));
                let id = model::variables().iter().find(|v| v.id == variable).expect("standard");
                let known = model::classification(id.classification).expect("ships with model");
                let named = |c: &model::Code| [&c.code, &c.label.en, &c.label.nl].iter().any(|t| *t == code);
                assert!(!known.codes().iter().any(named), "{variable}: {code}");
            }
        }
    }
}
