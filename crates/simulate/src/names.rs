//! Invented names.
//!
//! Given names are common ones of a region; family names are put together from stems and
//! endings written for this purpose. No name was taken from a person or a register.

use crate::codes::Origin;
use crate::draw::Draw;

struct Names {
    women: &'static [&'static str],
    men: &'static [&'static str],
    stems: &'static [&'static str],
    endings: &'static [&'static str],
    towns: &'static [&'static str],
}

/// A given name; `sex` is an index in `SEXES`, and a person of the third sex may have any.
pub(crate) fn given(origin: Origin, sex: usize, draw: &mut Draw) -> &'static str {
    let names = of(origin);
    let woman = match sex {
        0 => true,
        1 => false,
        _ => draw.chance(0.5),
    };
    draw.pick(if woman { names.women } else { names.men })
}

/// A family name.
pub(crate) fn family(origin: Origin, draw: &mut Draw) -> String {
    let names = of(origin);
    let (stem, ending) = (draw.pick(names.stems), draw.pick(names.endings));
    let mut name = String::with_capacity(stem.len() + ending.len() + 8);
    if origin == Origin::Dutch {
        name.push_str(["", "", "", "de ", "van ", "van der "][draw.below(6) as usize]);
    }
    name.push_str(stem);
    name.push_str(ending);
    name
}

/// A place of birth.
pub(crate) fn town(origin: Origin, draw: &mut Draw) -> &'static str {
    draw.pick(of(origin).towns)
}

fn of(origin: Origin) -> &'static Names {
    &NAMES[origin as usize]
}

