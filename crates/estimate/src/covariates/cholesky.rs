//! Symmetric positive definite systems of moderate size.

/// A symmetric matrix as its lower triangle, by rows.
#[derive(Debug, Clone)]
pub(crate) struct Symmetric {
    size: usize,
    values: Vec<f64>,
}

impl Symmetric {
    pub(crate) fn zero(size: usize) -> Self {
        Self { size, values: vec![0.0; size * (size + 1) / 2] }
    }

    /// Adds `weight` · a·aᵀ, where `a` is 1 in `columns`, which rise, and 0 elsewhere.
    pub(crate) fn add_ones(&mut self, weight: f64, columns: &[u32]) {
        for (place, &i) in columns.iter().enumerate() {
            let row = i as usize * (i as usize + 1) / 2;
            for &j in &columns[..=place] {
                self.values[row + j as usize] += weight;
            }
        }
    }

    /// Adds `weight` · a·aᵀ.
    pub(crate) fn add_outer(&mut self, weight: f64, a: &[f64]) {
        let mut place = 0;
        for (i, &left) in a.iter().enumerate() {
            if left == 0.0 {
                place += i + 1;
                continue;
            }
            for &right in &a[..=i] {
                self.values[place] += weight * left * right;
                place += 1;
            }
        }
    }

    /// The entry in row `i` and column `j` ≤ `i`.
    pub(crate) fn at(&mut self, i: usize, j: usize) -> &mut f64 {
        &mut self.values[i * (i + 1) / 2 + j]
    }

    /// L with L·Lᵀ = this matrix; `None` when a pivot is not above `floor` times the diagonal entry
    /// it came from, that is when some column is a combination of others but for rounding.
    pub(crate) fn factor(&self, floor: f64) -> Option<Factor> {
        let mut l = self.values.clone();
        for i in 0..self.size {
            let (done, rest) = l.split_at_mut(i * (i + 1) / 2);
            for j in 0..i {
                let column = &done[j * (j + 1) / 2..];
                let dot: f64 = rest[..j].iter().zip(column).map(|(x, y)| x * y).sum();
                rest[j] = (rest[j] - dot) / column[j];
            }
            let entry = rest[i];
            let pivot = entry - rest[..i].iter().map(|x| x * x).sum::<f64>();
            let positive = pivot > entry * floor && pivot.is_finite();
            if !positive {
                return None;
            }
            rest[i] = pivot.sqrt();
        }
        Some(Factor { size: self.size, values: l })
    }
}

/// A lower triangular factor.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    size: usize,
    values: Vec<f64>,
}

impl Factor {
    /// L⁻¹·x; the square of its length is xᵀ·H⁻¹·x.
    pub(crate) fn half(&self, x: &[f64]) -> Vec<f64> {
        let mut x = x.to_vec();
        for i in 0..self.size {
            let row = &self.values[i * (i + 1) / 2..];
            let dot: f64 = row[..i].iter().zip(&x).map(|(l, x)| l * x).sum();
            x[i] = (x[i] - dot) / row[i];
        }
        x
    }

    /// H⁻¹·x.
    pub(crate) fn solve(&self, x: &[f64]) -> Vec<f64> {
        let mut x = self.half(x);
        for i in (0..self.size).rev() {
            let row = &self.values[i * (i + 1) / 2..];
            x[i] /= row[i];
            let known = x[i];
            for (x, l) in x[..i].iter_mut().zip(row) {
                *x -= l * known;
            }
        }
        x
    }

    /// xᵀ·H⁻¹·x.
    pub(crate) fn quadratic(&self, x: &[f64]) -> f64 {
        self.half(x).iter().map(|x| x * x).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_solves_what_it_was_made_of() {
        let mut matrix = Symmetric::zero(3);
        matrix.add_outer(1.0, &[1.0, 2.0, 0.0]);
        matrix.add_outer(2.0, &[0.0, 1.0, -1.0]);
        matrix.add_ones(3.0, &[0, 2]);
        // 4 2 3 / 2 6 −2 / 3 −2 5, times (1, 2, 3).
        let factor = matrix.factor(1e-12).expect("positive definite");
        let x = factor.solve(&[17.0, 8.0, 14.0]);
        assert!(x.iter().zip([1.0, 2.0, 3.0]).all(|(x, y)| (x - y).abs() < 1e-12), "{x:?}");
        assert!((factor.quadratic(&[17.0, 8.0, 14.0]) - 75.0).abs() < 1e-12);
    }

    #[test]
    fn a_matrix_of_lower_rank_is_noticed() {
        let mut matrix = Symmetric::zero(2);
        matrix.add_outer(0.1, &[0.3, 0.9]);
        assert!(matrix.factor(1e-9).is_none());
        matrix.add_ones(1e-3, &[1]);
        assert!(matrix.factor(1e-9).is_some());
    }
}
