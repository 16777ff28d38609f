//! Sentences of the authors with figures that are looked up: none is written that refers to a hidden one.

use model::Role;

use super::Context;
use crate::facts::{CubeFacts, Figure};
use crate::text::texts;
use crate::{Error, Release};

/// Checks every sentence in every language of the release.
pub(crate) fn check(release: &Release<'_>) -> Result<(), Error> {
    for language in super::languages(release.settings) {
        sentences(Context { release, language, t: texts(language) })?;
    }
    Ok(())
}

/// The sentences with their figures.
pub(super) fn sentences(c: Context<'_>) -> Result<Vec<String>, Error> {
    c.release.settings.statement.iter().map(|s| filled(c, s.text.get(c.language))).collect()
}

/// A sentence with each `{TABLE DIMENSION=CODE …}` replaced by its figure.
fn filled(c: Context<'_>, sentence: &str) -> Result<String, Error> {
    let wrong = |figure: &str, why: String| Error::Statement {
        sentence: sentence.to_owned(),
        figure: figure.to_owned(),
        why,
    };
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((figure, after)) = after.split_once('}') else {
            return Err(wrong(after, "has no end: a figure is written {TABLE DIMENSION=CODE}".into()));
        };
        out.push_str(&looked_up(c, figure).map_err(|why| wrong(figure, why))?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The figure that `TABLE DIMENSION=CODE …` names, as it is written in the language.
fn looked_up(c: Context<'_>, figure: &str) -> Result<String, String> {
    let mut words = figure.split_whitespace();
    let id = words.next().unwrap_or_default();
    let named = |names: &mut dyn Iterator<Item = &str>| names.collect::<Vec<_>>().join(", ");
    let Some(cube) = c.release.cubes.iter().map(|r| &r.cube).find(|cube| cube.id() == id) else {
        let tables = named(&mut c.release.cubes.iter().map(|r| r.cube.id()));
        return Err(format!("names no table of this release, which has {tables}"));
    };
    let mut key = cube.home();
    let mut period = false;
    for word in words {
        let Some((name, code)) = word.split_once('=') else {
            return Err(format!("has \"{word}\", where DIMENSION=CODE is meant"));
        };
        let Some(d) = cube.dimensions().iter().position(|d| d.id == name) else {
            let dimensions = named(&mut cube.dimensions().iter().map(|d| d.id.as_str()));
            return Err(format!("has \"{name}\", which is no dimension of the table: it has {dimensions}"));
        };
        let dimension = &cube.dimensions()[d];
        let Some(at) = dimension.position(code) else {
            let some = named(&mut dimension.categories.iter().take(12).map(|k| k.code.as_str()));
            return Err(format!("has \"{code}\", which is no code of {name}: it has {some} …"));
        };
        key[d] = at;
        period |= dimension.role == Role::Time;
    }
    if !period {
        key = cube.at_latest(&key);
    }
    match cube.figure(&key) {
        Figure::Count(n) => Ok(c.count(n)),
        Figure::Hidden => Err("is hidden, to protect persons".into()),
        Figure::Between(..) => Err("is known between bounds only".into()),
        Figure::Missing => Err("has no figure in the table".into()),
    }
}
