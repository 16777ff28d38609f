//! Exact integer linear algebra: ranks, null spaces and the feasibility of small systems.
//!
//! Every number is an integer and every division is exact (Bareiss 1968; Edmonds 1967), so
//! that a rank or a sign is never a matter of rounding. Arithmetic is in 128 bits with
//! overflow checked; when it does overflow, the same computation is made again with integers
//! of any size.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

/// An integer in which fraction-free elimination can be done.
pub(crate) trait Integer: Clone + Ord {
    fn of(value: i64) -> Self;
    fn sign(&self) -> Ordering;
    /// (a·b − c·d) ÷ e, which the caller knows to be whole; `None` when it does not fit.
    fn cross(a: &Self, b: &Self, c: &Self, d: &Self, e: &Self) -> Option<Self>;
    /// Compares a·b with c·d; `None` when they do not fit.
    fn compare(a: &Self, b: &Self, c: &Self, d: &Self) -> Option<Ordering>;
    /// Divides all by their greatest common divisor.
    fn reduce(values: &mut [Self]);
}

impl Integer for i128 {
    fn of(value: i64) -> Self {
        value.into()
    }

    fn sign(&self) -> Ordering {
        self.cmp(&0)
    }

    fn cross(a: &Self, b: &Self, c: &Self, d: &Self, e: &Self) -> Option<Self> {
        let top = a.checked_mul(*b)?.checked_sub(c.checked_mul(*d)?)?;
        if *e == 1 { Some(top) } else { top.checked_div(*e) }
    }

    fn compare(a: &Self, b: &Self, c: &Self, d: &Self) -> Option<Ordering> {
        Some(a.checked_mul(*b)?.cmp(&c.checked_mul(*d)?))
    }

    fn reduce(values: &mut [Self]) {
        let mut divisor = 0_u128;
        for value in values.iter() {
            let mut rest = value.unsigned_abs();
            while rest != 0 {
                (divisor, rest) = (rest, divisor % rest);
            }
        }
        // A divisor beyond i128 means that every value is 0 or i128::MIN; leave those alone.
        if let Ok(divisor @ 2..) = Self::try_from(divisor) {
            for value in values {
                *value /= divisor;
            }
        }
    }
}

impl Integer for BigInt {
    fn of(value: i64) -> Self {
        value.into()
    }

    fn sign(&self) -> Ordering {
        match Self::sign(self) {
            Sign::Minus => Ordering::Less,
            Sign::NoSign => Ordering::Equal,
            Sign::Plus => Ordering::Greater,
        }
    }

    fn cross(a: &Self, b: &Self, c: &Self, d: &Self, e: &Self) -> Option<Self> {
        Some((a * b - c * d) / e)
    }

    fn compare(a: &Self, b: &Self, c: &Self, d: &Self) -> Option<Ordering> {
        Some((a * b).cmp(&(c * d)))
    }

    fn reduce(values: &mut [Self]) {
        let mut divisor = Self::ZERO;
        for value in values.iter() {
            let mut rest = value.magnitude().clone().into();
            while rest != Self::ZERO {
                let next = &divisor % &rest;
                (divisor, rest) = (rest, next);
            }
        }
        if divisor > Self::of(1) {
            for value in values {
                *value /= &divisor;
            }
        }
    }
}

/// Rows of integers in reduced echelon form over one common denominator: row `i` has
/// `denominator` in its own pivot column and 0 in those of the others.
#[derive(Debug, Clone)]
pub(crate) struct Echelon<T> {
    rows: Vec<Vec<T>>,
    pivots: Vec<usize>,
    denominator: T,
    width: usize,
}

impl<T: Integer> Echelon<T> {
    pub(crate) fn new(width: usize) -> Self {
        Self { rows: Vec::new(), pivots: Vec::new(), denominator: T::of(1), width }
    }

    pub(crate) fn rank(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rank() == self.width
    }

    /// Columns without a pivot.
    pub(crate) fn free_columns(&self) -> Vec<usize> {
        (0..self.width).filter(|column| !self.pivots.contains(column)).collect()
    }

