//! The query engine: a session with bounded memory, and the functions that turn columns of
//! reports into periods and codes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Int16Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{ColumnarValue, Expr, Volatility, create_udf};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::Error;
use crate::calendar::Calendar;
use crate::level::Level;

/// Memory that grouping may hold before it goes to disk, in bytes. Ten million reports of five
/// million persons need about half of it; beyond it the work gets slower, not larger.
const MEMORY: usize = 1536 << 20;

/// A session with its threads and its work folder.
pub(crate) struct Engine {
    session: SessionContext,
    runtime: tokio::runtime::Runtime,
    work: tempfile::TempDir,
}

impl Engine {
    /// Work files go to a new folder in `beside` that only the owner can enter and that is
    /// removed in the end.
    pub(crate) fn new(beside: &Path, threads: usize) -> Result<Self, Error> {
        let threads = threads.max(1);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tables-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        let work = builder.tempdir_in(beside)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build()?;
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY)))
            .with_temp_file_path(work.path())
            .build_arc()?;
        let config = SessionConfig::new().with_target_partitions(threads);
        let session = SessionContext::new_with_config_rt(config, environment);
        Ok(Self { session, runtime, work })
    }

    /// The rows of Parquet files of one schema.
    pub(crate) fn read(&self, files: &[PathBuf]) -> Result<DataFrame, Error> {
        let paths: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
        Ok(self.runtime.block_on(self.session.read_parquet(paths, ParquetReadOptions::default()))?)
    }

    /// All rows of a small result.
    pub(crate) fn collect(&self, frame: DataFrame) -> Result<Vec<RecordBatch>, Error> {
        Ok(self.runtime.block_on(frame.collect())?)
    }

    /// Writes a large result below the work folder, one file a thread, and says which files.
    pub(crate) fn store(&self, frame: DataFrame, name: &str) -> Result<Vec<PathBuf>, Error> {
        self.runtime.block_on(async {
            let schema = Arc::new(frame.schema().as_arrow().clone());
            let streams = frame.execute_stream_partitioned().await?;
            let mut tasks = Vec::new();
            for (i, mut stream) in streams.into_iter().enumerate() {
                let path = self.work.path().join(format!("{name}-{i}.parquet"));
                let schema = schema.clone();
                tasks.push(tokio::spawn(async move {
                    let engine = |e: parquet::errors::ParquetError| Error::Engine(e.to_string());
                    // Written and read once within seconds: light compression, no statistics.
                    let properties = WriterProperties::builder()
                        .set_compression(parquet::basic::Compression::SNAPPY)
                        .set_statistics_enabled(parquet::file::properties::EnabledStatistics::None)
                        .set_max_row_group_row_count(Some(131_072))
                        .build();
                    let file = std::fs::File::create(&path)?;
                    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).map_err(engine)?;
                    while let Some(batch) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
                        writer.write(&batch?).map_err(engine)?;
                    }
                    writer.close().map_err(engine)?;
                    Ok::<PathBuf, Error>(path)
                }));
            }
            let mut files = Vec::new();
            for task in tasks {
                files.push(task.await.map_err(|e| Error::Engine(e.to_string()))??);
            }
            Ok(files)
        })
    }
}

/// The period of a day, as its index in the calendar.
pub(crate) fn period(calendar: &Calendar, date: Expr) -> Expr {
    let calendar = calendar.clone();
    call("period", vec![DataType::Date32], DataType::UInt32, vec![date], move |columns| {
        let days = columns[0].as_primitive::<Date32Type>();
        try_map::<UInt32Type>(days.len(), |i| {
            calendar
                .index(days.value(i))
                .map(Some)
                .ok_or_else(|| corrupt("a date outside the reports' dates"))
        })
    })
}

/// Packs the day within its period and the value of a column in one number, so that the least
/// number is the first known value by day, then by code. Null when the value says nothing.
pub(crate) fn pack_in_period(calendar: &Calendar, column: &Column, date: Expr) -> Expr {
    let (calendar, known) = (calendar.clone(), column.known.clone());
    let types = vec![DataType::Date32, column.data_type()];
    let name = format!("pack_{}", column.name);
    call(&name, types, DataType::UInt32, vec![date, column.expr()], move |columns| {
        let days = columns[0].as_primitive::<Date32Type>();
        let values = Values::new(&columns[1])?;
        try_map::<UInt32Type>(days.len(), |i| {
            let Some(value) = values.known(i, known.as_deref())? else { return Ok(None) };
            let day = days.value(i);
            let start = calendar
                .index(day)
                .and_then(|p| calendar.start(p))
                .ok_or_else(|| corrupt("a date outside the reports' dates"))?;
            Ok(Some(((day - start) as u32) << 16 | u32::from(value)))
        })
    })
}

