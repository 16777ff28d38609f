//! Parquet: codes and labels as text, counts as unsigned integers, hidden ones null.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use disclosure::ProtectedCube;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::Rows;
use crate::{Error, Release};

pub(super) fn file(release: &Release<'_>, cube: &ProtectedCube, rows: &Rows) -> Result<Vec<u8>, Error> {
    make(release, cube, rows).map_err(|e| Error::Format {
        cube: cube.id().to_owned(),
        format: "Parquet",
        why: e.to_string(),
    })
}

fn make(release: &Release<'_>, cube: &ProtectedCube, rows: &Rows) -> Result<Vec<u8>, ParquetError> {
    let all = &rows.rows;
    let text = |pick: &dyn Fn(&super::Row) -> &str| -> ArrayRef {
        Arc::new(all.iter().map(|row| Some(pick(row))).collect::<StringArray>())
    };
    let number = |pick: &dyn Fn(&super::Row) -> Option<u64>| -> ArrayRef {
        Arc::new(all.iter().map(pick).collect::<UInt64Array>())
    };
    let mut columns: Vec<ArrayRef> = Vec::new();
    for d in 0..rows.dimensions.len() {
        columns.push(text(&|row| &row.at[d].0));
    }
    for d in 0..rows.dimensions.len() {
        columns.push(text(&|row| &row.at[d].1));
        columns.push(text(&|row| &row.at[d].2));
    }
    columns.push(number(&|row| row.value));
    columns.push(number(&|row| row.lower));
    columns.push(number(&|row| row.upper));
    columns.push(text(&|row| row.conf));
    columns.push(text(&|row| row.obs));
    columns.push(text(&|_| rows.unit));
    if rows.per.is_some() {
        columns.push(number(&|row| row.rate.map(|r| r.population)));
        for i in 0..3 {
            columns.push(Arc::new(all.iter().map(|row| row.rate_figures()[i]).collect::<Float64Array>()));
        }
    }
    let fields: Vec<Field> = rows
        .header()
        .iter()
        .zip(&columns)
        .map(|(name, column)| {
            let kind = column.data_type().clone();
            let nullable = kind != DataType::Utf8;
            Field::new(name, kind, nullable)
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let monitor = &release.settings.monitor;
    let about = [
        ("title_en", cube.title().en.clone()),
        ("title_nl", cube.title().nl.clone()),
        ("definition_en", cube.definition().en.clone()),
        ("definition_nl", cube.definition().nl.clone()),
        ("publisher", monitor.publisher.en.clone()),
        ("licence", monitor.licence.clone()),
        ("date", monitor.reference_date.to_string()),
    ];
    let properties = WriterProperties::builder()
        .set_created_by(format!("zicht {}", release.version))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_key_value_metadata(Some(
            about.into_iter().map(|(k, v)| KeyValue::new(k.to_owned(), v)).collect(),
        ))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    writer.write(&batch)?;
    writer.into_inner()
}
