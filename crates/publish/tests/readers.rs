//! Pages for particular readers: young people, those of a region, and those who read the edition before.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::html::{self, Element};
use common::{by_region, cubes, read, release, release_of, settings};
use model::{HelpLine, Label, Language, Settings, YoungSettings};
use publish::{Before, Release, TableBefore};

fn page(release: &Release<'_>, name: &str) -> Element {
    let dir = common::written(release);
    html::parse(&fs::read_to_string(dir.path().join(format!("site/{name}.html"))).expect("a page"))
}

fn with_help() -> Settings {
    let mut settings = settings();
    let help = |name: &str, phone: &str, web: &str| HelpLine {
        name: Label::same(name),
        text: Label::new("You can call them.", "Je kunt hen bellen."),
        phone: phone.into(),
        web: web.into(),
    };
    let help = vec![help("Help", "0800-1234", "https://help.example.org/"), help("Danger", "112", "")];
    settings.young = Some(YoungSettings { exit: "https://www.example.org/".into(), help });
    settings
}

/// Syllables as formulas of reading ease count them: groups of vowels, without a silent e in English.
fn syllables(word: &str, language: Language) -> usize {
    let word = word.to_lowercase();
    let is_vowel = |c: char| "aeiouyáéíóúëïöü".contains(c);
    let letters: Vec<char> = word.chars().collect();
    let starts =
        (0..letters.len()).filter(|&i| is_vowel(letters[i]) && (i == 0 || !is_vowel(letters[i - 1])));
    let silent = language == Language::En
        && word.ends_with('e')
        && letters.len() > 2
        && !is_vowel(letters[letters.len() - 2]);
    let all = starts.count();
    (all - usize::from(silent && all > 1)).max(1)
}

/// Reading ease: Flesch (1948) for English, Douma (1960) for Dutch. From 0, hard, to 100, easy.
fn ease(text: &str, language: Language) -> f64 {
    let sentences = text.split(['.', '?', '!', ':']).filter(|s| s.split_whitespace().count() > 0).count();
    let words: Vec<&str> = text.split_whitespace().filter(|w| w.chars().any(char::is_alphabetic)).collect();
    let of_words: usize = words.iter().map(|w| syllables(w, language)).sum();
    let (length, weight) = (words.len() as f64 / sentences as f64, of_words as f64 / words.len() as f64);
    match language {
        Language::En => 206.835 - 1.015 * length - 84.6 * weight,
        Language::Nl => 206.84 - 0.93 * length - 77.0 * weight,
    }
}

#[test]
fn the_formulas_tell_easy_from_hard() {
    assert!(ease("The cat sat on the mat. He was fat.", Language::En) > 100.0);
    let hard = "Multiple systems estimation extrapolates unobserved populations from overlapping administrative registers.";
    assert!(ease(hard, Language::En) < 0.0);
    assert!(ease("De kat zit op de mat. Hij is dik.", Language::Nl) > 100.0);
    let hard = "Vangst-hervangstmodellen extrapoleren onwaargenomen populaties uit overlappende administratieve registraties.";
    assert!(ease(hard, Language::Nl) < 0.0);
}

/// Words that say nothing to who has no statistics.
const JARGON: [&str; 20] = [
    "estimat",
    "interval",
    "model",
    "captur",
    "population",
    "prior",
    "posterior",
    "bic",
    "linear",
    "statist",
    "probab",
    "coverage",
    "sample",
    "schatt",
    "populatie",
    "steekproef",
    "kans",
    "verdeling",
    "registra",
    "methode",
];

#[test]
fn the_hidden_estimate_is_explained_in_plain_words() {
    let settings = settings();
    let release = release(&settings);
    for language in Language::ALL {
        let page = page(&release, &format!("{}/hidden", language.tag()));
        let main = page.find("main")[0];
        let all = main.all();
        let head = all.iter().position(|e| e.attribute("id") == Some("plain")).expect("the explanation");
        let text: Vec<String> =
            all[head + 1..].iter().take_while(|e| e.name == "p").map(|e| e.words()).collect();
        assert_eq!(text.len(), 3, "{text:?}");
        let text = text.join(" ");
        let score = ease(&text, language);
        assert!(score >= 70.0, "{language:?}: {score:.0}");
        for word in JARGON {
            assert!(!text.to_lowercase().contains(word), "{language:?}: {word}");
        }
    }
}

#[test]
fn the_page_for_young_people_is_easy_and_names_who_helps() {
    let settings = with_help();
    let release = release(&settings);
    for language in Language::ALL {
        let page = page(&release, &format!("{}/young", language.tag()));
        let main = page.find("main")[0];
        let text: Vec<String> =
            main.all().iter().filter(|e| ["p", "li"].contains(&e.name.as_str())).map(|e| e.words()).collect();
        let score = ease(&text.join(" "), language);
        // 70 and above is "easy" on both scales: level B1.
        assert!(score >= 70.0, "{language:?}: {score:.0}");
        let links: Vec<&str> = main.find("a").iter().filter_map(|a| a.attribute("href")).collect();
        for to in ["tel:08001234", "https://help.example.org/", "tel:112"] {
            assert!(links.contains(&to), "{to}: {links:?}");
        }
        let leave = page.all().into_iter().find(|e| e.attribute("id") == Some("exit")).expect("a button");
        assert_eq!(leave.attribute("href"), Some("https://www.example.org/"));
        assert!(page.find("script").len() == 1);
    }
    // Without help lines there is no such page, and no other page but those of tables has a script.
    let plain = common::settings();
    let dir = common::written(&common::release(&plain));
    assert!(!dir.path().join("site/en/young.html").exists());
    let others = |name: &String| name.contains(".html") && !name.contains("/table-");
    for (name, bytes) in common::files(&dir.path().join("site")).into_iter().filter(|(n, _)| others(n)) {
        assert!(!String::from_utf8_lossy(&bytes).contains("<script"), "{name}");
    }
}

