//! The comparison of two records as a function of the plan.
//!
//! `zicht_pattern(model, left..., right...)` has the model as JSON, and the values of the two records in the
//! order of [`fields`]. It runs the code of the crate `linkage`, so that a pair has the same levels wherever
//! it is compared. The version is in its name: an executor of another version does not know it, and the plan
//! fails instead of giving other levels.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use datafusion::arrow::array::{Array, StringArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use linkage::comparer::{fields, patterns, wire};
use linkage::{Model, RecordsBuilder};

/// The function.
pub(crate) fn pattern() -> ScalarUDF {
    let name = format!("zicht_pattern_{}", wire::VERSION.replace(['.', '-', '+'], "_"));
    ScalarUDF::from(Pattern { name, signature: Signature::variadic_any(Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Pattern {
    name: String,
    signature: Signature,
}

impl ScalarUDFImpl for Pattern {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some((ColumnarValue::Scalar(model), values)) = args.args.split_first() else {
            return exec_err!("zicht_pattern: the model must be written out");
        };
        let Some(model) = model.try_as_str().flatten().and_then(|m| serde_json::from_str::<Model>(m).ok())
        else {
            return exec_err!("zicht_pattern: the model is none");
        };
        if values.len() != 2 * fields(&model).len() {
            return exec_err!("zicht_pattern: there are {} values", values.len());
        }
        let rows = args.number_rows;
        let columns: Vec<StringArray> = values
            .iter()
            .map(|value| {
                let array = cast(&value.to_array(rows)?, &DataType::Utf8)?;
                Ok(StringArray::from(array.to_data()))
            })
            .collect::<Result<_>>()?;
        // What panicked could hold a value in its message.
        match catch_unwind(AssertUnwindSafe(|| compare(&model, &columns, rows))) {
            Ok(Ok(patterns)) => Ok(ColumnarValue::Array(Arc::new(UInt64Array::from(patterns)))),
            Ok(Err(e)) => exec_err!("zicht_pattern: {e}"),
            Err(_) => exec_err!("zicht_pattern: a comparison broke off"),
        }
    }
}

/// The patterns of the pairs of these rows: the first half of the columns is of one record, the other half of
/// the other.
fn compare(model: &Model, columns: &[StringArray], rows: usize) -> Result<Vec<u64>, linkage::Error> {
    let names = fields(model);
    let mut records = RecordsBuilder::new(&names);
    records.register("all");
    for side in columns.chunks(names.len().max(1)) {
        for row in 0..rows {
            // A value is never empty: that is how the builder is told that there is none.
            records.push(side.iter().map(|c| if c.is_null(row) { "" } else { c.value(row) }))?;
        }
    }
    let rows = rows as u32;
    let pairs: Vec<(u32, u32)> = (0..rows).map(|row| (row, rows + row)).collect();
    patterns(model, &records.build(), &pairs)
}
