//! Two small registers that know the same persons.

use std::fmt::Write as _;

use super::Folder;

/// Two registers of the same kind of persons: of 300 the police has eleven in twelve, the shelters two in three, one in five
/// of these with a name typed wrong and one in seven without a date of birth.
pub(crate) fn two_registers() -> Folder {
    let folder = Folder::new();
    let name = |n: usize, salt: usize| {
        let parts = ["ba", "ko", "ri", "mel", "du", "len", "sto", "vik", "an", "ter", "jo", "fa", "zu"];
        let mut mixed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (salt as u64) << 40;
        (0..4)
            .map(|_| {
                mixed = (mixed ^ mixed >> 31).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                parts[(mixed >> 33) as usize % parts.len()]
            })
            .collect::<String>()
    };
    let (mut police, mut shelters) = (
        "number;given name;surname;birth date;town;person\n".to_owned(),
        "code;given name;surname;birth date;town;person\n".to_owned(),
    );
    for n in 0..300 {
        let born = format!("{}-{:02}-{:02}", 1960 + n % 45, n % 12 + 1, n * 5 % 28 + 1);
        let town = name(n % 17, 3);
        if n % 12 != 1 {
            writeln!(police, "P{n};{};{};{born};{town};{n}", name(n, 1), name(n, 2)).expect("a line");
        }
        if n % 3 == 0 {
            continue;
        }
        let surname = name(n, 2);
        let surname = if n % 5 == 0 { surname.replacen('a', "e", 1) + "x" } else { surname };
        let born = if n % 7 == 0 { "" } else { &born };
        writeln!(shelters, "S{n};{};{surname};{born};{town};{n}", name(n, 1)).expect("a line");
    }
    folder.write("police.csv", police);
    folder.write("shelters.csv", shelters);
    folder
}
