//! The capture model: who is seen by which registers.
//!
//! Persons fall in groups g (form × age group × sex). A person of group g has capture history
//! h ∈ {0,1}⁶ with probability
//!
//! ```text
//! p_g(h) = exp( Σ_r h_r (β_r + a_gr + s_g) + Σ_{q<r} h_q h_r β_qr ) / Z_g
//! ```
//!
//! where a_gr says which register sees which group (heterogeneity, a constant of
//! `published`), s_g how well the group is seen at all, β_qr how registers depend on each
//! other, and Z_g makes the probabilities add up to one. h = 0 has weight 1, so that the
//! visibility of the group is v_g = 1 − 1/Z_g, known exactly.
//!
//! # Calibration
//! Among the detected the groups have the published shares w_g. Then β is chosen so that the
//! expected share of each register and of each pair of registers among the detected equals that
//! of the real six-list table. That is the minimum of the convex function
//! Σ_g w_g log(Z_g − 1) − β·m, with m the real shares, found by Newton's method. Pairs that the
//! real table never shows together (inspectorate and border police, border police and
//! coordinators) are impossible here too: β_qr = −∞, as in the extended maximum likelihood
//! estimate (Fienberg and Rinaldo 2012). In turn, s_g is chosen so that the odds of v_g are
//! those of `published::VISIBILITY` times a common factor, save the anchored group, which is
//! held to its published visibility. The factor is not free: it follows from the
//! overlaps of the real table, as every estimate by multiple systems does.
//!
//! The shares of registers and pairs are met exactly; those of whole histories up to what
//! interactions of three registers would add. [`Captures::distance`] says how far they are off.

#![expect(clippy::doc_markdown, reason = "subscripts of formulas")]

use crate::Error;
use crate::codes::{AGES, FORMS, Register, SEXES};
use crate::published::{
    AGE_SHARES, ANCHOR, FORM_SHARES, LISTS, SEES_AGE, SEES_FORM, SEES_SEX, SEX_SHARES, SIX_LISTS, VISIBILITY,
};

/// Number of capture histories over six registers, the empty one included.
pub(crate) const HISTORIES: usize = 64;
/// Number of groups: form × age group × sex.
pub(crate) const GROUPS: usize = FORMS.len() * AGES.len() * SEXES.len();
const REGISTERS: usize = Register::ALL.len();

/// A group of persons with the same chances of being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// Index in [`FORMS`].
    pub(crate) form: usize,
    /// Index in [`AGES`].
    pub(crate) age: usize,
    /// Index in [`SEXES`].
    pub(crate) sex: usize,
}

impl Group {
    /// The group with this index below [`GROUPS`].
    pub(crate) fn at(index: usize) -> Self {
        let (rest, sex) = (index / SEXES.len(), index % SEXES.len());
        Self { form: rest / AGES.len(), age: rest % AGES.len(), sex }
    }

    /// Published share of the group among the detected.
    fn share(self) -> f64 {
        FORM_SHARES[self.form] * AGE_SHARES[self.form][self.age] * SEX_SHARES[self.form][self.sex]
    }

    fn anchored(self) -> bool {
        self.form == 0 && self.age == 0
    }

    /// a_gr
    fn sees(self, register: usize) -> f64 {
        SEES_FORM[register][self.form] + SEES_AGE[register][self.age] + SEES_SEX[register][self.sex]
    }
}

/// The calibrated model: everything that is known of the truth before anyone is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Captures {
    /// Share of each group in the population, hidden persons included.
    pub(crate) population: [f64; GROUPS],
    /// Probability of each history in each group; history 0 is "never seen".
    pub(crate) histories: Vec<[f64; HISTORIES]>,
}

impl Captures {
    /// Fits the model to the published figures.
    ///
    /// # Errors
    /// Never for the constants as they stand, which a test proves; an error says that a changed
    /// constant contradicts another.
    pub(crate) fn calibrate() -> Result<Self, Error> {
        Fit::new().run()
    }

    /// Probability that a person of `group` is seen at all.
    pub(crate) fn visibility(&self, group: usize) -> f64 {
        1.0 - self.histories[group][0]
    }