    /// The part of `row`, times the denominator, that the rows so far do not span, in the
    /// given columns. Over the free columns this is also the product of `row` with a basis of
    /// the null space of the rows so far.
    pub(crate) fn remainder(&self, row: &[T], columns: &[usize]) -> Option<Vec<T>> {
        let one = T::of(1);
        let mut rest = Vec::with_capacity(columns.len());
        for &column in columns {
            let mut value = T::cross(&self.denominator, &row[column], &T::of(0), &one, &one)?;
            for (pivot, known) in self.pivots.iter().zip(&self.rows) {
                if row[*pivot].sign() != Ordering::Equal && known[column].sign() != Ordering::Equal {
                    value = T::cross(&value, &one, &row[*pivot], &known[column], &one)?;
                }
            }
            rest.push(value);
        }
        Some(rest)
    }

    /// Adds a row; returns whether it raised the rank.
    pub(crate) fn insert(&mut self, row: &[T]) -> Option<bool> {
        let columns: Vec<usize> = (0..self.width).collect();
        let rest = self.remainder(row, &columns)?;
        let Some(pivot) = rest.iter().position(|value| value.sign() != Ordering::Equal) else {
            return Some(false);
        };
        for known in &mut self.rows {
            let factor = known[pivot].clone();
            for (value, new) in known.iter_mut().zip(&rest) {
                *value = T::cross(value, &rest[pivot], &factor, new, &self.denominator)?;
            }
        }
        self.denominator = rest[pivot].clone();
        self.rows.push(rest);
        self.pivots.push(pivot);
        Some(true)
    }
}

/// Whether a set of rays can be brought into balance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Balance<T> {
    /// Some combination with *every* weight positive is zero.
    Balanced,
    /// No: this direction has a non-negative product with all rays and a positive one with at
    /// least one of them.
    Leans(Vec<T>),
}

/// Finds weights y > 0 with Σ y·ray = 0, or the direction that forbids it (Stiemke's lemma:
/// always exactly one of the two).
///
/// With y = 1 + z it asks for z ≥ 0 with Σ z·ray = −Σ ray, which is the first phase of the
/// simplex method; Bland's rule keeps it from cycling. `None` when a number did not fit.
///
/// # Panics
/// When the rays differ in length.
pub(crate) fn balance<T: Integer>(rays: &[Vec<T>]) -> Option<Balance<T>> {
    let Some(height) = rays.first().map(Vec::len) else { return Some(Balance::Balanced) };
    let (zero, one, minus) = (T::of(0), T::of(1), T::of(-1));
    let (width, goal) = (rays.len(), rays.len() + height);
    // A line per equation: rays, artificial variables (which never return to the basis, but
    // whose columns keep the multipliers), right-hand side; signed so that the last is ≥ 0.
    let mut lines = Vec::with_capacity(height);
    let mut signs = Vec::with_capacity(height);
    for equation in 0..height {
        let mut line: Vec<T> = rays.iter().map(|ray| ray[equation].clone()).collect();
        let mut total = zero.clone();
        for value in &line {
            total = T::cross(&total, &one, value, &one, &one)?;
        }
        line.extend((0..height).map(|_| zero.clone()));
        line.push(total);
        let flip = line[goal].sign() == Ordering::Less;
        if flip {
            for value in &mut line {
                *value = T::cross(value, &minus, &zero, &one, &one)?;
            }
        }
        line[width + equation] = one.clone();
        signs.push(if flip { one.clone() } else { minus.clone() });
        lines.push(line);
    }
    // The sum of the artificial variables that are still in the basis, to be brought to 0.
    let mut objective = vec![zero.clone(); goal + 1];
    for line in &lines {
        for (sum, value) in objective.iter_mut().zip(line) {
            *sum = T::cross(sum, &one, value, &minus, &one)?;
        }
    }
    let mut basis: Vec<usize> = (width..goal).collect();
    let mut denominator = one.clone();
    loop {
        if objective[goal].sign() == Ordering::Equal {
            return Some(Balance::Balanced);
        }
        let Some(enter) = (0..width).find(|&c| objective[c].sign() == Ordering::Greater) else {
            let mut direction = Vec::with_capacity(height);
            for (sign, multiplier) in signs.iter().zip(&objective[width..goal]) {
                direction.push(T::cross(sign, multiplier, &zero, &one, &one)?);
            }
            T::reduce(&mut direction);
            return Some(Balance::Leans(direction));
        };
        let mut leave: Option<usize> = None;
        for (r, line) in lines.iter().enumerate() {
            if line[enter].sign() != Ordering::Greater {
                continue;
            }
            let better = match leave {
                None => true,
                Some(best) => {
                    let ratio =
                        T::compare(&line[goal], &lines[best][enter], &lines[best][goal], &line[enter])?;
                    ratio.then(basis[r].cmp(&basis[best])) == Ordering::Less
                }
            };
            if better {
                leave = Some(r);
            }
        }
        // The objective is a sum of non-negative variables, so it cannot fall without end.
        let leave = leave.expect("a bounded linear programme has a leaving variable");
        let pivot_line = lines[leave].clone();
        let pivot = pivot_line[enter].clone();
        let others = lines.iter_mut().enumerate().filter(|(r, _)| *r != leave).map(|(_, line)| line);
        for line in others.chain(std::iter::once(&mut objective)) {
            let factor = line[enter].clone();
            for (value, known) in line.iter_mut().zip(&pivot_line) {
                *value = T::cross(value, &pivot, &factor, known, &denominator)?;
            }
        }
        denominator = pivot;
        basis[leave] = enter;
    }
}

