//! `manifest.json`: where everything in the release comes from.

use serde_json::{Value, json};

use super::pretty;
use crate::Release;
use crate::facts::CubeFacts;

/// A file of the release, as the manifest lists it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Path below the release.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
    /// Identifiers of the sources that it comes from.
    pub(crate) inputs: Vec<String>,
}

/// The manifest over all other files.
pub(crate) fn manifest(release: &Release<'_>, files: &[File]) -> Vec<u8> {
    let settings = release.settings;
    let inputs: Vec<Value> = release
        .sources
        .iter()
        .map(|s| {
            json!({
                "source": s.source.id,
                "path": s.input.as_ref().map_or(&s.source.path, |i| &i.path),
                "bytes": s.input.as_ref().filter(|_| !s.is_of_persons()).map(|i| i.bytes),
                "blake3": s.input.as_ref().map(|i| &i.blake3),
                "rows": (!s.is_of_persons()).then_some(s.rows),
                "rows_balance": s.rows.balances(),
            })
        })
        .collect();
    let tables: Vec<Value> = release
        .cubes
        .iter()
        .map(|c| {
            json!({
                "id": c.cube.id(),
                "inputs": c.inputs,
                "cells": c.cube.cells().count(),
                "hidden": c.cube.hidden(),
                "threshold": c.cube.rule().threshold,
                "changed": c.cube.changed(),
                "waiver": c.cube.waiver(),
            })
        })
        .collect();
    let trends: Vec<Value> =
        release.trends.iter().map(|t| json!({ "id": t.id, "level": t.level, "method": "trends" })).collect();
    let estimates: Vec<Value> = release
        .estimates
        .iter()
        .map(|e| {
            json!({
                "id": e.settings.id,
                "inputs": e.sources,
                "years": e.settings.years,
                "by": e.settings.by,
                "covariates": e.settings.covariates,
                "methods": e.estimation.estimates.iter().map(|x| x.method.name()).collect::<Vec<_>>(),
                "seed": settings.monitor.seed,
            })
        })
        .collect();
    let files: Vec<Value> = files
        .iter()
        .map(|f| json!({ "path": f.path, "bytes": f.bytes, "blake3": f.blake3, "inputs": f.inputs }))
        .collect();
    pretty(&json!({
        "format": "zicht release, 1",
        "monitor": settings.monitor.id,
        "edition": settings.monitor.edition,
        "reference_date": settings.monitor.reference_date.to_string(),
        "program": { "name": "zicht", "version": release.version },
        "settings": { "path": "monitor.toml", "blake3": release.settings_hash },
        "seed": settings.monitor.seed,
        "level": settings.monitor.level,
        "disclosure": {
            "threshold": settings.disclosure.threshold,
            "zeros": settings.disclosure.zeros,
            "attack": release.certificate.attack(),
            "certificate": "protection.json",
        },
        "inputs": inputs,
        "tables": tables,
        "trends": trends,
        "estimates": estimates,
        "files": files,
    }))
}

/// The certificate of protection, as it stands in the release.
pub(crate) fn protection(release: &Release<'_>) -> Vec<u8> {
    pretty(&json!({
        "format": "zicht certificate of protection, 1",
        "monitor": release.settings.monitor.id,
        "edition": release.settings.monitor.edition,
        "program": { "name": "zicht", "version": release.version },
        "certificate": release.certificate,
    }))
}
