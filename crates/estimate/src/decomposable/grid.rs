//! Sums over all numbers of hidden persons, from 0 without end, at a few hundred points.
//!
//! The numbers are cut into blocks of consecutive ones, short where a posterior can be narrow and
//! ever longer further out. In each block a Gauss rule for sums stands for all its numbers: 16
//! points, exact for polynomials up to degree 31. The functions summed are products of gamma
//! functions, which are smooth between the whole numbers too.

use std::ops::{Range, RangeInclusive};
use std::sync::OnceLock;

/// Points of a block that is longer than this.
const POINTS: usize = 16;
/// Numbers at the start that are summed one by one: there the gamma functions are steepest.
const FIRST: f64 = 32.0;
/// How far the blocks reach, in squares of the number of persons. From there on a posterior is a
/// power of the number hidden, with a relative error of the inverse of this.
const REACH: f64 = (1_u64 << 40) as f64;

/// Consecutive numbers of hidden persons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Block {
    /// The first of them.
    pub(super) start: f64,
    /// How many they are.
    pub(super) length: f64,
}

impl Block {
    /// The middle, where the block is looked at before it is summed.
    pub(super) fn middle(&self) -> f64 {
        self.start + (self.length - 1.0) / 2.0
    }
}

/// The blocks for posteriors of `persons` detected persons (with the weight of the prior), and
/// where they end.
///
/// The logarithm of a posterior is nowhere more concave than that of a Poisson distribution, so it
/// is no narrower than √u at u hidden; beyond the number of persons it is, on the scale of ln u,
/// no narrower than √u / persons. A block spans at most four such widths.
pub(super) fn blocks(persons: f64) -> Vec<Block> {
    let square = persons * persons;
    let mut blocks = vec![Block { start: 0.0, length: FIRST }];
    let mut start = FIRST;
    while start < REACH * square {
        let narrowest = (1.0 + start.min(3.0 * square / start)).sqrt();
        let widest = (4.0 * start / narrowest).min(2.0 * start);
        let length = widest.log2().floor().exp2();
        blocks.push(Block { start, length });
        start += length;
    }
    blocks
}

/// Blocks with the points that stand for them.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    blocks: Vec<(Block, usize)>,
    /// Numbers of hidden persons, not always whole.
    pub(super) points: Vec<f64>,
    /// How many numbers each point stands for.
    pub(super) weights: Vec<f64>,
    /// Where a closed form takes over; `None` when nothing lies beyond the last block.
    pub(super) end: Option<f64>,
}

impl Grid {
    /// The points of `blocks`, and all numbers from `end` on.
    pub(super) fn new(blocks: &[Block], end: f64) -> Self {
        let mut grid = Self { blocks: Vec::new(), points: Vec::new(), weights: Vec::new(), end: Some(end) };
        for &block in blocks {
            let all = block.length <= FIRST;
            let count = if all { block.length as usize } else { POINTS };
            grid.blocks.push((block, count));
            if all {
                grid.points.extend((0..count).map(|i| block.start + i as f64));
                grid.weights.extend((0..count).map(|_| 1.0));
                continue;
            }
            let rule = rule_of_block(block.length);
            grid.points.extend(rule.iter().map(|(x, _)| block.middle() + block.length * x));
            grid.weights.extend(rule.iter().map(|(_, w)| block.length * w));
        }
        grid
    }

    /// Each block with the places of its points.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&Block, Range<usize>)> {
        self.blocks.iter().scan(0, |first, (block, count)| {
            let which = *first..*first + count;
            *first += count;
            Some((block, which))
        })
    }

    /// All numbers of a range one by one, and none beyond.
    pub(super) fn fixed(range: &RangeInclusive<u64>) -> Self {
        let points: Vec<f64> = range.clone().map(|hidden| hidden as f64).collect();
        let block = Block { start: *range.start() as f64, length: points.len() as f64 };
        Self { blocks: vec![(block, points.len())], weights: vec![1.0; points.len()], points, end: None }
    }
}

/// A distribution over the number of hidden persons, by its values at the points of a grid.
#[derive(Debug, Clone)]
pub(super) struct Distribution {
    /// Each block with its values.
    blocks: Vec<(Block, Vec<f64>, f64)>,
    tail: f64,
    mass: f64,
}

impl Distribution {
    /// `values` need not add up to one; `tail` is what lies from the end of the grid on.
    pub(super) fn new(grid: &Grid, values: &[f64], tail: f64) -> Self {
        let mut mass = 0.0;
        let mut blocks = Vec::with_capacity(grid.blocks.len());
        for (block, within) in grid.blocks() {
            let sum: f64 =
                values[within.clone()].iter().zip(&grid.weights[within.clone()]).map(|(v, w)| v * w).sum();
            blocks.push((*block, values[within].to_vec(), sum));
            mass += sum;
        }
        Self { blocks, tail, mass: mass + tail }
    }

