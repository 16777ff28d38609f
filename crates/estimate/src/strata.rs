//! Groups fitted together, so that small ones borrow strength (partial pooling).
//!
//! Every group (stratum) has a log-linear model with the same terms and parameters of its own, whose
//! departures from common values are normal with variances estimated from all groups. Formulas and
//! sources are in `methods.md`.

mod chain;
mod choose;
mod effects;
mod fit;
mod likelihood;
mod precision;

use std::collections::BTreeMap;

use model::CaptureTable;
use serde_json::{Value, json};

use self::chain::Problem;
use self::effects::{Component, STRATA, components};
use self::likelihood::Shape;
use self::precision::KINDS;
use crate::loglinear::{Cells, Model};
use crate::{Error, Options};

/// Prior standard deviation of the common log-odds of a list: hardly any prior.
const LIST_ERROR: f64 = 10.0;
/// Prior standard deviation of the common log odds ratio of a pair.
const PAIR_ERROR: f64 = 2.5;
/// Scales of the half-normal priors of the standard deviations of effects: of their mean over the lists, of
/// single lists, of pairs.
const SPREAD: [f64; 3] = [1.0, 1.0, 0.5];
/// Degrees of freedom of the t distributions of effects: nearly normal, but a stratum that is truly
/// different is not pulled to the others.
const TAILS: f64 = 4.0;

/// Most strata, and most strata times histories, that are fitted together.
const MOST_STRATA: usize = 200;
const MOST_CELLS: usize = 1 << 15;

/// Codes and capture histories of each group.
pub(crate) type Groups = [(BTreeMap<String, String>, CaptureTable)];

/// The joint posterior of the hidden counts of groups.
#[derive(Debug, Clone)]
pub(crate) struct Joint {
    /// For each group its draws, all from the same states of the chains: they may be added up draw by
    /// draw. `None` for a group without persons, which says nothing of its number hidden.
    pub(crate) hidden: Vec<Option<Vec<f64>>>,
    /// The model within the groups, in words.
    pub(crate) model: String,
    pub(crate) diagnostics: BTreeMap<String, Value>,
}

/// Fits all groups jointly, with the dependent pairs of lists of the options and those that BIC chooses
/// up to `max_order`.
///
/// # Errors
/// [`Error::Option`] when the smooth variable is not one of the groups' or not in numbers. The inner
/// error says in words why there is no joint fit.
pub(crate) fn fit(
    groups: &Groups,
    max_order: usize,
    options: &Options,
) -> Result<Result<Joint, String>, Error> {
    let with_persons: Vec<usize> = (0..groups.len()).filter(|&g| groups[g].1.detected() > 0).collect();
    let all_codes: Vec<&BTreeMap<String, String>> = groups.iter().map(|(codes, _)| codes).collect();
    components(&all_codes, options.smooth.as_deref())?;
    let codes: Vec<&BTreeMap<String, String>> = with_persons.iter().map(|&g| all_codes[g]).collect();
    let smooth = options.smooth.as_deref();
    let Prepared { names, pooled, strata } = match prepare(groups, &with_persons) {
        Ok(prepared) => prepared,
        Err(why) => return Ok(Err(why)),
    };
    let components = components(&codes, smooth)?;
    let place = |list: &String| names.iter().position(|name| name == list);
    let pairs = options.lists.dependent.iter().filter_map(|(a, b)| place(a).zip(place(b)));
    let forced = pairs.fold(Model::main(names.len()), |model, (i, j)| model.with(i, j));
    let common = match choose::choose(&pooled, &strata, forced, max_order.min(2)) {
        Ok(common) => common,
        Err(why) => return Ok(Err(why)),
    };
    let shape = Shape::new(common.model);
    let residual = components.iter().position(|c| c.name == STRATA).filter(|_| components.len() > 1);
    let problem = Problem {
        strata: strata.iter().map(|cells| choose::stratum(cells, &shape)).collect(),
        residual,
        reference: common.theta.concat(),
        shape,
        components: components.clone(),
    };
    Ok(fit::sample(problem, options.seed, &options.watch).map(|posterior| {
        let mut hidden = vec![None; groups.len()];
        for (g, draws) in with_persons.iter().zip(&posterior.hidden) {
            hidden[*g] = Some(draws.clone());
        }
        Joint {
            hidden,
            model: common.model.describe(&names),
            diagnostics: diagnostics(&posterior, &components, common.bic, options),
        }
    }))
}

