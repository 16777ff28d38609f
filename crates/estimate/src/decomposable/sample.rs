//! Several chains over graphs, run in rounds until they agree.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Refusal;
use super::chain::{Chain, Draw, Target};
use super::graphs::Graph;
use super::grid::Distribution;
use super::sums::Alone;
use crate::convergence::{Convergence, ESS, R_HAT, quantile_error};
use crate::watch::Watch;

/// Chains, each from a start and a random stream of its own.
pub(super) const CHAINS: usize = 8;
/// Rungs of the ladder of each chain: the hottest has weights to the power 0.6⁷, about 1/36.
const RUNGS: i32 = 8;
/// First draws of each chain, which are thrown away.
const WARM_UP: usize = 100;
/// Draws of each chain in the first round; each further round doubles them.
const ROUND: usize = 250;
/// Draws of each chain after which it is given up.
pub(super) const MOST: usize = 4_000;
/// Effective sample size that is aimed at for the answer itself.
pub(super) const AIM: f64 = 1500.0;
/// Graphs of one task; tasks are added up in their order, whoever did them.
const CHUNK: usize = 512;

/// How well the chains agree, and on what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chains {
    /// Number of chains.
    pub chains: usize,
    /// Draws of each chain, after those thrown away.
    pub draws: usize,
    /// Proposals between two draws, on each rung of the ladder.
    pub proposals: usize,
    /// Share of the proposals on the coldest rung that were accepted.
    pub accepted: f64,
    /// Rank-normalised split-R̂ of the total, or of its mean logarithm under the graph drawn, whichever is worse.
    pub r_hat: f64,
    /// Bulk effective sample size, the worse of the two.
    pub ess_bulk: f64,
    /// Tail effective sample size, the worse of the two.
    pub ess_tail: f64,
    /// Monte-Carlo standard error of the median of the total.
    pub median_error: f64,
}

/// The graphs drawn by chains that agree.
#[derive(Debug)]
pub(super) struct Sample {
    /// In the order of their bits, with their shares of the draws.
    pub(super) graphs: Vec<(Graph, f64)>,
    pub(super) chains: Chains,
}

/// Draws until the chains agree on the total: with an effective sample size of `aim`, or in the last round with
/// [`ESS`]. Streams from `stream.1` on of the seed `stream.0`; `most` draws of each chain.
///
/// # Errors
/// When they do not agree in the draws allowed, or the work is stopped.
pub(super) fn sample(
    target: &Target,
    stream: (u64, u64),
    aim: f64,
    most: usize,
    watch: &Watch,
) -> Result<Sample, Refusal> {
    watch.units_at_most("draws", (CHAINS * (WARM_UP + most)) as u64);
    let proposals = proposals(target);
    let mut runners: Vec<(Chain, Vec<Draw>)> = (0..CHAINS)
        .into_par_iter()
        .map(|number| {
            let mut chain = Chain::new(target, number, RUNGS, (stream.0, stream.1 + number as u64));
            for _ in (0..WARM_UP).take_while(|_| !watch.is_stopped()) {
                chain.run(proposals);
                watch.done(1);
            }
            (chain.proposed, chain.accepted) = (0, 0);
            (chain, Vec::new())
        })
        .collect();
    let mut draws = ROUND.min(most);
    loop {
        runners.par_iter_mut().for_each(|(chain, drawn)| {
            while drawn.len() < draws && !watch.is_stopped() {
                chain.run(proposals);
                drawn.push(chain.draw());
                watch.done(1);
            }
        });
        if watch.is_stopped() {
            return Err(Refusal::Stopped);
        }
        let figure = |of: &dyn Fn(&Draw) -> f64| -> Vec<Vec<f64>> {
            runners.iter().map(|(_, drawn)| drawn.iter().map(of).collect()).collect()
        };
        let hidden = figure(&|draw| draw.hidden);
        let convergence = convergence(&hidden, &figure(&|draw| draw.centre));
        watch.effective(convergence.bulk.min(convergence.tail), aim);
        let last = 2 * draws > most;
        if convergence.reaches(R_HAT, aim) || last && convergence.reaches(R_HAT, ESS) {
            let sum =
                |of: &dyn Fn(&Chain) -> u64| runners.iter().map(|(chain, _)| of(chain)).sum::<u64>() as f64;
            let chains = Chains {
                chains: CHAINS,
                draws,
                proposals,
                accepted: sum(&|chain| chain.accepted) / sum(&|chain| chain.proposed),
                r_hat: convergence.r_hat,
                ess_bulk: convergence.bulk,
                ess_tail: convergence.tail,
                median_error: quantile_error(&hidden, 0.5),
            };
            return Ok(Sample { graphs: shares(runners.iter().flat_map(|(_, drawn)| drawn)), chains });
        }
        if last {
            return Err(Refusal::NotConverged {
                chains: CHAINS,
                draws,
                r_hat: convergence.r_hat,
                ess: convergence.bulk.min(convergence.tail),
            });
        }
        draws *= 2;
    }
}

/// Proposals between two draws: one for every other pair that may change.
fn proposals(target: &Target) -> usize {
    (super::chain::free(target.lists, target.joined).len() / 2).max(1)
}

/// The worse of that of the number hidden and that of the centre under each graph. The first is drawn anew
/// each time, and where each graph leaves much open this hides that chains stay at different graphs; the
/// second does not. Where every draw is of one graph only the first can be judged.
fn convergence(hidden: &[Vec<f64>], centres: &[Vec<f64>]) -> Convergence {
    let found = Convergence::of(hidden);
    let mut all = centres.iter().flatten();
    let first = all.next();
    if all.all(|centre| Some(centre) == first) { found } else { found.worse(Convergence::of(centres)) }
}

fn shares<'a>(draws: impl Iterator<Item = &'a Draw>) -> Vec<(Graph, f64)> {
    let mut counts: BTreeMap<u64, (Graph, f64)> = BTreeMap::new();
    let mut count = 0.0;
    for draw in draws {
        counts.entry(draw.graph.pairs()).or_insert((draw.graph, 0.0)).1 += 1.0;
        count += 1.0;
    }
    counts.into_values().map(|(graph, drawn)| (graph, drawn / count)).collect()
}

impl Sample {
    /// Distribution of the number hidden: the mean of those under the graphs drawn, which are known exactly.
    pub(super) fn distribution(&self, target: &Target) -> Distribution {
        let work = &target.work;
        let points = work.grid.points.len();
        let parts: Vec<(Vec<f64>, f64)> = self
            .graphs
            .par_chunks(CHUNK)
            .map(|chunk| {
                let mut alone = Alone::default();
                let mut mixture = (vec![0.0; points], 0.0);
                for (graph, share) in chunk {
                    work.alone(graph, target.power, &mut alone);
                    let scale = share / alone.mass;
                    for point in alone.blocks.iter().cloned().flatten() {
                        mixture.0[point] += scale * alone.values[point];
                    }
                    mixture.1 += scale * alone.tail;
                }
                mixture
            })
            .collect();
        let mut values = vec![0.0; points];
        let mut tail = 0.0;
        for (part, beyond) in parts {
            values.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
            tail += beyond;
        }
        work.distribution(&values, tail)
    }
}