    /// Expected visibility of the whole population.
    #[cfg(test)]
    pub(crate) fn overall(&self) -> f64 {
        (0..GROUPS).map(|g| self.population[g] * self.visibility(g)).sum()
    }

    /// Expected share of each history among the detected.
    #[cfg(test)]
    pub(crate) fn detected(&self) -> [f64; HISTORIES] {
        let mut share = [0.0; HISTORIES];
        for (weight, histories) in self.population.iter().zip(&self.histories) {
            for (s, p) in share.iter_mut().zip(histories).skip(1) {
                *s += weight * p;
            }
        }
        let overall = self.overall();
        share.map(|s| s / overall)
    }

    /// Total variation distance between the expected histories of the detected and the real
    /// table: the largest difference in probability of any set of histories.
    #[cfg(test)]
    pub(crate) fn distance(&self) -> f64 {
        self.detected().iter().zip(real_histories()).map(|(a, b)| (a - b).abs()).sum::<f64>() / 2.0
    }

    /// Expected number of registers that see a person of the population.
    pub(crate) fn registers_per_person(&self) -> f64 {
        let seen = |p: &[f64; HISTORIES]| -> f64 {
            p.iter().enumerate().map(|(h, p)| f64::from((h as u32).count_ones()) * p).sum()
        };
        self.population.iter().zip(&self.histories).map(|(w, p)| w * seen(p)).sum()
    }
}

/// Share of each history in the real table, over our order of registers.
pub(crate) fn real_histories() -> [f64; HISTORIES] {
    let total: u32 = SIX_LISTS.iter().map(|(_, n)| n).sum();
    let mut share = [0.0; HISTORIES];
    for (pattern, n) in SIX_LISTS {
        let history: usize =
            pattern.iter().zip(LISTS).map(|(&seen, list)| usize::from(seen) << (list as usize)).sum();
        share[history] += f64::from(n) / f64::from(total);
    }
    share
}

/// Shares of registers and of pairs of registers: the sufficient statistics.
type Statistics = Vec<f64>;

struct Fit {
    /// Histories that hold no impossible pair, the empty one first.
    possible: Vec<usize>,
    /// Which statistics each possible history has: registers, then pairs.
    features: Vec<Vec<usize>>,
    target: Statistics,
    beta: Vec<f64>,
    intensity: [f64; GROUPS],
}

impl Fit {
    fn new() -> Self {
        let real = real_histories();
        let together = |h: usize, (q, r): (usize, usize)| h >> q & 1 == 1 && h >> r & 1 == 1;
        let all = (0..REGISTERS).flat_map(|r| (0..r).map(move |q| (q, r)));
        let (pairs, never): (Vec<_>, Vec<_>) =
            all.partition(|&p| (0..HISTORIES).any(|h| together(h, p) && real[h] > 0.0));
        let possible: Vec<usize> =
            (0..HISTORIES).filter(|&h| !never.iter().any(|&p| together(h, p))).collect();
        let features: Vec<Vec<usize>> = possible
            .iter()
            .map(|&h| {
                let registers = (0..REGISTERS).filter(|&r| h >> r & 1 == 1);
                let pairs = pairs.iter().enumerate().filter(|(_, p)| together(h, **p));
                registers.chain(pairs.map(|(i, _)| REGISTERS + i)).collect()
            })
            .collect();
        let size = REGISTERS + pairs.len();
        let mut target = vec![0.0; size];
        for (h, has) in possible.iter().zip(&features) {
            for &j in has {
                target[j] += real[*h];
            }
        }
        let mut beta = vec![0.0; size];
        beta[..REGISTERS].fill(-4.0);
        Self { possible, features, target, beta, intensity: [0.0; GROUPS] }
    }

    /// exp(…) for each possible history of a group; the empty one has 1.
    fn weights(&self, g: usize, beta: &[f64]) -> Vec<f64> {
        let group = Group::at(g);
        self.features
            .iter()
            .map(|has| {
                has.iter()
                    .map(|&j| beta[j] + if j < REGISTERS { group.sees(j) + self.intensity[g] } else { 0.0 })
                    .sum::<f64>()
                    .exp()
            })
            .collect()
    }

