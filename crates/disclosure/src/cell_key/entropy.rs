//! The distribution of most entropy with mean zero and a given variance, on a few whole numbers.
//!
//! Without further conditions it is `p(v) ∝ exp(a v + b v²)` (Marley and Leaver 2011), and the two
//! parameters are found by Newton's method on the convex dual. With the condition that larger
//! noise is never more probable than smaller, some neighbours are equal; they are pooled, as in
//! isotonic regression, and a pool has the mean of its members' features.

/// What is asked of the noise of one count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// The values that noise may take, in ascending order; 0 may be among them.
    pub(super) values: &'a [i64],
    /// The variance that it has to have.
    pub(super) variance: f64,
    /// The probability of 0, when it is given.
    pub(super) keep: Option<f64>,
    /// Whether the probability may not grow with the distance from zero, on each side.
    pub(super) monotone: bool,
}

/// Why there is no such distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Impossible {
    /// Only variances from the first to the second can be had.
    Variance(f64, f64),
    /// The probability of zero is less than that of a neighbour.
    Keep(f64),
    /// No convergence.
    Numbers,
}

/// Variances as near to the end of what is possible as this are taken to be the end.
const EDGE: f64 = 1e-10;

/// The probabilities of `row.values`: they sum to 1, have mean 0 and the variance asked for, and
/// have the most entropy of all that do.
pub(super) fn most_entropy(row: &Row<'_>) -> Result<Vec<f64>, Impossible> {
    let fixed = row.keep.filter(|_| row.values.contains(&0));
    let free: Vec<usize> = (0..row.values.len()).filter(|&i| fixed.is_none() || row.values[i] != 0).collect();
    let mass = 1.0 - fixed.unwrap_or(0.0);
    let mut p = vec![0.0; row.values.len()];
    if let (Some(keep), Some(zero)) = (fixed, row.values.iter().position(|&v| v == 0)) {
        p[zero] = keep;
    }
    let problem = Problem::new(free.iter().map(|&i| row.values[i]).collect(), row.monotone, fixed.is_none());
    let found = if mass <= 0.0 {
        if row.variance > 0.0 {
            return Err(Impossible::Variance(0.0, 0.0));
        }
        vec![0.0; free.len()]
    } else {
        problem.solve(row.variance / mass).map_err(|e| match e {
            Impossible::Variance(least, most) => Impossible::Variance(least * mass, most * mass),
            other => other,
        })?
    };
    for (&i, q) in free.iter().zip(found) {
        p[i] = mass * q;
    }
    if let Some(keep) = fixed.filter(|_| row.monotone) {
        let highest = free.iter().map(|&i| p[i]).fold(0.0, f64::max);
        if highest > keep + 1e-12 {
            return Err(Impossible::Keep(highest));
        }
    }
    Ok(p)
}

/// The free values and the order between their probabilities.
struct Problem {
    values: Vec<i64>,
    /// For each pair of neighbours whether the left one may not be the more probable (`true`), the
    /// right one may not (`false`), or neither matters (`None`).
    order: Vec<Option<bool>>,
}

impl Problem {
    fn new(values: Vec<i64>, monotone: bool, zero_is_free: bool) -> Self {
        let order = values
            .windows(2)
            .map(|w| match (w[0], w[1]) {
                _ if !monotone => None,
                (a, b) if b < 0 || (b == 0 && a < 0 && zero_is_free) => Some(true),
                (a, _) if a >= 0 => Some(false),
                // The two sides of a zero that is fixed or not allowed.
                _ => None,
            })
            .collect();
        Problem { values, order }
    }

    fn solve(&self, variance: f64) -> Result<Vec<f64>, Impossible> {
        let (least, most) = self.ends().ok_or(Impossible::Variance(0.0, 0.0))?;
        let near = |end: &Mix| (variance - end.variance).abs() <= EDGE * (1.0 + end.variance);
        if near(&least) {
            return Ok(self.mixture(&least));
        }
        if near(&most) {
            return Ok(self.mixture(&most));
        }
        if !(variance > least.variance && variance < most.variance) {
            return Err(Impossible::Variance(least.variance, most.variance));
        }
        // Which neighbours are pooled.
        let mut active = vec![false; self.order.len()];
        for _ in 0..400 {
            let pools = Self::pools(&active);
            let (p, theta) = self.newton(&pools, variance).ok_or(Impossible::Numbers)?;
            if let Some(worst) = self.most_violated(&active, &p) {
                active[worst] = true;
            } else if let Some(wrong) = self.most_wrongly_pooled(&active, &pools, theta) {
                active[wrong] = false;
            } else {
                return Ok(p);
            }
        }
        Err(Impossible::Numbers)
    }

