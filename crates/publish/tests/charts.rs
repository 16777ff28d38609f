//! Charts of tables with two dimensions or many series: what they draw, and that they draw and say nothing
//! but what is published.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::html::{self, Element};
use common::{cube, dimension, read, release_of, settings, years};
use model::{Cube, Dimension, Label, Role, TOTAL, Value};
use publish::{Release, ReleasedCube};

fn total() -> (&'static str, &'static str, &'static str) {
    (TOTAL, "Total", "Totaal")
}

fn sex() -> Dimension {
    let sexes = [total(), ("F", "Female", "Vrouw"), ("M", "Male", "Man"), ("X", "Other", "Anders")];
    dimension("sex", ("Sex", "Geslacht"), Role::Breakdown, &sexes)
}

fn age() -> Dimension {
    let ages = [
        total(),
        ("0-17", "0 to 17", "0 tot en met 17"),
        ("18-24", "18 to 24", "18 tot en met 24"),
        ("25-44", "25 to 44", "25 tot en met 44"),
        ("45+", "45 and older", "45 en ouder"),
        ("_U", "Unknown", "Onbekend"),
    ];
    dimension("age", ("Age", "Leeftijd"), Role::Breakdown, &ages)
}

/// A table over all that `counts` gives a count for; totals are the sums.
fn filled(id: &str, title: (&str, &str), dimensions: Vec<Dimension>, counts: impl Fn(&[u32]) -> u64) -> Cube {
    let mut out = cube(id, Label::new(title.0, title.1), dimensions, &[]);
    out.universe = format!("police/{id}");
    let mut keys: Vec<Vec<u32>> = vec![Vec::new()];
    for d in &out.dimensions {
        let n = d.categories.len() as u32;
        keys = keys.iter().flat_map(|k| (0..n).map(move |c| [k.clone(), vec![c]].concat())).collect();
    }
    let is_total = |d: usize, c: u32| out.dimensions[d].total() == Some(c);
    let parts: Vec<&Vec<u32>> =
        keys.iter().filter(|k| k.iter().enumerate().all(|(d, &c)| !is_total(d, c))).collect();
    let below = |key: &[u32], part: &[u32]| {
        key.iter().zip(part).enumerate().all(|(d, (&c, &p))| c == p || is_total(d, c))
    };
    let cells = keys
        .iter()
        .map(|k| (k.clone(), Value::Count(parts.iter().filter(|p| below(k, p)).map(|p| counts(p)).sum())))
        .collect();
    out.cells = cells;
    out
}

fn by_sex_and_age() -> Cube {
    let counts = [[31, 14, 7], [160, 60, 12], [220, 80, 13], [90, 21, 6], [9, 3, 2]];
    filled(
        "by_sex_age",
        ("Victims by sex and age", "Slachtoffers naar geslacht en leeftijd"),
        vec![years(), sex(), age()],
        move |k| counts[k[2] as usize - 1][k[1] as usize - 1] + u64::from(k[0]) * 3,
    )
}

/// Seven forms, more than one chart of lines holds.
fn by_form_and_age() -> Cube {
    let forms = [
        total(),
        ("SEX", "Sexual", "Seksueel"),
        ("LAB", "Labour", "Arbeid"),
        ("CRIM", "Criminal", "Crimineel"),
        ("SERV", "Services", "Diensten"),
        ("BEG", "Begging", "Bedelarij"),
        ("ORG", "Organs", "Organen"),
        ("_U", "Unknown", "Onbekend"),
    ];
    let form = dimension("form", ("Form", "Vorm"), Role::Breakdown, &forms);
    filled(
        "by_form_age",
        ("Victims by form and age", "Slachtoffers naar vorm en leeftijd"),
        vec![years(), form, age()],
        |k| u64::from((9 - k[1]).pow(3) * k[2] / 4 + k[0] * 2),
    )
}

fn transfers() -> Cube {
    let direction = dimension(
        "direction",
        ("Direction", "Richting"),
        Role::Breakdown,
        &[("IN", "To us", "Naar ons"), ("OUT", "From us", "Van ons")],
    );
    let names = ["DE", "FR", "IT", "BE", "PL", "ES", "SE", "AT", "CH", "NO", "DK", "MT", "CY"];
    let countries: Vec<(&str, &str, &str)> =
        std::iter::once(total()).chain(names.iter().map(|n| (*n, *n, *n))).collect();
    let partner = dimension("partner", ("Partner", "Partner"), Role::Breakdown, &countries);
    filled("transfers", ("Transfers", "Overdrachten"), vec![years(), direction, partner], |k| {
        u64::from(if k[2] < 3 { 900 / k[2] } else { 60_u32.saturating_sub(5 * k[2]) } / (1 + k[1]))
    })
}

