//! Links by record.

use crate::Link;

/// For each record its links, ordered by the other record.
#[derive(Debug)]
pub(crate) struct Graph {
    starts: Vec<usize>,
    near: Vec<(u32, f32)>,
}

impl Graph {
    /// Of several links of one pair the strongest counts.
    pub(crate) fn new(records: usize, links: &[Link]) -> Self {
        let mut starts = vec![0_usize; records + 1];
        for link in links {
            starts[link.a as usize + 1] += 1;
            starts[link.b as usize + 1] += 1;
        }
        for i in 0..records {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut near = vec![(0_u32, 0_f32); links.len() * 2];
        for link in links {
            for (from, to) in [(link.a, link.b), (link.b, link.a)] {
                near[next[from as usize]] = (to, link.log_odds);
                next[from as usize] += 1;
            }
        }
        for record in 0..records {
            near[starts[record]..starts[record + 1]]
                .sort_unstable_by(|x, y| x.0.cmp(&y.0).then(y.1.total_cmp(&x.1)));
        }
        Self { starts, near }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The links of a record: the other record and the log odds.
    pub(crate) fn near(&self, record: u32) -> &[(u32, f32)] {
        &self.near[self.starts[record as usize]..self.starts[record as usize + 1]]
    }
}
