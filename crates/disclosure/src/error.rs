//! What stops disclosure control.

/// Why tables cannot be attacked or protected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A cube contradicts itself: a code twice, a cyclic hierarchy, a key that does not fit.
    #[error(transparent)]
    Cube(#[from] model::Error),
    /// Two tables give the same cell different counts, so they cannot be protected as one set.
    #[error(
        "tables \"{first}\" and \"{second}\" give {cell} different counts; if they count different things, \
         give them different concepts (universes); if not, correct one of them"
    )]
    Conflict {
        /// The table that was read first.
        first: String,
        /// The other table.
        second: String,
        /// The coordinates of the cell, in words.
        cell: String,
    },
    /// A setting that protects nobody.
    #[error("{what}; {help}")]
    Policy {
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
    },
    /// A count that is too large to calculate with exactly.
    #[error("table \"{table}\" has a count above 2^40 at {cell}; correct it: no population is that large")]
    TooLarge {
        /// The table.
        table: String,
        /// The coordinates of the cell, in words.
        cell: String,
    },
    /// The solver failed on a system that has a solution, so that it is not known whether a hidden
    /// cell can be worked out.
    #[error(
        "whether the hidden cells of table \"{table}\" can be worked out was not found: a linear programme \
         was not solved; make the table smaller, and please report this with the table's shape"
    )]
    Solver {
        /// A table of those that hang together.
        table: String,
    },
    /// A total is not the sum of its parts, so it cannot stay so when counts are changed.
    #[error(
        "table \"{table}\": the count at {cell} is {total}, but its parts sum to {sum}; correct the table, or \
         leave the parts or the total out"
    )]
    NotAdditive {
        /// The table.
        table: String,
        /// The coordinates of the total, in words.
        cell: String,
        /// Its count.
        total: u64,
        /// The sum of its parts.
        sum: u64,
    },
    /// No rounded tables exist that satisfy all that was asked.
    #[error(
        "no counts exist for table \"{table}\" (and those that hang together with it) that add up and are all as \
         near to the true ones as asked; allow one step more, take a smaller base, or round fewer tables together"
    )]
    Infeasible {
        /// A table of those that hang together.
        table: String,
    },
    /// The search for whole numbers that add up came to its limit.
    #[error(
        "no counts that add up were found for table \"{table}\" (and those that hang together with it) within the \
         limits of the search; take tables of at most two dimensions with totals, fewer categories, or a method \
         that does not search"
    )]
    Effort {
        /// A table of those that hang together.
        table: String,
    },
    /// The own record of a reader that is in none of the tables.
    #[error("own record: {what}; {help}")]
    Own {
        /// What does not fit.
        what: String,
        /// What is allowed.
        help: String,
    },
    /// Columns of records that do not fit.
    #[error("{what}; give one code for each record and dimension")]
    Records {
        /// What does not fit.
        what: String,
    },
}