/// Scalar product of two vectors of the same length; `None` when it does not fit.
pub(crate) fn product<T: Integer>(left: &[T], right: &[T]) -> Option<T> {
    let (one, minus) = (T::of(1), T::of(-1));
    let mut sum = T::of(0);
    for (a, b) in left.iter().zip(right) {
        let term = T::cross(a, b, &T::of(0), &one, &one)?;
        sum = T::cross(&sum, &one, &term, &minus, &one)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rays<T: Integer>(values: &[&[i64]]) -> Vec<Vec<T>> {
        values.iter().map(|ray| ray.iter().map(|&v| T::of(v)).collect()).collect()
    }

    /// Checks the verdict, and the direction that proves a "no".
    fn verify<T: Integer + std::fmt::Debug>(rays: &[Vec<T>], expected: bool) {
        match balance(rays).expect("small numbers") {
            Balance::Balanced => assert!(expected, "{rays:?}"),
            Balance::Leans(direction) => {
                assert!(!expected, "{rays:?}");
                let products: Vec<_> =
                    rays.iter().map(|ray| product(ray, &direction).expect("small").sign()).collect();
                assert!(products.iter().all(|sign| *sign != Ordering::Less), "{rays:?} {direction:?}");
                assert!(products.contains(&Ordering::Greater), "{rays:?} {direction:?}");
            }
        }
    }

    #[test]
    fn rays_balance_only_when_no_direction_is_on_one_side_of_all() {
        let cases: &[(&[&[i64]], bool)] = &[
            (&[], true),
            (&[&[1], &[-1]], true),
            (&[&[1], &[2]], false),
            (&[&[1, 0], &[0, 1], &[-1, -1]], true),
            (&[&[1, 0], &[0, 1], &[-1, 0]], false),
            (&[&[1, 0], &[-1, 0]], true),
            (&[&[2, 1], &[-1, -2], &[-1, 1]], true),
            (&[&[2, 1], &[-1, 2], &[0, 1]], false),
            (&[&[1, 1, 0], &[-1, 0, 1], &[0, -1, -1], &[5, 7, 2], &[-5, -7, -2]], true),
        ];
        for (values, expected) in cases {
            verify::<i128>(&rays(values), *expected);
            verify::<BigInt>(&rays(values), *expected);
        }
    }

    #[test]
    fn rank_counts_independent_rows_and_both_integers_agree() {
        fn rank<T: Integer>(values: &[&[i64]]) -> usize {
            let mut echelon = Echelon::<T>::new(3);
            for row in rays::<T>(values) {
                echelon.insert(&row).expect("small numbers");
            }
            echelon.rank()
        }
        for (values, expected) in [
            (&[&[1_i64, 2, 3][..], &[2, 4, 6], &[0, 0, 1]][..], 2),
            (&[&[1, 2, 3][..], &[4, 5, 6], &[7, 8, 10]][..], 3),
            (&[&[1, 2, 3][..], &[4, 5, 6], &[7, 8, 9]][..], 2),
            (&[&[0, 0, 0][..]][..], 0),
        ] {
            assert_eq!((rank::<i128>(values), rank::<BigInt>(values)), (expected, expected));
        }
    }

    #[test]
    fn overflow_is_noticed_and_not_wrapped() {
        let huge = i128::MAX / 2;
        assert_eq!(i128::cross(&huge, &3, &0, &0, &1), None);
        assert_eq!(i128::compare(&huge, &huge, &1, &1), None);
    }
}