/// As [`pack_in_period`] with days counted from `first`.
pub(crate) fn pack_in_span(first: i32, column: &Column, date: Expr) -> Expr {
    let known = column.known.clone();
    let types = vec![DataType::Date32, column.data_type()];
    let name = format!("pack_{}", column.name);
    call(&name, types, DataType::UInt64, vec![date, column.expr()], move |columns| {
        let days = columns[0].as_primitive::<Date32Type>();
        let values = Values::new(&columns[1])?;
        try_map::<UInt64Type>(days.len(), |i| {
            let value = values.known(i, known.as_deref())?;
            Ok(value.map(|v| ((i64::from(days.value(i)) - i64::from(first)) as u64) << 16 | u64::from(v)))
        })
    })
}

/// The code of a dimension from a column of the reports.
pub(crate) fn code_of_report(level: &Level, column: &Column, date: Expr) -> Expr {
    let (level, known) = (level.clone(), column.known.clone());
    let types = vec![DataType::Date32, column.data_type()];
    let name = format!("code_{}", level.name);
    call(&name, types, DataType::UInt16, vec![date, column.expr()], move |columns| {
        let days = columns[0].as_primitive::<Date32Type>();
        let values = Values::new(&columns[1])?;
        try_map::<UInt16Type>(days.len(), |i| code(&level, days.value(i), values.known(i, known.as_deref())?))
    })
}

/// The code of a dimension from a packed column and the period.
pub(crate) fn code_in_period(level: &Level, calendar: &Calendar, period: Expr, packed: Expr) -> Expr {
    let (level, calendar) = (level.clone(), calendar.clone());
    let types = vec![DataType::UInt32, DataType::UInt32];
    let name = format!("code_{}", level.name);
    call(&name, types, DataType::UInt16, vec![period, packed], move |columns| {
        let periods = columns[0].as_primitive::<UInt32Type>();
        let packed = columns[1].as_primitive::<UInt32Type>();
        try_map::<UInt16Type>(periods.len(), |i| {
            if packed.is_null(i) {
                return code(&level, 0, None);
            }
            let start =
                calendar.start(periods.value(i)).ok_or_else(|| corrupt("a period that is not there"))?;
            let p = packed.value(i);
            code(&level, start + (p >> 16).cast_signed(), Some(p as u16))
        })
    })
}

/// The code of a dimension from a column packed by [`pack_in_span`].
pub(crate) fn code_in_span(level: &Level, first: i32, packed: Expr) -> Expr {
    let level = level.clone();
    let name = format!("code_{}", level.name);
    call(&name, vec![DataType::UInt64], DataType::UInt16, vec![packed], move |columns| {
        let packed = columns[0].as_primitive::<UInt64Type>();
        try_map::<UInt16Type>(packed.len(), |i| {
            if packed.is_null(i) {
                return code(&level, 0, None);
            }
            let p = packed.value(i);
            code(&level, (i64::from(first) + (p >> 16).cast_signed()) as i32, Some(p as u16))
        })
    })
}

/// A bit set with the bit of the report's register.
pub(crate) fn register_bit(register: Expr, registers: usize) -> Expr {
    call("bit", vec![DataType::UInt16], DataType::UInt32, vec![register], move |columns| {
        let values = columns[0].as_primitive::<UInt16Type>();
        try_map::<UInt32Type>(values.len(), |i| {
            let r = values.value(i);
            if usize::from(r) >= registers {
                return Err(corrupt("a register that is not in the settings"));
            }
            Ok(Some(1 << r))
        })
    })
}

/// 0 for a report of this register and 1 for one of another, packed as by [`pack_in_period`]: the least number is 0 for a
/// person whom it reported.
pub(crate) fn outside(register: Expr, this: u16) -> Expr {
    call("outside", vec![DataType::UInt16], DataType::UInt32, vec![register], move |columns| {
        let values = columns[0].as_primitive::<UInt16Type>();
        try_map::<UInt32Type>(values.len(), |i| Ok(Some(u32::from(values.value(i) != this))))
    })
}