/// Four registers, two of which have hardly anybody in common.
fn by_registers() -> Cube {
    let register = |id: &str, name: (&'static str, &'static str)| {
        let codes = [total(), ("Y", "Yes", "Ja"), ("N", "No", "Nee")];
        dimension(&format!("register:{id}"), name, Role::Breakdown, &codes)
    };
    let registers = vec![
        years(),
        register("police", ("Police", "Politie")),
        register("border", ("Border police", "Marechaussee")),
        register("care", ("Shelters & youth care", "Opvang en jeugdzorg")),
        register("others", ("Others", "Overige")),
    ];
    filled("by_registers", ("Victims by register", "Slachtoffers naar register"), registers, |k| {
        let within: Vec<bool> = k[1..].iter().map(|&c| c == 1).collect();
        match within[..] {
            [false, false, false, false] => 0,
            [true, false, false, false] => 640 + u64::from(k[0]),
            [true, true, false, false] => 3,
            _ => 160 >> (2 * within.iter().filter(|w| **w).count()) << u64::from(within[3]),
        }
    })
}

fn made<'s>(settings: &'s model::Settings, cubes: &[Cube]) -> Release<'s> {
    Release { trends: Vec::new(), ..release_of(settings, cubes) }
}

fn page(dir: &Path, language: &str, cube: &str) -> (String, Element) {
    let path = dir.join(format!("site/{language}/table-{cube}.html"));
    let text = std::fs::read_to_string(path).expect("a page");
    let page = html::parse(&text);
    (text, page)
}

/// The chart with an identifier that begins so, an element a line.
fn drawing(text: &str, id: &str) -> String {
    let mark = format!("aria-labelledby=\"{id}");
    let svg = text
        .split("<svg ")
        .skip(1)
        .map(|rest| format!("<svg {}</svg>", rest.split_once("</svg>").expect("the chart ends").0))
        .find(|svg| svg.contains(&mark))
        .unwrap_or_else(|| panic!("no chart {id}"));
    html::parse_svg(&svg);
    svg.replace("><", ">\n<")
}

#[test]
fn each_kind_of_chart() {
    let settings = settings();
    let cubes = [by_sex_and_age(), by_form_and_age(), transfers(), by_registers()];
    let dir = common::written(&made(&settings, &cubes));
    let draw = |cube: &str, id: &str| drawing(&page(dir.path(), "en", cube).0, id);
    insta::assert_snapshot!("pyramid", draw("by_sex_age", "pyramid"));
    insta::assert_snapshot!("multiples", draw("by_form_age", "chart-by-1"));
    insta::assert_snapshot!("flows", draw("transfers", "flows"));
    insta::assert_snapshot!("upset", draw("by_registers", "upset"));
    let (text, _) = page(dir.path(), "en", "by_form_age");
    let heat = text.split("<h2 id=\"cross-").nth(1).and_then(|s| s.split("<h2").next()).expect("a crossing");
    insta::assert_snapshot!("heat", heat.replace("<td", "\n<td"));
}

#[test]
fn many_rates_stand_sorted_and_a_hidden_count_has_none() {
    let settings = settings();
    let places: Vec<(&str, &str, &str)> = std::iter::once(total())
        .chain(["A", "B", "C", "D", "E", "F", "G", "H"].into_iter().map(|p| (p, p, p)))
        .collect();
    let place = dimension("place", ("Place", "Plaats"), Role::Breakdown, &places);
    let counts = [33, 61, 240, 97, 35, 410, 46, 150];
    // Small in the last year alone.
    let of =
        move |k: &[u32]| if k[0] == 2 && k[1] == 1 { 3 } else { counts[k[1] as usize - 1] + u64::from(k[0]) };
    let title = ("Victims by place", "Slachtoffers naar plaats");
    let cube = filled("by_place", title, vec![years(), place], of);
    let mut release = made(&settings, std::slice::from_ref(&cube));
    release.cubes[0].rates = Some(common::rates(&cube, |_| Some(1_000_000)));
    let dir = common::written(&release);
    let svg = drawing(&page(dir.path(), "en", "by_place").0, "chart-rates");
    insta::assert_snapshot!("dots", svg);
    let rows: Vec<&str> = svg.split("class=\"label\"").skip(1).collect();
    let rates: Vec<f64> = rows[1..]
        .iter()
        .filter_map(|row| row.split("<title>").nth(1)?.split(": ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    assert!(rates.len() < 8 && rates.windows(2).all(|two| two[0] >= two[1]), "{rates:?}");
    assert_eq!(rates.len() + svg.matches(">hidden<").count(), 8);
}

fn grouped(n: u64, language: &str) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).expect("digits")).collect();
    groups.join(if language == "en" { "," } else { "." })
}

/// Published counts as the page writes them.
fn published(released: &ReleasedCube, language: &str) -> BTreeSet<String> {
    let free = released.cube.cells().filter(|(_, cell)| !read::is_hidden(cell));
    free.filter_map(|(_, cell)| cell.value.count()).map(|n| grouped(n, language)).collect()
}

