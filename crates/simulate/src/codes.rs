//! The codes in which the truth is told, and the countries of which persons are citizens.

/// A register, in the order of `monitor.toml`; as a number, its bit in a capture history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Register {
    Police,
    Kmar,
    Inspectorate,
    Coordinators,
    Shelters,
    Others,
}

impl Register {
    pub(crate) const ALL: [Self; 6] =
        [Self::Police, Self::Kmar, Self::Inspectorate, Self::Coordinators, Self::Shelters, Self::Others];

    /// Code of the register, which is also the identifier of its source.
    pub(crate) fn code(self) -> &'static str {
        ["police", "kmar", "inspectorate", "coordinators", "shelters", "others"][self as usize]
    }
}

/// Forms of exploitation, codes of `nl.form`.
pub(crate) const FORMS: [&str; 7] = ["SEKS_NL", "SEKS_GO", "ARBEID", "CRIM", "BEDEL", "ORGAAN", "DIENST"];
/// Age groups, codes of `age.nl`.
pub(crate) const AGES: [&str; 3] = ["0-17", "18-22", "23+"];
/// Sexes, codes of `sex`.
pub(crate) const SEXES: [&str; 3] = ["F", "M", "O"];
/// Residence status, codes of `nl.residence`.
pub(crate) const RESIDENCES: [&str; 6] = ["GEEN", "DUBLIN", "ASIEL_1E", "B8_3", "BEDENKTIJD", "MOB"];
/// Status of the victim, codes of `nl.victim_status`.
pub(crate) const STATUSES: [&str; 2] = ["POSSIBLE", "ACTUAL"];

/// Police units, codes of `nl.police_unit`, with their Dutch names and how often exploitation
/// takes place there (per thousand; ours).
pub(crate) const UNITS: [(&str, &str, u16); 11] = [
    ("PE01", "Noord-Nederland", 70),
    ("PE02", "Oost-Nederland", 135),
    ("PE03", "Midden-Nederland", 110),
    ("PE04", "Noord-Holland", 75),
    ("PE05", "Amsterdam", 160),
    ("PE06", "Den Haag", 140),
    ("PE07", "Rotterdam", 125),
    ("PE08", "Zeeland-West-Brabant", 65),
    ("PE09", "Oost-Brabant", 55),
    ("PE10", "Limburg", 50),
    ("PE11", "Landelijke eenheid", 15),
];

/// Inhabitants of the police units in the first simulated year, in thousands, without the national
/// unit, which has none. Ours: about as many as there are, rounded.
pub(crate) const INHABITANTS: [u64; 10] = [1750, 3200, 2100, 1600, 1100, 1900, 1950, 1450, 1450, 1120];

/// Reporting organisations that the registers tell apart, codes of `nl.organisation`.
pub(crate) const ORGANISATIONS: [&str; 10] = [
    "ZORGCOORD",
    "OVERIG_OPVANG",
    "JEUGDZORG",
    "NIDOS",
    "FAIRWORK",
    "IND",
    "COA",
    "OVERIG_ADVOCAAT",
    "OVERIG_AMBULANT",
    "OVERIG_ZELF",
];

/// Where a person's names come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Dutch,
    Polish,
    Ukrainian,
    Romanian,
    Bulgarian,
    Hungarian,
    WestAfrican,
    EastAfrican,
    Horn,
    Arabic,
    Turkish,
    Indian,
    Vietnamese,
    Chinese,
    Iberian,
}

/// Membership that decides which residence status makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bloc {
    Netherlands,
    Union,
    Elsewhere,
}

/// A country of citizenship.
#[derive(Debug)]
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(crate) alpha2: &'static str,
    /// ISO 3166-1 alpha-3.
    pub(crate) alpha3: &'static str,
    /// Dutch name.
    pub(crate) dutch: &'static str,
    pub(crate) bloc: Bloc,
    pub(crate) origin: Origin,
    /// Weight among cross-border sexual exploitation, labour exploitation, and the other forms;
    /// see [`COUNTRIES`].
    pub(crate) weights: [u16; 3],
}

const fn c(
    alpha2: &'static str,
    alpha3: &'static str,
    dutch: &'static str,
    bloc: Bloc,
    origin: Origin,
    weights: [u16; 3],
) -> Country {
    Country { alpha2, alpha3, dutch, bloc, origin, weights }
}