    /// First and last index of each pool.
    fn pools(active: &[bool]) -> Vec<(usize, usize)> {
        let mut pools = vec![(0, 0)];
        for (i, &together) in active.iter().enumerate() {
            match pools.last_mut() {
                Some(last) if together => last.1 = i + 1,
                _ => pools.push((i + 1, i + 1)),
            }
        }
        pools
    }

    /// The features of value `i`: itself and its square, scaled to at most 1.
    fn features(&self, i: usize) -> [f64; 2] {
        let scale = self.values.iter().map(|v| v.unsigned_abs()).max().unwrap_or(1).max(1) as f64;
        let x = self.values[i] as f64 / scale;
        [x, x * x]
    }

    /// The exponential family on pools with the moments asked for.
    fn newton(&self, pools: &[(usize, usize)], variance: f64) -> Option<(Vec<f64>, [f64; 2])> {
        let scale = self.values.iter().map(|v| v.unsigned_abs()).max().unwrap_or(1).max(1) as f64;
        let goal = [0.0, variance / (scale * scale)];
        let means: Vec<[f64; 2]> = pools
            .iter()
            .map(|&(from, to)| {
                let n = (to - from + 1) as f64;
                let sum = (from..=to).fold([0.0; 2], |s, i| {
                    let f = self.features(i);
                    [s[0] + f[0], s[1] + f[1]]
                });
                [sum[0] / n, sum[1] / n]
            })
            .collect();
        let sizes: Vec<f64> = pools.iter().map(|&(from, to)| (to - from + 1) as f64).collect();
        // Log of the normalising sum less the goal, the weights of pools, and their moments.
        let evaluate = |theta: [f64; 2]| {
            let log: Vec<f64> = means.iter().map(|m| theta[0] * m[0] + theta[1] * m[1]).collect();
            let top = log.iter().copied().fold(f64::MIN, f64::max);
            let weight: Vec<f64> = log.iter().zip(&sizes).map(|(l, n)| n * (l - top).exp()).collect();
            let sum: f64 = weight.iter().sum();
            let value = top + sum.ln() - theta[0] * goal[0] - theta[1] * goal[1];
            (value, weight.iter().map(|w| w / sum).collect::<Vec<f64>>())
        };
        let mut theta = [0.0; 2];
        let (mut value, mut weight) = evaluate(theta);
        for _ in 0..300 {
            let moment = |f: &dyn Fn(&[f64; 2]) -> f64| -> f64 {
                weight.iter().zip(&means).map(|(w, m)| w * f(m)).sum()
            };
            let (m0, m1) = (moment(&|m| m[0]), moment(&|m| m[1]));
            let gradient = [m0 - goal[0], m1 - goal[1]];
            let size = gradient[0].abs().max(gradient[1].abs());
            if size < 1e-15 {
                break;
            }
            let h00 = moment(&|m| (m[0] - m0) * (m[0] - m0));
            let h01 = moment(&|m| (m[0] - m0) * (m[1] - m1));
            let h11 = moment(&|m| (m[1] - m1) * (m[1] - m1));
            let det = h00 * h11 - h01 * h01;
            if det <= 0.0 || !det.is_finite() {
                break;
            }
            let step = [
                -(h11 * gradient[0] - h01 * gradient[1]) / det,
                -(h00 * gradient[1] - h01 * gradient[0]) / det,
            ];
            let slope = gradient[0] * step[0] + gradient[1] * step[1];
            let mut length = 1.0;
            let mut moved = false;
            while length > 1e-12 {
                let next = [theta[0] + length * step[0], theta[1] + length * step[1]];
                let (v, w) = evaluate(next);
                // Close to the end the value no longer tells small steps apart; there, full steps.
                if v <= value + 1e-4 * length * slope || (size < 1e-6 && (v - value).abs() < 1e-12) {
                    (theta, value, weight, moved) = (next, v, w, true);
                    break;
                }
                length /= 2.0;
            }
            if !moved {
                break;
            }
        }
        let mut p = vec![0.0; self.values.len()];
        for ((&(from, to), w), n) in pools.iter().zip(&weight).zip(&sizes) {
            p[from..=to].fill(w / n);
        }
        let (mut mean, mut second) = (0.0, 0.0);
        for (q, v) in p.iter().zip(&self.values) {
            mean += q * *v as f64;
            second += q * (*v * *v) as f64;
        }
        (mean.abs() < 1e-11 && (second - variance).abs() < 1e-11 * (1.0 + variance)).then_some((p, theta))
    }

