//! Hierarchies of codes from files, as offices keep them.
//!
//! ```text
//! levels,codes      τ-Argus (.hrc)      code,parent
//! @,Total           A                   A,Total
//! @@,A              @A1                 A1,A
//! @@@,A1            @A2                 A2,A
//! @@@,A2            B                   B,Total
//! @@,B
//! ```
//!
//! The first is that of the R package sdcTable: as many signs as the level is deep. The second has no total, and a
//! lead string before each code, once for each level below the first. The third says of each code to which it
//! belongs.

use std::collections::HashMap;
use std::path::Path;

use model::Format;

use crate::error::Result;
use crate::{Error, TableRows};

/// A code of a hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The code.
    pub code: String,
    /// Index, among the nodes, of the code to which it belongs; it comes before this one.
    pub parent: Option<usize>,
}

/// Codes, each after the one to which it belongs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeTree {
    /// The codes, in the order of a table: parts follow their whole.
    pub nodes: Vec<Node>,
}

/// What is allowed.
const HELP: &str = "allowed are a table with the columns `levels` and `codes`, a table of two columns that says of each \
                    code to which it belongs, and a file of τ-Argus (.hrc)";

/// Reads a hierarchy; `name` is what messages call the file. A file whose name ends in `.hrc` is one of τ-Argus.
///
/// # Errors
/// When the file cannot be read, a code stands in it twice, a level is left out, or a code is a part of itself.
pub fn read_hierarchy(path: &Path, name: &str) -> Result<CodeTree> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("hrc")) {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { file: name.to_owned(), source })?;
        return of_argus(&String::from_utf8_lossy(&bytes), name);
    }
    let mut rows = TableRows::open(path, name, &Format::default())?;
    let columns: Vec<String> = rows.columns().iter().map(|c| c.trim().to_lowercase()).collect();
    let at = |wanted: &[&str]| columns.iter().position(|c| wanted.contains(&c.as_str()));
    if columns.len() < 2 {
        return Err(Error::file(name, "it has one column", HELP));
    }
    let (level, code) = (at(&["level", "levels"]), at(&["code", "codes"]));
    let mut lines = Vec::new();
    let (first, second) = match (level, code) {
        (Some(level), Some(code)) => (level, code),
        _ => (0, 1),
    };
    while let Some((row, values)) = rows.next_row()? {
        lines.push((row, values[first].trim().to_owned(), values[second].trim().to_owned()));
    }
    if rows.finish().0.rows_quarantined > 0 {
        return Err(Error::file(name, "some rows have another number of fields than the header", HELP));
    }
    if level.is_some() && code.is_some() {
        let depths = lines.into_iter().map(|(row, level, code)| {
            let sign = level.chars().next();
            let deep = level.chars().count();
            if sign.is_none() || level.chars().any(|c| Some(c) != sign) {
                let what = format!("\"{level}\" is no level");
                return Err(Error::at(
                    name,
                    row,
                    what,
                    "a level is a sign as often as it is deep, such as @@",
                ));
            }
            Ok((row, deep - 1, code))
        });
        of_depths(depths.collect::<Result<_>>()?, name)
    } else {
        of_parents(&lines, name)
    }
}

