//! The style sheet of the site, as what sets SVG here understands it.
//!
//! usvg reads CSS 2.1: it knows no variables and skips every `@` rule. So the variables of `:root`
//! are put in where they are used, and of the rules only those remain that begin with `svg`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::Error;

/// Deepest nesting of variables in variables; what is deeper goes in a circle.
const DEEPEST: usize = 8;

/// What a style sheet says of charts, in light colours.
#[derive(Debug, Default)]
pub(crate) struct Style {
    variables: BTreeMap<String, String>,
    /// The rules for charts, as they may stand in XML.
    rules: String,
}

impl Style {
    /// Reads a style sheet.
    ///
    /// # Errors
    ///
    /// A rule for charts uses a variable that there is not, or one that goes in a circle.
    pub(crate) fn read(css: &str) -> Result<Self, Error> {
        let css = without_comments(css);
        let rules = rules(&css);
        let mut style = Style::default();
        for (selector, body) in &rules {
            if selector.split(',').any(|s| s.trim() == ":root") {
                for (name, value) in declarations(body).filter(|(name, _)| name.starts_with("--")) {
                    style.variables.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        for (selector, body) in &rules {
            let kept: Vec<&str> = selector.split(',').map(str::trim).filter(|s| of_charts(s)).collect();
            if kept.is_empty() {
                continue;
            }
            let mut line = String::new();
            for (name, value) in declarations(body) {
                let _ = write!(line, "{name}:{};", style.resolved(value, 0)?);
            }
            if !line.is_empty() {
                let _ = writeln!(style.rules, "{}{{{}}}", kept.join(","), escape(&line));
            }
        }
        Ok(style)
    }

    /// The colour that a variable has, as `#rrggbb`; nothing where it is no such colour.
    pub(crate) fn colour(&self, name: &str) -> Option<String> {
        let value = self.resolved(self.variables.get(name)?, 0).ok()?;
        let digits = value.strip_prefix('#')?;
        (matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit())).then_some(value)
    }

    /// The SVG with the rules in it, and with a name space where it has none.
    ///
    /// # Errors
    ///
    /// Says in words why it is no SVG.
    pub(crate) fn inlined(&self, svg: &str) -> Result<String, &'static str> {
        let start = svg
            .match_indices("<svg")
            .map(|(at, _)| at)
            .find(|at| svg[at + 4..].starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/'))
            .ok_or("it has no element svg")?;
        let end = start + end_of_tag(&svg[start..]).ok_or("its first element does not end")?;
        let (tag, rest) = (&svg[start..end], &svg[end + 1..]);
        let Some(tag) = (!tag.ends_with('/')).then_some(tag) else { return Err("it is empty") };
        let space = if tag.contains("xmlns=") { "" } else { " xmlns=\"http://www.w3.org/2000/svg\"" };
        Ok(format!("{}{tag}{space}><style>{}</style>{rest}", &svg[..start], self.rules))
    }

    /// A value with its variables put in.
    fn resolved(&self, value: &str, depth: usize) -> Result<String, Error> {
        if depth > DEEPEST {
            return Err(Error::Style(format!("a variable in `{value}` goes in a circle")));
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some(at) = rest.find("var(") {
            out.push_str(&rest[..at]);
            let inner = &rest[at + 4..];
            let Some(end) = end_of_call(inner) else {
                return Err(Error::Style(format!("`{value}` does not close its bracket")));
            };
            let (name, other) = match inner[..end].split_once(',') {
                Some((name, other)) => (name.trim(), Some(other.trim())),
                None => (inner[..end].trim(), None),
            };
            match (self.variables.get(name), other) {
                (Some(found), _) => out.push_str(&self.resolved(found, depth + 1)?),
                (None, Some(other)) => out.push_str(&self.resolved(other, depth + 1)?),
                (None, None) => return Err(Error::Style(format!("there is no variable `{name}`"))),
            }
            rest = &inner[end + 1..];
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// Whether a selector begins with the element svg.
fn of_charts(selector: &str) -> bool {
    selector
        .strip_prefix("svg")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '.', '#', '[', '>']))
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        out.push(' ');
        match rest[at + 2..].find("*/") {
            Some(end) => rest = &rest[at + 2 + end + 2..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

/// The rules of the first level with what stands in their braces; nothing of `@` rules, which are
/// for screens that are dark, small or printed.
fn rules(css: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let mut rest = css;
    while let Some(at) = rest.find(['{', ';', '}']) {
        let (before, after) = (rest[..at].trim(), &rest[at + 1..]);
        if !rest[at..].starts_with('{') {
            // The end of `@import …;`, or a brace too many.
            rest = after;
            continue;
        }
        let end = end_of_block(after).unwrap_or(after.len());
        if !before.starts_with('@') {
            out.push((before, &after[..end]));
        }
        rest = after.get(end + 1..).unwrap_or("");
    }
    out
}

fn declarations(body: &str) -> impl Iterator<Item = (&str, &str)> {
    body.split(';').filter_map(|d| {
        let (name, value) = d.split_once(':')?;
        let (name, value) = (name.trim(), value.trim());
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    })
}

/// Where the brace closes that opened before `text`.
fn end_of_block(text: &str) -> Option<usize> {
    closing(text, '{', '}')
}

/// Where the bracket closes that opened before `text`.
fn end_of_call(text: &str) -> Option<usize> {
    closing(text, '(', ')')
}

fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
    }
    None
}

/// Where the tag ends that begins `text`: the first `>` that is not within quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return Some(at),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules_of(css: &str) -> String {
        Style::read(css).map_or_else(|e| format!("error: {e}"), |s| s.rules)
    }

    #[test]
    fn light_colours_take_the_place_of_variables() {
        let css = ":root { --s0: #0072b2; }
            @media (prefers-color-scheme: dark) { :root { --s0: #fff; } svg .s0 { fill: red; } }
            body { color: var(--ink); }
            svg .s0 { stroke: var(--s0); } svg .m.s0, .x, svg .bar.s0 { fill: var(--s0) }";
        assert_eq!(rules_of(css), "svg .s0{stroke:#0072b2;}\nsvg .m.s0,svg .bar.s0{fill:#0072b2;}\n");
    }

    #[test]
    fn a_variable_may_stand_in_a_variable_or_give_way_to_another_value() {
        let css = ":root{--a:var(--b);--b:#123}svg .x{fill:var(--a);stroke:var(--no, var(--b))}";
        assert_eq!(rules_of(css), "svg .x{fill:#123;stroke:#123;}\n");
    }

    #[test]
    fn what_cannot_be_put_in_is_named() {
        assert!(rules_of("svg .x{fill:var(--gone)}").contains("--gone"));
        assert!(rules_of(":root{--a:var(--a)}svg .x{fill:var(--a)}").contains("circle"));
        assert!(rules_of("svg .x{fill:var(--gone}").contains("bracket"));
    }

    #[test]
    fn a_style_sheet_that_is_none_gives_no_rules() {
        for css in ["", "}", "{{{", "@import url(x);", "/*", "svg", "svg{", "svg .x{}", "svgx .y{fill:red}"] {
            assert_eq!(rules_of(css), "", "{css}");
        }
    }

    #[test]
    fn rules_cannot_leave_their_element() {
        assert_eq!(rules_of("svg .x{fill:</style><script>}"), "svg .x{fill:&lt;/style>&lt;script>;}\n");
    }

    #[test]
    fn rules_go_into_the_first_element() -> Result<(), Error> {
        let style = Style::read("svg .a{fill:red}")?;
        let inlined = |svg: &str| style.inlined(svg);
        assert_eq!(
            inlined("<svg viewBox=\"0 0 1 1\" a='>'><g/></svg>"),
            Ok("<svg viewBox=\"0 0 1 1\" a='>' xmlns=\"http://www.w3.org/2000/svg\">\
                <style>svg .a{fill:red;}\n</style><g/></svg>"
                .to_owned())
        );
        for broken in ["", "<svg", "<svgx>", "<svg/>", "<svg a=\">", "text"] {
            assert!(inlined(broken).is_err(), "{broken}");
        }
        Ok(())
    }

    #[test]
    fn only_colours_are_colours() -> Result<(), Error> {
        let style = Style::read(":root{--a:#0b4f8a;--b:red;--c:var(--a);--d:#12345}")?;
        assert_eq!(style.colour("--c").as_deref(), Some("#0b4f8a"));
        assert_eq!((style.colour("--b"), style.colour("--d"), style.colour("--e")), (None, None, None));
        Ok(())
    }
}