    /// The smallest number that is not exceeded with probability `p` or more; `None` when it lies
    /// beyond the grid.
    pub(super) fn quantile(&self, p: f64) -> Option<f64> {
        let target = p * self.mass;
        let mut below = 0.0;
        for (block, values, sum) in &self.blocks {
            if below + sum < target {
                below += sum;
                continue;
            }
            let partial = Partial::new(block, values);
            // Between `low` and `high` numbers of the block are needed.
            let (mut low, mut high) = (0.0, block.length);
            while high - low > 1.0_f64.max(1e-13 * block.start) {
                let middle = f64::midpoint(low, high).floor();
                if below + partial.sum(middle) < target {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            return Some(block.start + high - 1.0);
        }
        None
    }

    /// Numbers in ascending order, each with the probability of a smaller one: the distribution function
    /// at the seams of the points, enough to draw it or to mix it with others. The seams of a Gauss rule lie
    /// where its weights add up (Chebyshev, Markov and Stieltjes).
    pub(super) fn seams(&self) -> Vec<(f64, f64)> {
        let mut seams = vec![(0.0, 0.0)];
        let mut below = 0.0;
        for (block, values, sum) in &self.blocks {
            if sum / self.mass < 1e-12 {
                below += sum;
                continue;
            }
            let all = block.length <= values.len() as f64;
            let rule = if all { &[] } else { rule_of_block(block.length) };
            let mut at = block.start;
            for (i, value) in values.iter().enumerate() {
                let weight = rule.get(i).map_or(1.0, |(_, weight)| weight * block.length);
                at += weight;
                below += weight * value;
                seams.push((at, below / self.mass));
            }
        }
        seams
    }

    /// Probability of `hidden` or more.
    pub(super) fn at_least(&self, hidden: f64) -> f64 {
        let blocks = self.blocks.iter().map(|(block, values, sum)| {
            let before = hidden - block.start;
            if before <= 0.0 {
                *sum
            } else if before >= block.length {
                0.0
            } else if block.length <= values.len() as f64 {
                values[before as usize..].iter().sum()
            } else {
                sum - Partial::new(block, values).sum(before)
            }
        });
        (blocks.sum::<f64>() + self.tail) / self.mass
    }
}

/// What is needed to sum over the first numbers of a block.
struct Partial<'a> {
    block: &'a Block,
    values: &'a [f64],
    /// The points in units of the block's length from its middle, each with the weight of its value
    /// in the polynomial through all of them; none when each number has its value.
    nodes: Vec<(f64, f64)>,
}

impl<'a> Partial<'a> {
    fn new(block: &'a Block, values: &'a [f64]) -> Self {
        let all = block.length <= values.len() as f64;
        let points = if all { Vec::new() } else { rule(block.length, POINTS) };
        let weight = |i: usize, x: f64| -> f64 {
            let others = points.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, (other, _))| 1.0 / (x - other)).product()
        };
        let nodes = points.iter().enumerate().map(|(i, &(x, _))| (x, weight(i, x))).collect();
        Self { block, values, nodes }
    }

    /// Sum over the first `count` numbers.
    fn sum(&self, count: f64) -> f64 {
        if self.nodes.is_empty() {
            return self.values[..count as usize].iter().sum();
        }
        let length = self.block.length;
        let offset = (length - 1.0) / 2.0;
        // Half the points are exact for the polynomial through all of them.
        let half = POINTS / 2;
        if count <= half as f64 {
            return (0..count as usize).map(|i| self.at((i as f64 - offset) / length)).sum();
        }
        rule(count, half)
            .into_iter()
            .map(|(x, w)| count * w * self.at(((count - 1.0) / 2.0 + count * x - offset) / length))
            .sum()
    }

    /// The polynomial through the values (barycentric form; Berrut and Trefethen 2004).
    fn at(&self, x: f64) -> f64 {
        let (mut above, mut below) = (0.0, 0.0);
        for (&(node, weight), value) in self.nodes.iter().zip(self.values) {
            let apart = x - node;
            if apart == 0.0 {
                return *value;
            }
            let share = weight / apart;
            above += share * value;
            below += share;
        }
        above / below
    }
}

/// The rule of [`POINTS`] points for a block, whose length is a power of two: made once for all tables.
fn rule_of_block(length: f64) -> &'static [(f64, f64)] {
    static MADE: [OnceLock<Vec<(f64, f64)>>; 256] = [const { OnceLock::new() }; 256];
    MADE[(length.log2() as usize).min(255)].get_or_init(|| rule(length, POINTS))
}

/// The Gauss rule for sums over `length` consecutive whole numbers: points as distances from the
/// middle and weights, both in units of `length`.
///
/// The polynomials orthogonal on the numbers are Chebyshev's discrete ones, with the recurrence
/// coefficients k²(1 − k²/length²)/(4(4k² − 1)); points and weights are eigenvalues and squared
/// first components of eigenvectors of their Jacobi matrix (Golub and Welsch 1969).
fn rule(length: f64, points: usize) -> Vec<(f64, f64)> {
    let off: Vec<f64> = (1..points)
        .map(|k| {
            let square = (k * k) as f64;
            (square * (1.0 - square / (length * length)) / (4.0 * (4.0 * square - 1.0))).sqrt()
        })
        .collect();
    let mut found = eigenvalues(&off);
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The rule is symmetric; making it so to the last bit keeps it from drifting.
    (0..points)
        .map(|i| {
            let (a, b) = (found[i], found[points - 1 - i]);
            (f64::midpoint(a.0, -b.0), f64::midpoint(a.1, b.1))
        })
        .collect()
}

