//! The population: who there is, and when which register sees them.
//!
//! A person is a number. All that is true of them is drawn from the stream of that number, so
//! persons are not kept: they are drawn again where they are needed.

use crate::calibrate::{Captures, GROUPS, Group, HISTORIES};
use crate::codes::{Bloc, COUNTRIES, Country, Register, UNITS, citizenship_column};
use crate::days::{Day, date_of, day, new_year};
use crate::draw::{Alias, Draw, Streams};
use crate::names;
use crate::published::YEAR_WEIGHTS;

/// Number of years.
pub(crate) const YEARS: usize = YEAR_WEIGHTS.len();
/// Probability that a register reports a person again in the same year, and again after that.
pub(crate) const AGAIN: f64 = 0.06;
/// Most reports of a person by one register in the year of exploitation.
const MOST_IN_A_YEAR: usize = 3;
/// Probability that a register reports a person again in a later year, when there is one.
pub(crate) const LATER: f64 = 0.015;
/// Probability that a report is in the register twice.
pub(crate) const DUPLICATE: f64 = 0.005;
/// Mean days between exploitation and report.
const DELAY: f64 = 40.0;

/// Ages of the age groups: weights of the years of age from the first on; the oldest group has
/// an exponential tail instead.
const MINORS: (i32, [u16; 6]) = (12, [2, 5, 10, 18, 28, 37]);
const YOUNG: (i32, [u16; 5]) = (18, [24, 23, 20, 17, 16]);
const ADULT: (i32, f64, i32) = (23, 8.5, 67);

/// Residence status of citizens of countries outside the EU, over `RESIDENCES`.
const RESIDENCE_ELSEWHERE: [u16; 6] = [130, 300, 340, 100, 80, 50];

/// What is known of a person, seen or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Glimpse {
    /// Index of the year of exploitation.
    pub(crate) year: usize,
    /// Index of the group.
    pub(crate) group: usize,
    /// The registers that see the person, a bit each.
    pub(crate) history: u8,
}

/// A person that some register sees.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) glimpse: Glimpse,
    pub(crate) group: Group,
    pub(crate) exploited: Day,
    pub(crate) birth: Day,
    pub(crate) country: &'static Country,
    /// Index in `UNITS`.
    pub(crate) unit: usize,
    /// Index in `RESIDENCES`.
    pub(crate) residence: usize,
    pub(crate) given: &'static str,
    pub(crate) alias: &'static str,
    pub(crate) family: String,
    pub(crate) town: &'static str,
}

/// A report of a person by a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) register: usize,
    /// Number among the reports of this person by this register.
    pub(crate) sequence: u8,
    pub(crate) day: Day,
    /// The register holds it twice.
    pub(crate) twice: bool,
}

/// The population of one seed.
#[derive(Debug)]
pub(crate) struct Population {
    streams: Streams,
    /// Number of persons.
    pub(crate) size: u64,
    /// The first year.
    pub(crate) first_year: i16,
    cells: Alias,
    /// For each group, histories by falling probability with their cumulative probability.
    histories: Vec<Vec<(f64, u8)>>,
    citizenships: [Alias; 3],
}