struct Prepared {
    names: Vec<String>,
    pooled: Cells,
    strata: Vec<Cells>,
}

/// The cells of the strata and of their sum, on the lists that have persons.
fn prepare(groups: &Groups, with_persons: &[usize]) -> Result<Prepared, String> {
    let Some(first) = groups.first() else { return Err("there are no groups".into()) };
    let lists = first.1.lists();
    if groups.iter().any(|(_, table)| table.lists() != lists) {
        return Err("the groups are not on the same lists, so they cannot be fitted together".into());
    }
    if with_persons.len() < 2 {
        return Err("groups are fitted together when at least two of them have persons".into());
    }
    let used: Vec<usize> =
        (0..lists.len()).filter(|&i| groups.iter().any(|(_, table)| table.list_total(i) > 0)).collect();
    if used.len() < 2 {
        return Err("only one list has persons; at least two must, and some persons must be in both".into());
    }
    if with_persons.len() > MOST_STRATA || with_persons.len() << used.len() > MOST_CELLS {
        return Err(format!(
            "{} groups on {} lists are too many to fit together; make groups larger or fewer, or estimate \
             each on its own",
            with_persons.len(),
            used.len()
        ));
    }
    let kept =
        |history: u32| used.iter().enumerate().fold(0, |set, (new, &old)| set | (history >> old & 1) << new);
    let restricted = |table: &CaptureTable| -> Vec<(u32, u64)> {
        table.counts().map(|(history, count)| (kept(history), count)).collect()
    };
    let strata: Vec<Cells> =
        with_persons.iter().map(|&g| Cells::from_counts(used.len(), restricted(&groups[g].1))).collect();
    let mut sum: BTreeMap<u32, u64> = BTreeMap::new();
    for &g in with_persons {
        for (history, count) in restricted(&groups[g].1) {
            let total = sum.entry(history).or_default();
            *total = total.saturating_add(count);
        }
    }
    let pooled = Cells::from_counts(used.len(), sum);
    if pooled.support.iter().all(|history| history.is_power_of_two()) {
        return Err("no person is in more than one list, so nothing tells how many were missed by all".into());
    }
    Ok(Prepared { names: used.iter().map(|&i| lists[i].clone()).collect(), pooled, strata })
}

fn diagnostics(
    posterior: &fit::Posterior,
    components: &[Component],
    bic: f64,
    options: &Options,
) -> BTreeMap<String, Value> {
    let spread = |taus: &Vec<f64>| -> Value {
        let kinds = KINDS.into_iter().zip(taus);
        kinds.map(|(kind, tau)| (kind.to_owned(), json!(tau))).collect::<serde_json::Map<_, _>>().into()
    };
    let spreads: serde_json::Map<String, Value> =
        components.iter().zip(&posterior.tau).map(|(c, taus)| (c.name.clone(), spread(taus))).collect();
    let mut found = BTreeMap::from([
        ("pooling".to_owned(), json!("partial")),
        ("effect_standard_deviations".to_owned(), spreads.into()),
        ("BIC_common_pairs".to_owned(), json!(bic)),
        ("r_hat".to_owned(), json!(posterior.convergence.r_hat)),
        ("ess_bulk".to_owned(), json!(posterior.convergence.bulk)),
        ("ess_tail".to_owned(), json!(posterior.convergence.tail)),
        ("chains".to_owned(), json!(posterior.chains)),
        ("sweeps".to_owned(), json!(posterior.sweeps)),
        ("acceptance".to_owned(), json!(posterior.acceptance)),
        ("seed".to_owned(), json!(options.seed)),
    ]);
    if let Some(smooth) = &options.smooth {
        found.insert("smooth".to_owned(), json!(smooth));
    }
    if options.max_order > 2 {
        let note = "terms of three lists are not fitted together; pairs are the highest";
        found.insert("max_order_note".to_owned(), json!(note));
    }
    found
}
