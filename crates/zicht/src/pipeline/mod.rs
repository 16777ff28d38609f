//! The pipeline: what is done in which order. Each step is a library's; here they are joined.
//!
//! ```text
//! Monitor::open ─► Inputs::read ─► linking ─► figures ─► audit, protect ─► trends, estimates ─► publish
//! ```

mod cache;
mod detected;
mod estimates;
mod figures;
mod inputs;
mod linking;
mod map;
mod previous;
mod trends;

pub(crate) use cache::{Work, build, write_json};
pub(crate) use figures::Figures;
pub(crate) use inputs::{Inputs, counts_json};

use std::path::{Path, PathBuf};

use model::{Catalogue, Settings};
use publish::{LinkageNote, Release, ReleasedCube, Written};

use crate::cli::Global;
use crate::failure::Failure;
use crate::show::{Show, thousands};

/// A monitor as its folder describes it.
pub(crate) struct Monitor {
    pub(crate) dir: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) catalogue: Catalogue,
    /// BLAKE3 hash of `monitor.toml`.
    pub(crate) hash: String,
    pub(crate) threads: usize,
}

impl Monitor {
    /// Reads and checks `monitor.toml`.
    pub(crate) fn open(dir: &Path, global: &Global) -> Result<Self, Failure> {
        let path = dir.join("monitor.toml");
        if !path.is_file() {
            return Err(Failure::input(
                format!("{} is not the folder of a monitor: it has no monitor.toml", dir.display()),
                "give the folder that holds monitor.toml, or make one with `zicht new DIR`",
            ));
        }
        let bytes = std::fs::read(&path).map_err(|e| Failure::io("cannot read", &path, &e))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::input("monitor.toml is not UTF-8", "save it again as UTF-8"))?;
        let fail = |e| Failure::settings(e, "monitor.toml", &text);
        let mut settings = Settings::parse(&text).map_err(fail)?;
        if let Some(seed) = global.seed {
            settings.monitor.seed = seed;
        }
        let read = |file: &str| std::fs::read_to_string(dir.join(file)).map_err(|e| e.to_string());
        let catalogue = Catalogue::new(&settings, read).map_err(fail)?;
        for e in &settings.estimate {
            crate::commands::estimate::parse_methods(&e.methods)?;
            estimates::check_options(e)?;
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            dir: dir.to_owned(),
            hash: model::provenance::hash(text.as_bytes()),
            settings,
            catalogue,
            threads: global.threads.map_or(cores, usize::from),
        })
    }
}

/// What a whole run made.
pub(crate) struct Made {
    pub(crate) written: Written,
    pub(crate) figures: Figures,
    pub(crate) audited: disclosure::Audit,
}

/// From inputs to a release in `out/release`.
pub(crate) fn run(monitor: &Monitor, inputs: &Inputs, work: &Work, show: &Show) -> Result<Made, Failure> {
    // What can be wrong before anything is counted is found first.
    publish::translated(&monitor.settings).map_err(|e| Failure::input(e.to_string(), e.help()))?;
    let map = map::read(monitor)?;
    let (audited, notes) = figures::audit_received(monitor, inputs, work, show)?;
    let mut figures = Figures::make(monitor, inputs, work, disclosure::Mode::Strong, show)?;
    let trends = trends::describe(&monitor.settings, &figures.protection.cubes)?;
    let reporting = trends::reporting(&monitor.settings, &figures.protection.cubes)?;
    let estimates = estimates::estimate(monitor, inputs, &figures, show)?;
    let step = show.step("publish", None);
    let cubes = figures
        .protection
        .cubes
        .iter()
        .map(|cube| {
            let rates = figures::rates(&monitor.settings, &figures.protection.cubes, cube)?;
            Ok(ReleasedCube { cube: cube.clone(), inputs: cube.sources().to_vec(), rates })
        })
        .collect::<Result<_, Failure>>()?;
    let release = Release {
        settings: &monitor.settings,
        version: env!("CARGO_PKG_VERSION"),
        cubes,
        trends,
        reporting,
        estimates,
        sources: inputs.notes.clone(),
        linkage: figures.persons.found.as_ref().map(|found| LinkageNote {
            persons: (found.persons, found.interval),
            compared: found.blocking_recall,
        }),
        certificate: figures.protection.certificate.clone(),
        audit: notes,
        settings_hash: monitor.hash.clone(),
        before: figures.before.take(),
        map,
    };
    let dir = work.out().join("release");
    let written = publish::write(&release, &dir).map_err(|e| Failure::input(e.to_string(), e.help()))?;
    step.done(&format!("{} files", thousands(written.files as u64)));
    Ok(Made { written, figures, audited })
}