impl Population {
    /// A population of such a size that about `reports` reports are made of it.
    pub(crate) fn new(captures: &Captures, reports: u64, seed: u64, first_year: i16) -> Self {
        let years: u32 = YEAR_WEIGHTS.iter().sum();
        let last = f64::from(YEAR_WEIGHTS[YEARS - 1]) / f64::from(years);
        let again: f64 = (1..MOST_IN_A_YEAR as i32).map(|n| AGAIN.powi(n)).sum();
        let per_register = (1.0 + again + LATER * (1.0 - last)) * (1.0 + DUPLICATE);
        let per_person = captures.registers_per_person() * per_register;
        let cells: Vec<f64> = YEAR_WEIGHTS
            .iter()
            .flat_map(|&y| captures.population.iter().map(move |p| f64::from(y) * p))
            .collect();
        let histories = captures
            .histories
            .iter()
            .map(|probabilities| {
                let mut order: Vec<usize> = (0..HISTORIES).filter(|&h| probabilities[h] > 0.0).collect();
                order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]).then(a.cmp(&b)));
                let mut sum = 0.0;
                order
                    .into_iter()
                    .map(|h| {
                        sum += probabilities[h];
                        (sum, h as u8)
                    })
                    .collect()
            })
            .collect();
        let citizenships = [0, 1, 2].map(|column| {
            let weights: Vec<f64> = COUNTRIES.iter().map(|c| f64::from(c.weights[column])).collect();
            Alias::new(&weights)
        });
        Self {
            streams: Streams::new(seed),
            size: ((reports as f64 / per_person).round() as u64).max(1),
            first_year,
            cells: Alias::new(&cells),
            histories,
            citizenships,
        }
    }

    /// The streams of the population.
    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Year, group and history of person `index`.
    pub(crate) fn glimpse(&self, index: u64) -> Glimpse {
        self.begin(index).0
    }

    fn begin(&self, index: u64) -> (Glimpse, Draw) {
        let mut draw = self.streams.person(index);
        let cell = self.cells.draw(&mut draw);
        let (year, group) = (cell / GROUPS, cell % GROUPS);
        let u = draw.unit();
        // rounding may leave the last sum just below 1; history 0 is the likeliest, so it is
        // where such a draw does least
        let history = self.histories[group].iter().find(|(sum, _)| u < *sum).map_or(0, |(_, h)| *h);
        (Glimpse { year, group, history }, draw)
    }

    /// Person `index` with the reports of them in `events`, which is emptied first.
    pub(crate) fn person(&self, index: u64, events: &mut Vec<Event>) -> Person {
        let (glimpse, mut draw) = self.begin(index);
        let draw = &mut draw;
        let group = Group::at(glimpse.group);
        let year = self.first_year + glimpse.year as i16;
        let (first, next) = (new_year(year), new_year(year + 1));
        let exploited = first + draw.below((next - first) as u32) as Day;
        let birth = birth_day(exploited, group.age, draw);
        self.reports(glimpse, exploited, next, draw, events);
        let country = match citizenship_column(group.form) {
            None => &COUNTRIES[0],
            Some(column) => &COUNTRIES[self.citizenships[column].draw(draw)],
        };
        let unit = draw.weighted(&UNITS.map(|u| u.2));
        let residence = match country.bloc {
            Bloc::Netherlands | Bloc::Union => 0,
            Bloc::Elsewhere => draw.weighted(&RESIDENCE_ELSEWHERE),
        };
        Person {
            glimpse,
            group,
            exploited,
            birth,
            country,
            unit,
            residence,
            given: names::given(country.origin, group.sex, draw),
            alias: names::given(country.origin, group.sex, draw),
            family: names::family(country.origin, draw),
            town: names::town(country.origin, draw),
        }
    }

    fn reports(&self, glimpse: Glimpse, exploited: Day, next: Day, draw: &mut Draw, events: &mut Vec<Event>) {
        events.clear();
        for register in (0..Register::ALL.len()).filter(|r| glimpse.history >> r & 1 == 1) {
            let mut day = exploited + draw.exponential(DELAY).min(1e6) as Day;
            if day >= next {
                day = exploited + draw.below((next - exploited) as u32) as Day;
            }
            let mut sequence = 0;
            loop {
                events.push(Event { register, sequence, day, twice: draw.chance(DUPLICATE) });
                sequence += 1;
                if usize::from(sequence) == MOST_IN_A_YEAR || !draw.chance(AGAIN) {
                    break;
                }
                day += draw.below((next - day) as u32) as Day;
            }
            let left = (YEARS - 1 - glimpse.year) as u32;
            if left > 0 && draw.chance(LATER) {
                let year = self.first_year + (glimpse.year as u32 + 1 + draw.below(left)) as i16;
                let (from, to) = (new_year(year), new_year(year + 1));
                let day = from + draw.below((to - from) as u32) as Day;
                events.push(Event { register, sequence, day, twice: draw.chance(DUPLICATE) });
            }
        }
    }

    /// The pseudonym that all registers share: "P" and eight characters of Crockford's base 32.
    ///
    /// A one-to-one scrambling of 40 bits, so that no two persons share one and their order
    /// says nothing. It is no protection, and needs to be none: the persons are invented.
    pub(crate) fn pseudonym(index: u64) -> String {
        const BITS: u64 = (1 << 40) - 1;
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut x = index & BITS;
        for factor in [0x9E_3779_B97F_u64, 0xC2_B2AE_3D27, 0x16_5667_B19F] {
            x = ((x + 0x2A_5A5A_5A5A) & BITS).wrapping_mul(factor) & BITS;
            x ^= x >> 19;
        }
        let mut text = String::with_capacity(9);
        text.push('P');
        text.extend((0..8).rev().map(|i| char::from(DIGITS[(x >> (5 * i) & 31) as usize])));
        text
    }
}