    fn visibility(&self, g: usize) -> f64 {
        let z: f64 = self.weights(g, &self.beta).iter().sum();
        1.0 - 1.0 / z
    }

    /// Σ_g w_g log(Z_g − 1) − β·m
    fn objective(&self, beta: &[f64]) -> f64 {
        let fit: f64 = (0..GROUPS)
            .map(|g| Group::at(g).share() * self.weights(g, beta)[1..].iter().sum::<f64>().ln())
            .sum();
        fit - beta.iter().zip(&self.target).map(|(b, m)| b * m).sum::<f64>()
    }

    /// Gradient and Hessian of [`Fit::objective`] at β.
    fn slope(&self) -> (Vec<f64>, Vec<Vec<f64>>) {
        let size = self.beta.len();
        let mut gradient: Vec<f64> = self.target.iter().map(|m| -m).collect();
        let mut hessian = vec![vec![0.0; size]; size];
        for g in 0..GROUPS {
            let share = Group::at(g).share();
            let weights = self.weights(g, &self.beta);
            let seen: f64 = weights[1..].iter().sum();
            let mut mean = vec![0.0; size];
            for (w, has) in weights.iter().zip(&self.features).skip(1) {
                for &i in has {
                    mean[i] += w / seen;
                    for &j in has {
                        hessian[i][j] += share * w / seen;
                    }
                }
            }
            for i in 0..size {
                gradient[i] += share * mean[i];
                for (j, h) in hessian[i].iter_mut().enumerate() {
                    *h -= share * mean[i] * mean[j];
                }
            }
        }
        (gradient, hessian)
    }

    /// One damped Newton step; returns the largest difference from a real share before it.
    fn step(&mut self) -> Result<f64, Error> {
        let (gradient, hessian) = self.slope();
        let off = gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let direction = solve(hessian, gradient).ok_or(Error::Calibration)?;
        let now = self.objective(&self.beta);
        let mut length = 1.0;
        for _ in 0..40 {
            let beta: Vec<f64> = self.beta.iter().zip(&direction).map(|(b, d)| b - length * d).collect();
            let then = self.objective(&beta);
            if then.is_finite() && then <= now + 1e-14 {
                self.beta = beta;
                break;
            }
            length /= 2.0;
        }
        Ok(off)
    }

    /// Sets s_g for visibilities whose odds are those aimed at times a common factor; returns
    /// the largest difference from them before.
    fn aim(&mut self) -> f64 {
        let logit = |v: f64| (v / (1.0 - v)).ln();
        let wanted = |g: usize| logit(VISIBILITY[Group::at(g).form][Group::at(g).age]);
        let free: Vec<usize> = (0..GROUPS).filter(|&g| !Group::at(g).anchored()).collect();
        let weight: f64 = free.iter().map(|&g| Group::at(g).share()).sum();
        let common: f64 =
            free.iter().map(|&g| Group::at(g).share() * (logit(self.visibility(g)) - wanted(g))).sum::<f64>()
                / weight;
        let mut off = 0.0_f64;
        for g in 0..GROUPS {
            let target = if Group::at(g).anchored() { logit(ANCHOR) } else { wanted(g) + common };
            off = off.max((logit(self.visibility(g)) - target).abs());
            let (mut low, mut high) = (-20.0, 20.0);
            for _ in 0..60 {
                let middle = f64::midpoint(low, high);
                self.intensity[g] = middle;
                if logit(self.visibility(g)) < target { low = middle } else { high = middle }
            }
        }
        off
    }

    fn run(mut self) -> Result<Captures, Error> {
        for _ in 0..500 {
            let aim = self.aim();
            let mut shares = f64::INFINITY;
            for _ in 0..50 {
                shares = self.step()?;
                if shares < 1e-12 {
                    break;
                }
            }
            if aim < 1e-9 && shares < 1e-9 {
                return Ok(self.finish());
            }
        }
        Err(Error::Calibration)
    }

