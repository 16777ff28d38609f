//! The inputs of a monitor: hashed, read, checked, kept.

use std::collections::BTreeSet;
use std::path::PathBuf;

use intake::{Findings, Histories, Reports};
use model::provenance::Input;
use model::{Cube, CubeColumns, RowCount, Source};
use publish::SourceNote;
use serde::{Deserialize, Serialize};

use super::cache::{self, Work};
use super::{Monitor, cache::write_json};
use crate::failure::Failure;
use crate::show::{self, Show};

/// A cube of a published table, with what the settings say of it.
pub(crate) struct Received {
    pub(crate) cube: Cube,
    pub(crate) settings: CubeColumns,
    /// The file it was read from.
    pub(crate) file: String,
}

/// Everything that was read.
pub(crate) struct Inputs {
    /// Standard reports, one file a register.
    pub(crate) reports: Vec<PathBuf>,
    pub(crate) cubes: Vec<Received>,
    /// Capture histories by identifier of their source.
    pub(crate) histories: Vec<(String, Histories)>,
    pub(crate) notes: Vec<SourceNote>,
    pub(crate) findings: Findings,
    pub(crate) rows: RowCount,
}

/// What is kept of a register that was read.
#[derive(Serialize, Deserialize)]
struct Kept {
    rows: RowCount,
    persons: u64,
    findings: Findings,
}

impl Inputs {
    /// Hashes of all inputs: the files of the sources, then the files of codes.
    pub(crate) fn hash(monitor: &Monitor) -> Result<Vec<Input>, Failure> {
        let settings = &monitor.settings;
        let own = settings.variable.values().filter_map(|v| v.file.as_ref());
        let mut files: Vec<&String> = settings.source.iter().map(|s| &s.path).collect();
        files.extend(settings.source.iter().flat_map(codes_files).chain(own));
        let hash = |file: &&String| {
            intake::hash_file(&monitor.dir.join(file), file).map_err(|e| Failure::from_intake(&e))
        };
        files.iter().map(hash).collect()
    }

    /// Reads every source; registers that have not changed are not read again. Writes
    /// `problems.csv` and `problems.json`.
    pub(crate) fn read(
        monitor: &Monitor,
        hashes: &[Input],
        work: &Work,
        show: &Show,
    ) -> Result<Self, Failure> {
        let mut inputs = Self {
            reports: Vec::new(),
            cubes: Vec::new(),
            histories: Vec::new(),
            notes: Vec::new(),
            findings: Findings::default(),
            rows: RowCount::default(),
        };
        for (source, input) in monitor.settings.source.iter().zip(hashes) {
            let step = show.step(&source.id, None);
            let rows = inputs.read_source(monitor, source, input, hashes, work, &|n| step.at(n))?;
            step.done(&show::rows(rows));
            inputs.rows = inputs.rows + rows;
            inputs.notes.push(SourceNote { source: source.clone(), input: Some(input.clone()), rows });
        }
        intake::write_problems(&inputs.findings, work.out()).map_err(|e| Failure::from_intake(&e))?;
        if !inputs.rows.balances() {
            // Cannot happen by bad input; better no release than one with rows lost.
            return Err(Failure::input(
                format!("rows were lost: {}", show::rows(inputs.rows)),
                "please report this",
            ));
        }
        Ok(inputs)
    }