    fn most_violated(&self, active: &[bool], p: &[f64]) -> Option<usize> {
        let excess = |i: usize| match self.order[i] {
            Some(true) => p[i] - p[i + 1],
            Some(false) => p[i + 1] - p[i],
            None => 0.0,
        };
        (0..active.len())
            .filter(|&i| !active[i] && excess(i) > 1e-13)
            .max_by(|&a, &b| excess(a).total_cmp(&excess(b)))
    }

    /// A pooled pair whose multiplier has the wrong sign: it would rather be apart, and in order.
    fn most_wrongly_pooled(
        &self,
        active: &[bool],
        pools: &[(usize, usize)],
        theta: [f64; 2],
    ) -> Option<usize> {
        let mut worst: Option<(usize, f64)> = None;
        for &(from, to) in pools.iter().filter(|(from, to)| from < to) {
            let score = |i: usize| {
                let f = self.features(i);
                theta[0] * f[0] + theta[1] * f[1]
            };
            let mean = (from..=to).map(score).sum::<f64>() / (to - from + 1) as f64;
            let mut sum = 0.0;
            for (i, &together) in active.iter().enumerate().take(to).skip(from) {
                sum += mean - score(i);
                let multiplier = if self.order[i] == Some(true) { -sum } else { sum };
                if together && multiplier < -1e-9 && worst.is_none_or(|(_, m)| multiplier < m) {
                    worst = Some((i, multiplier));
                }
            }
        }
        worst.map(|(i, _)| i)
    }

    /// The distributions of least and most variance. The distributions in question are mixtures of
    /// uniform ones (on single values, or on runs that begin nearest to zero), and mean and
    /// variance leave two of them.
    fn ends(&self) -> Option<(Mix, Mix)> {
        let runs = self.runs();
        let moments = |&(from, to): &(usize, usize)| {
            let n = (to - from + 1) as f64;
            let (mut mean, mut second) = (0.0, 0.0);
            for v in &self.values[from..=to] {
                mean += *v as f64 / n;
                second += (*v * *v) as f64 / n;
            }
            (mean, second)
        };
        let known: Vec<((usize, usize), (f64, f64))> = runs.iter().map(|r| (*r, moments(r))).collect();
        let mut best: Option<(Mix, Mix)> = None;
        let mut offer = |mix: Mix| {
            let (least, most) = best.get_or_insert((mix, mix));
            if mix.variance < least.variance {
                *least = mix;
            }
            if mix.variance > most.variance {
                *most = mix;
            }
        };
        for &(run, (mean, second)) in &known {
            if mean.abs() < 1e-12 {
                offer(Mix { first: run, second: run, share: 1.0, variance: second });
                continue;
            }
            if mean > 0.0 {
                continue;
            }
            for &(other, (m, s)) in known.iter().filter(|(_, (m, _))| *m > 1e-12) {
                let share = m / (m - mean);
                offer(Mix { first: run, second: other, share, variance: share * second + (1.0 - share) * s });
            }
        }
        best
    }

    /// The runs of values of which every distribution that is allowed is a mixture.
    fn runs(&self) -> Vec<(usize, usize)> {
        let n = self.values.len();
        let mut runs = Vec::new();
        for from in 0..n {
            for to in from..n {
                // A run has to take in, with each value, those that may not be less probable.
                let left = from == 0 || self.order[from - 1] != Some(false);
                let right = to + 1 == n || self.order[to] != Some(true);
                let joined = (from..to).all(|i| self.order[i].is_some());
                if left && right && joined {
                    runs.push((from, to));
                }
            }
        }
        runs
    }

    fn mixture(&self, mix: &Mix) -> Vec<f64> {
        let mut p = vec![0.0; self.values.len()];
        for ((from, to), share) in [(mix.first, mix.share), (mix.second, 1.0 - mix.share)] {
            for q in &mut p[from..=to] {
                *q += share / (to - from + 1) as f64;
            }
        }
        p
    }
}

/// A mixture of two uniform distributions with mean zero.
#[derive(Debug, Clone, Copy)]
struct Mix {
    first: (usize, usize),
    second: (usize, usize),
    share: f64,
    variance: f64,
}
