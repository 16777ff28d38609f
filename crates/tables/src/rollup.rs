//! From counts of the finest groups to all cells, totals included.

use std::collections::{BTreeMap, BTreeSet};

use model::{Cube, Key, Value};

use crate::Error;
use crate::calendar::Calendar;
use crate::level::Level;

/// Most cells of one table; a table that is larger cannot be read, nor protected.
pub(crate) const MAX_CELLS: usize = 1_000_000;

/// The count of one period and one code for each dimension.
pub(crate) struct Group {
    pub(crate) period: u32,
    pub(crate) codes: Vec<u16>,
    pub(crate) count: u64,
}

/// Fills `cube` (all but its dimensions and cells is set) with every combination of categories.
pub(crate) fn fill(
    mut cube: Cube,
    calendar: &Calendar,
    time: model::Dimension,
    levels: &[Level],
    groups: &[Group],
    days: Option<(i32, i32)>,
) -> Result<Cube, Error> {
    let shown: Vec<_> = levels
        .iter()
        .enumerate()
        .map(|(i, level)| {
            let used: BTreeSet<u16> = groups.iter().map(|g| g.codes[i]).collect();
            level.categories(&used, days)
        })
        .collect();
    let sizes: Vec<usize> =
        std::iter::once(calendar.len()).chain(shown.iter().map(|s| s.dimension.categories.len())).collect();
    let cells = sizes.iter().map(|&s| s as u128).product::<u128>();
    if cells > MAX_CELLS as u128 {
        let (first, last) = calendar.ends();
        let periods = calendar.len();
        return Err(Error::TooLarge { table: cube.id, cells, periods, first, last, limit: MAX_CELLS });
    }
    let mut counts = vec![0u64; cells as usize];
    for group in groups {
        let mut places = vec![group.period as usize];
        for (shown, &code) in shown.iter().zip(&group.codes) {
            let size = shown.dimension.categories.len();
            let up = &shown.counted_in[usize::from(code)];
            places = places.iter().flat_map(|p| up.iter().map(move |&c| p * size + c as usize)).collect();
        }
        for place in places {
            counts[place] += group.count;
        }
    }
    cube.dimensions = std::iter::once(time).chain(shown.into_iter().map(|s| s.dimension)).collect();
    cube.cells = counts
        .into_iter()
        .enumerate()
        .map(|(place, count)| (key(place, &sizes), Value::Count(count)))
        .collect::<BTreeMap<_, _>>();
    cube.check()?;
    Ok(cube)
}

fn key(mut place: usize, sizes: &[usize]) -> Key {
    let mut key = vec![0; sizes.len()];
    for (k, &size) in key.iter_mut().zip(sizes).rev() {
        *k = (place % size) as u32;
        place /= size;
    }
    key
}
