//! Records that links above some log odds hold together, directly or by others.

use super::graph::Graph;

/// The members of each component of two records or more, in order.
pub(crate) fn components(graph: &Graph, above: f64) -> Vec<Vec<u32>> {
    let mut parent: Vec<u32> = (0..graph.len() as u32).collect();
    for a in 0..graph.len() as u32 {
        for &(b, odds) in graph.near(a).iter().filter(|(b, _)| *b > a) {
            if f64::from(odds) > above {
                join(&mut parent, a, b);
            }
        }
    }
    let mut place = vec![u32::MAX; graph.len()];
    let mut all: Vec<Vec<u32>> = Vec::new();
    for record in 0..graph.len() as u32 {
        let root = root(&mut parent, record);
        // The root is the first of its component; alone, it has none.
        if root == record {
            continue;
        }
        if place[root as usize] == u32::MAX {
            place[root as usize] = all.len() as u32;
            all.push(vec![root]);
        }
        all[place[root as usize] as usize].push(record);
    }
    all
}

/// The first record of a component.
pub(crate) fn root(parent: &mut [u32], mut x: u32) -> u32 {
    while parent[x as usize] != x {
        parent[x as usize] = parent[parent[x as usize] as usize];
        x = parent[x as usize];
    }
    x
}

/// Makes one component of two.
pub(crate) fn join(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (root(parent, a), root(parent, b));
    parent[a.max(b) as usize] = a.min(b);
}
