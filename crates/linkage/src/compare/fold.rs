//! One writing for what is written in many ways: letters without case and diacritics, in the Latin script,
//! with one blank between words.

/// A value as it is compared: lower case, Latin letters without diacritics, no punctuation but within
/// numbers and dates, single blanks.
///
/// ```
/// use linkage::compare::fold::fold;
/// assert_eq!(fold("  Müller-Lüdenscheidt, Ægir "), "muller ludenscheidt aegir");
/// assert_eq!(fold("Ирина Шевченко"), "irina shevchenko");
/// assert_eq!(fold("1990-03-07"), "1990-03-07");
/// ```
pub fn fold(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut before: Option<char> = None;
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        let inside_number = before.is_some_and(|c| c.is_ascii_digit())
            && letters.peek().is_some_and(char::is_ascii_digit)
            && matches!(letter, '-' | '.' | '/' | ':');
        if inside_number {
            out.push(letter);
        } else if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if letter.is_alphanumeric() {
            for small in letter.to_lowercase().filter(|c| !is_mark(*c)) {
                match latin(small) {
                    Some(written) => out.push_str(written),
                    None => out.push(small),
                }
            }
        } else if !is_mark(letter) && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        before = Some(letter);
    }
    out.truncate(out.trim_end().len());
    out
}

/// Marks that stand on or in a word and are left out: combining diacritics, Arabic vowel signs, apostrophes.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

/// The letters in which a letter is written without diacritics or in the Latin script: for Cyrillic and
/// Greek near to BGN/PCGN, for Arabic its consonants and long vowels.
fn latin(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å'
        | 'ā'
        | 'ă'
        | 'ą'
        | 'ǎ'
        | 'ạ'
        | 'ả'
        | 'ấ'
        | 'ầ'
        | 'ẩ'
        | 'ẫ'
        | 'ậ'
        | 'ắ'
        | 'ằ'
        | 'ẳ'
        | 'ẵ'
        | 'ặ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' | 'ə' => {
            "e"
        }
        'ğ' | 'ĝ' | 'ġ' | 'ģ' => "g",
        'ħ' | 'ĥ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ị' | 'ỉ' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ł' | 'ĺ' | 'ļ' | 'ľ' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö'
        | 'ø'
        | 'ō'
        | 'ŏ'
        | 'ő'
        | 'ơ'
        | 'ọ'
        | 'ỏ'
        | 'ố'
        | 'ồ'
        | 'ổ'
        | 'ỗ'
        | 'ộ'
        | 'ớ'
        | 'ờ'
        | 'ở'
        | 'ỡ'
        | 'ợ' => "o",
        'œ' => "oe",
        'ŕ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ț' | 'ŧ' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ' | 'ủ' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' => {
            "u"
        }
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ' | 'ỹ' | 'ỷ' | 'ỵ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ĳ' => "ij",
        _ => return cyrillic(letter).or_else(|| greek(letter)).or_else(|| arabic(letter)),
    })
}

fn cyrillic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'э' | 'є' => "e",
        'ё' => "yo",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' => "i",
        'й' | 'ы' => "y",
        'ї' => "yi",
        'ј' => "j",
        'к' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "c",
        'ђ' | 'џ' => "dj",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ю' => "yu",
        'я' => "ya",
        'ъ' | 'ь' => "",
        _ => return None,
    })
}

fn greek(letter: char) -> Option<&'static str> {
    Some(match letter {
        'α' | 'ά' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' | 'έ' => "e",
        'ζ' => "z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "x",
        'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'υ' | 'ύ' => "y",
        'φ' => "f",
        'χ' => "ch",
        'ψ' => "ps",
        _ => return None,
    })
}

fn arabic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ا' | 'أ' | 'إ' | 'آ' | 'ٱ' | 'ى' => "a",
        'ب' => "b",
        'پ' => "p",
        'ت' | 'ط' | 'ة' => "t",
        'ث' => "th",
        'ج' => "j",
        'چ' => "ch",
        'ح' | 'ه' => "h",
        'خ' => "kh",
        'د' | 'ض' => "d",
        'ذ' => "dh",
        'ر' => "r",
        'ز' | 'ظ' => "z",
        'س' | 'ص' => "s",
        'ش' => "sh",
        'ع' | 'ء' | 'ئ' | 'ؤ' => "",
        'غ' => "gh",
        'ف' => "f",
        'ق' => "q",
        'ك' | 'ک' => "k",
        'گ' => "g",
        'ل' => "l",
        'م' => "m",
        'ن' => "n",
        'و' => "u",
        'ي' | 'ی' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_one_way() {
        for (from, to) in [
            ("D'Angelo", "dangelo"),
            ("van der Berg", "van der berg"),
            ("ŁUKASZ", "lukasz"),
            ("Nguyễn", "nguyen"),
            ("محمد", "mhmd"),
            ("Ελένη", "eleni"),
            ("Jose\u{301}", "jose"),
            ("IJ. de Vries", "ij de vries"),
            ("07/03/1990", "07/03/1990"),
            ("??", ""),
            ("山田", "山田"),
        ] {
            assert_eq!(fold(from), to, "{from}");
        }
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,30}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
