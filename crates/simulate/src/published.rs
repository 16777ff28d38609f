//! The published figures to which the simulation is calibrated, each with its source.
//!
//! They are aggregates; nothing here or anywhere in this crate was taken from a person.

use crate::codes::Register::{self, Coordinators, Inspectorate, Kmar, Others, Police, Shelters};

/// Lists of the six-list table in the order of its columns I, K, O, P, R, Z.
///
/// The package that carries the table does not explain the letters; this reading (inspectorate,
/// Koninklijke Marechaussee, others, police, regional coordinators, residential care) follows
/// van Dijk, Cruyff, van der Heijden and Kragten-Heerdink (2017).
pub(crate) const LISTS: [Register; 6] = [Inspectorate, Kmar, Others, Police, Coordinators, Shelters];

/// Presumed victims in the Netherlands 2010–2015 by capture history over [`LISTS`]; 8,234
/// persons. Histories that are not listed were not observed.
///
/// Source: Silverman, B. W. (2020), "Multiple-systems analysis for the quantification of modern
/// slavery", JRSS A 183(3), table 2; as `Ned` in the R package `SparseMSE` 2.0.1.
pub(crate) const SIX_LISTS: [([u8; 6], u32); 24] = [
    ([1, 0, 1, 1, 0, 0], 4),
    ([1, 0, 1, 0, 0, 0], 1),
    ([1, 0, 0, 1, 0, 1], 4),
    ([1, 0, 0, 1, 0, 0], 18),
    ([1, 0, 0, 0, 1, 0], 3),
    ([1, 0, 0, 0, 0, 1], 16),
    ([1, 0, 0, 0, 0, 0], 352),
    ([0, 1, 1, 0, 0, 0], 1),
    ([0, 1, 0, 1, 0, 0], 44),
    ([0, 1, 0, 0, 0, 1], 4),
    ([0, 1, 0, 0, 0, 0], 1299),
    ([0, 0, 1, 1, 1, 0], 2),
    ([0, 0, 1, 1, 0, 1], 7),
    ([0, 0, 1, 1, 0, 0], 59),
    ([0, 0, 1, 0, 1, 0], 2),
    ([0, 0, 1, 0, 0, 1], 57),
    ([0, 0, 1, 0, 0, 0], 403),
    ([0, 0, 0, 1, 1, 1], 1),
    ([0, 0, 0, 1, 1, 0], 82),
    ([0, 0, 0, 1, 0, 1], 125),
    ([0, 0, 0, 1, 0, 0], 4466),
    ([0, 0, 0, 0, 1, 1], 2),
    ([0, 0, 0, 0, 1, 0], 650),
    ([0, 0, 0, 0, 0, 1], 632),
];

/// Share of detected persons by form, in the order of [`crate::codes::FORMS`].
///
/// Sexual : labour : other = 1,617 : 739 : 481, the sum of UNODC GLOTIP 2018 (486, 114, 100)
/// and 2019 (716, 210, 198) and the `CoMensha` year 2020 (41 %, 41 % and the rest of 1,013). Of
/// sexual exploitation 132 in 486 is domestic (2018, metronieuws.nl 2019-10 and GLOTIP). How
/// "other" divides is not published; the split is ours.
pub(crate) const FORM_SHARES: [f64; 7] = {
    let total = 1617.0 + 739.0 + 481.0;
    let (sexual, labour, other) = (1617.0 / total, 739.0 / total, 481.0 / total);
    let domestic = sexual * 132.0 / 486.0;
    [domestic, sexual - domestic, labour, other * 0.60, other * 0.15, other * 0.03, other * 0.22]
};

/// Share of the age groups 0–17, 18–22 and 23+ among the detected of each form.
///
/// Minors: domestic sexual 29 in 132 and all sexual 42 in 486 (2018, metronieuws.nl and
/// GLOTIP), labour 8 in 230 (GLOTIP 2017), other 18 in 104 (GLOTIP 2018). Young adults: chosen
/// so that their share over all forms is near 152 in 984 (2020, nji.nl).
pub(crate) const AGE_SHARES: [[f64; 3]; 7] = {
    const fn ages(minor: f64, young: f64) -> [f64; 3] {
        [minor, young, 1.0 - minor - young]
    }
    let other = ages(18.0 / 104.0, 0.15);
    [
        ages(29.0 / 132.0, 0.34),
        ages(13.0 / 354.0, 0.15),
        ages(8.0 / 230.0, 0.07),
        other,
        other,
        ages(0.02, 0.08),
        other,
    ]
};

