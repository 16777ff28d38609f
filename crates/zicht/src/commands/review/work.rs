//! What is to be reviewed: the pairs that were linked, and the sample that was drawn from them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, Float64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use linkage::register::RecordKey;
use linkage::review::{DecisionLog, Design, Kept, Pair, PairKey, Sample, uncertain_first};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde::{Deserialize, Serialize};

use super::Arguments;
use super::originals::Naming;
use crate::failure::Failure;
use crate::pipeline::write_json;
use crate::show::{Show, thousands};

/// Pairs of a first sample.
const SAMPLE: usize = 200;

/// A folder of linkage, and the folder `review` in it.
pub(super) struct Place {
    pairs: PathBuf,
    result: PathBuf,
    review: PathBuf,
    /// Hash of the pairs: the version of the model, as far as decisions are concerned.
    pub(super) version: String,
}

/// The candidate pairs.
pub(super) struct Pairs {
    pub(super) pairs: Vec<Pair>,
    /// The text of each pattern; `Pair::pattern` is the index.
    pub(super) patterns: Vec<String>,
}

/// Pairs to look at, in order.
pub(super) struct List {
    pub(super) keys: Vec<PairKey>,
}

/// A sample as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Drawn {
    /// Hash of the pairs that it was drawn from.
    version: String,
    pattern_from: Option<u32>,
    pub(super) sample: Sample,
    /// The records of each drawn pair.
    pub(super) keys: Vec<PairKey>,
}

impl Place {
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let pairs = dir.join("pairs.parquet");
        if !pairs.is_file() {
            return Err(Failure::input(
                format!("{} is not a folder of linkage: it has no pairs.parquet", dir.display()),
                "give the folder that `zicht link --out` made",
            ));
        }
        let hash = intake::hash_file(&pairs, &pairs.display().to_string())
            .map_err(|e| Failure::from_intake(&e))?
            .blake3;
        let (result, review) = (dir.join("link.json"), dir.join("review"));
        Ok(Self { pairs, result, review, version: hash[..16].to_owned() })
    }

    /// How linking named the records of each source; nothing where the folder does not tell it.
    pub(super) fn naming(&self) -> Result<Vec<Naming>, Failure> {
        /// What is needed of the result of linking.
        #[derive(Deserialize)]
        struct Linked {
            sources: Vec<Naming>,
        }
        let bytes = match std::fs::read(&self.result) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Failure::io("cannot read", &self.result, &e)),
        };
        serde_json::from_slice(&bytes).map(|linked: Linked| linked.sources).map_err(|e| {
            Failure::input(
                format!("{} is no result of this version of zicht: {e}", self.result.display()),
                "link the records again",
            )
        })
    }

    /// The file of decisions.
    pub(super) fn decisions(&self) -> PathBuf {
        self.review.join("decisions.jsonl")
    }

    /// Opens the file of decisions to add to it.
    pub(super) fn log(&self, show: &Show) -> Result<(DecisionLog, Kept), Failure> {
        self.make()?;
        let (log, kept) = DecisionLog::open(&self.decisions()).map_err(|e| Failure::from_linkage(&e))?;
        self.tell_torn(&kept, show);
        Ok((log, kept))
    }

    /// Reads the decisions.
    pub(super) fn decided(&self, show: &Show) -> Result<Kept, Failure> {
        let kept = DecisionLog::read(&self.decisions()).map_err(|e| Failure::from_linkage(&e))?;
        self.tell_torn(&kept, show);
        Ok(kept)
    }

    fn tell_torn(&self, kept: &Kept, show: &Show) {
        if kept.torn > 0 {
            show.note(&format!(
                "note: the last line of {} was not written whole ({} bytes); that one decision is lost",
                self.decisions().display(),
                kept.torn
            ));
        }
    }

    fn make(&self) -> Result<(), Failure> {
        std::fs::create_dir_all(&self.review).map_err(|e| Failure::io("cannot make", &self.review, &e))
    }

    /// The sample that was drawn, if there is one.
    pub(super) fn drawn(&self) -> Result<Option<Drawn>, Failure> {
        let path = self.review.join("sample.json");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Failure::io("cannot read", &path, &e)),
        };
        let drawn: Option<Drawn> = serde_json::from_slice(&bytes).ok();
        drawn.filter(|drawn| drawn.keys.len() == drawn.sample.drawn.len()).map(Some).ok_or_else(|| {
            Failure::input(
                format!("{} is no sample of this version of zicht", path.display()),
                "draw it again with --redraw; decisions stay",
            )
        })
    }

    /// The sample that was drawn from the pairs as they are now.
    pub(super) fn current(&self) -> Result<Option<Drawn>, Failure> {
        match self.drawn()? {
            Some(drawn) if drawn.version != self.version => Err(Failure::input(
                format!("the sample was drawn from other pairs than those in {}", self.pairs.display()),
                "records were linked again since: draw a sample of the new pairs with --redraw; decisions stay, \
                 and count where their pairs are drawn again",
            )),
            drawn => Ok(drawn),
        }
    }

    /// Reads probabilities and patterns.
    pub(super) fn pairs(&self) -> Result<Pairs, Failure> {
        let (mut pairs, mut patterns) = (Vec::new(), Vec::new());
        let mut known: BTreeMap<String, u64> = BTreeMap::new();
        for batch in self.read(&["probability", "pattern"])? {
            let batch = batch.map_err(|e| self.broken(&e))?;
            let (probability, pattern) =
                (self.numbers(&batch, "probability")?, self.texts(&batch, "pattern")?);
            for row in 0..batch.num_rows() {
                let text = pattern.value(row);
                let code = known.get(text).copied().unwrap_or_else(|| {
                    patterns.push(text.to_owned());
                    known.insert(text.to_owned(), patterns.len() as u64 - 1);
                    patterns.len() as u64 - 1
                });
                let probability = if probability.is_null(row) { f64::NAN } else { probability.value(row) };
                pairs.push(Pair { probability, pattern: code });
            }
        }
        Ok(Pairs { pairs, patterns })
    }

    /// The records of pairs, by their index.
    fn keys(&self, wanted: &[u64]) -> Result<Vec<PairKey>, Failure> {
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|&at| wanted[at]);
        let mut found: Vec<Option<PairKey>> = vec![None; wanted.len()];
        let (mut next, mut first) = (order.into_iter().peekable(), 0);
        for batch in self.read(&["a_source", "a_id", "b_source", "b_id"])? {
            let batch = batch.map_err(|e| self.broken(&e))?;
            let end = first + batch.num_rows() as u64;
            if next.peek().is_some_and(|&at| wanted[at] < end) {
                let columns = ["a_source", "a_id", "b_source", "b_id"].map(|name| self.texts(&batch, name));
                let [a_source, a_id, b_source, b_id] = columns;
                let (a_source, a_id, b_source, b_id) = (a_source?, a_id?, b_source?, b_id?);
                while let Some(at) = next.next_if(|&at| wanted[at] < end) {
                    let row = (wanted[at] - first) as usize;
                    let a = RecordKey::new(a_source.value(row), a_id.value(row));
                    let b = RecordKey::new(b_source.value(row), b_id.value(row));
                    found[at] = Some((a, b).into());
                }
            }
            first = end;
        }
        let keys: Option<Vec<PairKey>> = found.into_iter().collect();
        keys.ok_or_else(|| self.broken(&"it has fewer rows than before"))
    }

    fn read(&self, columns: &[&str]) -> Result<ParquetRecordBatchReader, Failure> {
        let file = File::open(&self.pairs).map_err(|e| Failure::io("cannot read", &self.pairs, &e))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| self.broken(&e))?;
        for column in columns {
            if builder.schema().field_with_name(column).is_err() {
                return Err(self.broken(&format!("it has no column \"{column}\"")));
            }
        }
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder.with_projection(mask).build().map_err(|e| self.broken(&e))
    }

    fn texts(&self, batch: &RecordBatch, name: &str) -> Result<StringArray, Failure> {
        let column = batch.column_by_name(name).ok_or_else(|| self.broken(&format!("no column {name}")))?;
        Ok(cast(column, &DataType::Utf8).map_err(|e| self.broken(&e))?.as_string::<i32>().clone())
    }

    fn numbers(&self, batch: &RecordBatch, name: &str) -> Result<Float64Array, Failure> {
        let column = batch.column_by_name(name).ok_or_else(|| self.broken(&format!("no column {name}")))?;
        Ok(cast(column, &DataType::Float64)
            .map_err(|e| self.broken(&e))?
            .as_primitive::<Float64Type>()
            .clone())
    }

    fn broken(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::input(
            format!("{} cannot be used: {why}", self.pairs.display()),
            "make it again with `zicht link`",
        )
    }
}

