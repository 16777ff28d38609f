//! How a name sounds, as Dutch ears have it, whatever the language it was spelt from.
//!
//! Names come from other scripts by way of French, English, German and Dutch clerks. The key makes one of what
//! these write for one sound: `ou`, `oe`, `u`; `ch`, `kh`, `g`; `sj`, `sh`, `sz`, `sch`; `c`, `k`, `q`; `ph`,
//! `f`, `v`, `w`; `ij`, `ei`, `y`; `z`, `s`. Vowels count only at the beginning and as "some vowel" between
//! consonants; a letter that is doubled counts once; a silent `h` not at all.

/// The key of a name that is [folded](super::fold::fold); empty if there is no letter in it.
///
/// ```
/// use linkage::compare::sound::key;
/// assert_eq!(key("mohammed"), key("muhamed"));
/// assert_eq!(key("chadija"), key("khadiya"));
/// assert_eq!(key("schneider"), key("sjneijder"));
/// assert_ne!(key("jansen"), key("bakker"));
/// ```
pub fn key(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let letters: Vec<char> = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut at = 0;
    while at < letters.len() {
        let (sound, length) = sound(&letters[at..], at == 0);
        at += length;
        for letter in sound.chars() {
            if !out.ends_with(letter) {
                out.push(letter);
            }
        }
    }
    // A vowel at the end is often not written, or another.
    if out.chars().count() > 2 && out.ends_with('.') {
        out.pop();
    }
    out
}

/// Sounds that are written with several letters, the longest first.
const SEVERAL: [(&str, &str); 23] = [
    ("shch", "S"),
    ("tsch", "S"),
    ("sch", "S"),
    ("tch", "S"),
    ("tsj", "S"),
    ("dzh", "y"),
    ("sh", "S"),
    ("sj", "S"),
    ("sz", "S"),
    ("ch", "x"),
    ("kh", "x"),
    ("gh", "x"),
    ("dj", "y"),
    ("zh", "y"),
    ("ph", "f"),
    ("th", "t"),
    ("dh", "d"),
    ("ck", "k"),
    ("cz", "S"),
    ("ts", "s"),
    ("tz", "s"),
    ("ks", "ks"),
    ("ij", "."),
];

/// The sound of the first letters, and how many letters it takes. A dot is a vowel.
fn sound(letters: &[char], first: bool) -> (&'static str, usize) {
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let starts = |text: &str| text.chars().enumerate().all(|(i, c)| letters.get(i) == Some(&c));
    // All that are written with several letters begin so; most letters do not.
    let several = matches!(letters[0], 'c' | 'd' | 'g' | 'i' | 'k' | 'p' | 's' | 't' | 'z')
        && matches!(letters.get(1), Some('c' | 'h' | 'j' | 'k' | 's' | 'z'));
    for (written, sound) in if several { &SEVERAL[..] } else { &[] } {
        // `ij` before a vowel is not the Dutch letter: Khadija.
        let apart = *written == "ij" && letters.get(2).is_some_and(|&c| vowel(c));
        if starts(written) && !apart {
            return (sound, written.len());
        }
    }
    let one = match letters[0] {
        'a' if first => "a",
        'e' | 'i' if first => "i",
        'o' | 'u' if first => "u",
        'y' | 'j' if letters.get(1).is_some_and(|&c| vowel(c)) => "y",
        c if vowel(c) || c == 'j' => ".",
        'b' => "b",
        'c' if matches!(letters.get(1), Some('e' | 'i' | 'y')) => "s",
        'c' | 'k' | 'q' => "k",
        'd' => "d",
        'f' | 'v' | 'w' => "f",
        'g' => "x",
        'h' if first => "h",
        'h' => "",
        'l' => "l",
        'm' => "m",
        'n' => "n",
        'p' => "p",
        'r' => "r",
        's' | 'z' => "s",
        't' => "t",
        'x' => "ks",
        '0'..='9' => ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"][letters[0] as usize - '0' as usize],
        _ => "?",
    };
    (one, 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_name_sound_alike() {
        for (a, b) in [
            ("yousef", "joesoef"),
            ("shevtsjenko", "sjevtschenko"),
            ("philips", "filips"),
            ("dijkstra", "dykstra"),
            ("jansen", "janssen"),
            ("thomas", "tomas"),
            ("wladimir", "vladimir"),
            ("nikolaj", "nicolai"),
            ("zofia", "sofia"),
            ("alexander", "aleksander"),
        ] {
            assert_eq!(key(a), key(b), "{a} {b}");
        }
        for (a, b) in [("anna", "maria"), ("bakker", "visser"), ("ali", "omar")] {
            assert_ne!(key(a), key(b), "{a} {b}");
        }
        assert_eq!(key("- '"), "");
    }

    proptest! {
        #[test]
        fn any_text_has_a_key(text in "\\PC{0,20}") {
            prop_assert!(key(&text).len() <= 4 * text.len() + 4);
        }
    }
}
