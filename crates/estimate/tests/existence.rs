//! Existence of the maximum likelihood estimate against the linear programme of the papers.

use estimate::loglinear::{self, Model};
use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};
use model::CaptureTable;
use proptest::prelude::*;

/// Largest s with A·x = A·n and every x ≥ s over the cells that are not excluded: positive
/// exactly when the extended estimate exists (Chan, Silverman and Vincent 2021).
fn smallest_cell_at_most(table: &CaptureTable, model: Model) -> f64 {
    let lists = table.lists().len();
    let margin = |term: u32| -> u64 {
        table.counts().filter(|(history, _)| history & term == term).map(|(_, n)| n).sum()
    };
    let terms = model.terms();
    let (finite, empty): (Vec<u32>, Vec<u32>) =
        terms.into_iter().partition(|&term| term == 0 || margin(term) > 0);
    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let smallest = problem.add_var(1.0, (0.0, f64::INFINITY));
    let cells: Vec<(u32, microlp::Variable)> = (1..1_u32 << lists)
        .filter(|history| empty.iter().all(|term| history & term != *term))
        .map(|history| (history, problem.add_var(0.0, (0.0, f64::INFINITY))))
        .collect();
    for &term in &finite {
        let inside: Vec<_> = cells
            .iter()
            .filter(|(history, _)| history & term == term)
            .map(|&(_, variable)| (variable, 1.0))
            .collect();
        problem.add_constraint(inside, ComparisonOp::Eq, margin(term) as f64);
    }
    for &(_, variable) in &cells {
        problem.add_constraint([(variable, 1.0), (smallest, -1.0)], ComparisonOp::Ge, 0.0);
    }
    match problem.solve().expect("the counts themselves are feasible") {
        SolveOutcome::Solution(solution) => solution.objective(),
        SolveOutcome::Interrupted(_) => unreachable!("no limit was set"),
    }
}

fn sparse_tables() -> impl Strategy<Value = (CaptureTable, u16)> {
    (3..=5_usize)
        .prop_flat_map(|lists| {
            let cell = prop_oneof![5 => Just(0_u64), 2 => 1..3_u64, 1 => 3..30_u64];
            (Just(lists), proptest::collection::vec(cell, (1 << lists) - 1), any::<u16>())
        })
        .prop_map(|(lists, counts, pairs)| {
            let names = (0..lists).map(|i| format!("L{i}")).collect();
            let counts = counts.into_iter().enumerate().map(|(i, n)| (i as u32 + 1, n));
            (CaptureTable::from_counts(names, counts).expect("a valid table"), pairs)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// The programme in floating point decides small tables with small counts safely: its
    /// optimum is 0 or at least the inverse of a small determinant.
    #[test]
    fn existence_agrees_with_the_linear_programme_of_the_papers((table, pairs) in sparse_tables()) {
        let lists = table.lists().len();
        prop_assume!(table.detected() > 0);
        let mut model = Model::all_pairs(lists).pairs().enumerate()
            .filter(|(q, _)| pairs >> q & 1 == 1)
            .fold(Model::main(lists), |model, (_, (i, j))| model.with(i, j));
        // Half of the models have a term of three, some of them two.
        if pairs >> 10 & 1 == 1 {
            model = model.with_three(0, 1, 2);
            if lists > 3 && pairs >> 11 & 1 == 1 {
                model = model.with_three(1, 2, 3);
            }
        }
        let smallest = smallest_cell_at_most(&table, model);
        prop_assert!(!(1e-7..=1e-4).contains(&smallest), "{smallest}");
        prop_assert_eq!(loglinear::exists(&table, model), smallest > 1e-5, "{}", smallest);
    }
}