impl List {
    /// The sample: the one that is kept, a larger one that begins with it, or a new one.
    pub(super) fn sample(
        place: &Place,
        arguments: &Arguments,
        seed: Option<u64>,
        show: &Show,
    ) -> Result<Self, Failure> {
        let kept = if arguments.redraw { None } else { place.current()? };
        let asked = arguments.sample.map(|n| n as usize);
        let mut design = Design { size: asked.unwrap_or(SAMPLE), ..Design::default() };
        if let Some(kept) = kept {
            let more =
                asked.is_some_and(|n| n > kept.keys.len()) && (kept.keys.len() as u64) < kept.sample.pairs;
            if arguments.threshold.is_some_and(|t| t.total_cmp(&kept.sample.threshold).is_ne())
                || seed.is_some_and(|seed| seed != kept.sample.seed)
                || arguments.patterns_from.is_some_and(|from| Some(from) != kept.pattern_from)
            {
                show.note("note: the sample that was drawn before stands, with its settings; --redraw draws another");
            }
            if !more {
                return Ok(Self { keys: kept.keys });
            }
            design.threshold = kept.sample.threshold;
            design.seed = kept.sample.seed;
            design.pattern_from = kept.pattern_from;
        } else {
            design.threshold = arguments.threshold.unwrap_or(design.threshold);
            design.seed = seed.unwrap_or(design.seed);
            design.pattern_from = arguments.patterns_from;
        }
        let pairs = place.pairs()?;
        let sample = Sample::draw(&pairs.pairs, &design).map_err(|e| Failure::from_linkage(&e))?;
        let wanted: Vec<u64> = sample.drawn.iter().map(|drawn| drawn.pair).collect();
        let keys = place.keys(&wanted)?;
        show.note(&format!(
            "Drew {} of {} pairs from {} classes of probability.",
            thousands(keys.len() as u64),
            thousands(sample.pairs),
            sample.strata.len()
        ));
        place.make()?;
        let drawn = Drawn { version: place.version.clone(), pattern_from: design.pattern_from, sample, keys };
        write_json(&place.review.join("sample.json"), &drawn)?;
        Ok(Self { keys: drawn.keys })
    }

    /// The pairs from which a model learns most. The list is the same each time, so that one can go on
    /// where one stopped.
    pub(super) fn to_learn_from(place: &Place, wanted: u32, seed: Option<u64>) -> Result<Self, Failure> {
        let pairs = place.pairs()?.pairs;
        let order = uncertain_first(&pairs, wanted as usize, seed.unwrap_or(1), |_| false)
            .map_err(|e| Failure::from_linkage(&e))?;
        Ok(Self { keys: place.keys(&order)? })
    }
}
