//! Perturbation tables: for each count, with what probability it is published as which other.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::entropy::{Impossible, Row, most_entropy};
use crate::Error;

/// Whether larger noise may be more probable than smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The probability never grows with the distance from the count, on either side. Where that
    /// cannot be had together with the variance, the row goes without it, as in the usual tables
    /// of the R package `ptable` with `mono = c(TRUE, TRUE, FALSE, TRUE)`. The default.
    #[default]
    MonotoneWherePossible,
    /// As above in every row, or there is no table.
    Monotone,
    /// Only mean, variance and entropy decide.
    Free,
}

/// What noise has to satisfy. Every row of the table has mean zero: no count is biased.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constraints {
    /// The most that is added or taken away (`D` in `ptable`); 1 to 100 persons.
    pub largest: u32,
    /// Variance of the noise of every count above zero (`V`), in persons².
    pub variance: f64,
    /// Counts of 1 up to this are never published (`js`); 0 to allow all.
    pub never: u32,
    /// The probability that a count stays as it is (`pstay`), where it may; from the entropy when
    /// not given. Counts of 1 to `never` cannot stay.
    pub keep: Option<f64>,
    /// Whether larger noise may be more probable than smaller.
    pub shape: Shape,
}

impl Constraints {
    /// Noise of at most `largest` with this variance, every count allowed.
    pub fn new(largest: u32, variance: f64) -> Self {
        Constraints { largest, variance, never: 0, keep: None, shape: Shape::default() }
    }
    /// The same, but counts of 1 to `never` are not published.
    #[must_use]
    pub fn never(self, never: u32) -> Self {
        Constraints { never, ..self }
    }
    /// The same, with the probability to stay given.
    #[must_use]
    pub fn keep(self, keep: f64) -> Self {
        Constraints { keep: Some(keep), ..self }
    }
    /// The same, with another shape.
    #[must_use]
    pub fn shape(self, shape: Shape) -> Self {
        Constraints { shape, ..self }
    }
}

/// One possible noise of a count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// What is added to the count, in persons.
    pub value: i64,
    /// How probable it is.
    pub probability: f64,
    /// Cell keys below this, and not below that of the noise before, get it. The last has none
    /// above it.
    pub below: u64,
}

/// A perturbation table: the noise of each count, by its cell key.
///
/// Row `i` is the noise of count `i`; the last row is that of every count from there on. The row
/// of zero is always "stays zero": noise without bias that makes no count negative leaves a zero
/// alone. So a published zero may be a small count, but no person is invented where there is none.
///
/// ```
/// use disclosure::cell_key::{Constraints, PTable};
///
/// let table = PTable::make(&Constraints::new(5, 2.0).never(2))?;
/// assert_eq!(table.noise(0, 123), 0);
/// let published = 7 + table.noise(7, u64::MAX / 3);
/// assert!((2..=12).contains(&published));
/// # Ok::<(), disclosure::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PTable {
    rows: Vec<Vec<Noise>>,
    largest: u32,
    never: u32,
}

impl PTable {
    /// The table of most entropy among those that satisfy the constraints: for each count the
    /// probabilities p of noise v with Σ p = 1, Σ p v = 0, Σ p v² = V, no count made negative or
    /// 1 to `never`, and −Σ p ln p greatest (Marley and Leaver 2011; Giessing 2016, eq. 1–5). The
    /// three sums hold to 10⁻⁹.
    ///
    /// # Errors
    /// When a constraint makes no sense, or some count has no such noise; the message says which
    /// variances that count can have.
    pub fn make(constraints: &Constraints) -> Result<PTable, Error> {
        let c = *constraints;
        let refuse = |what: String, help: &str| Err(Error::Policy { what, help: help.to_owned() });
        if !(1..=100).contains(&c.largest) {
            return refuse(format!("noise of at most {} persons", c.largest), "take 1 to 100");
        }
        if !(c.variance.is_finite() && c.variance > 0.0) {
            return refuse(format!("noise with variance {}", c.variance), "take a number above 0");
        }
        if c.never >= c.largest {
            return refuse(
                format!(
                    "counts of 1 to {} cannot all become others by noise of at most {}",
                    c.never, c.largest
                ),
                "make the largest noise greater than the counts that are never published",
            );
        }
        if c.keep.is_some_and(|k| !(0.0..1.0).contains(&k)) {
            return refuse("a probability to stay that is not between 0 and 1".into(), "take 0 to 0.99");
        }
        let stays = vec![Noise { value: 0, probability: 1.0, below: u64::MAX }];
        let mut rows = vec![stays];
        // From the first count on that can lose the most and still be allowed, all are alike.
        let alike = i64::from(c.largest) + if c.never > 0 { i64::from(c.never) + 1 } else { 0 };
        for count in 1..=alike {
            rows.push(row(count, &c)?);
        }
        Ok(PTable { rows, largest: c.largest, never: c.never })
    }

