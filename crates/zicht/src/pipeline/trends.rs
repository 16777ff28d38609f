//! Series over time, taken from protected cubes only: what is hidden in a table is not shown in
//! a chart of it.

use disclosure::ProtectedCube;
use model::trend::{ReportingAlert, Trend};
use model::{Dimension, Label, Role, Settings, TOTAL, TrendSettings, Unit};
use tables::trend;

use crate::failure::Failure;

/// A series: code and name of its category (none for a single series), then the counts.
struct Series {
    category: Option<(String, Label)>,
    points: Vec<(String, Option<u64>)>,
}

/// Describes every series that `[[trend]]` asks for.
pub(crate) fn describe(settings: &Settings, cubes: &[ProtectedCube]) -> Result<Vec<Trend>, Failure> {
    let mut out: Vec<Trend> = Vec::new();
    for asked in &settings.trend {
        let cube = find(asked, cubes)?;
        for series in series(asked, cube)? {
            let mut id = asked.cube.clone();
            let mut title = asked.title.clone();
            if let Some((code, label)) = &series.category {
                id = format!("{id}_{}", plain(code));
                title =
                    Label::new(format!("{}: {}", title.en, label.en), format!("{}: {}", title.nl, label.nl));
            }
            let taken = out
                .iter()
                .filter(|t| t.id == id || t.id.strip_prefix(&id).is_some_and(|r| r.starts_with("__")))
                .count();
            if taken > 0 {
                id = format!("{id}__{}", taken + 1);
            }
            out.push(trend::describe(&id, title, cube.unit(), &series.points, settings.monitor.level));
        }
    }
    Ok(out)
}

/// Organisations of which the reports changed against those of the others: from series of
/// reports by organisation or register.
pub(crate) fn reporting(
    settings: &Settings,
    cubes: &[ProtectedCube],
) -> Result<Vec<ReportingAlert>, Failure> {
    let mut out = Vec::new();
    for asked in &settings.trend {
        let by = asked.each.as_deref();
        let cube = find(asked, cubes)?;
        if cube.unit() != Unit::Reports || !matches!(by, Some("organisation" | "register")) {
            continue;
        }
        let all: Vec<_> = series(asked, cube)?
            .into_iter()
            .filter_map(|s| s.category.map(|(code, label)| (code, label, s.points)))
            .collect();
        out.extend(trend::reporting_alerts(&all, settings.monitor.level));
    }
    Ok(out)
}

fn find<'a>(asked: &TrendSettings, cubes: &'a [ProtectedCube]) -> Result<&'a ProtectedCube, Failure> {
    cubes.iter().find(|c| c.id() == asked.cube).ok_or_else(|| {
        Failure::input(
            format!("there is no table \"{}\" for a trend", asked.cube),
            "name a table or a cube of a source",
        )
    })
}

fn series(asked: &TrendSettings, cube: &ProtectedCube) -> Result<Vec<Series>, Failure> {
    let fail =
        |what: String, help: &str| Failure::input(format!("trend of \"{}\": {what}", asked.cube), help);
    let dimensions = cube.dimensions();
    let time = dimensions.iter().position(|d| d.role == Role::Time).ok_or_else(|| {
        fail("the table has no dimension of time".into(), "give a dimension role = \"time\"")
    })?;
    let place = |id: &str| {
        dimensions.iter().position(|d| d.id == id || model::variable_of(&d.id) == id).ok_or_else(|| {
            let known: Vec<&str> = dimensions.iter().map(|d| d.id.as_str()).collect();
            fail(
                format!("there is no dimension \"{id}\""),
                &format!("its dimensions are {}", known.join(", ")),
            )
        })
    };
    let mut at: Vec<Option<u32>> = vec![None; dimensions.len()];
    for (id, code) in &asked.at {
        let d = place(id)?;
        at[d] = Some(dimensions[d].position(code).ok_or_else(|| {
            fail(format!("dimension {id} has no category \"{code}\""), "use a code that occurs in the table")
        })?);
    }
    let each = asked.each.as_deref().map(place).transpose()?;
    for (i, d) in dimensions.iter().enumerate() {
        if i != time && Some(i) != each && at[i].is_none() {
            at[i] = Some(whole(d).ok_or_else(|| {
                fail(format!("dimension {} has no total", d.id), "say with `at` which category is meant")
            })?);
        }
    }
    let chosen: Vec<Option<u32>> = match each {
        None => vec![None],
        Some(e) => (0..dimensions[e].categories.len() as u32)
            .filter(|&i| dimensions[e].categories[i as usize].code != TOTAL)
            .map(Some)
            .collect(),
    };
    let mut periods: Vec<(u32, &str)> =
        dimensions[time].categories.iter().enumerate().map(|(i, c)| (i as u32, c.code.as_str())).collect();
    periods.sort_by_key(|(_, code)| *code);
    Ok(chosen
        .into_iter()
        .map(|category| {
            let points = periods
                .iter()
                .map(|&(t, period)| {
                    let key: Vec<u32> = (0..dimensions.len())
                        .map(|i| {
                            if i == time {
                                Some(t)
                            } else if Some(i) == each {
                                category
                            } else {
                                at[i]
                            }
                        })
                        .map(|p| p.unwrap_or(0))
                        .collect();
                    (period.to_owned(), cube.cell(&key).and_then(|c| c.value.count()))
                })
                .collect();
            let category = category.zip(each).map(|(c, e)| {
                let c = &dimensions[e].categories[c as usize];
                (c.code.clone(), c.label.clone())
            });
            Series { category, points }
        })
        // A category of which nothing may be shown is no series.
        .filter(|s| s.points.iter().any(|(_, n)| n.is_some()))
        .collect())
}

/// The total, or the only category there is.
fn whole(d: &Dimension) -> Option<u32> {
    d.total().or((d.categories.len() == 1).then_some(0))
}

fn plain(code: &str) -> String {
    code.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}
