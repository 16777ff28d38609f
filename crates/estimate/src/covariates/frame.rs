//! Cells of capture histories by classes of persons, and the designs of log-linear models on them.

use std::collections::BTreeMap;

use super::table::CovariateTable;
use crate::loglinear::{Refusal, check_design};

/// Most cells, histories times classes, in a model.
pub(crate) const MAX_CELLS: usize = 16_384;
/// Most parameters in a model.
pub(crate) const MAX_PARAMETERS: usize = 150;
/// A prime, modulo which ranks are found first. A rank modulo a prime is never above the true one.
const PRIME: u64 = (1 << 61) - 1;

/// A term of a model: the parameters for these lists together with these covariates (bits each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term {
    pub(crate) lists: u32,
    pub(crate) covariates: u32,
}

impl Term {
    pub(crate) fn order(self) -> u32 {
        self.lists.count_ones() + self.covariates.count_ones()
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.lists & other.lists == other.lists && self.covariates & other.covariates == other.covariates
    }
}

/// Persons with the same history whose class is known in part only.
#[derive(Debug, Clone)]
pub(crate) struct Incomplete {
    pub(crate) history: usize,
    /// Place in [`Frame::patterns`] of the classes they may be of.
    pub(crate) pattern: usize,
    pub(crate) count: f64,
}

/// The cells. Cell `history · classes + class`; those of history 0 are the hidden.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) lists: Vec<String>,
    pub(crate) covariates: Vec<String>,
    /// Names of the levels of each covariate.
    pub(crate) levels: Vec<Vec<String>>,
    /// The most frequent level of each covariate, which has no parameter of its own.
    base: Vec<usize>,
    pub(crate) classes: usize,
    pub(crate) detected: f64,
    /// Persons of known class in each cell.
    pub(crate) complete: Vec<f64>,
    pub(crate) incomplete: Vec<Incomplete>,
    pub(crate) patterns: Vec<Vec<usize>>,
    /// Cells in which there are, or may be, persons.
    supported: Vec<bool>,
}

impl Frame {
    /// The cells of a table of which [`CovariateTable::restricted`] holds.
    pub(crate) fn new(table: &CovariateTable) -> Result<Self, String> {
        let classed: Vec<(Vec<usize>, Vec<String>)> =
            (0..table.covariates.len()).map(|which| table.classes(which)).collect();
        let levels: Vec<Vec<String>> = classed.iter().map(|(_, names)| names.clone()).collect();
        let histories = 1_usize << table.lists.len();
        let classes = levels.iter().try_fold(1_usize, |product, names| product.checked_mul(names.len()));
        let classes = classes.filter(|classes| classes.saturating_mul(histories) <= MAX_CELLS).ok_or_else(|| {
            format!(
                "the lists and covariates make more than {MAX_CELLS} combinations; name fewer covariates, or \
                 join codes"
            )
        })?;
        let main = 1 + table.lists.len() + levels.iter().map(|names| names.len() - 1).sum::<usize>();
        if main > MAX_PARAMETERS {
            return Err(format!(
                "the covariates have more codes than the {MAX_PARAMETERS} parameters that a model may have; \
                 join codes, or name fewer covariates"
            ));
        }
        let mut frame = Self {
            lists: table.lists.clone(),
            covariates: table.covariates.iter().map(|c| c.name.clone()).collect(),
            base: Vec::new(),
            classes,
            detected: 0.0,
            complete: vec![0.0; histories * classes],
            incomplete: Vec::new(),
            patterns: Vec::new(),
            supported: vec![false; histories * classes],
            levels,
        };
        let mut known: Vec<Vec<f64>> = frame.levels.iter().map(|names| vec![0.0; names.len()]).collect();
        let mut patterns: BTreeMap<Vec<Option<usize>>, usize> = BTreeMap::new();
        let mut incomplete: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for ((values, history), &count) in table.rows.iter().filter(|(_, count)| **count > 0) {
            let levels: Vec<Option<usize>> = values
                .iter()
                .zip(&classed)
                .map(|(value, (class, _))| value.map(|code| class[usize::from(code)]))
                .collect();
            let (history, count) = (*history as usize, count as f64);
            for (sums, level) in known.iter_mut().zip(&levels) {
                if let Some(level) = level {
                    sums[*level] += count;
                }
            }
            frame.detected += count;
            let fits = |class: &usize| {
                levels.iter().enumerate().all(|(c, l)| l.is_none_or(|l| frame.level(*class, c) == l))
            };
            let possible: Vec<usize> = (0..classes).filter(fits).collect();
            for class in &possible {
                frame.supported[history * classes + class] = true;
            }
            if let [class] = possible.as_slice() {
                frame.complete[history * classes + class] += count;
            } else {
                let next = patterns.len();
                let pattern = *patterns.entry(levels).or_insert(next);
                if pattern == next {
                    frame.patterns.push(possible);
                }
                *incomplete.entry((history, pattern)).or_insert(0.0) += count;
            }
        }
        frame.incomplete = incomplete
            .into_iter()
            .map(|((history, pattern), count)| Incomplete { history, pattern, count })
            .collect();
        let most = |sums: &Vec<f64>| (0..sums.len()).rev().max_by(|&a, &b| sums[a].total_cmp(&sums[b]));
        frame.base = known.iter().map(|sums| most(sums).unwrap_or(0)).collect();
        Ok(frame)
    }

