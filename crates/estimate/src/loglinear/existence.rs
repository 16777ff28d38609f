//! Whether a model has a maximum likelihood estimate, and whether the data tell its
//! parameters apart. Both are decided in exact arithmetic.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use num_bigint::BigInt;

use super::cells::Cells;
use super::exact::{Balance, Echelon, Integer, balance, product};
use super::model::Model;

/// Whether a model can be estimated from a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Existence {
    /// Every parameter that is not at −∞ because its lists share no one has a finite maximum
    /// likelihood estimate (Fienberg and Rinaldo 2012).
    pub exists: bool,
    /// No two sets of parameters give the same expected counts (Chan, Silverman and Vincent
    /// 2021).
    pub identifiable: bool,
}

impl Existence {
    /// Both hold.
    pub fn holds(self) -> bool {
        self.exists && self.identifiable
    }
}

/// The terms of a model, split into those with a finite parameter and those at −∞.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    pub(crate) finite: Vec<u32>,
    pub(crate) empty: Vec<u32>,
}

impl Terms {
    pub(crate) fn of(cells: &Cells, model: Model) -> Self {
        let (empty, finite) =
            model.terms().into_iter().partition(|&term| term != 0 && cells.margins[term as usize] == 0.0);
        Self { finite, empty }
    }

    /// Whether a history lies in a cell whose expected count is 0 for certain.
    pub(crate) fn excludes(&self, history: u32) -> bool {
        !self.empty.iter().all(|&term| history & term != term)
    }
}

/// Decides existence and identifiability; see `methods.md` for the proof.
pub(crate) fn check(cells: &Cells, model: Model) -> Existence {
    let terms = Terms::of(cells, model);
    if surely_sound(cells, &terms) {
        return Existence { exists: true, identifiable: true };
    }
    check_with::<i128>(cells, &terms, BATCH)
        .or_else(|| check_with::<BigInt>(cells, &terms, BATCH))
        .expect("integers of any size do not overflow")
}

/// Whether the cells with persons span all parameters over the field of two elements. Then some
/// minor of full size is odd, so it is not 0 and the cells span over the integers too, and the estimate
/// exists and is unique; that settles most models in a few machine words. A `false` settles nothing.
pub(crate) fn surely_sound(cells: &Cells, terms: &Terms) -> bool {
    let width = terms.finite.len();
    if width > 128 || cells.support.len() < width {
        return false;
    }
    // `basis[i]` is a row whose highest bit is `i`, or 0.
    let mut basis = [0_u128; 128];
    let mut rank = 0;
    for &history in &cells.support {
        let mut row = 0_u128;
        for (bit, &term) in terms.finite.iter().enumerate() {
            row |= u128::from(history & term == term) << bit;
        }
        while row != 0 {
            let top = 127 - row.leading_zeros() as usize;
            if basis[top] == 0 {
                basis[top] = row;
                rank += 1;
                break;
            }
            row ^= basis[top];
        }
        if rank == width {
            return true;
        }
    }
    false
}

/// Decides both for a design of zeros and ones with any columns: a row is the columns, in rising order,
/// in which it is 1. `support` are the cells with persons, `empty` the others that take part.
pub(crate) fn check_design(width: usize, support: &[&[u32]], empty: &[&[u32]]) -> Existence {
    fn decide<T: Integer>(width: usize, support: &[&[u32]], empty: &[&[u32]]) -> Option<Existence> {
        let row = |columns: &&[u32]| {
            let mut row = vec![T::of(0); width];
            for &column in *columns {
                row[column as usize] = T::of(1);
            }
            row
        };
        check_rows(width, support.iter().map(row), empty.iter().map(row), BATCH)
    }
    decide::<i128>(width, support, empty)
        .or_else(|| decide::<BigInt>(width, support, empty))
        .expect("integers of any size do not overflow")
}

