//! Estimators that need no model of dependence: Chao's lower bound and Zelterman's estimate.

use model::CaptureTable;

/// Lower bounds of the number hidden and what they are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LowerBound {
    /// Persons in exactly one list and in exactly two.
    pub(crate) once: f64,
    pub(crate) twice: f64,
    /// For lists of any size.
    pub(crate) hidden: f64,
    pub(crate) error: f64,
    /// For lists that each see as many; `None` when nobody is in exactly two lists.
    pub(crate) equal_lists: Option<EqualLists>,
}

/// Estimates for lists that each see as many persons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct EqualLists {
    /// Chao's (1987) bound of the number hidden, (k − 1)/k · f₁²/(2 f₂) for k lists.
    pub(crate) hidden: f64,
    pub(crate) error: f64,
    /// Zelterman's (1988) estimate of the total, robust against few but frequent persons;
    /// `None` when nobody is in exactly one list.
    pub(crate) zelterman: Option<f64>,
}

/// Bounds the number hidden from below by Σ Z(i)·Z(j) / f₂ over pairs of lists, with Z(i) the
/// persons in list i only; `methods.md` has the proof.
///
/// It is Chao's (1987) bound when the lists are equally big. When they are not, Chao's own
/// exceeds the number hidden even where all persons are alike, and would be no lower bound.
pub(crate) fn chao(table: &CaptureTable) -> LowerBound {
    let lists = table.lists().len();
    let alone: Vec<f64> = (0..lists).map(|i| table.count(1 << i) as f64).collect();
    let once: f64 = alone.iter().sum();
    let twice: f64 = table.counts().filter(|(h, _)| h.count_ones() == 2).map(|(_, n)| n as f64).sum();

    // With nobody in exactly two lists, f₂ + 1 takes its place, and 1 the place of its variance.
    let divisor = if twice > 0.0 { twice } else { 1.0 };
    let squares: f64 = alone.iter().map(|z| z * z).sum();
    let hidden = ((once * once - squares) / (2.0 * divisor)).max(0.0);
    // Poisson variance of the hidden and, by the delta method, of the Zᵢ and of f₂.
    let from_alone: f64 = alone.iter().map(|z| z * ((once - z) / divisor).powi(2)).sum();
    let variance = hidden + from_alone + hidden * hidden / divisor;

    let equal_lists = (twice > 0.0).then(|| {
        let (share, ratio) = ((lists as f64 - 1.0) / lists as f64, once / twice);
        let hidden = share * once * ratio / 2.0;
        let variance = hidden + twice * share.powi(2) * (ratio.powi(3) + ratio.powi(4) / 4.0);
        EqualLists {
            hidden,
            error: variance.sqrt(),
            zelterman: (once > 0.0).then(|| table.detected() as f64 / -(-2.0 / ratio).exp_m1()),
        }
    });
    LowerBound { once, twice, hidden, error: variance.sqrt(), equal_lists }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_persons_in_unequal_independent_lists_are_bounded_exactly() {
        // Ten million persons; lists that hold 20 %, 5 % and 1 % of them independently.
        let (size, chances) = (1e7, [0.2, 0.05, 0.01]);
        let expected = |history: u32| -> f64 {
            let factor = |(i, p): (usize, &f64)| if history >> i & 1 == 1 { *p } else { 1.0 - p };
            size * chances.iter().enumerate().map(factor).product::<f64>()
        };
        let counts = (1..8).map(|history| (history, expected(history).round() as u64));
        let lists = ["A", "B", "C"].map(String::from).to_vec();
        let bound = chao(&CaptureTable::from_counts(lists, counts).expect("a valid table"));
        assert!((bound.hidden / expected(0) - 1.0).abs() < 1e-4, "{bound:?}");
        // Chao's own form is far above the truth here.
        assert!(bound.equal_lists.expect("overlaps").hidden > 1.5 * expected(0), "{bound:?}");
    }

    #[test]
    fn lists_of_equal_size_give_both_forms_the_same_bound() {
        let lists = ["A", "B", "C"].map(String::from).to_vec();
        let counts = [(1, 90), (2, 90), (4, 90), (3, 20), (5, 11), (6, 4), (7, 3)];
        let bound = chao(&CaptureTable::from_counts(lists, counts).expect("a valid table"));
        let equal = bound.equal_lists.expect("overlaps");
        assert!((bound.hidden - equal.hidden).abs() < 1e-9 && (bound.error - equal.error).abs() < 1e-9);
    }
}