/// Countries with weights (per thousand) by which the shares of the largest citizenships among
/// the detected come near those published: UNODC GLOTIP 2017–2019 with the `CoMensha` year 2020
/// (NL, NG, PL), 3,967 persons: NL 909, NG 892, PL 365; GLOTIP 2017–2019, 2,954 persons: UG 180,
/// RO 147, GN 83, BG 75, SL 72. How a citizenship divides over forms is ours. The first must be
/// the Netherlands: domestic sexual exploitation is of Dutch citizens.
pub(crate) const COUNTRIES: [Country; 36] = {
    use Bloc::{Elsewhere as X, Netherlands as N, Union as U};
    use Origin::{
        Arabic, Bulgarian, Chinese, Dutch, EastAfrican, Horn, Hungarian, Iberian, Indian, Polish, Romanian,
        Turkish, Ukrainian, Vietnamese, WestAfrican,
    };
    [
        c("NL", "NLD", "Nederland", N, Dutch, [0, 50, 350]),
        c("NG", "NGA", "Nigeria", X, WestAfrican, [460, 50, 120]),
        c("PL", "POL", "Polen", U, Polish, [30, 270, 60]),
        c("UG", "UGA", "Oeganda", X, EastAfrican, [130, 10, 25]),
        c("RO", "ROU", "Roemenië", U, Romanian, [50, 80, 60]),
        c("BG", "BGR", "Bulgarije", U, Bulgarian, [25, 35, 30]),
        c("GN", "GIN", "Guinee", X, WestAfrican, [55, 5, 30]),
        c("SL", "SLE", "Sierra Leone", X, WestAfrican, [50, 5, 20]),
        c("GM", "GMB", "Gambia", X, WestAfrican, [35, 5, 30]),
        c("HU", "HUN", "Hongarije", U, Hungarian, [20, 40, 10]),
        c("PH", "PHL", "Filipijnen", X, Iberian, [1, 45, 15]),
        c("IN", "IND", "India", X, Indian, [1, 40, 10]),
        c("CN", "CHN", "China", X, Chinese, [10, 30, 10]),
        c("VN", "VNM", "Vietnam", X, Vietnamese, [4, 25, 30]),
        c("MA", "MAR", "Marokko", X, Arabic, [5, 20, 25]),
        c("SY", "SYR", "Syrië", X, Arabic, [4, 10, 20]),
        c("ER", "ERI", "Eritrea", X, Horn, [10, 4, 15]),
        c("ET", "ETH", "Ethiopië", X, Horn, [6, 5, 10]),
        c("SO", "SOM", "Somalië", X, Horn, [5, 3, 10]),
        c("CM", "CMR", "Kameroen", X, WestAfrican, [15, 5, 5]),
        c("LR", "LBR", "Liberia", X, WestAfrican, [5, 2, 4]),
        c("CI", "CIV", "Ivoorkust", X, WestAfrican, [8, 5, 5]),
        c("GH", "GHA", "Ghana", X, WestAfrican, [8, 15, 10]),
        c("KE", "KEN", "Kenia", X, EastAfrican, [4, 4, 4]),
        c("BR", "BRA", "Brazilië", X, Iberian, [10, 30, 5]),
        c("CO", "COL", "Colombia", X, Iberian, [12, 15, 10]),
        c("DO", "DOM", "Dominicaanse Republiek", X, Iberian, [10, 5, 4]),
        c("UA", "UKR", "Oekraïne", X, Ukrainian, [10, 60, 10]),
        c("MD", "MDA", "Moldavië", X, Romanian, [3, 25, 5]),
        c("LT", "LTU", "Litouwen", U, Polish, [2, 25, 5]),
        c("SK", "SVK", "Slowakije", U, Polish, [4, 20, 10]),
        c("TR", "TUR", "Turkije", X, Turkish, [3, 35, 10]),
        c("AL", "ALB", "Albanië", X, Turkish, [5, 8, 15]),
        c("DZ", "DZA", "Algerije", X, Arabic, [2, 4, 12]),
        c("PT", "PRT", "Portugal", U, Iberian, [1, 15, 4]),
        c("ES", "ESP", "Spanje", U, Iberian, [3, 5, 4]),
    ]
};

/// Which of a country's weights belongs to the form with this index; `None` for domestic
/// sexual exploitation.
pub(crate) fn citizenship_column(form: usize) -> Option<usize> {
    [None, Some(0), Some(1), Some(2), Some(2), Some(2), Some(2)][form]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_truth_is_in_its_classification() {
        let check = |id: &str, codes: &mut dyn Iterator<Item = &'static str>| {
            let known = model::classification(id).unwrap_or_else(|| panic!("{id} ships with model"));
            for code in codes {
                assert!(known.position(code).is_some(), "{id} has no {code}");
            }
        };
        check("nl.form", &mut FORMS.into_iter());
        check("age.nl", &mut AGES.into_iter());
        check("sex", &mut SEXES.into_iter());
        check("nl.residence", &mut RESIDENCES.into_iter());
        check("nl.victim_status", &mut STATUSES.into_iter());
        check("nl.police_unit", &mut UNITS.iter().map(|u| u.0).chain(["KMAR"]));
        check("nl.organisation", &mut ORGANISATIONS.into_iter());
        check("iso3166", &mut COUNTRIES.iter().map(|c| c.alpha2));
    }
}
