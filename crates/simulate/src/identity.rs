//! How a register writes down who someone is: with the errors that registers make.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::codes::Register;
use crate::days::{Day, date_of, day};
use crate::draw::Draw;
use crate::population::Person;

/// Kinds of error in identifiers, as in `truth/identifier_errors.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slip {
    NameMissing,
    NameTyping,
    NameTransliterated,
    NameAlias,
    BirthMissing,
    BirthSwapped,
    BirthTyping,
    BirthFirstOfJanuary,
    TownMissing,
}

impl Slip {
    pub(crate) const ALL: [(Self, &'static str); 9] = [
        (Self::NameMissing, "name.missing"),
        (Self::NameTyping, "name.typing"),
        (Self::NameTransliterated, "name.transliterated"),
        (Self::NameAlias, "name.alias"),
        (Self::BirthMissing, "birth_date.missing"),
        (Self::BirthSwapped, "birth_date.day_and_month_swapped"),
        (Self::BirthTyping, "birth_date.typing"),
        (Self::BirthFirstOfJanuary, "birth_date.first_of_january"),
        (Self::TownMissing, "birth_place.missing"),
    ];
}

/// Probabilities of each slip for a person in a register.
const MISSING_NAME: f64 = 0.012;
const TYPING: f64 = 0.035;
const TRANSLITERATED: f64 = 0.06;
const ALIAS: f64 = 0.02;
/// By register: shelters and others often do not ask.
const MISSING_BIRTH: [f64; 6] = [0.01, 0.01, 0.04, 0.03, 0.05, 0.15];
const SWAPPED: f64 = 0.012;
const TYPING_BIRTH: f64 = 0.015;
const FIRST_OF_JANUARY: f64 = 0.02;
const MISSING_TOWN: f64 = 0.2;

/// A person as one register knows them.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) given: Option<Cow<'static, str>>,
    pub(crate) family: Option<String>,
    pub(crate) birth: Option<Day>,
    pub(crate) town: Option<&'static str>,
    pub(crate) slips: Vec<Slip>,
}

impl Identity {
    pub(crate) fn new(person: &Person, register: Register, draw: &mut Draw) -> Self {
        let mut slips = Vec::new();
        let called = if draw.chance(ALIAS) && person.alias != person.given {
            slips.push(Slip::NameAlias);
            person.alias
        } else {
            person.given
        };
        let given = spelt(Cow::Borrowed(called), draw, &mut slips);
        let family = spelt(Cow::Owned(person.family.clone()), draw, &mut slips).map(Cow::into_owned);
        let birth = dated(person.birth, MISSING_BIRTH[register as usize], draw, &mut slips);
        let town = if draw.chance(MISSING_TOWN) {
            slips.push(Slip::TownMissing);
            None
        } else {
            Some(person.town)
        };
        Self { given, family, birth, town, slips }
    }
}

