//! How the effects of strata hang together: which strata share a level of which variable, and which
//! level comes after which.

use std::collections::{BTreeMap, BTreeSet};

use model::UNKNOWN;

use crate::Error;

/// The effects of one variable, or those of the single strata.
///
/// Each level has one effect a term. It is normal around that of its parent, or around 0 without
/// one, with the variance stretch·τ². Without parents the levels are exchangeable; a chain of
/// parents is a random walk.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Name of the variable, or [`STRATA`].
    pub(super) name: String,
    /// Level of each stratum; `None` where the effect is 0: the first step of a walk.
    pub(super) level: Vec<Option<usize>>,
    pub(super) parent: Vec<Option<usize>>,
    pub(super) stretch: Vec<f64>,
    /// Levels whose parent is this one.
    pub(super) children: Vec<Vec<usize>>,
    /// This level and all that descend from it.
    pub(super) below: Vec<Vec<usize>>,
    /// Strata of the level.
    pub(super) members: Vec<Vec<usize>>,
    /// Strata of the level and of all that descend from it.
    pub(super) members_below: Vec<Vec<usize>>,
}

/// Name of the component that has an effect for every stratum beside those of the variables.
pub(super) const STRATA: &str = "strata";

impl Component {
    fn new(name: &str, level: Vec<Option<usize>>, parent: Vec<Option<usize>>, stretch: Vec<f64>) -> Self {
        let levels = parent.len();
        let mut children = vec![Vec::new(); levels];
        for (l, parent) in parent.iter().enumerate() {
            if let Some(parent) = *parent {
                children[parent].push(l);
            }
        }
        let ancestors = |l: usize| std::iter::successors(Some(l), |&l| parent[l]);
        let below: Vec<Vec<usize>> =
            (0..levels).map(|l| (0..levels).filter(|&m| ancestors(m).any(|a| a == l)).collect()).collect();
        let within = |levels: &[usize]| -> Vec<usize> {
            let held = level.iter().enumerate().filter(|(_, l)| l.is_some_and(|l| levels.contains(&l)));
            held.map(|(s, _)| s).collect()
        };
        let members = (0..levels).map(|l| within(&[l])).collect();
        let members_below = below.iter().map(|below| within(below)).collect();
        Self { name: name.to_owned(), level, parent, stretch, children, below, members, members_below }
    }

    pub(super) fn levels(&self) -> usize {
        self.parent.len()
    }

    /// Whether each stratum has a level of its own.
    fn separates(&self) -> bool {
        let levels: BTreeSet<Option<usize>> = self.level.iter().copied().collect();
        levels.len() == self.level.len()
    }

    /// Exchangeable levels, one for each different key.
    fn exchangeable<K: Ord>(name: &str, keys: &[K]) -> Self {
        let different: BTreeSet<&K> = keys.iter().collect();
        let place: BTreeMap<&K, usize> = different.into_iter().zip(0..).collect();
        let level = keys.iter().map(|key| Some(place[key])).collect();
        Self::new(name, level, vec![None; place.len()], vec![1.0; place.len()])
    }

    /// A random walk of the first order along the values; strata without one are around the middle.
    ///
    /// The first value has the effect 0, since the common value already is free. Steps are stretched
    /// so that values spread about their mean as widely as exchangeable levels would with the
    /// same τ (Sørbye and Rue 2014), whatever their number and unit.
    fn walk(name: &str, values: &[Option<f64>]) -> Self {
        let mut places: Vec<f64> = values.iter().flatten().copied().collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let count = places.len();
        let from_first: Vec<f64> = places.iter().map(|x| x - places[0]).collect();
        let mean = from_first.iter().sum::<f64>() / count as f64;
        // Covariance of two places of the walk is the smaller; sorted, place i is so 2(L − i) − 1 times.
        let smaller = from_first.iter().zip(0..).map(|(x, i)| x * f64::from(2 * (count as u32 - i) - 1));
        let spread = mean - smaller.sum::<f64>() / (count * count) as f64;
        let unit = (1.0 - 1.0 / count as f64) / spread;
        let mut parent: Vec<Option<usize>> = (1..count).map(|i| i.checked_sub(2)).collect();
        let mut stretch: Vec<f64> = from_first.windows(2).map(|pair| (pair[1] - pair[0]) * unit).collect();
        if values.iter().any(Option::is_none) {
            parent.push((count / 2).checked_sub(1));
            stretch.push(1.0);
        }
        let level = values
            .iter()
            .map(|value| match value {
                Some(value) => {
                    places.iter().position(|x| x.total_cmp(value).is_eq()).and_then(|i| i.checked_sub(1))
                }
                None => Some(count - 1),
            })
            .collect();
        Self::new(name, level, parent, stretch)
    }
}