#[test]
fn each_region_has_a_page_of_what_may_be_said() {
    let mut settings = settings();
    settings.monitor.regions = by_region().dimensions[0].id.clone();
    let release = release_of(&settings, &[by_region()]);
    let dir = common::written(&release);
    let list = html::parse(&fs::read_to_string(dir.path().join("site/en/regions.html")).expect("a page"));
    let table = &html::tables(&list)[0];
    let cube = &release.cubes[0].cube;
    let codes: Vec<&str> = cube.dimensions()[0].categories.iter().map(|c| c.code.as_str()).collect();
    assert_eq!(table.rows.len(), codes.iter().filter(|c| !["_T", "_U"].contains(*c)).count());
    let pages: Vec<String> = list
        .find("a")
        .iter()
        .filter_map(|a| a.attribute("href"))
        .filter(|to| to.starts_with("region-"))
        .map(str::to_owned)
        .collect();
    assert_eq!(pages.len(), table.rows.len());
    // A page has the figures of its region, and no others.
    for (to, row) in pages.iter().zip(&table.rows) {
        let page = html::parse(&fs::read_to_string(dir.path().join("site/en").join(to)).expect("a page"));
        assert_eq!(page.only("h1").words(), row[0]);
        assert!(!html::tables(&page).is_empty(), "{to}");
        assert!(page.words().contains("why not more"), "{to}");
    }
}

#[test]
fn what_changed_since_the_release_before_is_told_with_both_figures() {
    let settings = settings();
    let mut release = release_of(&settings, &cubes());
    let dir = common::written(&release);
    let mut tables = BTreeMap::new();
    for released in release.cubes.iter().filter(|r| r.cube.id() != "by_age") {
        let id = released.cube.id();
        let (head, rows) = read::csv_rows(&dir.path().join(format!("data/{id}/{id}.csv")));
        let labels = head.iter().position(|h| h.ends_with("_en")).expect("words");
        let value = head.iter().position(|h| h == "value").expect("a value");
        let cells = rows.iter().map(|row| (row[..labels].to_vec(), row[value].parse().ok())).collect();
        tables.insert(id.to_owned(), TableBefore { columns: head[..labels].to_vec(), cells });
    }
    let before = Before { edition: "2025".into(), date: "2025-11-24".into(), tables };
    // Nothing changed.
    release.before = Some(before.clone());
    let same = page(&release, "en/changes");
    assert!(same.words().contains("No figure that both releases have changed."));
    let dir = common::written(&release);
    assert!(!dir.path().join("data/changes.csv").exists());
    // One figure was another, one was not there, one is hidden now.
    let mut other = before;
    let table = other.tables.get_mut("by_sex").expect("a table");
    let shown: Vec<Vec<String>> =
        table.cells.iter().filter(|(_, n)| n.is_some()).map(|(at, _)| at.clone()).collect();
    let (first, second) = (shown[0].clone(), shown[1].clone());
    let now = table.cells[&first].expect("a figure");
    table.cells.insert(first.clone(), Some(now + 70));
    table.cells.remove(&second);
    // What is hidden now was published: it is counted, and not said again.
    let hidden = table.cells.iter().find(|(_, n)| n.is_none()).map(|(at, _)| at.clone()).expect("one");
    table.cells.insert(hidden, Some(90_817));
    release.before = Some(other);
    let dir = common::written(&release);
    let changes = std::fs::read_to_string(dir.path().join("data/changes.csv")).expect("a file");
    assert!(!changes.contains("90817"), "{changes}");
    let (head, rows) = read::csv_rows(&dir.path().join("data/changes.csv"));
    assert_eq!(head, ["table", "cell", "before", "now"]);
    let cell = format!("year={};sex={}", first[0], first[1]);
    assert_eq!(rows, [vec!["by_sex".to_owned(), cell, (now + 70).to_string(), now.to_string()]]);
    for (name, said) in [
        ("en", "Figures compared with edition 2025: 1 new, 1 changed, 1 hidden now, 0 gone."),
        ("nl", "Cijfers vergeleken met editie 2025: 1 nieuw, 1 veranderd, 1 nu verborgen, 0 weg."),
    ] {
        assert!(page(&release, &format!("{name}/index")).words().contains(said), "{name}");
    }
    for (name, word) in [("en", "New tables"), ("nl", "Nieuwe tabellen")] {
        let page = page(&release, &format!("{name}/changes"));
        assert!(page.words().contains(word), "{name}");
        let tables = html::tables(&page);
        let counts: Vec<&[String]> = tables[0].rows.iter().map(|row| &row[1..]).collect();
        assert!(counts.contains(&["1", "1", "1", "0"].map(str::to_owned).as_slice()), "{counts:?}");
        assert!(!page.words().contains("90,817") && !page.words().contains("90.817"), "{name}");
    }
}
