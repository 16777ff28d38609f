//! All cells of a set of dimensions, and which of them a record counts in.

use model::{Category, Dimension, Key, Role, TOTAL};

use crate::Error;
use crate::additive::Sum;

/// Cells that are held at once, at most.
const MOST: usize = 1 << 24;

/// The full product of dimensions. Cells are numbered in the order of their keys.
#[derive(Debug, Clone)]
pub(crate) struct Rollup {
    cube: String,
    /// For each dimension, for each category: itself and all that it is a part of.
    chains: Vec<Vec<Vec<u32>>>,
    strides: Vec<usize>,
    cells: usize,
}

impl Rollup {
    /// The dimensions have to be checked before (`Cube::check`).
    pub(crate) fn new(cube: &str, dimensions: &[Dimension]) -> Result<Self, Error> {
        let mut strides = vec![0; dimensions.len()];
        let mut cells = 1usize;
        for (stride, d) in strides.iter_mut().zip(dimensions).rev() {
            *stride = cells;
            cells = cells.saturating_mul(d.categories.len());
        }
        if cells > MOST || cells == 0 {
            return Err(Error::Policy {
                what: format!("table \"{cube}\" has {cells} cells when every combination has one"),
                help: "ask for fewer dimensions, coarser classifications or fewer periods; at most 2^24"
                    .into(),
            });
        }
        let chains = dimensions
            .iter()
            .map(|d| (0..d.categories.len() as u32).map(|c| chain(d, c)).collect())
            .collect();
        Ok(Rollup { cube: cube.to_owned(), chains, strides, cells })
    }

    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// For each dimension the most categories that one record counts in: the levels of a
    /// hierarchy.
    pub(crate) fn levels(&self) -> Vec<usize> {
        self.chains.iter().map(|d| d.iter().map(Vec::len).max().unwrap_or(1)).collect()
    }

    /// The key of a cell.
    pub(crate) fn key(&self, mut cell: usize) -> Key {
        self.strides
            .iter()
            .map(|&stride| {
                let code = cell / stride;
                cell %= stride;
                code as u32
            })
            .collect()
    }

    /// The number of the cell at `key`.
    pub(crate) fn cell(&self, key: &[u32]) -> usize {
        key.iter().zip(&self.strides).map(|(&k, stride)| k as usize * stride).sum()
    }

    /// Calls `f` with each cell in which a record with these codes counts.
    pub(crate) fn each(&self, codes: &[u32], mut f: impl FnMut(usize)) {
        self.walk(0, 0, codes, &mut f);
    }

    fn walk(&self, d: usize, base: usize, codes: &[u32], f: &mut impl FnMut(usize)) {
        if d == codes.len() {
            f(base);
            return;
        }
        for &up in &self.chains[d][codes[d] as usize] {
            self.walk(d + 1, base + up as usize * self.strides[d], codes, f);
        }
    }

    /// Whether the cell is of the most detailed categories only.
    pub(crate) fn is_detail(&self, cell: usize, detail: &[Vec<bool>]) -> bool {
        self.key(cell).iter().zip(detail).all(|(&k, d)| d[k as usize])
    }

    /// For each dimension, for each category, whether no other is a part of it.
    pub(crate) fn detail(&self) -> Vec<Vec<bool>> {
        self.chains
            .iter()
            .map(|chains| {
                let mut detail = vec![true; chains.len()];
                for chain in chains {
                    for &up in chain.iter().skip(1) {
                        detail[up as usize] = false;
                    }
                }
                detail
            })
            .collect()
    }

    /// The sums that hold between the cells: each category is the sum of those that name it as the
    /// next thing they are part of.
    pub(crate) fn sums(&self) -> Vec<Sum> {
        let mut sums = Vec::new();
        for (d, chains) in self.chains.iter().enumerate() {
            let mut parts: Vec<Vec<u32>> = vec![Vec::new(); chains.len()];
            for (c, chain) in chains.iter().enumerate() {
                if let Some(&up) = chain.get(1) {
                    parts[up as usize].push(c as u32);
                }
            }
            for cell in 0..self.cells {
                let code = cell / self.strides[d] % chains.len();
                if !parts[code].is_empty() {
                    let first = cell - code * self.strides[d];
                    let parts = parts[code].iter().map(|&p| (first + p as usize * self.strides[d]) as u32);
                    sums.push(Sum { total: cell as u32, parts: parts.collect() });
                }
            }
        }
        sums
    }

    /// Whether columns of codes fit.
    pub(crate) fn check(&self, columns: &[&[u32]], records: usize) -> Result<(), Error> {
        let refuse = |what: String| Error::Records { what: format!("table \"{}\": {what}", self.cube) };
        if columns.len() != self.chains.len() {
            return Err(refuse(format!("{} columns for {} dimensions", columns.len(), self.chains.len())));
        }
        for (d, (column, chains)) in columns.iter().zip(&self.chains).enumerate() {
            if column.len() != records {
                return Err(refuse(format!(
                    "column {} has {} records where {records} are expected",
                    d + 1,
                    column.len()
                )));
            }
            if let Some(row) = column.iter().position(|&c| c as usize >= chains.len()) {
                return Err(refuse(format!(
                    "record {} has code {} in column {}, which has {} categories",
                    row + 1,
                    column[row],
                    d + 1,
                    chains.len()
                )));
            }
        }
        Ok(())
    }
}

/// A category and all that it is a part of. A total counts everyone also where the others do not
/// name it as their parent.
fn chain(d: &Dimension, from: u32) -> Vec<u32> {
    let mut chain = vec![from];
    let mut at = from;
    while let Some(parent) = d.categories[at as usize].parent {
        chain.push(parent);
        at = parent;
    }
    if d.role == Role::Breakdown {
        let total = d.total().filter(|t| !chain.contains(t));
        chain.extend(total.filter(|&t| is_root(&d.categories[t as usize])));
    }
    chain
}

fn is_root(c: &Category) -> bool {
    c.code == TOTAL && c.parent.is_none()
}
