//! Runs the chains until they agree.

use rayon::prelude::*;

use super::chain::{Chain, Problem};
use crate::convergence::{Convergence, ESS, R_HAT};
use crate::watch::{STOPPED, Watch};

/// Chains, each with its own stream of random numbers.
const CHAINS: u64 = 4;
/// Draws that are kept of each chain.
const KEPT: usize = 800;
/// Sweeps of each chain before the first that counts.
const WARM_UP: usize = 400;
/// Sweeps to the top from where the chains start.
const CLIMB: usize = 25;
/// How often the chains may run on for as long as they did, when they do not agree.
const ROUNDS: u32 = 6;

/// Joint draws from the posterior, and how well they are known.
#[derive(Debug, Clone)]
pub(super) struct Posterior {
    /// Hidden count of each stratum; the same place in two strata is the same draw.
    pub(super) hidden: Vec<Vec<f64>>,
    /// Medians of the standard deviations of the effects, by component and kind.
    pub(super) tau: Vec<Vec<f64>>,
    /// The worst of all quantities.
    pub(super) convergence: Convergence,
    pub(super) chains: usize,
    /// Sweeps of each chain, the warm-up included.
    pub(super) sweeps: usize,
    pub(super) acceptance: f64,
}

/// What is noted of one chain: quantities in columns.
struct Trace {
    /// Log of the expected hidden count by stratum, then of their sum, then the logs of all τ.
    judged: Vec<Vec<f64>>,
    /// Drawn hidden counts by stratum.
    hidden: Vec<Vec<f64>>,
}

/// Draws from the posterior until R̂ and the effective sample sizes of the hidden count of every
/// stratum, of their sum and of every variance are good.
///
/// # Errors
/// In words, when they are not after the last round, or the work is stopped before.
pub(super) fn sample(mut problem: Problem, seed: u64, watch: &Watch) -> Result<Posterior, String> {
    let most = WARM_UP + KEPT * ((1 << ROUNDS) - 1);
    watch.units_at_most("sweeps", CHAINS * most as u64);
    // The search for the middle of a proposal is short when it starts near the top.
    let top = Chain::new(&problem, seed, CHAINS).climb(CLIMB);
    if top.iter().all(|x| x.is_finite()) {
        problem.reference = top;
    }
    let mut chains: Vec<Chain> = (0..CHAINS).map(|stream| Chain::new(&problem, seed, stream)).collect();
    chains.par_iter_mut().for_each(|chain| {
        for _ in (0..WARM_UP).take_while(|_| !watch.is_stopped()) {
            chain.sweep();
            watch.done(1);
        }
    });
    let mut sweeps = WARM_UP;
    let mut thin = 1;
    for _ in 0..ROUNDS {
        let traces: Vec<Trace> =
            chains.par_iter_mut().map(|chain| run(chain, &problem, thin, watch)).collect();
        if watch.is_stopped() {
            return Err(STOPPED.into());
        }
        sweeps += KEPT * thin;
        let columns = traces[0].judged.len();
        let judged: Vec<Convergence> = (0..columns)
            .into_par_iter()
            .map(|column| {
                let chains: Vec<Vec<f64>> = traces.iter().map(|trace| trace.judged[column].clone()).collect();
                Convergence::of(&chains)
            })
            .collect();
        let Some(convergence) = judged.into_iter().reduce(Convergence::worse) else { break };
        watch.effective(convergence.bulk.min(convergence.tail), ESS);
        if convergence.reaches(R_HAT, ESS) {
            return Ok(posterior(&problem, &chains, &traces, convergence, sweeps));
        }
        thin *= 2;
    }
    Err(format!(
        "the joint fit of the groups did not converge in {sweeps} sweeps of {CHAINS} chains; make groups \
         larger or fewer, or estimate each on its own"
    ))
}

fn run(chain: &mut Chain, problem: &Problem, thin: usize, watch: &Watch) -> Trace {
    let (strata, components) = (problem.strata.len(), problem.components.len());
    let with = |columns: usize| vec![Vec::with_capacity(KEPT); columns];
    let mut trace = Trace { judged: with(strata + 1 + components * problem.kinds()), hidden: with(strata) };
    for _ in (0..KEPT).take_while(|_| !watch.is_stopped()) {
        for _ in 0..thin {
            chain.sweep();
            watch.done(1);
        }
        let mut all = 0.0;
        for s in 0..strata {
            let log_hidden = chain.log_hidden(s);
            all += log_hidden.exp();
            trace.judged[s].push(log_hidden);
            trace.hidden[s].push(chain.draw_hidden(s, log_hidden));
        }
        trace.judged[strata].push(all.ln());
        let taus = chain.tau.iter().flat_map(|tau| tau.0[..problem.kinds()].iter());
        for (column, tau) in trace.judged[strata + 1..].iter_mut().zip(taus) {
            column.push(tau.ln());
        }
    }
    trace
}

fn posterior(
    problem: &Problem,
    chains: &[Chain],
    traces: &[Trace],
    convergence: Convergence,
    sweeps: usize,
) -> Posterior {
    let strata = problem.strata.len();
    let joined = |s: usize| traces.iter().flat_map(|trace| trace.hidden[s].iter().copied()).collect();
    let median = |column: usize| {
        let mut all: Vec<f64> =
            traces.iter().flat_map(|trace| trace.judged[column].iter().copied()).collect();
        all.sort_by(f64::total_cmp);
        crate::numeric::quantile(&all, 0.5).exp()
    };
    let kinds = problem.kinds();
    let first = |component: usize| strata + 1 + component * kinds;
    Posterior {
        hidden: (0..strata).map(joined).collect(),
        tau: (0..problem.components.len())
            .map(|component| (0..kinds).map(|kind| median(first(component) + kind)).collect())
            .collect(),
        convergence,
        chains: chains.len(),
        sweeps,
        acceptance: chains.iter().map(Chain::acceptance).sum::<f64>() / chains.len() as f64,
    }
}