/// Lines of τ-Argus: a lead string, once for each level below the first, and the code.
fn of_argus(text: &str, name: &str) -> Result<CodeTree> {
    let lines: Vec<(u64, &str)> =
        (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect();
    // The lead string stands in the file of metadata. It is the sign that no code of the first level begins with.
    let lead = lines.iter().find_map(|(_, line)| line.chars().next().filter(|c| "@*.-#>~+".contains(*c)));
    let depths = lines.iter().map(|&(row, line)| {
        let rest = lead.map_or(line, |lead| line.trim_start_matches(lead));
        (row, line.chars().count() - rest.chars().count(), rest.trim().to_owned())
    });
    of_depths(depths.collect(), name)
}

/// Codes with their depth, from 0.
fn of_depths(lines: Vec<(u64, usize, String)>, name: &str) -> Result<CodeTree> {
    let mut tree = CodeTree::default();
    let mut above: Vec<usize> = Vec::new();
    let mut known = HashMap::new();
    for (row, depth, code) in lines {
        if depth > above.len() {
            return Err(Error::at(
                name,
                row,
                format!("\"{code}\" is {} levels deeper than the code before it", depth - above.len() + 1),
                "a code is at most one level deeper than the one before",
            ));
        }
        add(&mut known, &code, tree.nodes.len(), row, name)?;
        above.truncate(depth);
        let parent = above.last().copied();
        above.push(tree.nodes.len());
        tree.nodes.push(Node { code, parent });
    }
    not_empty(tree, name)
}

fn add(known: &mut HashMap<String, usize>, code: &str, at: usize, row: u64, name: &str) -> Result<()> {
    if code.is_empty() {
        return Err(Error::at(name, row, "there is no code", "each row has a code"));
    }
    match known.insert(code.to_owned(), at) {
        None => Ok(()),
        Some(_) => Err(Error::at(
            name,
            row,
            format!("code \"{code}\" is there twice"),
            "a code belongs to one other code: give each row a code of its own",
        )),
    }
}

fn not_empty(tree: CodeTree, name: &str) -> Result<CodeTree> {
    if tree.nodes.is_empty() { Err(Error::file(name, "it has no codes", HELP)) } else { Ok(tree) }
}

/// Codes and to which each belongs. What is only named as a whole is a code too.
fn of_parents(lines: &[(u64, String, String)], name: &str) -> Result<CodeTree> {
    let mut known = HashMap::new();
    for (at, (row, code, _)) in lines.iter().enumerate() {
        add(&mut known, code, at, *row, name)?;
    }
    // What each whole consists of, in the order of the file.
    let mut wholes: Vec<&str> = Vec::new();
    let mut parts: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, (_, _, parent)) in lines.iter().enumerate() {
        let of = parts.entry(parent).or_default();
        if of.is_empty() && !known.contains_key(parent.as_str()) {
            wholes.push(parent);
        }
        of.push(at);
    }
    let mut tree = CodeTree::default();
    for whole in wholes {
        let mut root = None;
        if !whole.is_empty() {
            root = Some(tree.nodes.len());
            tree.nodes.push(Node { code: whole.to_owned(), parent: None });
        }
        // Each code with where its whole stands, the next one last.
        let mut open: Vec<(usize, Option<usize>)> =
            parts.get(whole).into_iter().flatten().rev().map(|&at| (at, root)).collect();
        while let Some((at, parent)) = open.pop() {
            let code = &lines[at].1;
            let own = tree.nodes.len();
            tree.nodes.push(Node { code: code.clone(), parent });
            open.extend(parts.get(code.as_str()).into_iter().flatten().rev().map(|&part| (part, Some(own))));
        }
    }
    let reached: std::collections::HashSet<&str> = tree.nodes.iter().map(|n| n.code.as_str()).collect();
    if let Some((row, code, _)) = lines.iter().find(|(_, code, _)| !reached.contains(code.as_str())) {
        return Err(Error::at(
            name,
            *row,
            format!("\"{code}\" is a part of itself"),
            "follow from each code to which it belongs: that has to end at a whole",
        ));
    }
    not_empty(tree, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, text: &str) -> std::result::Result<String, String> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(file);
        std::fs::write(&path, text).expect("a file");
        let tree = read_hierarchy(&path, file).map_err(|e| e.to_string())?;
        let deep = |mut at: usize| {
            let mut depth = 0;
            while let Some(parent) = tree.nodes[at].parent {
                (at, depth) = (parent, depth + 1);
            }
            depth
        };
        let words =
            tree.nodes.iter().enumerate().map(|(at, node)| format!("{}{}", "-".repeat(deep(at)), node.code));
        Ok(words.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn three_ways_to_write_a_hierarchy_are_read_as_one() {
        let tree = Ok("Total -A --A1 --A2 -B".to_owned());
        assert_eq!(read("h.csv", "levels,codes\n@,Total\n@@,A\n@@@,A1\n@@@,A2\n@@,B\n"), tree);
        assert_eq!(read("h.csv", "code,parent\nA,Total\nA1,A\nB,Total\nA2,A\n"), tree);
        assert_eq!(read("h.csv", "code,parent\nTotal,\nA,Total\nA1,A\nB,Total\nA2,A\n"), tree);
        // τ-Argus has no total, and pads codes.
        assert_eq!(read("h.hrc", "A\r\n@ A1\r\n@ A2\r\nB \r\n"), Ok("A -A1 -A2 B".to_owned()));
    }

    #[test]
    fn what_is_no_hierarchy_is_told_with_its_row() {
        let says = |file: &str, text: &str, words: &str| {
            let said = read(file, text).expect_err("no hierarchy");
            assert!(said.contains(words), "{said}");
        };
        says("h.csv", "levels,codes\n@,Total\n@@@,A\n", "h.csv:3: \"A\" is 2 levels deeper");
        says("h.csv", "levels,codes\n@,Total\n@@,A\n@@,A\n", "h.csv:4: code \"A\" is there twice");
        says("h.csv", "code,parent\nA,Total\nB,C\nC,B\n", "h.csv:3: \"B\" is a part of itself");
        says("h.csv", "code,parent\nA,Total\nA,Other\n", "h.csv:3: code \"A\" is there twice");
        says("h.csv", "levels,codes\n@,Total\nx@,A\n", "\"x@\" is no level");
        says("h.hrc", "\n\n", "it has no codes");
        says("h.csv", "code\nA\n", "one column");
    }
}
