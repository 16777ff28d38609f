//! Which pairs of lists depend on each other.

/// A hierarchical log-linear model with an intercept, every list, and a set of pairs of lists.
///
/// ```
/// use estimate::loglinear::Model;
/// let model = Model::main(4).with(0, 2);
/// assert_eq!(model.describe(&["I", "K", "O", "P"]), "I K O P I:O");
/// assert_eq!(model.parameters(), 6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Model {
    lists: usize,
    /// Bit `q` stands for the `q`-th pair in the order (0,1), (0,2), …, (1,2), …
    pairs: u128,
}

impl Model {
    /// The lists are independent.
    ///
    /// # Panics
    /// With more lists than [`model::MAX_LISTS`], which no capture table has.
    pub fn main(lists: usize) -> Self {
        assert!(lists <= model::MAX_LISTS, "a capture table has at most {} lists", model::MAX_LISTS);
        Self { lists, pairs: 0 }
    }

    /// Every pair of lists may depend on each other.
    pub fn all_pairs(lists: usize) -> Self {
        Self::from_bits(lists, (1 << pair_count(lists)) - 1)
    }

    /// The model of the pairs whose bit is set, in the order (0,1), (0,2), …, (1,2), …
    pub(crate) fn from_bits(lists: usize, pairs: u128) -> Self {
        Self { pairs, ..Self::main(lists) }
    }

    /// This model with the pair of lists `i` and `j` added.
    ///
    /// # Panics
    /// When `i` and `j` are the same or one is not a list.
    #[must_use]
    pub fn with(self, i: usize, j: usize) -> Self {
        Self { pairs: self.pairs | 1 << self.bit(i, j), ..self }
    }

    /// This model with the pair of bit `q` put in or taken out.
    pub(crate) fn toggled(self, q: usize) -> Self {
        Self { pairs: self.pairs ^ 1 << q, ..self }
    }

    /// Whether lists `i` and `j` may depend on each other.
    ///
    /// # Panics
    /// When `i` and `j` are the same or one is not a list.
    pub fn contains(self, i: usize, j: usize) -> bool {
        self.pairs >> self.bit(i, j) & 1 == 1
    }

    /// Number of lists.
    pub fn lists(self) -> usize {
        self.lists
    }

    /// Number of pairs of lists in the model.
    pub fn pair_count(self) -> usize {
        self.pairs.count_ones() as usize
    }

    /// Number of parameters: intercept, lists and pairs, whether finite or not.
    pub fn parameters(self) -> usize {
        1 + self.lists + self.pair_count()
    }

    /// The pairs in the model, in the order (0,1), (0,2), …, (1,2), …
    pub fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        pairs(self.lists).enumerate().filter(move |(q, _)| self.pairs >> q & 1 == 1).map(|(_, pair)| pair)
    }

    /// The terms as sets of lists (bit masks): the empty set for the intercept, each list,
    /// each pair.
    pub fn terms(self) -> Vec<u32> {
        let mut terms = vec![0];
        terms.extend((0..self.lists).map(|i| 1 << i));
        terms.extend(self.pairs().map(|(i, j)| 1 << i | 1 << j));
        terms
    }

    /// The model in words: the lists, then the pairs, as `I K O I:O`.
    pub fn describe<S: AsRef<str>>(self, names: &[S]) -> String {
        let mut words: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        words.extend(self.pairs().map(|(i, j)| format!("{}:{}", names[i].as_ref(), names[j].as_ref())));
        words.join(" ")
    }

    fn bit(self, i: usize, j: usize) -> usize {
        let (i, j) = (i.min(j), i.max(j));
        assert!(i < j && j < self.lists, "lists {i} and {j} are not a pair among {} lists", self.lists);
        i * (2 * self.lists - i - 1) / 2 + (j - i - 1)
    }
}

/// Number of pairs of `lists` lists.
pub(crate) fn pair_count(lists: usize) -> usize {
    lists * lists.saturating_sub(1) / 2
}

/// All pairs in the order of the bits of a [`Model`].
pub(crate) fn pairs(lists: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..lists).flat_map(move |i| (i + 1..lists).map(move |j| (i, j)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_of_a_pair_is_its_place_in_the_order() {
        for lists in 2..=model::MAX_LISTS {
            for (q, (i, j)) in pairs(lists).enumerate() {
                assert_eq!(Model::main(lists).with(j, i), Model::from_bits(lists, 1 << q));
                assert!(Model::all_pairs(lists).contains(i, j));
            }
            assert_eq!(Model::all_pairs(lists).pair_count(), pair_count(lists));
        }
    }
}