    /// Level of covariate `which` in a class.
    pub(crate) fn level(&self, class: usize, which: usize) -> usize {
        let stride: usize = self.levels[which + 1..].iter().map(Vec::len).product();
        class / stride % self.levels[which].len()
    }

    /// The terms of one list or one covariate each, and the intercept.
    pub(crate) fn main(&self) -> Vec<Term> {
        let mut terms = vec![Term { lists: 0, covariates: 0 }];
        terms.extend((0..self.lists.len()).map(|i| Term { lists: 1 << i, covariates: 0 }));
        terms.extend((0..self.covariates.len()).map(|c| Term { lists: 0, covariates: 1 << c }));
        terms
    }

    /// Name of a term, as `police:age`.
    pub(crate) fn name(&self, term: Term) -> String {
        let lists = self.lists.iter().enumerate().filter(|(i, _)| term.lists >> i & 1 == 1);
        let covariates = self.covariates.iter().enumerate().filter(|(c, _)| term.covariates >> c & 1 == 1);
        let names: Vec<&str> = lists.chain(covariates).map(|(_, name)| name.as_str()).collect();
        names.join(":")
    }

    /// Number of parameters of a term.
    pub(crate) fn width(&self, term: Term) -> usize {
        let of = |c: &usize| term.covariates >> c & 1 == 1;
        (0..self.covariates.len()).filter(of).map(|c| self.levels[c].len() - 1).product()
    }

    /// For each class, which parameter of a term it has; `None` where a covariate is at its base.
    fn places(&self, term: Term) -> Vec<Option<usize>> {
        let place = |class: usize| {
            let mut place = 0;
            for c in (0..self.covariates.len()).filter(|c| term.covariates >> c & 1 == 1) {
                let level = self.level(class, c);
                if level == self.base[c] {
                    return None;
                }
                place = place * (self.levels[c].len() - 1) + level - usize::from(level > self.base[c]);
            }
            Some(place)
        };
        (0..self.classes).map(place).collect()
    }

    /// Marks the cells in margins of a term in which nobody is: their means are 0 in the best fit.
    fn exclude(&self, term: Term, excluded: &mut [bool]) {
        let margin = |class: usize| {
            let of = |c: &usize| term.covariates >> c & 1 == 1;
            (0..self.covariates.len())
                .filter(of)
                .fold(0, |place, c| place * self.levels[c].len() + self.level(class, c))
        };
        let margins: Vec<usize> = (0..self.classes).map(margin).collect();
        let mut seen = vec![false; margins.iter().max().map_or(0, |m| m + 1)];
        let inside = |cell: usize| (cell / self.classes) as u32 & term.lists == term.lists;
        for cell in (self.classes..self.supported.len()).filter(|&cell| inside(cell)) {
            seen[margins[cell % self.classes]] |= self.supported[cell];
        }
        for cell in (0..excluded.len()).filter(|&cell| inside(cell)) {
            excluded[cell] |= !seen[margins[cell % self.classes]];
        }
    }
}

/// The design of a model that has a unique best fit, as far as that can be decided without fitting.
#[derive(Debug, Clone)]
pub(crate) struct Design {
    /// The parameter of each column: term and place within it.
    pub(crate) columns: Vec<(Term, usize)>,
    /// Parameters of the model, those at −∞ and those that cannot be told from others included.
    pub(crate) parameters: usize,
    starts: Vec<u32>,
    ones: Vec<u32>,
    pub(crate) excluded: Vec<bool>,
}