    fn finish(&self) -> Captures {
        let mut histories = vec![[0.0; HISTORIES]; GROUPS];
        let mut population = [0.0; GROUPS];
        for g in 0..GROUPS {
            let weights = self.weights(g, &self.beta);
            let z: f64 = weights.iter().sum();
            for (h, w) in self.possible.iter().zip(weights) {
                histories[g][*h] = w / z;
            }
            population[g] = Group::at(g).share() / (1.0 - histories[g][0]);
        }
        let total: f64 = population.iter().sum();
        Captures { population: population.map(|p| p / total), histories }
    }
}

/// Solves `a x = b` by elimination with partial pivoting; `None` when `a` is singular.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for c in 0..n {
        let pivot = (c..n).max_by(|&i, &j| a[i][c].abs().total_cmp(&a[j][c].abs()))?;
        if a[pivot][c].abs() < 1e-300 {
            return None;
        }
        a.swap(c, pivot);
        b.swap(c, pivot);
        let row = a[c].clone();
        for r in c + 1..n {
            let factor = a[r][c] / row[c];
            for (x, y) in a[r].iter_mut().zip(&row).skip(c) {
                *x -= factor * y;
            }
            b[r] -= factor * b[c];
        }
    }
    for r in (0..n).rev() {
        let known: f64 = (r + 1..n).map(|c| a[r][c] * b[c]).sum();
        b[r] = (b[r] - known) / a[r][r];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Captures {
        Captures::calibrate().expect("the constants agree")
    }

    #[test]
    fn expected_histories_are_those_of_the_real_table() {
        // The two-way model fitted to the whole table, without groups, is itself 0.0032 off:
        // that is what interactions of three registers would add.
        assert!(model().distance() < 0.005, "{}", model().distance());
    }

    #[test]
    fn registers_and_pairs_of_registers_have_exactly_their_real_shares() {
        let (ours, real) = (model().detected(), real_histories());
        let share = |table: &[f64; HISTORIES], mask: usize| -> f64 {
            (0..HISTORIES).filter(|h| h & mask == mask).map(|h| table[h]).sum()
        };
        for r in 0..REGISTERS {
            for q in 0..=r {
                let mask = 1 << r | 1 << q;
                assert!((share(&ours, mask) - share(&real, mask)).abs() < 1e-8, "{q} {r}");
            }
        }
    }

    #[test]
    fn every_group_has_a_distribution_and_the_anchored_one_its_published_visibility() {
        let model = model();
        assert!((model.population.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        for (g, histories) in model.histories.iter().enumerate() {
            assert!((histories.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let group = Group::at(g);
            if group.anchored() {
                assert!((model.visibility(g) - ANCHOR).abs() < 1e-9);
            } else {
                assert!(model.visibility(g) > ANCHOR + 0.01 && model.visibility(g) < 0.3, "{group:?}");
            }
        }
        // Of 6,250 victims a year in 2014–2015 (rd.nl 2017-10), 1,203 a year were detected
        // (GLOTIP): 19 %. The two-way estimate of the six-list table itself is 17 %.
        assert!((model.overall() - 0.18).abs() < 0.02, "{}", model.overall());
    }

    #[test]
    fn each_register_sees_what_it_is_there_for() {
        let model = model();
        // share of the detected of a group whom the register sees
        let sees = |r: Register, inside: &dyn Fn(Group) -> bool| {
            let (mut by, mut all) = (0.0, 0.0);
            for g in (0..GROUPS).filter(|&g| inside(Group::at(g))) {
                all += model.population[g] * model.visibility(g);
                let seen = (0..HISTORIES).filter(|h| h >> (r as usize) & 1 == 1);
                by += model.population[g] * seen.map(|h| model.histories[g][h]).sum::<f64>();
            }
            by / all
        };
        let labour = sees(Register::Inspectorate, &|g| g.form == 2);
        assert!(labour > 4.0 * sees(Register::Inspectorate, &|g| g.form != 2), "{labour}");
        let abroad = sees(Register::Kmar, &|g| g.form == 1);
        assert!(abroad > 4.0 * sees(Register::Kmar, &|g| g.form == 0), "{abroad}");
        let minors = sees(Register::Shelters, &|g| g.age == 0);
        assert!(minors > 1.5 * sees(Register::Shelters, &|g| g.age == 2), "{minors}");
    }
}
