//! Which pairs and threes of lists depend on each other.

/// The most lists for which a model may have terms of three.
pub(crate) const THREES_UP_TO: usize = 10;

/// A hierarchical log-linear model with an intercept, every list, a set of pairs of lists and,
/// for up to ten lists, a set of threes. A three is in a model only with its three pairs.
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
    /// Bit `q` stands for the `q`-th three in the order (0,1,2), (0,1,3), …, (1,2,3), …
    threes: u128,
}

impl Model {
    /// The lists are independent.
    ///
    /// # Panics
    /// With more lists than [`model::MAX_LISTS`], which no capture table has.
    pub fn main(lists: usize) -> Self {
        assert!(lists <= model::MAX_LISTS, "a capture table has at most {} lists", model::MAX_LISTS);
        Self { lists, pairs: 0, threes: 0 }
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

    /// This model with the three of lists `i`, `j` and `k` added, and their pairs.
    ///
    /// ```
    /// use estimate::loglinear::Model;
    /// let model = Model::main(4).with_three(0, 1, 3);
    /// assert_eq!(model.describe(&["I", "K", "O", "P"]), "I K O P I:K I:P K:P I:K:P");
    /// ```
    ///
    /// # Panics
    /// When two of them are the same, one is not a list, or there are more than ten lists.
    #[must_use]
    pub fn with_three(self, i: usize, j: usize, k: usize) -> Self {
        assert!(self.lists <= THREES_UP_TO, "terms of three lists are for up to {THREES_UP_TO} lists");
        let paired = self.with(i, j).with(i, k).with(j, k);
        let asked = 1 << i | 1 << j | 1 << k;
        let bit = threes(self.lists).position(|three| three == asked).expect("three lists are a three");
        Self { threes: self.threes | 1 << bit, ..paired }
    }

    /// Every model with terms of up to `max_order` lists, 2 or 3; those of pairs in the order of
    /// their bits.
    pub(crate) fn all(lists: usize, max_order: usize) -> Vec<Self> {
        let all_threes: Vec<u32> = if max_order >= 3 { threes(lists).collect() } else { Vec::new() };
        let mut models = Vec::new();
        for pairs in 0..1_u128 << pair_count(lists) {
            let model = Self::from_bits(lists, pairs);
            let has = |three: u32| {
                self::pairs(lists).enumerate().all(|(q, (i, j))| {
                    let pair = 1 << i | 1 << j;
                    three & pair != pair || pairs >> q & 1 == 1
                })
            };
            let allowed: u128 = all_threes
                .iter()
                .enumerate()
                .filter(|(_, three)| has(**three))
                .fold(0, |bits, (q, _)| bits | 1 << q);
            // All subsets of the bits allowed, the empty one first.
            let mut chosen = 0_u128;
            loop {
                models.push(Self { threes: chosen, ..model });
                chosen = chosen.wrapping_sub(allowed) & allowed;
                if chosen == 0 {
                    break;
                }
            }
        }
        models
    }

    /// The largest model with terms of up to `max_order` lists, 2 or 3.
    pub(crate) fn largest(lists: usize, max_order: usize) -> Self {
        let model = Self::all_pairs(lists);
        if max_order >= 3 { Self { threes: (1 << threes(lists).count()) - 1, ..model } } else { model }
    }

    /// This model without a pair or three, given as bits, and without the threes that hold it.
    pub(crate) fn without(self, term: u32) -> Self {
        let held: u128 = if self.threes == 0 {
            0
        } else {
            let all = threes(self.lists).enumerate();
            all.filter(|(_, three)| three & term == term).fold(0, |bits, (q, _)| bits | 1 << q)
        };
        let pairs = if term.count_ones() == 2 {
            let (i, j) = (term.trailing_zeros(), term.ilog2());
            self.pairs & !(1 << self.bit(i as usize, j as usize))
        } else {
            self.pairs
        };
        Self { pairs, threes: self.threes & !held, ..self }
    }

    /// Whether all pairs of `other`, a model of pairs, are in this one.
    pub(crate) fn has_pairs_of(self, other: Self) -> bool {
        self.pairs & other.pairs == other.pairs
    }

    /// This model, which has no threes, with the pair of bit `q` put in or taken out.
    pub(crate) fn toggled(self, q: usize) -> Self {
        Self { pairs: self.pairs ^ 1 << q, ..self }
    }

    /// The models that become of this one when a pair or three is put in or taken out: a three goes
    /// in only when its pairs are in, and a pair takes its threes along.
    pub(crate) fn neighbours(self, max_order: usize) -> Vec<Self> {
        let mut models = Vec::new();
        for (i, j) in pairs(self.lists) {
            models.push(if self.contains(i, j) { self.without(1 << i | 1 << j) } else { self.with(i, j) });
        }
        if max_order >= 3 {
            models.extend(self.threes().map(|three| self.without(three)));
            models.extend(self.threes_to_add().map(|(_, bigger)| bigger));
        }
        models
    }

    /// The threes that the model lacks though it has their pairs, each with the model that has it.
    fn threes_to_add(self) -> impl Iterator<Item = (u32, Self)> {
        let paired = move |three: u32| {
            pairs(self.lists).all(|(i, j)| {
                let pair = 1 << i | 1 << j;
                three & pair != pair || self.contains(i, j)
            })
        };
        let lacks = move |&(q, three): &(usize, u32)| self.threes >> q & 1 == 0 && paired(three);
        let with = move |(q, three): (usize, u32)| (three, Self { threes: self.threes | 1 << q, ..self });
        threes(self.lists).enumerate().filter(lacks).map(with)
    }

    /// The terms of up to `max_order` lists that can be added, pairs first, each with the model that has
    /// it: those that the model lacks though it has all that is within them.
    pub(crate) fn additions(self, max_order: usize) -> Vec<(u32, Self)> {
        let missing = pairs(self.lists).filter(|&(i, j)| !self.contains(i, j));
        let mut found: Vec<(u32, Self)> = missing.map(|(i, j)| (1 << i | 1 << j, self.with(i, j))).collect();
        if max_order >= 3 {
            found.extend(self.threes_to_add());
        }
        found
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

    /// Number of parameters: intercept, lists, pairs and threes, whether finite or not.
    pub fn parameters(self) -> usize {
        1 + self.lists + self.pair_count() + self.threes.count_ones() as usize
    }

    /// The pairs in the model, in the order (0,1), (0,2), …, (1,2), …
    pub fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        pairs(self.lists).enumerate().filter(move |(q, _)| self.pairs >> q & 1 == 1).map(|(_, pair)| pair)
    }

    /// The terms as sets of lists (bit masks): the empty set for the intercept, each list,
    /// each pair, each three.
    pub fn terms(self) -> Vec<u32> {
        let mut terms = vec![0];
        terms.extend((0..self.lists).map(|i| 1 << i));
        terms.extend(self.pairs().map(|(i, j)| 1 << i | 1 << j));
        terms.extend(self.threes());
        terms
    }

    /// The threes in the model as bits.
    fn threes(self) -> impl Iterator<Item = u32> {
        let all = (self.threes != 0).then(|| threes(self.lists));
        let held = move |&(q, _): &(usize, u32)| self.threes >> q & 1 == 1;
        all.into_iter().flatten().enumerate().filter(held).map(|(_, three)| three)
    }

    /// The model in words: the lists, then the pairs, then the threes, as `I K O I:O`.
    pub fn describe<S: AsRef<str>>(self, names: &[S]) -> String {
        let mut words: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        words.extend(self.pairs().map(|(i, j)| format!("{}:{}", names[i].as_ref(), names[j].as_ref())));
        words.extend(self.threes().map(|three| {
            let lists = names.iter().enumerate().filter(|(i, _)| three >> i & 1 == 1);
            lists.map(|(_, name)| name.as_ref()).collect::<Vec<&str>>().join(":")
        }));
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

/// All threes of lists as bits, in the order of the bits of a [`Model`].
pub(crate) fn threes(lists: usize) -> impl Iterator<Item = u32> {
    pairs(lists).flat_map(move |(i, j)| (j + 1..lists).map(move |k| 1 << i | 1 << j | 1 << k))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums over all graphs of two to the number of triangles: `Rcapture` 1.4-4 fits the same 113 of
    /// order 3 for four lists.
    #[test]
    fn every_hierarchical_model_is_there_once() {
        for (lists, order, count) in [(3, 2, 8), (3, 3, 9), (4, 3, 113), (5, 2, 1024), (5, 3, 6212)] {
            let models = Model::all(lists, order);
            assert_eq!(models.len(), count, "{lists} lists, order {order}");
            let different: std::collections::BTreeSet<Model> = models.iter().copied().collect();
            assert_eq!(different.len(), count);
            assert!(different.contains(&Model::main(lists)));
            assert!(different.contains(&Model::largest(lists, order)));
            for model in models {
                // Hierarchy: whatever is within a term is a term.
                let terms = model.terms();
                assert_eq!(terms.len(), model.parameters());
                for term in &terms {
                    assert!((0..1_u32 << lists).all(|s| s & term != s || terms.contains(&s)));
                    if term.count_ones() >= 2 {
                        let rest = model.without(*term);
                        assert!(different.contains(&rest));
                        assert!(rest.terms().iter().all(|t| t & term != *term));
                    }
                }
            }
        }
    }

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