impl Design {
    /// Lays a model out; `terms` hold all terms within each of them.
    ///
    /// Cells in empty margins are left out, and parameters that only these could tell with them. What is
    /// left must have a best fit, and the cells of the hidden must be determined by the others. Both are
    /// decided as for models without covariates; persons of unknown class count as present in
    /// every class they may be of.
    pub(crate) fn new(frame: &Frame, terms: &[Term]) -> Result<Self, Refusal> {
        let mut excluded = vec![false; frame.supported.len()];
        let mut columns = Vec::new();
        let mut places = Vec::new();
        for &term in terms {
            frame.exclude(term, &mut excluded);
            places.push((term, columns.len(), frame.places(term)));
            columns.extend((0..frame.width(term)).map(|place| (term, place)));
        }
        let parameters = columns.len();
        let mut design = Self { columns, parameters, starts: vec![0], ones: Vec::new(), excluded };
        for cell in 0..frame.supported.len() {
            let (history, class) = ((cell / frame.classes) as u32, cell % frame.classes);
            if !design.excluded[cell] {
                for (term, first, places) in &places {
                    if let (true, Some(place)) = (history & term.lists == term.lists, places[class]) {
                        design.ones.push((first + place) as u32);
                    }
                }
            }
            design.starts.push(design.ones.len() as u32);
        }
        design.settle(frame)
    }

    /// Columns in which the row of a cell is 1; none where the cell is excluded.
    pub(crate) fn row(&self, cell: usize) -> &[u32] {
        &self.ones[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    fn settle(mut self, frame: &Frame) -> Result<Self, Refusal> {
        let observable = frame.classes..frame.supported.len();
        let (support, empty): (Vec<usize>, Vec<usize>) =
            observable.filter(|&cell| !self.excluded[cell]).partition(|&cell| frame.supported[cell]);
        let mut rank = Modular::new(self.columns.len());
        rank.insert_all(support.iter().map(|&cell| self.row(cell)));
        if rank.is_full() {
            return Ok(self);
        }
        let with_persons = rank.rank();
        rank.insert_all(empty.iter().map(|&cell| self.row(cell)));
        let observed = rank.rank();
        let kept: Vec<usize> = rank.pivots();
        rank.insert_all((0..frame.classes).filter(|&cell| !self.excluded[cell]).map(|cell| self.row(cell)));
        if rank.rank() > observed {
            return Err(Refusal::NotIdentifiable);
        }
        self.keep(&kept);
        if with_persons < observed {
            let rows = |cells: &[usize]| cells.iter().map(|&cell| self.row(cell)).collect::<Vec<&[u32]>>();
            if !check_design(self.columns.len(), &rows(&support), &rows(&empty)).holds() {
                return Err(Refusal::NoEstimate);
            }
        }
        Ok(self)
    }

    /// Drops the columns that are combinations of others on all cells.
    fn keep(&mut self, kept: &[usize]) {
        let mut new = vec![None; self.columns.len()];
        for (place, &column) in kept.iter().enumerate() {
            new[column] = Some(place as u32);
        }
        let (mut starts, mut ones) = (vec![0], Vec::new());
        for cell in 0..self.excluded.len() {
            ones.extend(self.row(cell).iter().filter_map(|&column| new[column as usize]));
            starts.push(ones.len() as u32);
        }
        self.columns = kept.iter().map(|&column| self.columns[column]).collect();
        (self.starts, self.ones) = (starts, ones);
    }
}

/// Rows modulo [`PRIME`] in echelon form.
struct Modular {
    rows: Vec<(usize, Vec<u64>)>,
    width: usize,
}

impl Modular {
    fn new(width: usize) -> Self {
        Self { rows: Vec::new(), width }
    }

    fn rank(&self) -> usize {
        self.rows.len()
    }

    fn is_full(&self) -> bool {
        self.rank() == self.width
    }

    /// The columns that carry the rank, in rising order: the others depend on them.
    fn pivots(&self) -> Vec<usize> {
        let mut pivots: Vec<usize> = self.rows.iter().map(|(pivot, _)| *pivot).collect();
        pivots.sort_unstable();
        pivots
    }

    fn insert_all<'a>(&mut self, rows: impl Iterator<Item = &'a [u32]>) {
        let mut dense = vec![0_u64; self.width];
        for ones in rows {
            if self.is_full() {
                return;
            }
            dense.fill(0);
            for &column in ones {
                dense[column as usize] = 1;
            }
            for (pivot, row) in &self.rows {
                let factor = dense[*pivot];
                if factor != 0 {
                    for (x, y) in dense[*pivot..].iter_mut().zip(&row[*pivot..]) {
                        *x = subtract(*x, times(factor, *y));
                    }
                }
            }
            if let Some(pivot) = dense.iter().position(|&x| x != 0) {
                let inverse = power(dense[pivot], PRIME - 2);
                self.rows.push((pivot, dense.iter().map(|&x| times(x, inverse)).collect()));
                // A row is 0 before its pivot, so each row is cleared once if they are taken in this order.
                self.rows.sort_unstable_by_key(|(pivot, _)| *pivot);
            }
        }
    }
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let sum = (product >> 61) as u64 + (product as u64 & PRIME);
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn subtract(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}