/// The numbers of a column of a result.
pub(crate) fn numbers(batch: &RecordBatch, column: usize) -> Result<Vec<u64>, Error> {
    let array = arrow::compute::cast(batch.column(column), &DataType::UInt64)
        .map_err(|e| Error::Engine(e.to_string()))?;
    let array = array.as_primitive::<UInt64Type>();
    Ok((0..array.len()).map(|i| array.value(i)).collect())
}

/// A column of the reports that dimensions read.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// For each value whether it says something; `None` when every value does.
    pub(crate) known: Option<Arc<Vec<bool>>>,
}

impl Column {
    fn data_type(&self) -> DataType {
        if self.name == "age" { DataType::Int16 } else { DataType::UInt16 }
    }

    fn expr(&self) -> Expr {
        column(&self.name)
    }
}

/// A column by its exact name, whatever its capitals and points.
pub(crate) fn column(name: &str) -> Expr {
    Expr::Column(datafusion::common::Column::new_unqualified(name))
}

enum Values<'a> {
    Codes(&'a PrimitiveArray<UInt16Type>),
    Ages(&'a PrimitiveArray<Int16Type>),
}

impl<'a> Values<'a> {
    fn new(array: &'a ArrayRef) -> Result<Self, DataFusionError> {
        match array.data_type() {
            DataType::UInt16 => Ok(Values::Codes(array.as_primitive())),
            DataType::Int16 => Ok(Values::Ages(array.as_primitive())),
            other => Err(corrupt(&format!("a column of type {other}"))),
        }
    }

    /// The value in row `i` when it says something.
    fn known(&self, i: usize, known: Option<&Vec<bool>>) -> Result<Option<u16>, DataFusionError> {
        match self {
            Values::Ages(a) if a.is_null(i) => Ok(None),
            Values::Ages(a) => u16::try_from(a.value(i)).map(Some).map_err(|_| corrupt("an age below zero")),
            Values::Codes(a) if a.is_null(i) => Ok(None),
            Values::Codes(a) => {
                let value = a.value(i);
                match known {
                    None => Ok(Some(value)),
                    Some(known) => match known.get(usize::from(value)) {
                        Some(true) => Ok(Some(value)),
                        Some(false) => Ok(None),
                        None => Err(corrupt("a code that is not in the classification")),
                    },
                }
            }
        }
    }
}

fn code(level: &Level, day: i32, value: Option<u16>) -> Result<Option<u16>, DataFusionError> {
    level
        .apply(day, value)
        .map(Some)
        .ok_or_else(|| corrupt(&format!("a value of \"{}\" that is not in the classification", level.base)))
}

fn corrupt(what: &str) -> DataFusionError {
    DataFusionError::Execution(format!(
        "the standard reports hold {what}; they were written with other settings: read the registers again"
    ))
}

fn try_map<T: ArrowPrimitiveType>(
    len: usize,
    mut f: impl FnMut(usize) -> Result<Option<T::Native>, DataFusionError>,
) -> Result<ArrayRef, DataFusionError> {
    let mut out = PrimitiveArray::<T>::builder(len);
    for i in 0..len {
        out.append_option(f(i)?);
    }
    Ok(Arc::new(out.finish()))
}

fn call(
    name: &str,
    types: Vec<DataType>,
    returns: DataType,
    arguments: Vec<Expr>,
    f: impl Fn(&[ArrayRef]) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
) -> Expr {
    let function = Arc::new(move |arguments: &[ColumnarValue]| {
        Ok(ColumnarValue::Array(f(&ColumnarValue::values_to_arrays(arguments)?)?))
    });
    create_udf(name, types, returns, Volatility::Immutable, function).call(arguments)
}

/// The counts in the last column of a result and the keys before it.
pub(crate) fn keyed_counts(batches: &[RecordBatch]) -> Result<Vec<(Vec<u64>, u64)>, Error> {
    let mut out = Vec::new();
    for batch in batches {
        let columns: Vec<Vec<u64>> =
            (0..batch.num_columns()).map(|c| numbers(batch, c)).collect::<Result<_, _>>()?;
        let Some((counts, keys)) = columns.split_last() else { continue };
        out.extend(counts.iter().enumerate().map(|(i, &n)| (keys.iter().map(|k| k[i]).collect(), n)));
    }
    // Threads finish in any order; the keys are unique, so this is the one order.
    out.sort_unstable();
    Ok(out)
}