fn check_with<T: Integer>(cells: &Cells, terms: &Terms, batch: usize) -> Option<Existence> {
    let row = |history: u32| -> Vec<T> {
        terms.finite.iter().map(|&term| T::of(i64::from(history & term == term))).collect()
    };
    let empty = (1..cells.counts.len() as u32)
        .filter(|&history| cells.counts[history as usize] == 0.0 && !terms.excludes(history));
    check_rows(terms.finite.len(), cells.support.iter().copied().map(row), empty.map(row), batch)
}

/// The rows of the cells with persons, and those of the other cells that take part.
fn check_rows<T: Integer>(
    width: usize,
    support: impl Iterator<Item = Vec<T>>,
    empty: impl Iterator<Item = Vec<T>>,
    batch: usize,
) -> Option<Existence> {
    // A direction along which the likelihood does not fall is orthogonal to every cell with
    // a count. When those cells already span everything, there is none.
    let mut observed = Echelon::<T>::new(width);
    for row in support {
        observed.insert(&row)?;
        if observed.is_full() {
            return Some(Existence { exists: true, identifiable: true });
        }
    }
    // What is left are directions in the null space; each empty cell that is not excluded
    // shows itself there as a ray, and equal rays say the same thing.
    let free = observed.free_columns();
    let mut rays = BTreeSet::new();
    let mut spanned = Echelon::<T>::new(free.len());
    let mut tried = Vec::new();
    for row in empty {
        let mut ray = observed.remainder(&row, &free)?;
        T::reduce(&mut ray);
        if ray.iter().all(|value| value.sign() == Ordering::Equal) || rays.contains(&ray) {
            continue;
        }
        if !spanned.is_full() && spanned.insert(&ray)? {
            tried.push(ray.clone());
        }
        rays.insert(ray);
    }
    Some(Existence { exists: all_balance(&rays, tried, batch)?, identifiable: spanned.is_full() })
}

/// Most rays that go into one linear programme at first, and that are added at a time.
const BATCH: usize = 64;

/// Whether all `rays` balance; `tried` holds some of them with the same span.
///
/// Rays that balance fill their span, so further rays within it balance with them; a direction
/// that leans on all rays tried settles the matter unless some other ray is against it, and
/// then that ray is tried too. This keeps the programmes small where there are 2^16 cells.
fn all_balance<T: Integer>(rays: &BTreeSet<Vec<T>>, mut tried: Vec<Vec<T>>, batch: usize) -> Option<bool> {
    if rays.len() <= batch {
        tried = rays.iter().cloned().collect();
    }
    loop {
        let Balance::Leans(direction) = balance(&tried)? else { return Some(true) };
        let before = tried.len();
        for ray in rays {
            if product(ray, &direction)?.sign() == Ordering::Less {
                tried.push(ray.clone());
                if tried.len() == before + batch {
                    break;
                }
            }
        }
        if tried.len() == before {
            return Some(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::CaptureTable;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn integers_of_any_size_and_rays_in_batches_give_the_same_verdicts() {
        let mut verdicts = BTreeSet::new();
        for seed in 0..300_u64 {
            let names = (0..4).map(|i| format!("L{i}")).collect();
            // One cell in three is not empty.
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let counts = (1..16_u32).map(|h| (h, u64::from((random.next_u32() % 9).saturating_sub(5))));
            let table = CaptureTable::from_counts(names, counts).expect("a valid table");
            let cells = Cells::new(&table);
            let terms = Terms::of(&cells, Model::from_bits(4, u128::from(seed % 64)));
            let small = check_with::<i128>(&cells, &terms, BATCH).expect("small numbers");
            assert_eq!(Some(small), check_with::<BigInt>(&cells, &terms, BATCH));
            assert_eq!(small, check(&cells, Model::from_bits(4, u128::from(seed % 64))));
            // Adding rays one at a time, as for very many cells, is the same programme.
            assert_eq!(Some(small), check_with::<i128>(&cells, &terms, 1));
            verdicts.insert((small.exists, small.identifiable));
        }
        assert_eq!(verdicts.len(), 4, "the tables cover every verdict: {verdicts:?}");
    }
}