/// Share of the sexes F, M and O among the detected of each form.
///
/// Women: sexual 847 in 1,055, labour 121 in 337 and other 24 in 100 (GLOTIP 2017–2018 and
/// 2018). GLOTIP hides the third sex as "<5"; 0.3 % is ours.
pub(crate) const SEX_SHARES: [[f64; 3]; 7] = {
    const fn sexes(women: f64) -> [f64; 3] {
        [women, 0.997 - women, 0.003]
    }
    let other = sexes(24.0 / 100.0);
    [sexes(0.93), sexes(0.755), sexes(121.0 / 337.0), other, other, sexes(0.30), sexes(0.45)]
};

/// Share of the five years in the population.
///
/// The series of presumed victims 2016–2020 (UNODC GLOTIP and nji.nl: 952, 952, 668, 1,334,
/// 984), so that the registers have its dip in the third year and its jump in the fourth.
pub(crate) const YEAR_WEIGHTS: [u32; 5] = [952, 952, 668, 1334, 984];

/// Visibility (detected ÷ population) aimed at by form and age group.
///
/// 11 % of Dutch minors in sexual exploitation were in view in 2014–2015 (rd.nl 2017-10, from
/// the Rapporteur and UNODC); that group is held to it. The other figures are ours and say only
/// which group is seen better than which: their common level follows from the six-list table.
pub(crate) const VISIBILITY: [[f64; 3]; 7] = [
    [ANCHOR, 0.17, 0.21],
    [0.17, 0.20, 0.23],
    [0.16, 0.19, 0.21],
    [0.145, 0.155, 0.165],
    [0.155, 0.17, 0.19],
    [0.155, 0.16, 0.17],
    [0.155, 0.18, 0.20],
];

/// The published visibility of Dutch minors in sexual exploitation.
pub(crate) const ANCHOR: f64 = 0.11;

/// Which register sees which form: change of its log odds, by register in the order of
/// [`Register::ALL`] and form in the order of [`crate::codes::FORMS`]. Ours.
pub(crate) const SEES_FORM: [[f64; 7]; 6] = {
    let mut m = [[0.0; 7]; 6];
    m[Police as usize] = [0.3, 0.0, -0.2, 0.6, 0.4, 0.0, -0.1];
    m[Kmar as usize] = [-2.5, 0.7, 0.3, -0.2, 0.2, 0.3, 0.2];
    m[Inspectorate as usize] = [-2.5, -1.5, 2.0, -1.0, -0.8, -1.0, 1.2];
    m[Coordinators as usize] = [0.4, 0.2, -0.3, 0.1, 0.0, 0.0, 0.1];
    m[Shelters as usize] = [0.5, 0.2, -0.6, -0.3, 0.0, -0.2, 0.1];
    m[Others as usize] = [-0.4, 0.0, 0.7, -0.4, 0.0, 0.2, 0.5];
    m
};

/// Which register sees which age group, as [`SEES_FORM`]. Ours.
pub(crate) const SEES_AGE: [[f64; 3]; 6] = {
    let mut m = [[0.0; 3]; 6];
    m[Police as usize] = [0.1, 0.1, 0.0];
    m[Kmar as usize] = [-0.8, 0.0, 0.1];
    m[Inspectorate as usize] = [-1.5, -0.3, 0.1];
    m[Coordinators as usize] = [0.0, 0.2, 0.0];
    m[Shelters as usize] = [1.3, 0.4, -0.2];
    m[Others as usize] = [-0.3, 0.0, 0.0];
    m
};

/// Which register sees which sex, as [`SEES_FORM`]. Ours.
pub(crate) const SEES_SEX: [[f64; 3]; 6] = {
    let mut m = [[0.0; 3]; 6];
    m[Kmar as usize] = [0.0, 0.2, 0.0];
    m[Inspectorate as usize] = [-0.2, 0.2, 0.0];
    m[Shelters as usize] = [0.3, -0.4, 0.2];
    m
};
