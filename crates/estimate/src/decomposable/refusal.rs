//! Why there is no average over graphs.

use super::MOST_PERSONS;
use super::graphs::{MOST_ENUMERATED, MOST_LISTS};
use crate::convergence::{ESS, R_HAT};
use crate::watch::STOPPED;

/// Why there is no average.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Nobody was detected.
    #[error("there are no persons in the table")]
    Nobody,
    /// Fewer than three lists.
    #[error(
        "an average over graphs needs at least three lists with persons: with two, their dependence cannot be \
         told from the number who were never seen"
    )]
    FewLists,
    /// More lists than graphs are averaged over for.
    #[error(
        "decomposable graphs are averaged over for up to {MOST_LISTS} lists, and there are {lists}; join lists \
         that are much alike"
    )]
    ManyLists {
        /// How many lists there are.
        lists: usize,
    },
    /// More persons than floating point can tell apart here.
    #[error("more than {MOST_PERSONS} persons are detected, too many for this method's arithmetic")]
    ManyPersons,
    /// The posterior cannot be normalised.
    #[error(
        "with every total as likely beforehand and a delta of {delta} the posterior has no finite sum: under the \
         graph that joins all lists the counts do not bound the total; use the prior 1/N or a delta above \
         {least:.4}"
    )]
    Improper {
        /// The weight on each cell.
        delta: f64,
        /// The weight that is not enough yet.
        least: f64,
    },
    /// A pair to be joined is no pair of lists.
    #[error("lists {i} and {j} are not a pair of lists")]
    NoPair {
        /// The one.
        i: usize,
        /// The other.
        j: usize,
    },
    /// The chains do not agree.
    #[error(
        "the Markov chains over graphs did not converge: after {draws} draws of each of {chains} chains R-hat is \
         {r_hat:.3} (it must be below {R_HAT}) and the effective sample size is {ess:.0} (it must be above \
         {ESS}); join lists that are much alike, so that there are at most {MOST_ENUMERATED} and all graphs are \
         visited"
    )]
    NotConverged {
        /// Number of chains.
        chains: usize,
        /// Draws of each chain.
        draws: usize,
        /// Split-R̂ of the total.
        r_hat: f64,
        /// The smaller of its bulk and tail effective sample size.
        ess: f64,
    },
    /// The work was stopped.
    #[error("{STOPPED}")]
    Stopped,
    /// The range of hidden persons has none.
    #[error("there is no number in the range of hidden persons")]
    EmptyRange,
}
