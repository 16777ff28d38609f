//! Group disclosure: all persons of a group have the same property, so that who is known to be in the group is known to
//! have it.

use model::{Cube, Relation, Role, Value};

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
            let Some(counts) = counts(cube, &relation) else { continue };
            audit.cells_attacked += 1;
            let Some(Group { total, all }) = whole(cube, &relation, &counts) else { continue };
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

/// A group of which all have the same property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// Persons in it.
    total: u64,
    /// Which part of the relation they are.
    pub(crate) all: usize,
}

/// Of whom a relation says that they are all the same.
pub(crate) fn told(cube: &Cube, relation: &Relation) -> Option<Group> {
    whole(cube, relation, &counts(cube, relation)?)
}

fn whole(cube: &Cube, relation: &Relation, counts: &[u64]) -> Option<Group> {
    let total = cube.value(&relation.total).count()?;
    let all = counts.iter().position(|&n| n == total)?;
    (counts.iter().sum::<u64>() == total).then_some(Group { total, all })
}

/// The counts of the parts of a relation that could tell such a thing.
fn counts(cube: &Cube, relation: &Relation) -> Option<Vec<u64>> {
    cube.value(&relation.total).count().filter(|n| *n > 0)?;
    // Somebody has to be known to be in the group by something else than the time.
    let known_by = |(other, (dimension, &at)): (usize, (&model::Dimension, &u32))| {
        other != relation.dimension
            && dimension.role == Role::Breakdown
            && dimension.categories[at as usize].parent.is_some()
    };
    if !cube.dimensions.iter().zip(&relation.total).enumerate().any(known_by) {
        return None;
    }
    let counts: Option<Vec<u64>> = relation.parts.iter().map(|p| cube.value(p).count()).collect();
    counts.filter(|c| c.len() > 1)
}