/// The components of the strata with these codes: one for each variable that differs among them,
/// and one for the strata themselves where no variable tells all of them apart.
///
/// # Errors
/// When `smooth` is no variable of the strata or has codes that are no numbers.
pub(super) fn components(
    codes: &[&BTreeMap<String, String>],
    smooth: Option<&str>,
) -> Result<Vec<Component>, Error> {
    let variables: BTreeSet<&String> = codes.iter().flat_map(|codes| codes.keys()).collect();
    let fail =
        |value: &str, allowed| Err(Error::Option { option: "smooth", value: value.to_owned(), allowed });
    if let Some(name) = smooth
        && !variables.iter().any(|variable| *variable == name)
    {
        return fail(name, "name one of the variables that make the groups");
    }
    let mut components = Vec::new();
    for variable in variables {
        let keys: Vec<Option<&String>> = codes.iter().map(|codes| codes.get(variable)).collect();
        if keys.iter().all(|key| *key == keys[0]) {
            continue;
        }
        if smooth != Some(variable.as_str()) {
            components.push(Component::exchangeable(variable, &keys));
            continue;
        }
        let mut values = Vec::with_capacity(keys.len());
        for key in keys {
            let value =
                key.filter(|code| *code != UNKNOWN).map(|code| code.trim().parse::<f64>().map(|x| x + 0.0));
            match value {
                Some(Ok(value)) if value.is_finite() => values.push(Some(value)),
                None => values.push(None),
                Some(_) => return fail(variable, "its codes must be numbers in order, such as years"),
            }
        }
        let mut different: Vec<f64> = values.iter().flatten().copied().collect();
        different.sort_by(f64::total_cmp);
        different.dedup();
        if different.len() < 2 {
            components.push(Component::exchangeable(
                variable,
                &values.iter().map(Option::is_some).collect::<Vec<_>>(),
            ));
        } else {
            components.push(Component::walk(variable, &values));
        }
    }
    if !components.iter().any(Component::separates) {
        let strata: Vec<usize> = (0..codes.len()).collect();
        components.push(Component::exchangeable(STRATA, &strata));
    }
    Ok(components)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rows: &[(&str, &str)]) -> Vec<BTreeMap<String, String>> {
        let row = |(sex, year): &(&str, &str)| {
            BTreeMap::from([("sex".to_owned(), (*sex).to_owned()), ("year".to_owned(), (*year).to_owned())])
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_walk_spreads_as_widely_as_exchangeable_levels() {
        for values in [vec![0.0, 1.0], vec![2010.0, 2011.0, 2012.0, 2015.0], vec![0.0, 0.1, 7.0]] {
            let wrapped: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            let walk = Component::walk("year", &wrapped);
            let n = values.len();
            // Effect of each value as a sum of independent steps; variance about the mean by definition.
            let step_of = |level: Option<usize>, step: usize| -> f64 {
                let on = std::iter::successors(level, |&l| walk.parent[l]).any(|l| l == step);
                if on { walk.stretch[step].sqrt() } else { 0.0 }
            };
            let mut spread = 0.0;
            for step in 0..walk.levels() {
                let mean = walk.level.iter().map(|l| step_of(*l, step)).sum::<f64>() / n as f64;
                spread += walk.level.iter().map(|l| (step_of(*l, step) - mean).powi(2)).sum::<f64>();
            }
            assert!((spread / n as f64 - (1.0 - 1.0 / n as f64)).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn what_is_unknown_lies_around_the_middle_of_a_walk() {
        let walk = Component::walk("year", &[Some(3.0), None, Some(1.0), Some(2.0)]);
        assert_eq!(walk.level, [Some(1), Some(2), None, Some(0)]);
        assert_eq!(walk.parent, [None, Some(0), Some(0)]);
        assert_eq!(walk.members_below[0], [0, 1, 3]);
    }

    #[test]
    fn strata_by_two_variables_have_effects_of_each_and_of_their_own() {
        let rows = codes(&[("F", "2010"), ("F", "2011"), ("M", "2010"), ("M", "2011")]);
        let rows: Vec<_> = rows.iter().collect();
        let found = components(&rows, Some("year")).expect("sound");
        let names: Vec<&str> = found.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["sex", "year", STRATA]);
        assert_eq!(found[1].level, [None, Some(0), None, Some(0)]);
        let rows = codes(&[("F", "2010"), ("F", "2011")]);
        let found = components(&rows.iter().collect::<Vec<_>>(), None).expect("sound");
        assert_eq!(found.len(), 1, "the year alone tells the strata apart");
    }

    #[test]
    fn a_smooth_variable_must_be_one_of_the_groups_and_in_numbers() {
        let rows = codes(&[("F", "2010"), ("M", "2011")]);
        let rows: Vec<_> = rows.iter().collect();
        for (name, told) in [("form", "variables that make"), ("sex", "numbers")] {
            let error = components(&rows, Some(name)).expect_err("refused").to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
