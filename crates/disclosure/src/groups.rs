//! Group disclosure: all persons of a group have the same property, so that who is known to be in the group is known to
//! have it.

use model::{Cube, Role, Value};

use crate::audit::check;
use crate::words::published;
use crate::{Audit, Error, Finding};

/// What published tables say of whole groups: every total of which one part is all and the others are zero.
///
/// A count of twelve of whom all twelve are minors is not small, and says of each of the twelve that he is one. A group
/// is not told where the only other parts have no figure, nor over the whole of a table, which every reader knows to be what
/// its title says.
///
/// # Errors
/// When a cube is not valid or a count too large.
pub fn groups(cubes: &[Cube]) -> Result<Audit, Error> {
    cubes.iter().try_for_each(check)?;
    let mut audit = Audit::default();
    for cube in cubes {
        for relation in cube.relations() {
            let d = relation.dimension;
            let Value::Count(total @ 1..) = cube.value(&relation.total) else { continue };
            // Somebody has to be known to be in the group by something else than the time.
            let known_by = |(other, (dimension, &at)): (usize, (&model::Dimension, &u32))| {
                other != d
                    && dimension.role == Role::Breakdown
                    && dimension.categories[at as usize].parent.is_some()
            };
            if !cube.dimensions.iter().zip(&relation.total).enumerate().any(known_by) {
                continue;
            }
            let counts: Option<Vec<u64>> = relation.parts.iter().map(|p| cube.value(p).count()).collect();
            let Some(counts) = counts.filter(|c| c.len() > 1) else { continue };
            audit.cells_attacked += 1;
            let Some(all) = counts.iter().position(|&n| n == total) else { continue };
            if counts.iter().sum::<u64>() != total {
                continue;
            }
            let part = &relation.parts[all];
            let dimension = &cube.dimensions[d];
            let code = &dimension.categories[part[d] as usize].code;
            audit.exact += 1;
            audit.findings.push(Finding {
                table: cube.title.en.clone(),
                cell: cube.codes(part).map(|(d, c)| (d.to_owned(), c.to_owned())).collect(),
                published: published(Value::Count(total)),
                lower: total,
                upper: Some(total),
                exact: true,
                risk: 1.0,
                because: vec![format!(
                    "all {total} of the group are in {} = {code}: who is known to be one of them is known to be that",
                    dimension.id
                )],
                repair: vec![format!("join categories of {}, or leave the table out at this detail", dimension.id)],
            });
        }
    }
    audit.sort();
    Ok(audit)
}