/// In the order of [`Origin`].
const NAMES: [Names; 15] = [
    Names {
        women: &[
            "Anouk", "Britt", "Chantal", "Daphne", "Eline", "Femke", "Gwen", "Isa", "Joëlle", "Kim", "Lieke",
            "Maaike", "Naomi", "Roos", "Sanne", "Wendy",
        ],
        men: &[
            "Bas", "Casper", "Daan", "Erik", "Floris", "Gijs", "Jelle", "Koen", "Lars", "Mees", "Niels",
            "Ruben", "Sven", "Thijs", "Wessel", "Youri",
        ],
        stems: &[
            "Ooster", "Wester", "Hoog", "Laag", "Brink", "Kruis", "Molen", "Hazel", "Elzen", "Rozen",
            "Steen", "Zand", "Veen", "Water", "Bosch", "Kerk", "Linde", "Noord",
        ],
        endings: &["huis", "veld", "dijk", "kamp", "beek", "stra", "man", "ink", "hof", "berg"],
        towns: &[
            "Amsterdam",
            "Rotterdam",
            "Den Haag",
            "Utrecht",
            "Enschede",
            "Tilburg",
            "Groningen",
            "Heerlen",
        ],
    },
    Names {
        women: &[
            "Agnieszka",
            "Beata",
            "Dorota",
            "Ewa",
            "Grażyna",
            "Iwona",
            "Jolanta",
            "Katarzyna",
            "Małgorzata",
            "Natalia",
            "Paulina",
            "Zofia",
        ],
        men: &[
            "Andrzej",
            "Bartosz",
            "Dariusz",
            "Grzegorz",
            "Jakub",
            "Krzysztof",
            "Łukasz",
            "Marcin",
            "Paweł",
            "Rafał",
            "Sławomir",
            "Wojciech",
        ],
        stems: &[
            "Kowal", "Brzoz", "Wiśn", "Zieliń", "Dębow", "Lipow", "Górec", "Jasiń", "Sosnow", "Malin",
            "Kaliń", "Rybac", "Stawiń", "Borow", "Klonow",
        ],
        endings: &["ski", "czyk", "owicz", "ak", "ek", "iński"],
        towns: &["Warszawa", "Łódź", "Kraków", "Lublin", "Wrocław", "Białystok"],
    },
    Names {
        women: &[
            "Oksana", "Iryna", "Nataliya", "Svitlana", "Olha", "Yuliya", "Halyna", "Kateryna", "Tetyana",
            "Mariya",
        ],
        men: &[
            "Andriy",
            "Bohdan",
            "Dmytro",
            "Ihor",
            "Mykola",
            "Oleksandr",
            "Petro",
            "Serhiy",
            "Taras",
            "Yuriy",
        ],
        stems: &["Koval", "Bondar", "Shevch", "Hryts", "Melnyk", "Tkach", "Lysen", "Kravch", "Pavl", "Moroz"],
        endings: &["enko", "uk", "chuk", "yuk", "ivskyy"],
        towns: &["Kyiv", "Lviv", "Kharkiv", "Odesa", "Dnipro"],
    },
    Names {
        women: &[
            "Alina",
            "Bianca",
            "Cristina",
            "Daniela",
            "Elena",
            "Florentina",
            "Gabriela",
            "Ioana",
            "Loredana",
            "Mihaela",
            "Roxana",
            "Ștefania",
        ],
        men: &[
            "Adrian",
            "Bogdan",
            "Cătălin",
            "Dragoș",
            "Florin",
            "Gheorghe",
            "Ionuț",
            "Marius",
            "Nicolae",
            "Răzvan",
            "Sorin",
            "Vasile",
        ],
        stems: &[
            "Popa", "Mure", "Brad", "Lup", "Munte", "Ciob", "Rădul", "Stoi", "Ursa", "Văcăr", "Moldo", "Drag",
        ],
        endings: &["escu", "eanu", "an", "aru", "oiu"],
        towns: &["București", "Iași", "Cluj-Napoca", "Bacău", "Craiova", "Chișinău"],
    },
    Names {
        women: &[
            "Boryana",
            "Desislava",
            "Elitsa",
            "Gergana",
            "Ivanka",
            "Mariya",
            "Nadezhda",
            "Petya",
            "Rositsa",
            "Tsvetelina",
        ],
        men: &[
            "Asen", "Boyko", "Dimitar", "Georgi", "Hristo", "Ivaylo", "Krasimir", "Plamen", "Stoyan",
            "Zhivko",
        ],
        stems: &[
            "Dimitr", "Stoyan", "Kolar", "Petk", "Rade", "Vasil", "Zhelyazk", "Tsvetan", "Gorans", "Orlov",
        ],
        endings: &["ov", "ev", "ski", "chev", "enov"],
        towns: &["Sofia", "Plovdiv", "Varna", "Sliven", "Pleven"],
    },
    Names {
        women: &[
            "Ágnes",
            "Boglárka",
            "Csilla",
            "Dóra",
            "Erzsébet",
            "Ildikó",
            "Katalin",
            "Réka",
            "Tünde",
            "Zsófia",
        ],
        men: &[
            "Attila", "Balázs", "Csaba", "Dénes", "Ferenc", "Gábor", "István", "László", "Sándor", "Zoltán",
        ],
        stems: &["Kő", "Fehér", "Erdő", "Vár", "Szabó", "Mező", "Halász", "Tóth", "Patak", "Hegy"],
        endings: &["vári", "falvi", "házi", "si", "völgyi"],
        towns: &["Budapest", "Miskolc", "Nyíregyháza", "Pécs", "Debrecen"],
    },
    Names {
        women: &[
            "Adaeze",
            "Blessing",
            "Chioma",
            "Efua",
            "Fatoumata",
            "Gift",
            "Happiness",
            "Isatou",
            "Joy",
            "Kadiatou",
            "Mariama",
            "Osas",
            "Patience",
            "Precious",
            "Success",
            "Tolu",
        ],
        men: &[
            "Abubakar", "Chukwu", "Daouda", "Emeka", "Foday", "Godwin", "Ibrahima", "Kwame", "Lamin",
            "Mamadou", "Nosa", "Ousmane", "Sunday", "Tunde", "Uche", "Yaya",
        ],
        stems: &[
            "Oko", "Ade", "Igbi", "Ogbe", "Kama", "Bala", "Sesa", "Eke", "Osa", "Iro", "Jalo", "Touka",
            "Ehi", "Nwa", "Bango", "Aki",
        ],
        endings: &["nkwo", "yemi", "nosa", "ra", "ndu", "fo", "gie", "bola", "y", "mba"],
        towns: &["Benin City", "Lagos", "Freetown", "Conakry", "Banjul", "Douala", "Kumasi", "Monrovia"],
    },
    Names {
        women: &[
            "Achieng",
            "Babirye",
            "Grace",
            "Immaculate",
            "Juliet",
            "Kemigisha",
            "Mercy",
            "Nakato",
            "Namukasa",
            "Prossy",
        ],
        men: &["Akena", "Brian", "Denis", "Isaac", "Kato", "Mugisha", "Okello", "Ronald", "Ssali", "Wasswa"],
        stems: &["Nam", "Ssem", "Kat", "Mug", "Oke", "Lub", "Kig", "Bya", "Tum", "Ach"],
        endings: &["uganda", "wanga", "ende", "isha", "ongo", "aruga", "ambe"],
        towns: &["Kampala", "Entebbe", "Gulu", "Mbarara", "Nairobi", "Jinja"],
    },
    Names {
        women: &[
            "Abeba",
            "Bethlehem",
            "Eden",
            "Freweyni",
            "Hiwet",
            "Lemlem",
            "Rahel",
            "Saba",
            "Selam",
            "Tsega",
        ],
        men: &[
            "Abel", "Berhane", "Dawit", "Filmon", "Girmay", "Kidane", "Merhawi", "Robel", "Tesfay", "Yonas",
        ],
        stems: &["Gebre", "Haile", "Tekle", "Wolde", "Berhe", "Kifle", "Abra", "Mehari"],
        endings: &["ab", "mariam", "haimanot", "selassie", "yesus", "ha"],
        towns: &["Asmara", "Keren", "Addis Abeba", "Mekelle", "Mogadishu"],
    },
    Names {
        women: &[
            "Amina", "Dounia", "Fatima", "Ghizlane", "Hanan", "Khadija", "Laila", "Nour", "Rania", "Samira",
            "Yasmine", "Zineb",
        ],
        men: &[
            "Abdelkader",
            "Bilal",
            "Driss",
            "Fouad",
            "Hassan",
            "Ismail",
            "Khalid",
            "Mohammed",
            "Omar",
            "Rachid",
            "Tarek",
            "Youssef",
        ],
        stems: &["Bou", "Ben", "El ", "Al ", "Oul", "Abou"],
        endings: &[
            "zidane", "chaoui", "hamdi", "mansour", "khatib", "said", "rahmani", "touati", "jaber", "amrani",
        ],
        towns: &["Casablanca", "Tanger", "Nador", "Damascus", "Aleppo", "Algiers"],
    },
    Names {
        women: &["Aylin", "Burcu", "Elif", "Fatma", "Gülşen", "Mirela", "Özlem", "Şeyma", "Teuta", "Zeynep"],
        men: &["Arben", "Burak", "Cem", "Emre", "Gökhan", "İlker", "Kaan", "Mehmet", "Besnik", "Yiğit"],
        stems: &["Kara", "Ak", "Demir", "Yıldı", "Güne", "Ho", "Shkë", "Bala", "Çelik", "Dema"],
        endings: &["taş", "oğlu", "kaya", "han", "li", "xha"],
        towns: &["Istanbul", "Ankara", "Konya", "Tirana", "Shkodër"],
    },
    Names {
        women: &[
            "Anjali", "Deepa", "Gurpreet", "Harjit", "Kavita", "Lakshmi", "Meena", "Pooja", "Rekha", "Sunita",
        ],
        men: &[
            "Amrit",
            "Balwinder",
            "Dinesh",
            "Gaurav",
            "Harpreet",
            "Jaswant",
            "Manoj",
            "Rakesh",
            "Suresh",
            "Vikram",
        ],
        stems: &["Chandra", "Rana", "Deva", "Bhara", "Sura", "Nara", "Jaya", "Vija"],
        endings: &["wal", "kar", "nathan", "puri", "singh", "pal"],
        towns: &["Amritsar", "Delhi", "Mumbai", "Jalandhar", "Chennai"],
    },
    Names {
        women: &["Bích", "Hạnh", "Hoa", "Lan", "Linh", "Mai", "Ngọc", "Phương", "Thảo", "Yến"],
        men: &["Bình", "Cường", "Dũng", "Hải", "Hùng", "Khánh", "Long", "Minh", "Quang", "Tuấn"],
        stems: &["Nguyễn", "Trần", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi", "Đỗ"],
        endings: &[" Thị", " Văn", " Đức", " Hữu", " Quốc", ""],
        towns: &["Hà Nội", "Vinh", "Hải Phòng", "Hà Tĩnh", "Đà Nẵng"],
    },
    Names {
        women: &["Fang", "Hui", "Jing", "Lihua", "Mei", "Qiong", "Xiaoli", "Xiu", "Yan", "Zhen"],
        men: &["Bo", "Chao", "Guang", "Haitao", "Jian", "Lei", "Qiang", "Wei", "Xin", "Zhiming"],
        stems: &["Zh", "Ch", "X", "Q", "L", "H", "Sh", "Y"],
        endings: &["ang", "en", "ao", "u", "ing", "ong"],
        towns: &["Wenzhou", "Fuzhou", "Shenyang", "Qingtian", "Beijing"],
    },
    Names {
        women: &[
            "Ana", "Beatriz", "Carmen", "Daniela", "Fernanda", "Inês", "Jocelyn", "Luz", "Maricel", "Paola",
            "Rosa", "Valéria",
        ],
        men: &[
            "Alejandro",
            "Bruno",
            "Diego",
            "Édgar",
            "Fábio",
            "Jomar",
            "José",
            "Luis",
            "Miguel",
            "Rodel",
            "Tiago",
            "Wilson",
        ],
        stems: &[
            "Mont", "Villa", "Cast", "Sant", "Ribe", "Salc", "Mira", "Fonte", "Agui", "Lagu", "Perei",
            "Roble",
        ],
        endings: &["alvo", "nueva", "illa", "anez", "iro", "edo", "ares", "ra"],
        towns: &["Manila", "Cebu", "São Paulo", "Medellín", "Santo Domingo", "Goiânia", "Lisboa", "Madrid"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Streams;

    #[test]
    fn every_origin_has_names_for_every_sex() {
        let mut draw = Streams::new(1).person(0);
        for country in &crate::codes::COUNTRIES {
            for sex in 0..3 {
                assert!(!given(country.origin, sex, &mut draw).is_empty());
            }
            assert!(family(country.origin, &mut draw).chars().count() >= 2, "{}", country.dutch);
            assert!(!town(country.origin, &mut draw).is_empty());
        }
    }
}
