//! Several chains, run in rounds until they agree.

use rayon::prelude::*;

use super::Refusal;
use super::chain::{Chain, Draw, Tally};
use super::space::Space;
use crate::convergence::{Convergence, ESS, R_HAT};
use crate::loglinear::Cells;
use crate::watch::Watch;

/// Chains, each from a start and a random stream of its own.
pub(super) const CHAINS: usize = 8;
/// First steps of each chain, which are thrown away.
const WARM_UP: usize = 200;
/// Steps of each chain in the first round; each further round doubles them.
const ROUND: usize = 250;
/// Steps of a chain between two looks whether the work is stopped.
const PIECE: usize = 50;
/// Up to so many lists most models are soon seen and remembered.
const FEW_LISTS: usize = 6;

/// What is to be drawn from.
pub(super) struct Run<'a> {
    pub(super) cells: &'a Cells,
    pub(super) space: &'a Space,
    pub(super) variance: f64,
    /// The only model, or `None` for all.
    pub(super) only: Option<u64>,
    pub(super) seed: u64,
    /// First random stream.
    pub(super) stream: u64,
    /// Effective sample size at which it ends early.
    pub(super) aim: f64,
    /// Steps of each chain after which it is given up.
    pub(super) most: usize,
    pub(super) watch: &'a Watch,
}

/// Steps of each chain that are allowed for so many lists.
pub(super) fn most(lists: usize) -> usize {
    if lists <= FEW_LISTS { 32_000 } else { 8_000 }
}

/// Draws of all chains.
pub(super) struct Sample {
    pub(super) chains: Vec<Vec<Draw>>,
    /// Of θ(∅), the logarithm of the expected number hidden.
    pub(super) convergence: Convergence,
    pub(super) tally: Tally,
    /// Σ θ and Σ θ² of each parameter over all draws, where there is only one model.
    pub(super) sums: Vec<[f64; 2]>,
}

impl Run<'_> {
    /// Models that a jump walks through, and whether terms change in twos. Many, where most are remembered;
    /// where nearly every one is new, a step costs the least when it sees few.
    fn walk(&self) -> (usize, bool) {
        let terms = self.space.terms.len();
        match (self.only, self.cells.lists <= FEW_LISTS) {
            (Some(_), _) => (0, false),
            (None, true) => (4 * terms, true),
            (None, false) => (terms / 4, false),
        }
    }

    /// Steps of one chain, as long as the work is not stopped.
    fn advance(
        &self,
        chain: &mut Chain,
        steps: usize,
        mut see: impl FnMut(Draw, &[f64]),
    ) -> Result<(), Refusal> {
        let mut left = steps;
        while left > 0 {
            if self.watch.is_stopped() {
                return Err(Refusal::Stopped);
            }
            let piece = left.min(PIECE);
            chain.run(piece, &mut see).ok_or(Refusal::NoTop)?;
            self.watch.done(piece as u64);
            left -= piece;
        }
        Ok(())
    }

    /// Draws until the chains agree.
    ///
    /// # Errors
    /// When they do not in the steps allowed, the top of the density of some model is not found, or the work is
    /// stopped.
    pub(super) fn sample(&self) -> Result<Sample, Refusal> {
        self.watch.units_at_most("steps", (CHAINS * (WARM_UP + self.most)) as u64);
        let mut runners = (0..CHAINS as u64)
            .into_par_iter()
            .map(|chain| {
                let stream = (self.seed, self.stream + chain);
                let start = Chain::new(self.cells, self.space, self.variance, self.only, self.walk(), stream);
                let mut chain = start.ok_or(Refusal::NoTop)?;
                self.advance(&mut chain, WARM_UP, |_, _| ())?;
                chain.tally = Tally::default();
                Ok((chain, Vec::new(), Vec::new()))
            })
            .collect::<Result<Vec<(Chain, Vec<Draw>, Vec<[f64; 2]>)>, Refusal>>()?;
        let mut steps = ROUND.min(self.most);
        loop {
            runners.par_iter_mut().try_for_each(|(chain, draws, sums)| {
                self.advance(chain, steps - draws.len(), |draw, theta| {
                    draws.push(draw);
                    if self.only.is_some() {
                        sums.resize(theta.len(), [0.0; 2]);
                        for (sum, theta) in sums.iter_mut().zip(theta) {
                            *sum = [sum[0] + theta, sum[1] + theta * theta];
                        }
                    }
                })
            })?;
            let means = |(_, draws, _): &(Chain, Vec<Draw>, Vec<[f64; 2]>)| -> Vec<f64> {
                draws.iter().map(|draw| draw.log_mean).collect()
            };
            let values: Vec<Vec<f64>> = runners.iter().map(means).collect();
            let convergence = Convergence::of(&values);
            self.watch.effective(convergence.bulk.min(convergence.tail), self.aim.max(ESS));
            let last = 2 * steps > self.most;
            if convergence.reaches(R_HAT, self.aim.max(ESS)) || last && convergence.reaches(R_HAT, ESS) {
                let mut sample = Sample {
                    chains: Vec::with_capacity(CHAINS),
                    convergence,
                    tally: Tally::default(),
                    sums: Vec::new(),
                };
                for (chain, draws, sums) in runners {
                    sample.tally.add(chain.tally);
                    sample.chains.push(draws);
                    sample.sums.resize(sums.len(), [0.0; 2]);
                    for (all, own) in sample.sums.iter_mut().zip(sums) {
                        *all = [all[0] + own[0], all[1] + own[1]];
                    }
                }
                return Ok(sample);
            }
            if last {
                return Err(Refusal::NotConverged {
                    chains: CHAINS,
                    draws: steps,
                    r_hat: convergence.r_hat,
                    ess: convergence.bulk.min(convergence.tail),
                });
            }
            steps *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_that_have_not_converged_are_refused_with_their_figures() {
        let cells = Cells::from_counts(3, [(1, 12), (2, 9), (3, 4), (4, 7), (5, 3), (7, 1)]);
        let space = Space::new(3, 2);
        let run = |most| {
            let run = Run {
                cells: &cells,
                space: &space,
                variance: 1.0,
                only: None,
                seed: 1,
                stream: 0,
                aim: ESS,
                most,
                watch: &Watch::default(),
            };
            run.sample()
        };
        assert!(run(32_000).is_ok());
        // 160 draws cannot be worth 400 independent ones.
        let Err(why) = run(20) else { panic!("too few draws were enough") };
        assert!(matches!(why, Refusal::NotConverged { chains: CHAINS, draws: 20, .. }), "{why:?}");
        let words = why.to_string();
        assert!(words.contains("did not converge") && words.contains("must be above 400"), "{words}");
    }
}