    /// Reads a table as τ-Argus and `ptable` write it: a line with names, then lines of
    /// `i;j;p;v;…` with the count, what it becomes, the probability and the noise.
    ///
    /// # Errors
    /// When a line cannot be read, a row is missing, its probabilities do not sum to 1 (to 10⁻⁶),
    /// a count is made negative, or a zero does not stay zero.
    pub fn read(text: &str) -> Result<PTable, Error> {
        let refuse = |line: usize, what: &str| Error::Policy {
            what: format!("line {line} of the perturbation table {what}"),
            help: "give lines of i;j;p;v with p between 0 and 1 and j = i + v".to_owned(),
        };
        let mut rows: Vec<Vec<(i64, f64)>> = Vec::new();
        let (mut largest, mut least) = (0u32, u32::MAX);
        for (number, line) in text.lines().enumerate().skip(1).filter(|(_, l)| !l.trim().is_empty()) {
            let number = number + 1;
            let mut fields = line.split(';').map(str::trim);
            let mut next = || fields.next().ok_or_else(|| refuse(number, "has too few fields"));
            let (i, j, p, v) = (next()?, next()?, next()?, next()?);
            let whole = |s: &str| s.parse::<i64>().ok().filter(|n| n.abs() <= 1_000);
            let (Some(i), Some(j), Some(v)) = (whole(i), whole(j), whole(v)) else {
                return Err(refuse(number, "has something else where a whole number should be"));
            };
            let p = p.parse::<f64>().ok().filter(|p| (0.0..=1.0).contains(p));
            let Some(p) = p else { return Err(refuse(number, "has no probability")) };
            if j != i + v || i < 0 || j < 0 {
                return Err(refuse(number, "does not say what the count becomes"));
            }
            match usize::try_from(i).unwrap_or(usize::MAX) {
                at if at == rows.len() => rows.push(vec![(v, p)]),
                at if at + 1 == rows.len() => rows[at].push((v, p)),
                _ => return Err(refuse(number, "is not in order of counts")),
            }
            largest = largest.max(v.unsigned_abs() as u32);
            if j > 0 && p > 0.0 {
                least = least.min(j as u32);
            }
        }
        if rows.len() < 2 || rows[0].iter().any(|&(v, p)| v != 0 && p > 0.0) {
            return Err(refuse(2, "does not leave zero alone, or no other line comes after it"));
        }
        // The last row is for every larger count: with it, none may become negative.
        for (i, row) in rows.iter_mut().enumerate() {
            row.sort_by_key(|(v, _)| *v);
            let sum: f64 = row.iter().map(|(_, p)| p).sum();
            if (sum - 1.0).abs() > 1e-6 {
                let what = format!("the probabilities of count {i} sum to {sum}");
                return Err(Error::Policy { what, help: "make them sum to 1".into() });
            }
        }
        let rows = rows.into_iter().map(steps).collect();
        Ok(PTable { rows, largest, never: least.saturating_sub(1).min(largest) })
    }

    /// The noise of a count whose cell has this key.
    pub fn noise(&self, count: u64, cell_key: u64) -> i64 {
        let row = self.row(count);
        row.iter().find(|n| cell_key < n.below).or(row.last()).map_or(0, |n| n.value)
    }

    /// The noise that a count can have, in ascending order.
    pub fn row(&self, count: u64) -> &[Noise] {
        let last = self.rows.len() - 1;
        &self.rows[usize::try_from(count).unwrap_or(last).min(last)]
    }

