//! The shapes of the regions.

use publish::Map;

use super::Monitor;
use crate::failure::Failure;

/// Reads the map that the settings name.
pub(super) fn read(monitor: &Monitor) -> Result<Option<Map>, Failure> {
    let Some(named) = &monitor.settings.monitor.map else { return Ok(None) };
    let help = "`map` in [monitor] names a file of GeoJSON below the project folder: polygons, each with the code of its region \
                as the property `code`";
    let path = monitor.dir.join(named);
    let text = std::fs::read_to_string(&path)
        .map_err(|e| Failure::input(format!("the map {named} cannot be read: {e}"), help))?;
    let map = Map::from_geojson(&text)
        .map_err(|why| Failure::input(format!("the map {named} cannot be drawn: {why}"), help))?;
    Ok(Some(map))
}
