//! Text as it can be set: what the fonts have, on one line, with places to break where a word is long.

use crate::world;

/// Stands where the fonts have nothing to show.
const UNKNOWN: char = '\u{fffd}';
/// May break, and shows nothing.
const BREAK: char = '\u{200b}';
/// Longest word, in characters, that no place to break is put into.
const LONGEST: usize = 28;

/// A character as it can be shown; nothing for one that shows nothing.
fn shown(c: char) -> Option<char> {
    match c {
        // Narrow and wide spaces that do not break become the usual one.
        '\u{202f}' | '\u{2007}' => Some('\u{a0}'),
        '\u{ad}' | '\u{a0}' => Some(c),
        c if c.is_whitespace() => Some(' '),
        // Hints to layout, marks of direction and variants: typst knows the direction, and there are no variants.
        '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0000}'..='\u{e0fff}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{feff}' => None,
        c if c.is_control() => None,
        c if world::shows(c) => Some(c),
        _ => Some(UNKNOWN),
    }
}

/// The text on one line, without space at either end, in characters that can be shown.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter_map(shown) {
        if c != ' ' || !(out.is_empty() || out.ends_with(' ')) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// [`plain`], with places to break in long words such as addresses.
pub(crate) fn text(text: &str) -> String {
    broken(&plain(text), LONGEST)
}

/// Places to break in words of more than `longest` characters: behind what divides an address, and
/// where there is nothing of the kind.
pub(crate) fn broken(text: &str, longest: usize) -> String {
    let longest = longest.max(1);
    let mut out = String::with_capacity(text.len());
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        if word.chars().count() <= longest {
            out.push_str(word);
            continue;
        }
        let mut since = 0;
        let mut chars = word.chars().peekable();
        while let Some(c) = chars.next() {
            out.push(c);
            since += 1;
            let divides = matches!(c, '/' | '.' | '-' | '_' | '?' | '&' | '=' | ',' | ':' | '#');
            if chars.peek().is_some() && (divides || since >= longest) {
                out.push(BREAK);
                since = 0;
            }
        }
    }
    out
}

/// Markup with every character that cannot be shown replaced. Characters that XML forbids stay for its parser to name.
pub(crate) fn markup(svg: &str) -> String {
    svg.chars().filter_map(|c| if c.is_ascii() || c.is_whitespace() { Some(c) } else { shown(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_of_what_can_be_shown() {
        let check = |given: &str, expected: &str| assert_eq!(plain(given), expected, "{given:?}");
        check(" a\r\n\tb  c ", "a b c");
        check("1\u{202f}334", "1\u{a0}334");
        check("\u{7}a\u{0}b\u{200d}\u{202e}", "ab");
        check("中 \u{e001}", "\u{fffd} \u{fffd}");
        check("#import *a* $x$ <l> @r \\ \"", "#import *a* $x$ <l> @r \\ \"");
        check("", "");
    }

    #[test]
    fn long_words_may_break() {
        let check = |given: &str, expected: &str| assert_eq!(broken(given, 6).replace(BREAK, "|"), expected);
        check("short words", "short words");
        check("https://a.nl/b", "https:|/|/|a.|nl/|b");
        check("abcdefghijklm n", "abcdef|ghijkl|m n");
        check("abcdefghijkl", "abcdef|ghijkl");
    }

    #[test]
    fn markup_stays_markup() {
        assert_eq!(markup("<text>\n é 中</text>"), "<text>\n é \u{fffd}</text>");
    }
}
