//! The plan, and the check of what comes of it.
//!
//! ```text
//! pairs ⋈ records on a ⋈ records on b ──► n, a, b, zicht_pattern(model, values of a, values of b)
//! ```

use std::path::Path;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{UInt32Type, UInt64Type};
use datafusion::common::{JoinType, Result};
use datafusion::prelude::{DataFrame, Expr, ParquetReadOptions, SessionContext, col, lit};
use linkage::Model;
use linkage::comparer::fields;

use crate::failure::Failure;
use crate::files::column;
use crate::function;

/// The plan over the files of a task.
pub(crate) async fn plan(
    context: &SessionContext,
    records: &Path,
    pairs: &Path,
    model: &Model,
) -> Result<DataFrame> {
    for (name, path) in [("records", records), ("pairs", pairs)] {
        context.register_parquet(name, path.to_string_lossy(), ParquetReadOptions::default()).await?;
    }
    let count = fields(model).len();
    let json = serde_json::to_string(model).map_err(|e| datafusion::common::exec_datafusion_err!("{e}"))?;
    let (left, right) = (side(context, "a", count).await?, side(context, "b", count).await?);
    let mut arguments = vec![lit(json)];
    for of in ["a", "b"] {
        arguments.extend((0..count).map(|k| col(renamed(of, k))));
    }
    context
        .table("pairs")
        .await?
        .select(vec![col("n"), col("a"), col("b")])?
        .join(left, JoinType::Inner, &["a"], &["record_a"], None)?
        .join(right, JoinType::Inner, &["b"], &["record_b"], None)?
        .select(vec![
            col("n"),
            col("record_a"),
            col("record_b"),
            function::pattern().call(arguments).alias("pattern"),
        ])
}

/// The records of one side of the pairs, each column under a name of its own.
async fn side(context: &SessionContext, of: &str, fields: usize) -> Result<DataFrame> {
    let mut columns: Vec<Expr> = vec![col("record").alias(format!("record_{of}"))];
    columns.extend((0..fields).map(|k| col(column(k)).alias(renamed(of, k))));
    context.table("records").await?.select(columns)
}

fn renamed(of: &str, field: usize) -> String {
    format!("{of}_{}", column(field))
}

/// What came back so far: every pair must, once, with the records that it was sent with.
pub(crate) struct Answer<'a> {
    pairs: &'a [(u32, u32)],
    patterns: Vec<u64>,
    left: usize,
}

/// No pattern: of its 64 bits, the upper four are of no comparison.
const NONE: u64 = u64::MAX;

impl<'a> Answer<'a> {
    pub(crate) fn new(pairs: &'a [(u32, u32)]) -> Self {
        Self { pairs, patterns: vec![NONE; pairs.len()], left: pairs.len() }
    }

    /// Takes a batch of the result.
    ///
    /// # Errors
    /// When a pair is none of the task, or is there for the second time.
    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let wrong = |what: &str| Failure::new(format!("the cluster gave {what}; nothing of it was used"));
        if batch.num_columns() != 4 || batch.columns().iter().any(|column| column.null_count() > 0) {
            return Err(wrong("something else than patterns"));
        }
        let n = batch.column(0).as_primitive_opt::<UInt64Type>();
        let a = batch.column(1).as_primitive_opt::<UInt32Type>();
        let b = batch.column(2).as_primitive_opt::<UInt32Type>();
        let patterns = batch.column(3).as_primitive_opt::<UInt64Type>();
        let (Some(n), Some(a), Some(b), Some(patterns)) = (n, a, b, patterns) else {
            return Err(wrong("something else than patterns"));
        };
        for (((&n, &a), &b), &pattern) in
            n.values().iter().zip(a.values()).zip(b.values()).zip(patterns.values())
        {
            let at = usize::try_from(n).unwrap_or(usize::MAX);
            if self.pairs.get(at) != Some(&(a, b)) || pattern == NONE {
                return Err(wrong("a pair that was not asked for"));
            }
            if self.patterns[at] != NONE {
                return Err(wrong("a pair twice"));
            }
            self.patterns[at] = pattern;
            self.left -= 1;
        }
        Ok(())
    }

    /// The patterns, all there.
    ///
    /// # Errors
    /// When a pair did not come.
    pub(crate) fn whole(self) -> Result<Vec<u64>, Failure> {
        if self.left > 0 {
            return Err(Failure::new(format!(
                "the cluster left out {} of {} pairs; nothing of it was used",
                self.left,
                self.pairs.len()
            )));
        }
        Ok(self.patterns)
    }
}

#[cfg(test)]
mod tests;