fn spelt(name: Cow<'static, str>, draw: &mut Draw, slips: &mut Vec<Slip>) -> Option<Cow<'static, str>> {
    let u = draw.unit();
    if u < MISSING_NAME {
        slips.push(Slip::NameMissing);
        return None;
    }
    let changed = if u < MISSING_NAME + TYPING {
        typed(&name, draw).map(|n| (n, Slip::NameTyping))
    } else if u < MISSING_NAME + TYPING + TRANSLITERATED {
        transliterated(&name, draw).map(|n| (n, Slip::NameTransliterated))
    } else {
        None
    };
    Some(match changed {
        Some((name, slip)) => {
            slips.push(slip);
            Cow::Owned(name)
        }
        None => name,
    })
}

/// One typing error: a letter left out, doubled, swapped with the next or replaced by a
/// neighbour on the keyboard.
fn typed(name: &str, draw: &mut Draw) -> Option<String> {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 4 {
        return None;
    }
    let at = 1 + draw.below(letters.len() as u32 - 2) as usize;
    match draw.below(4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 => letters.swap(at, at + 1),
        _ => {
            let row = ROWS.iter().find(|r| r.contains(letters[at]))?.as_bytes();
            let i = row.iter().position(|&b| char::from(b) == letters[at])?;
            letters[at] = char::from(row[if i == 0 { 1 } else { i - 1 }]);
        }
    }
    let new: String = letters.into_iter().collect();
    (new != name).then_some(new)
}

/// The name as someone else would write its sounds, or without its diacritics.
fn transliterated(name: &str, draw: &mut Draw) -> Option<String> {
    const RULES: [(&str, &str); 16] = [
        ("ou", "u"),
        ("oe", "u"),
        ("ch", "kh"),
        ("sz", "sh"),
        ("iy", "y"),
        ("dj", "j"),
        ("ij", "y"),
        ("ph", "f"),
        ("ks", "x"),
        ("y", "i"),
        ("w", "v"),
        ("k", "c"),
        ("ee", "i"),
        ("j", "y"),
        ("z", "s"),
        ("i", "y"),
    ];
    if !name.is_ascii() && draw.chance(0.7) {
        return Some(name.chars().map(|c| plain(c).map_or_else(|| c.to_string(), str::to_owned)).collect());
    }
    let start = draw.below(RULES.len() as u32) as usize;
    (0..RULES.len())
        .map(|i| RULES[(start + i) % RULES.len()])
        .find(|(from, _)| name.contains(from))
        .map(|(from, to)| name.replacen(from, to, 1))
}

/// The letters without diacritics by which a letter of a name is written where it cannot be
/// kept; `None` for what needs no change.
pub(crate) fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'á' | 'à' | 'ă' | 'ã' | 'â' | 'ą' | 'ả' | 'ạ' | 'ầ' | 'ấ' | 'ẵ' | 'ặ' => "a",
        'Á' => "A",
        'ć' | 'ç' => "c",
        'Ç' => "C",
        'Đ' => "D",
        'đ' => "d",
        'é' | 'è' | 'ë' | 'ê' | 'ę' | 'ế' | 'ễ' => "e",
        'É' => "E",
        'ğ' => "g",
        'í' | 'ì' | 'ï' | 'î' | 'ı' | 'ị' | 'ĩ' => "i",
        'İ' => "I",
        'ł' => "l",
        'Ł' => "L",
        'ń' | 'ñ' => "n",
        'ó' | 'ò' | 'ö' | 'ô' | 'õ' | 'ő' | 'ọ' | 'ỗ' | 'ộ' | 'ố' | 'ơ' | 'ờ' => "o",
        'Ö' => "O",
        'ś' | 'ș' | 'ş' => "s",
        'Ș' | 'Ş' => "S",
        'ț' => "t",
        'ú' | 'ù' | 'ü' | 'û' | 'ű' | 'ũ' | 'ư' | 'ữ' | 'ứ' => "u",
        'ý' => "y",
        'ź' | 'ż' => "z",
        _ => return None,
    })
}

fn dated(birth: Day, missing: f64, draw: &mut Draw, slips: &mut Vec<Slip>) -> Option<Day> {
    let date = date_of(birth);
    let u = draw.unit();
    let (changed, slip) = if u < missing {
        slips.push(Slip::BirthMissing);
        return None;
    } else if u < missing + SWAPPED {
        (Date::new(date.year(), date.day(), date.month()).ok(), Slip::BirthSwapped)
    } else if u < missing + SWAPPED + TYPING_BIRTH {
        let new = match draw.below(3) {
            0 => Date::new(date.year(), date.month(), 1 + (date.day() + 9) % 28),
            1 => Date::new(date.year(), 1 + date.month() % 12, date.day()),
            _ => Date::new(date.year() + if draw.chance(0.5) { 1 } else { -1 }, date.month(), date.day()),
        };
        (new.ok(), Slip::BirthTyping)
    } else if u < missing + SWAPPED + TYPING_BIRTH + FIRST_OF_JANUARY {
        (Date::new(date.year(), 1, 1).ok(), Slip::BirthFirstOfJanuary)
    } else {
        (None, Slip::BirthTyping)
    };
    // A swap that makes no date, or no difference, would not have been kept.
    match changed.map(day).filter(|&new| new != birth) {
        Some(new) => {
            slips.push(slip);
            Some(new)
        }
        None => Some(birth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::Captures;
    use crate::draw::Streams;
    use crate::population::Population;

    #[test]
    fn slips_occur_at_their_rates_and_change_what_they_name() {
        let captures = Captures::calibrate().expect("the constants agree");
        let population = Population::new(&captures, 10_000, 1, 2021);
        let (mut events, mut counts) = (Vec::new(), [0_u32; 9]);
        let n = 40_000;
        for index in 0..n {
            let person = population.person(index, &mut events);
            let identity = Identity::new(&person, Register::Police, &mut Streams::new(1).record(index, 0));
            identity.slips.iter().for_each(|&s| counts[s as usize] += 1);
            let dated =
                |s: &Slip| matches!(s, Slip::BirthSwapped | Slip::BirthTyping | Slip::BirthFirstOfJanuary);
            assert_eq!(identity.slips.iter().any(dated), identity.birth.is_some_and(|b| b != person.birth));
        }
        // two names a person; alias and swap only count where they make a difference
        let expect = [0.024, 0.06, 0.10, 0.018, 0.01, 0.004, 0.015, 0.02, 0.2];
        for ((slip, name), rate) in Slip::ALL.into_iter().zip(expect) {
            let seen = f64::from(counts[slip as usize]) / n as f64;
            assert!(seen > 0.7 * rate && seen < 1.3 * rate, "{name}: {seen} against {rate}");
        }
    }
}