/// Eigenvalues, each with the squared first component of its eigenvector, of the symmetric
/// tridiagonal matrix with zeros on the diagonal and `off` beside it, by implicit QL steps.
fn eigenvalues(off: &[f64]) -> Vec<(f64, f64)> {
    let size = off.len() + 1;
    let mut diagonal = vec![0.0_f64; size];
    let mut beside = off.to_vec();
    beside.push(0.0);
    let mut first = vec![0.0; size];
    first[0] = 1.0;
    for low in 0..size {
        // Each eigenvalue takes two or three steps; the bound only guards against no end.
        for _ in 0..100 {
            let high = (low..size - 1)
                .find(|&i| beside[i].abs() <= f64::EPSILON * (diagonal[i].abs() + diagonal[i + 1].abs()))
                .unwrap_or(size - 1);
            if high == low {
                break;
            }
            let shift = (diagonal[low + 1] - diagonal[low]) / (2.0 * beside[low]);
            let root = shift.hypot(1.0).copysign(shift);
            let mut g = diagonal[high] - diagonal[low] + beside[low] / (shift + root);
            let (mut sine, mut cosine, mut taken) = (1.0, 1.0, 0.0);
            let mut whole = true;
            for i in (low..high).rev() {
                let (f, b) = (sine * beside[i], cosine * beside[i]);
                let r = f.hypot(g);
                beside[i + 1] = r;
                if r == 0.0 {
                    diagonal[i + 1] -= taken;
                    beside[high] = 0.0;
                    whole = false;
                    break;
                }
                (sine, cosine) = (f / r, g / r);
                g = diagonal[i + 1] - taken;
                let r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
                taken = sine * r;
                diagonal[i + 1] = g + taken;
                g = cosine * r - b;
                let f = first[i + 1];
                first[i + 1] = sine * first[i] + cosine * f;
                first[i] = cosine * first[i] - sine * f;
            }
            if whole {
                diagonal[low] -= taken;
                beside[low] = g;
                beside[high] = 0.0;
            }
        }
    }
    diagonal.into_iter().zip(first).map(|(value, component)| (value, component * component)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_exact_for_polynomials_of_its_degree() {
        for length in [17_u32, 32, 64, 500] {
            for points in [8, 16] {
                for degree in [0, 1, 2, 7, 14] {
                    let scale = f64::from(length);
                    let power = |x: f64| x.powi(degree);
                    let middle = (scale - 1.0) / 2.0;
                    let expected: f64 = (0..length).map(|i| power((f64::from(i) - middle) / scale)).sum();
                    let found: f64 = rule(scale, points).into_iter().map(|(x, w)| scale * w * power(x)).sum();
                    assert!(
                        (found - expected).abs() < 1e-12 * scale,
                        "{length} numbers, {points} points, degree {degree}: {found} but {expected}"
                    );
                }
            }
        }
    }

    /// A Poisson distribution is the narrowest that can occur; a power has the longest tail.
    #[test]
    fn sums_over_the_blocks_equal_sums_over_all_numbers() {
        let poisson =
            |mean: f64| move |x: f64| (x * mean.ln() - mean - crate::numeric::ln_gamma(x + 1.0)).exp();
        let blocks = blocks(5000.0);
        let end = blocks.last().map_or(0.0, |block| block.start + block.length);
        let grid = Grid::new(&blocks, end);
        for mean in [0.4, 20.0, 333.0, 4000.0] {
            let value = poisson(mean);
            let values: Vec<f64> = grid.points.iter().map(|&x| value(x)).collect();
            let sum: f64 = values.iter().zip(&grid.weights).map(|(v, w)| v * w).sum();
            assert!((sum - 1.0).abs() < 1e-10, "{mean}: {sum}");
            let distribution = Distribution::new(&grid, &values, 0.0);
            for p in [0.001, 0.025, 0.5, 0.9, 0.975, 0.9999] {
                let mut below = 0.0;
                let expected = (0..1_000_000)
                    .map(f64::from)
                    .find(|&x| {
                        below += value(x);
                        below >= p
                    })
                    .expect("a number");
                assert_eq!(distribution.quantile(p), Some(expected), "{mean} at {p}");
                let above: f64 = 1.0 - (0..expected as u32).map(|x| value(f64::from(x))).sum::<f64>();
                assert!((distribution.at_least(expected) - above).abs() < 1e-8, "{mean} at {p}");
            }
        }
        // Σ 1/(x+1)² = π²/6, the tail beyond the end by its integral.
        let values: Vec<f64> = grid.points.iter().map(|x| (x + 1.0).powi(-2)).collect();
        let sum: f64 = values.iter().zip(&grid.weights).map(|(v, w)| v * w).sum::<f64>() + 1.0 / end;
        assert!((sum - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-12, "{sum}");
    }
}