    fn read_source(
        &mut self,
        monitor: &Monitor,
        source: &Source,
        input: &Input,
        hashes: &[Input],
        work: &Work,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<RowCount, Failure> {
        let fail = |e: intake::Error| Failure::from_intake(&e);
        if source.reports.is_some() {
            let (kept, path) = read_register(monitor, source, input, hashes, work, progress)?;
            self.reports.push(path);
            self.findings.merge(kept.findings);
            return Ok(kept.rows);
        }
        if let Some(columns) = &source.histories {
            let path = monitor.dir.join(&source.path);
            // Every column that makes groups or is a covariate, so that none of them is taken for a list.
            let by: BTreeSet<&String> = (monitor.settings.estimate.iter())
                .filter(|e| e.source.as_ref() == Some(&source.id))
                .flat_map(|e| e.by.iter().chain(&e.covariates))
                .collect();
            let by: Vec<String> = by.into_iter().cloned().collect();
            let mut read =
                intake::read_histories(&path, &source.path, &source.format, columns, &by).map_err(fail)?;
            self.findings.merge(std::mem::take(&mut read.findings));
            let rows = read.rows;
            self.histories.push((source.id.clone(), read));
            return Ok(rows);
        }
        let read = intake::read_cubes(&monitor.dir, source, &monitor.settings).map_err(fail)?;
        self.findings.merge(read.findings);
        for (cube, settings) in read.cubes.into_iter().zip(&source.cube) {
            self.cubes.push(Received { cube, settings: settings.clone(), file: source.path.clone() });
        }
        Ok(read.rows)
    }

    /// The result of `check` for programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let sources: Vec<_> = self
            .notes
            .iter()
            .map(|n| serde_json::json!({ "source": n.source.id, "rows": n.rows, "input": n.input }))
            .collect();
        serde_json::json!({
            "rows_in": self.rows.rows_in,
            "rows_used": self.rows.rows_used,
            "rows_quarantined": self.rows.rows_quarantined,
            "sources": sources,
            "counts": counts_json(&self.findings),
            "problems": self.findings.iter().collect::<Vec<_>>(),
        })
    }
}

/// How many findings there are of each rule, those that are not listed included.
pub(crate) fn counts_json(findings: &Findings) -> serde_json::Value {
    let counts = findings.counts().into_iter();
    counts
        .map(|((rule, severity), n)| serde_json::json!({ "rule": rule, "severity": severity, "count": n }))
        .collect()
}

fn codes_files(source: &Source) -> impl Iterator<Item = &String> {
    let columns =
        source.reports.iter().flat_map(|r| r.columns.values().filter_map(|c| c.codes_file.as_ref()));
    let cubes = source.cube.iter().flat_map(|c| c.dimension.iter().filter_map(|d| d.codes_file.as_ref()));
    columns.chain(cubes)
}

/// Reads a register, or finds what an earlier run with the same inputs and settings kept.
fn read_register(
    monitor: &Monitor,
    source: &Source,
    input: &Input,
    hashes: &[Input],
    work: &Work,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(Kept, PathBuf), Failure> {
    let settings = &monitor.settings;
    let codes: Vec<&Input> = hashes.iter().filter(|h| codes_files(source).any(|f| *f == h.path)).collect();
    let own: Vec<&Input> = hashes
        .iter()
        .filter(|h| settings.variable.values().any(|v| v.file.as_ref() == Some(&h.path)))
        .collect();
    let secret = work.secret()?;
    let state = serde_json::json!([
        cache::build(),
        model::provenance::hash(&secret),
        input,
        source,
        codes,
        own,
        settings.variable,
        settings.registers(),
        settings.monitor.reference_date,
    ]);
    let key = &model::provenance::hash(state.to_string().as_bytes())[..16];
    let (reports, about) = (format!("{}-{key}.parquet", source.id), format!("{}-{key}.json", source.id));
    let path = work.path(&reports);
    if let (true, Some(kept)) = (path.is_file(), work.load(&about)) {
        return Ok((kept, path));
    }
    work.sweep(&format!("{}-", source.id), &[]);
    let Reports { rows, findings, persons } =
        intake::read_reports(&monitor.dir, source, settings, &monitor.catalogue, &secret, &path, progress)
            .map_err(|e| Failure::from_intake(&e))?;
    let kept = Kept { rows, persons, findings };
    // Last, so that a file of reports is only believed when it is whole.
    write_json(&work.path(&about), &kept)?;
    Ok((kept, path))
}