#[test]
fn every_number_in_a_chart_is_published() {
    let settings = settings();
    let cubes = [by_sex_and_age(), by_form_and_age(), transfers(), by_registers()];
    let release = made(&settings, &cubes);
    let dir = common::written(&release);
    let mut checked = 0;
    for released in &release.cubes {
        for language in ["en", "nl"] {
            let (_, page) = page(dir.path(), language, released.cube.id());
            let figures = published(released, language);
            let known = |text: &str| figures.contains(text) || ["hidden", "verborgen"].contains(&text);
            for svg in page.find("svg").into_iter().filter(|s| s.attribute("role") == Some("img")) {
                for e in svg.elements() {
                    // What is said of a mark, and what stands beside it; what has no number is a name.
                    let said = match e.name.as_str() {
                        "path" | "rect" => e.elements().next().map(Element::words),
                        "text" if e.attribute("class") == Some("value") => Some(e.words()),
                        _ => None,
                    };
                    let Some(said) = said else { continue };
                    let value = said.rsplit(": ").next().unwrap_or_default().to_owned();
                    let of_names = ["others together", "andere samen", "hidden: ", "verborgen: "];
                    if of_names.iter().any(|n| said.contains(n)) {
                        continue;
                    }
                    assert!(known(&value), "{language} {}: {said}", released.cube.id());
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 400, "{checked} numbers");
}

/// The sentences over the charts of a page.
fn findings(page: &Element) -> Vec<String> {
    page.find("figcaption").into_iter().map(Element::words).collect()
}

#[test]
fn a_sentence_says_what_published_counts_say() {
    let settings = settings();
    let dir = common::written(&made(&settings, &[by_sex_and_age(), transfers()]));
    // Of 818 in 2020, 540 were female; two thirds of what came in from DE.
    for (language, wanted) in [("en", "Most in 2020: Female, 66%"), ("nl", "De meeste in 2020: Vrouw, 66%")] {
        let (_, page) = page(dir.path(), language, "by_sex_age");
        let said = findings(&page);
        assert!(said.iter().filter(|s| *s == wanted).count() == 2, "{said:?}");
        let pyramid = page
            .find("svg")
            .into_iter()
            .find(|s| s.attribute("aria-labelledby").is_some_and(|id| id.starts_with("pyramid")));
        assert!(pyramid.expect("a pyramid").only_child("title").words().ends_with(wanted));
    }
    let (_, page) = page(dir.path(), "en", "transfers");
    assert!(
        findings(&page).iter().any(|s| s.starts_with("To us: Most in 2020: DE, ")),
        "{:?}",
        findings(&page)
    );
}

#[test]
fn nothing_is_said_of_what_is_hidden() {
    let settings = settings();
    let small = |counts: [u64; 3]| {
        let years = vec![years(), sex()];
        let title = ("Few", "Weinigen");
        filled("few", title, years, move |k| counts[k[1] as usize - 1])
    };
    let said = |counts: [u64; 3]| {
        let dir = common::written(&made(&settings, &[small(counts)]));
        let (_, page) = page(dir.path(), "en", "few");
        findings(&page)
    };
    // One hidden count takes another with it, and then no one can tell which is the largest.
    assert_eq!(said([40, 38, 2]), Vec::<String>::new());
    // A published majority is one whatever the others are.
    assert_eq!(said([400, 6, 2]), ["Most in 2020: Female, 98%"]);
    assert_eq!(said([40, 38, 37]), ["Largest in 2020: Female, 40"]);
    assert_eq!(said([40, 40, 38]), Vec::<String>::new(), "two are the largest");
}

#[test]
fn hidden_flows_are_named_and_have_no_width() {
    let settings = settings();
    let dir = common::written(&made(&settings, &[transfers()]));
    for (language, words) in
        [("en", "Hidden and not drawn, From us: "), ("nl", "Verborgen en niet getekend, Van ons: ")]
    {
        let (text, page) = page(dir.path(), language, "transfers");
        let notes: Vec<String> = page.find("p").into_iter().map(Element::words).collect();
        let note = notes.iter().find(|n| n.starts_with(words)).unwrap_or_else(|| panic!("{notes:?}"));
        let svg = drawing(&text, "flows");
        for name in note[words.len()..].trim_end_matches('.').split(", ") {
            let from_us = svg.split("Van ons").nth(1).or_else(|| svg.split("From us").nth(2));
            assert!(!from_us.unwrap_or(&svg).contains(&format!("<title>{name}: ")), "{name} has a width");
        }
    }
}

#[test]
fn where_the_latest_period_has_totals_only_the_one_before_is_drawn() {
    let settings = settings();
    let mut cube = by_sex_and_age();
    cube.cells.retain(|key, _| key[0] < 2 || key[1] == 0 || key[2] == 0);
    let dir = common::written(&made(&settings, &[cube]));
    for (language, heading) in [("en", "Age and sex in 2019"), ("nl", "Leeftijd en geslacht in 2019")] {
        let (text, page) = page(dir.path(), language, "by_sex_age");
        assert!(page.find("h2").into_iter().any(|h| h.words() == heading), "{heading}");
        assert!(drawing(&text, "pyramid").contains("2019"));
    }
}