/// A day of birth such that the person is in `age_group` from the day of exploitation to the
/// end of that year, so that no report of that year puts them in another group.
fn birth_day(exploited: Day, age_group: usize, draw: &mut Draw) -> Day {
    let (age, oldest) = match age_group {
        0 => (MINORS.0 + draw.weighted(&MINORS.1) as i32, 17),
        1 => (YOUNG.0 + draw.weighted(&YOUNG.1) as i32, 22),
        _ => ((ADULT.0 + draw.exponential(ADULT.1).min(1e6) as i32).min(ADULT.2), i32::MAX),
    };
    let on = date_of(exploited);
    let year = on.year() - i16::try_from(age).unwrap_or(ADULT.2 as i16);
    // only 29 February can be missing
    let birthday =
        day(jiff::civil::Date::new(year, on.month(), on.day()).unwrap_or(jiff::civil::date(year, 2, 28)));
    // They became this age in the year up to the day of exploitation. If the next birthday moves
    // them to the next group, it must not come before the new year.
    let since = if age == oldest { birthday - new_year(year) + 1 } else { 364 };
    birthday - draw.below(since as u32) as Day
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::days::age;
    use std::collections::HashSet;

    fn population(reports: u64) -> Population {
        Population::new(&Captures::calibrate().expect("the constants agree"), reports, 3, 2021)
    }

    #[test]
    fn the_age_group_of_the_truth_is_that_of_every_report_of_the_year() {
        let population = population(20_000);
        let mut events = Vec::new();
        for index in 0..population.size.min(60_000) {
            let person = population.person(index, &mut events);
            let end = new_year(2021 + person.glimpse.year as i16 + 1);
            for day in events.iter().map(|e| e.day).filter(|&d| d < end).chain([person.exploited, end - 1]) {
                let age = age(date_of(person.birth), date_of(day));
                let group = if age < 18 { 0 } else { 1 + usize::from(age > 22) };
                assert_eq!(group, person.group.age, "{index}: age {age}");
                assert!((12..=68).contains(&age));
            }
        }
    }

    #[test]
    fn reports_come_after_exploitation_and_within_the_years() {
        let population = population(20_000);
        let mut events = Vec::new();
        for index in 0..population.size.min(60_000) {
            let person = population.person(index, &mut events);
            assert_eq!(events.is_empty(), person.glimpse.history == 0);
            assert!(events.iter().all(|e| e.day >= person.exploited && e.day < new_year(2026)));
            let seen = events.iter().fold(0_u8, |h, e| h | 1 << e.register);
            assert_eq!(seen, person.glimpse.history);
        }
    }

    #[test]
    fn no_two_persons_share_a_pseudonym() {
        let all: HashSet<String> =
            (0..200_000).chain((1 << 39)..(1 << 39) + 1000).map(Population::pseudonym).collect();
        assert_eq!(all.len(), 201_000);
        assert!(all.iter().all(|p| p.len() == 9));
    }
}