    /// The least and the most count that is published as `n` by some noise; `None` when none is.
    pub fn origins(&self, n: u64) -> Option<(u64, u64)> {
        let reach = u64::from(self.largest);
        let becomes = |count: &u64| {
            let noise = n.cast_signed().checked_sub(count.cast_signed());
            self.row(*count).iter().any(|v| Some(v.value) == noise && v.probability > 0.0)
        };
        let mut counts = (n.saturating_sub(reach)..=n.saturating_add(reach)).filter(becomes);
        let least = counts.next()?;
        Some((least, counts.next_back().unwrap_or(least)))
    }

    /// Number of rows: counts from the last on have one distribution.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The most that is added or taken away.
    pub fn largest(&self) -> u32 {
        self.largest
    }

    /// Counts of 1 up to this are never published.
    pub fn never(&self) -> u32 {
        self.never
    }

    /// Mean and variance of the noise of a count.
    pub fn moments(&self, count: u64) -> (f64, f64) {
        let row = self.row(count);
        let mean: f64 = row.iter().map(|n| n.probability * n.value as f64).sum();
        let square: f64 = row.iter().map(|n| n.probability * (n.value * n.value) as f64).sum();
        (mean, square - mean * mean)
    }

    /// The table in the form that [`PTable::read`] and τ-Argus read.
    pub fn to_text(&self) -> String {
        let mut out = String::from("i;j;p;v;p_int_ub\n");
        for (i, row) in (0i64..).zip(&self.rows) {
            let mut sum = 0.0;
            for (at, n) in row.iter().enumerate() {
                sum += n.probability;
                let upper = if at + 1 == row.len() { 1.0 } else { sum };
                let _ = writeln!(out, "{i};{};{};{};{upper}", i + n.value, n.probability, n.value);
            }
        }
        out
    }
}

fn row(count: i64, c: &Constraints) -> Result<Vec<Noise>, Error> {
    let (largest, never) = (i64::from(c.largest), i64::from(c.never));
    let values: Vec<i64> = (-largest..=largest)
        .filter(|v| {
            let becomes = count + v;
            becomes == 0 || becomes > never
        })
        .collect();
    let wanted = |monotone| Row { values: &values, variance: c.variance, keep: c.keep, monotone };
    let found = match c.shape {
        Shape::Free => most_entropy(&wanted(false)),
        Shape::Monotone => most_entropy(&wanted(true)),
        Shape::MonotoneWherePossible => most_entropy(&wanted(true)).or_else(|_| most_entropy(&wanted(false))),
    };
    match found {
        Ok(p) => Ok(steps(values.into_iter().zip(p).filter(|(_, p)| *p > 0.0).collect())),
        Err(Impossible::Variance(least, most)) => Err(Error::Policy {
            what: format!(
                "noise of at most {largest} on a count of {count} cannot have variance {}: only {least:.4} to \
                 {most:.4}{}",
                c.variance,
                if c.keep.is_some() { " with the given probability to stay" } else { "" }
            ),
            help: "change the variance or the largest noise, or publish smaller counts".into(),
        }),
        Err(Impossible::Keep(highest)) => Err(Error::Policy {
            what: format!(
                "a count of {count} would stay with a probability of {} and become another with one of {highest:.4}",
                c.keep.unwrap_or(0.0)
            ),
            help: "give a greater probability to stay, or let the shape be free".into(),
        }),
        Err(Impossible::Numbers) => Err(Error::Policy {
            what: format!("the noise of a count of {count} was not found"),
            help: "change the variance a little; it is nearly at the end of what is possible".into(),
        }),
    }
}

/// The cumulative probabilities as thresholds for 64-bit cell keys.
fn steps(row: Vec<(i64, f64)>) -> Vec<Noise> {
    let last = row.len().saturating_sub(1);
    let mut sum = 0.0;
    row.into_iter()
        .enumerate()
        .map(|(at, (value, probability))| {
            sum += probability;
            // 2⁶⁴ as a float; the conversion saturates.
            let below = if at == last { u64::MAX } else { (sum * 18_446_744_073_709_551_616.0) as u64 };
            Noise { value, probability, below }
        })
        .collect()
}
