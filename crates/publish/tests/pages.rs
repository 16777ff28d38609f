//! The site: what readers find on its pages.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::html::{self, Element, HtmlTable, outline};
use common::{HOSTILE, by_region, cubes, files, read, release, release_of, settings};
use estimate::covariates::{CovariateTable, estimate_covariates};
use model::trend::{Change, Direction};
use model::{CaptureTable, Label, Language, Settings, TrendSettings, Value};
use proptest::prelude::*;
use publish::{Release, ReleasedCube};

/// The pages of a release below `site`, each read strictly.
fn pages(dir: &Path) -> BTreeMap<String, Element> {
    files(&dir.join("site"))
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|e| e == "html"))
        .map(|(name, bytes)| (name, html::parse(&String::from_utf8(bytes).expect("UTF-8"))))
        .collect()
}

fn pages_of(release: &Release<'_>) -> BTreeMap<String, Element> {
    let dir = common::written(release);
    check(dir.path(), release.settings);
    pages(dir.path())
}

/// Ends the test unless every page of the release is sound: one heading of the first level and
/// none left out below it, its language and that of its twin, identifiers used once, and links
/// that lead somewhere.
#[track_caller]
fn check(dir: &Path, settings: &Settings) {
    let site = dir.join("site");
    let all = pages(dir);
    let languages: Vec<&str> = settings.monitor.languages.iter().map(|l| l.tag()).collect();
    let ids: BTreeMap<&String, BTreeSet<&str>> = all
        .iter()
        .map(|(name, page)| {
            let given: Vec<&str> = page.all().into_iter().filter_map(|e| e.attribute("id")).collect();
            let distinct: BTreeSet<&str> = given.iter().copied().collect();
            assert_eq!(distinct.len(), given.len(), "{name}: an identifier twice in {given:?}");
            (name, distinct)
        })
        .collect();
    for (name, page) in &all {
        assert_eq!(page.find("h1").len(), 1, "{name}: headings of the first level");
        assert!(!page.only("h1").words().is_empty(), "{name}");
        let mut level = 0;
        for heading in page.all().into_iter().filter(|e| ["h1", "h2", "h3"].contains(&e.name.as_str())) {
            let own = heading.name[1..].parse::<usize>().expect("a level");
            assert!(own <= level + 1, "{name}: {} after level {level}", heading.words());
            level = own;
        }
        let (folder, file) = name.split_once('/').unwrap_or(("", name));
        let language = if folder.is_empty() { languages[0] } else { folder };
        assert_eq!(page.attribute("lang"), Some(language), "{name}");
        let twins: Vec<(&str, &str)> = page
            .find("link")
            .into_iter()
            .filter(|l| l.attribute("rel") == Some("alternate"))
            .filter_map(|l| Some((l.attribute("hreflang")?, l.attribute("href")?)))
            .collect();
        let wanted: Vec<(&str, String)> = languages
            .iter()
            .filter(|l| !folder.is_empty() && **l != folder)
            .map(|&l| (l, format!("../{l}/{file}")))
            .collect();
        assert_eq!(twins, wanted.iter().map(|(l, to)| (*l, to.as_str())).collect::<Vec<_>>(), "{name}");

        for e in page.all() {
            for id in e.attribute("aria-labelledby").into_iter().flat_map(str::split_whitespace) {
                assert!(ids[name].contains(id), "{name}: named by {id}, which is not there");
            }
            let Some(to) = e.attribute("href") else { continue };
            let elsewhere =
                ["https:", "http:", "mailto:", "tel:", "data:,"].iter().any(|s| to.starts_with(s));
            if elsewhere {
                continue;
            }
            assert!(!to.contains(':'), "{name}: a link to {to}");
            let (path, fragment) = to.split_once('#').map_or((to, None), |(path, f)| (path, Some(f)));
            let here = site.join(name);
            let target =
                if path.is_empty() { here.clone() } else { here.parent().expect("a folder").join(path) };
            assert!(target.is_file(), "{name}: a link to {to}");
            if let Some(fragment) = fragment {
                let target = target.canonicalize().expect("a file");
                let site = site.canonicalize().expect("a folder");
                let below = target.strip_prefix(site).expect("a page").to_string_lossy().into_owned();
                assert!(ids[&below].contains(fragment), "{name}: a link to {to}");
            }
        }
        for svg in page.find("svg").into_iter().filter(|s| s.attribute("role") == Some("img")) {
            let title = svg.elements().find(|e| e.name == "title").expect("a chart has a title");
            assert!(!title.words().is_empty(), "{name}");
        }
        // A table stands beside every chart: the next block that is one.
        let kinds: Vec<&str> = page
            .only("main")
            .elements()
            .filter(|e| e.name == "figure" || e.attribute("class") == Some("frame"))
            .map(|e| e.name.as_str())
            .collect();
        for (i, kind) in kinds.iter().enumerate() {
            assert!(*kind != "figure" || kinds.get(i + 1) == Some(&"div"), "{name}: a chart without a table");
        }
    }
    let tags: BTreeSet<&str> = all.keys().filter_map(|n| Some(n.split_once('/')?.0)).collect();
    assert_eq!(tags, languages.iter().copied().collect());
}

// --- What they look like -------------------------------------------------------------------------

#[test]
fn pages_of_the_small_release() {
    let settings = settings();
    let all = pages_of(&release(&settings));
    for language in ["en", "nl"] {
        for page in [
            "index",
            "victims",
            "table-by_form",
            "table-by_publisher",
            "table-by_age",
            "hidden",
            "visibility",
            "trends",
            "sources",
            "about",
        ] {
            insta::assert_snapshot!(
                format!("{language}-{page}"),
                outline(&all[&format!("{language}/{page}.html")])
            );
        }
    }
    insta::assert_snapshot!("landing", outline(&all["index.html"]));
}

/// The first chart of a page that holds `part`, an element a line.
fn drawing(dir: &Path, page: &str, part: &str) -> String {
    let text = std::fs::read_to_string(dir.join("site/en").join(page)).expect("a page");
    let svg = text
        .split("<svg ")
        .skip(1)
        .map(|rest| format!("<svg {}</svg>", rest.split_once("</svg>").expect("the chart ends").0))
        .find(|svg| svg.contains("role=\"img\"") && svg.contains(part))
        .expect("a chart");
    html::parse_svg(&svg);
    svg.replace("><", ">\n<")
}

#[test]
fn each_kind_of_chart() {
    let settings = settings();
    let mut release = release(&settings);
    common::protect_as(&mut release, release_of(&settings, &[cubes(), vec![by_region()]].concat()));
    let dir = common::written(&release);
    let draw = |page: &str, part: &str| drawing(dir.path(), page, part);
    // With intervals, fitted levels and a break.
    insta::assert_snapshot!("chart-trend", draw("trends.html", "fitted"));
    // With hidden figures beneath the axis.
    insta::assert_snapshot!("chart-lines", draw("table-by_form.html", "Victims by form"));
    // Side by side, without lines, and with bounds.
    insta::assert_snapshot!("chart-vintages", draw("table-by_publisher.html", "whisker"));
    insta::assert_snapshot!("chart-bars", draw("table-by_region.html", "class=\"bar"));
    insta::assert_snapshot!("chart-intervals", draw("hidden.html", "span"));
    insta::assert_snapshot!("chart-shares", draw("visibility.html", "100%"));
    insta::assert_snapshot!("chart-rates", draw("table-by_age.html", "inhabitants"));
}

// --- Hostile texts -------------------------------------------------------------------------------

/// The small release with `HOSTILE` for every text that is not an identifier.
fn hostile_settings() -> Settings {
    let mut out = settings();
    let (all, text) = (Label::same(HOSTILE), HOSTILE.to_owned());
    let m = &mut out.monitor;
    (m.title, m.description, m.publisher) = (all.clone(), all.clone(), all.clone());
    (m.edition, m.licence, m.contact) = (text.clone(), text.clone(), "javascript:alert('@')".into());
    for s in &mut out.source {
        (s.title, s.definition) = (all.clone(), all.clone());
        for field in [&mut s.publisher, &mut s.vintage, &mut s.licence, &mut s.citation, &mut s.path] {
            field.clone_from(&text);
        }
        if let Some(h) = &mut s.histories {
            h.labels.values_mut().for_each(|l| l.clone_from(&all));
        }
    }
    for e in &mut out.estimate {
        (e.title, e.definition) = (all.clone(), all.clone());
    }
    out
}

fn hostile_release(settings: &Settings) -> Release<'_> {
    let all = Label::same(HOSTILE);
    let mut cubes = common::cubes();
    for cube in &mut cubes {
        (cube.title, cube.definition) = (all.clone(), all.clone());
        for d in &mut cube.dimensions {
            d.label = all.clone();
            d.classification = Some(HOSTILE.into());
            for (i, c) in d.categories.iter_mut().enumerate() {
                c.label = all.clone();
                if !["_T", "_U"].contains(&c.code.as_str()) {
                    c.code = format!("{HOSTILE}{i}");
                }
            }
        }
    }
    let mut out = release_of(settings, &cubes);
    out.estimates = vec![common::small_estimate(settings)];
    for e in &mut out.estimates[0].estimation.estimates {
        e.model = HOSTILE.into();
    }
    out.estimates[0].estimation.estimates[1].refused = Some(HOSTILE.into());
    out.estimates[0].estimation.estimates[1].total = None;
    out.estimates[0].estimation.lists = vec![HOSTILE.into(), "A".into()];
    for g in &mut out.estimates[0].estimation.groups {
        g.codes.values_mut().for_each(|code| code.push_str(HOSTILE));
    }
    for t in &mut out.trends {
        t.title = all.clone();
        t.points.iter_mut().for_each(|p| p.period.push_str(HOSTILE));
        t.breaks.iter_mut().for_each(|b| b.period.push_str(HOSTILE));
    }
    for r in &mut out.reporting {
        r.label = all.clone();
        (r.organisation, r.from, r.period) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
    }
    for s in &mut out.sources {
        s.input.as_mut().expect("an input").path = HOSTILE.into();
    }
    out.audit[0].file = HOSTILE.into();
    out.cubes[3].rates.as_mut().expect("rates").population = all;
    out
}

#[test]
fn hostile_texts_come_out_as_text_everywhere() {
    let settings = hostile_settings();
    let release = hostile_release(&settings);
    let dir = common::written(&release);
    // The strict reader knows no scripts, no attributes with code and no addresses but plain ones.
    check(dir.path(), &settings);
    let said = HOSTILE.split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, page) in pages(dir.path()) {
        let found = page.words().matches(&said).count();
        assert!(found >= 3, "{name}: the text is there {found} times");
    }
    for page in ["table-by_form", "trends", "hidden"] {
        let html = &pages(dir.path())[&format!("en/{page}.html")];
        let title = html.find("svg")[0].only_child("title").words();
        assert!(title.contains(&said), "{page}: {title}");
    }
    for released in &release.cubes {
        let wanted = read::expected(released);
        for (format, found) in read::FORMATS.iter().zip(read::all(dir.path(), released.cube.id())) {
            read::assert_same(&found, &wanted, format);
        }
        let folder = dir.path().join("data").join(released.cube.id());
        let metadata = read::json(&folder.join(format!("{}.csv-metadata.json", released.cube.id())));
        assert_eq!(metadata["dc:title"]["en"], HOSTILE);
        let dataset = read::json(&folder.join(format!("{}.json", released.cube.id())));
        assert_eq!(dataset["label"], HOSTILE);
    }
    for (file, column) in [("trends", "title_en"), ("estimates", "model"), ("visibility", "group_nl")] {
        let (head, rows) = read::csv_rows(&dir.path().join(format!("data/results/{file}.csv")));
        let at = head.iter().position(|h| h == column).expect("the column");
        assert!(rows[0][at].contains(HOSTILE), "{file}: {:?}", rows[0]);
    }
    let catalogue = read::json(&dir.path().join("data/catalogue.jsonld"));
    assert_eq!(catalogue["dct:title"][1]["@value"], HOSTILE);
    let licence = &catalogue["dct:license"];
    assert_eq!(licence["rdfs:label"], HOSTILE);
    assert!(licence["@id"].is_null(), "what is no licence's name makes no address");
    assert_eq!(read::json(&dir.path().join("manifest.json"))["edition"], HOSTILE);
}

// --- What is said of changes -----------------------------------------------------------------------

/// What the overview and the page of trends say of the last change of the only series.
fn said(release: &Release<'_>, language: Language) -> (String, String) {
    let dir = common::written(release);
    let all = pages(dir.path());
    let page = |name: &str| &all[&format!("{}/{name}.html", language.tag())];
    let sentences = page("index").only("main").find("p");
    let about = |p: &&&Element| p.words().starts_with("From 2019") || p.words().starts_with("Van 2019");
    let sentence = sentences.iter().find(about).expect("a sentence on the change").words();
    let tables = html::tables(page("trends"));
    let points = tables.iter().find(|t| t.head.len() == 6).expect("the table of points");
    (sentence, points.rows.last().expect("a point")[5].clone())
}

fn changed(settings: &Settings, change: Change) -> Release<'_> {
    let mut out = release_of(settings, &[]);
    out.reporting.clear();
    let points = &mut out.trends[0].points;
    points.last_mut().expect("a point").change = Some(change);
    out
}

fn assert_said(change: Change) {
    let settings = settings();
    let release = changed(&settings, change);
    for (language, rise, fall, neither) in [
        (
            Language::En,
            ["this is a rise", "rise"],
            ["this is a fall", "fall"],
            ["what chance alone can do", "cannot tell"],
        ),
        (
            Language::Nl,
            ["dit een stijging", "stijging"],
            ["dit een daling", "daling"],
            ["toeval alleen al kan doen", "niet te zeggen"],
        ),
    ] {
        let (sentence, word) = said(&release, language);
        let wanted = match change.direction() {
            Direction::Rose => rise,
            Direction::Fell => fall,
            Direction::CannotTell => neither,
        };
        for words in [rise, fall, neither] {
            assert_eq!(sentence.contains(words[0]), words == wanted, "{change:?}: {sentence}");
            assert_eq!(word == words[1], words == wanted, "{change:?}: {word}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_page_says_rise_or_fall_where_the_interval_holds_no_change(
        low in 0.001..=1.0f64, high in 1.0..50.0f64, at in 0.0..=1.0f64,
    ) {
        assert_said(Change { ratio: low + (high - low) * at, interval: (low, high) });
    }

    #[test]
    fn every_page_says_what_the_interval_says(low in 0.01..3.0f64, width in 0.0..0.5f64) {
        assert_said(Change { ratio: low + width / 2.0, interval: (low, low + width) });
    }
}

#[test]
fn an_interval_that_ends_at_no_change_holds_it() {
    assert_said(Change { ratio: 1.2, interval: (1.0, 1.4) });
    assert_said(Change { ratio: 0.8, interval: (0.7, 1.0) });
    assert_said(Change { ratio: 1.0, interval: (1.0, 1.0) });
}

#[test]
fn a_small_rise_is_not_written_as_none() {
    let settings = settings();
    let release = changed(&settings, Change { ratio: 1.004, interval: (1.002, 1.006) });
    let (sentence, _) = said(&release, Language::En);
    assert!(sentence.contains("(+0.4%)") && sentence.ends_with("+0.2% to +0.6%."), "{sentence}");
    let release = changed(&settings, Change { ratio: 0.996, interval: (0.994, 0.998) });
    let (sentence, _) = said(&release, Language::Nl);
    assert!(sentence.contains("(\u{2212}0,4%)"), "{sentence}");
}

// --- Numbers ---------------------------------------------------------------------------------------

fn number(n: u64, language: &str) -> String {
    let digits = n.to_string();
    let mut groups: Vec<&str> =
        digits.as_bytes().rchunks(3).map(|g| std::str::from_utf8(g).expect("digits")).collect();
    groups.reverse();
    groups.join(if language == "en" { "," } else { "." })
}

/// What a page must show at each place of a table over time.
fn shown(released: &ReleasedCube, key: &[u32], language: &str) -> String {
    let (hidden, missing, to) =
        if language == "en" { ("hidden", "no figure", "to") } else { ("verborgen", "geen cijfer", "tot") };
    match released.cube.cell(key) {
        None => missing.into(),
        Some(cell) if read::is_hidden(cell) => hidden.into(),
        Some(cell) => match cell.value {
            Value::Count(n) => number(n, language),
            Value::Between(low, high) => format!("{} {to} {}", number(low, language), number(high, language)),
            Value::Missing => missing.into(),
        },
    }
}

#[test]
fn every_number_on_the_page_of_a_table_is_in_the_table() {
    let settings = settings();
    let mut release = release(&settings);
    common::protect_as(&mut release, release_of(&settings, &[cubes(), vec![by_region()]].concat()));
    let all = pages_of(&release);
    let mut checked = 0;
    for released in &release.cubes {
        let cube = &released.cube;
        for language in ["en", "nl"] {
            let page = &all[&format!("{language}/table-{}.html", cube.id())];
            let figures: BTreeSet<String> =
                cube.cells().map(|(key, _)| shown(released, key, language)).collect();
            let words = ["no figure", "geen cijfer"];
            let known = |text: &str| figures.contains(text) || words.contains(&text);
            let of_rates = |t: &&HtmlTable| t.caption.contains("100");
            let tables = html::tables(page);
            assert!(!tables.is_empty(), "{}", cube.id());
            for table in tables.iter().filter(|t| !of_rates(t)) {
                for text in table.rows.iter().flat_map(|row| &row[1..]) {
                    assert!(known(text), "{language} {}: {text:?} in {}", cube.id(), table.caption);
                    checked += 1;
                }
            }
            for svg in page.find("svg").into_iter().filter(|s| s.attribute("role") == Some("img")) {
                if svg.only_child("title").words().contains("100") {
                    continue;
                }
                for mark in svg.elements().filter(|e| e.name == "path" || e.name == "rect") {
                    let Some(tip) = mark.elements().next() else { continue };
                    let tip = tip.words();
                    let value = tip.rsplit(": ").next().unwrap_or_default();
                    assert!(known(value), "{language} {}: {tip}", cube.id());
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 100, "{checked} numbers");
}

#[test]
fn every_figure_stands_at_its_place() {
    let settings = settings();
    let release = release(&settings);
    let all = pages_of(&release);
    for released in &release.cubes {
        let cube = &released.cube;
        for language in [Language::En, Language::Nl] {
            let page = &all[&format!("{}/table-{}.html", language.tag(), cube.id())];
            let table = &html::tables(page)[0];
            let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let [years, other] = cube.dimensions() else { panic!("two dimensions") };
            let mut found = 0;
            for row in &table.rows {
                let year = years.position(&row[0]).expect("a year");
                for (head, text) in table.head.iter().zip(row).skip(1) {
                    let at = other.categories.iter().position(|c| squeeze(c.label.get(language)) == *head);
                    let key = [year, at.expect("a category") as u32];
                    assert_eq!(*text, shown(released, &key, language.tag()), "{} {key:?}", cube.id());
                    found += usize::from(cube.cell(&key).is_some());
                }
            }
            assert_eq!(found, cube.cells().count(), "{}: every cell is shown", cube.id());
        }
    }
}

#[test]
fn a_page_shows_the_rates_of_its_table() {
    let settings = settings();
    let release = release_of(&settings, &common::cubes());
    let all = pages_of(&release);
    let page = &all["en/table-by_age.html"];
    let headings: Vec<String> = page.find("h2").into_iter().map(Element::words).collect();
    assert!(headings.contains(&"Rate per 100,000 inhabitants".into()), "{headings:?}");
    let tables = html::tables(page);
    let rates = tables.iter().find(|t| t.caption.contains("100,000")).expect("a table of rates");
    let row = |name: &str| rates.rows.iter().find(|r| r[0] == name).unwrap_or_else(|| panic!("a row {name}"));
    // 716 of 17.1 million; the interval is the one that was given.
    assert_eq!(row("Total")[1], "4.2 (3.3 to 5.2)");
    assert!(rates.rows.iter().all(|r| r[0] != "Unknown"), "nobody knows how many are of unknown age");
    let released = release.cubes.iter().find(|c| c.cube.id() == "by_age").expect("the table");
    for row in &rates.rows {
        for (year, text) in rates.head.iter().zip(row).skip(1) {
            let place = |d: usize, text: &str| {
                let of = &released.cube.dimensions()[d];
                of.categories.iter().position(|c| c.label.en == *text).expect("a category") as u32
            };
            let key = [place(0, year), place(1, &row[0])];
            let hidden = released.cube.cell(&key).is_some_and(read::is_hidden);
            assert_eq!(text == "hidden", hidden, "{key:?}: {text}");
            assert_ne!(text, "no figure", "{key:?}");
        }
    }
    for page in ["en/table-by_form.html", "nl/table-by_sex.html"] {
        assert!(all[page].all().iter().all(|e| e.attribute("id") != Some("rates")), "{page}");
    }
}

#[test]
fn a_series_says_where_a_figure_is_hidden_and_where_there_is_none() {
    let mut settings = settings();
    settings.trend.push(TrendSettings {
        cube: "by_sex".into(),
        at: BTreeMap::from([("sex".to_owned(), "X".to_owned())]),
        each: None,
        title: Label::same("Other"),
    });
    let mut release = release_of(&settings, &common::cubes());
    let series = &mut release.trends[0];
    for (point, count) in series.points.iter_mut().zip([None, Some(11), Some(14)]) {
        (point.count, point.change) = (count, None);
        (point.interval, point.fitted) = (None, None);
    }
    series.breaks.clear();
    let mut before = series.points[0].clone();
    before.period = "2017".into();
    series.points.insert(0, before);
    let all = pages_of(&release);
    for page in ["index", "trends"] {
        let page = &all[&format!("en/{page}.html")];
        let tables = html::tables(page);
        let rows = &tables.iter().find(|t| t.head[..2] == ["Period", "Figure"]).expect("the series").rows;
        let figures: Vec<&str> = rows.iter().map(|row| row[1].as_str()).collect();
        assert_eq!(figures, ["no figure", "hidden", "11", "14"]);
        let open = |e: &&Element| e.attribute("class").is_some_and(|c| c.ends_with("open"));
        let marks: Vec<&Element> = page.find("path").into_iter().filter(open).collect();
        // In the chart for screens, and in that for phones, where nothing is pointed at.
        let words: Vec<String> = marks.iter().map(|mark| mark.words()).collect();
        assert_eq!(words, ["Detected victims, 2018: hidden", ""]);
    }
}

// --- Estimates --------------------------------------------------------------------------------------

#[test]
fn groups_that_were_fitted_together_are_compared_and_add_up() {
    let settings = settings();
    let mut release = release(&settings);
    release.estimates = vec![common::joint_estimate(&settings)];
    let all = pages_of(&release);
    let estimation = &release.estimates[0].estimation;
    for (language, captions) in [
        ("en", ["How probable each rank is", "Two groups compared", "Totals that add up"]),
        ("nl", ["Hoe waarschijnlijk elke plaats is", "Twee groepen vergeleken", "Totalen die optellen"]),
    ] {
        let tables = html::tables(&all[&format!("{language}/visibility.html")]);
        let [ranks, pairs, sums] = captions.map(|caption| {
            tables.iter().find(|t| t.caption == caption).unwrap_or_else(|| panic!("no table {caption}"))
        });
        assert_eq!((ranks.head.len(), ranks.rows.len()), (1 + 4 + 1, 4));
        // In the order of the mean place, which is that of the rows.
        let mean = |row: &Vec<String>| row[5].replace(',', ".").parse::<f64>().expect("a number");
        assert!(ranks.rows.windows(2).all(|two| mean(&two[0]) <= mean(&two[1])), "{:?}", ranks.rows);
        assert!(ranks.rows.iter().flat_map(|row| &row[1..5]).all(|p| p.ends_with('%') && *p != "0%"));
        assert_eq!(pairs.rows.len(), 6);
        // Four groups, two sexes, two places, the whole.
        assert_eq!(sums.rows.len(), 4 + 4 + 1);
    }
    let tables = html::tables(&all["en/visibility.html"]);
    let sums = &tables.iter().find(|t| t.caption == "Totals that add up").expect("the table").rows;
    let of = |name: &str| sums.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no row {name}"));
    // That so many women were detected in 2019 stands in a table; of women in a place it does not.
    let women = estimation.margins.iter().find(|m| m.codes.get("sex").is_some_and(|sex| sex == "F"));
    let women = women.expect("a margin");
    let read = |text: &str| text.replace(',', "").parse::<f64>().expect("a number");
    let width = women.total_interval.1 - women.total_interval.0;
    assert!((read(&of("Female")[1]) - women.total).abs() <= 0.05 * width + 0.5);
    assert!(read(&of("Total")[1]) > read(&of("Female")[1]));
    assert!(sums.iter().filter(|row| row[1] == "no figure").count() >= 4, "{sums:?}");
    assert!(sums.iter().all(|row| row[3].ends_with('%')));
}

#[test]
fn a_page_shows_what_a_group_does_to_the_rest_and_how_much_models_weigh() {
    let settings = settings();
    let mut release = release(&settings);
    release.estimates = vec![common::joint_estimate(&settings)];
    let all = pages_of(&release);
    let found = &release.estimates[0].estimation;
    let tables = html::tables(&all["en/hidden.html"]);
    let table =
        |part: &str| tables.iter().find(|t| t.caption.contains(part)).unwrap_or_else(|| panic!("{part}"));
    let without = table("If a group had not been there");
    // Two quick methods, four groups.
    assert_eq!((without.rows.len(), found.sensitivity.len()), (8, 8));
    for (row, change) in without.rows.iter().zip(&found.sensitivity) {
        assert!(["N", "S"].map(|place| format!("without {place}, ")).iter().any(|w| row[0].starts_with(w)));
        let share = change.detected as f64 / change.total.expect("a total");
        let read = row[2].trim_end_matches('%').parse::<f64>().expect("a number");
        assert!((100.0 * share - read).abs() <= 0.5, "{row:?} {share}");
    }
    let weights = table("How much each model weighs");
    let average = &found.estimates[1];
    let heaviest = &average.diagnostics["best_models"][0];
    assert_eq!(weights.rows[0][0], heaviest["model"].as_str().expect("a model"));
    assert_eq!(weights.rows[0][1], "average over models by BIC");
    let weight = 100.0 * heaviest["weight"].as_f64().expect("a weight");
    let read = weights.rows[0][2].trim_end_matches('%').parse::<f64>().expect("a number");
    assert!((weight - read).abs() <= 0.5, "{weight} {read}");
    assert!(weights.rows.iter().any(|row| row[1] == "average over graphs"));
    let nl = html::tables(&all["nl/hidden.html"]);
    for part in ["Als een groep er niet was geweest", "Hoe zwaar elk model weegt"] {
        assert!(nl.iter().any(|t| t.caption.contains(part)), "{part}");
    }
}

#[test]
fn a_page_shows_what_covariates_make_of_an_estimate() {
    let settings = settings();
    let mut release = release(&settings);
    let table = |counts: [u64; 3]| {
        let lists = ["A", "B"].map(String::from).to_vec();
        CaptureTable::from_counts(lists, (1..4).zip(counts)).expect("a valid table")
    };
    let group = |sex: &str, counts| (BTreeMap::from([("sex".to_owned(), sex.to_owned())]), table(counts));
    // Either sex by itself: 400·400/200 = 800 and 400·100/20 = 2,000 persons.
    let groups = [group("F", [200, 200, 200]), group("M", [380, 80, 20])];
    let table = CovariateTable::from_groups(&groups).expect("a valid table");
    let found = estimate_covariates(&table, &estimate::Options::default()).expect("valid options");
    let released = &mut release.estimates[0];
    released.covariates = Some(found);
    released.estimation.groups.clear();
    let all = pages_of(&release);
    let tables = html::tables(&all["en/hidden.html"]);
    let table =
        |part: &str| tables.iter().find(|t| t.caption.contains(part)).unwrap_or_else(|| panic!("{part}"));
    let of_methods = table("Using what is known of persons");
    assert_eq!(of_methods.rows[0][..2], ["log-linear with covariates", "2,800"]);
    assert_eq!(of_methods.rows[0][3], "A B sex A:sex B:sex");
    assert_eq!(of_methods.rows[1][0], "A and B alone");
    let shares = table("Visibility by the model with covariates: sex");
    let shares: Vec<[&str; 2]> = shares.rows.iter().map(|row| [&*row[0], &*row[1]]).collect();
    assert_eq!(shares, [["Female", "75%"], ["Male", "24%"]]);
    let nl = outline(&all["nl/hidden.html"]);
    assert!(nl.contains("Met wat van personen bekend is") && nl.contains("Vrouw | 75%"), "{nl}");
}

// --- Releases that lack something --------------------------------------------------------------------

#[test]
fn a_release_without_estimates_says_so() {
    let settings = settings();
    let all = pages_of(&release_of(&settings, &common::cubes()));
    for page in ["hidden", "visibility"] {
        let en = outline(&all[&format!("en/{page}.html")]);
        assert!(en.contains("This release has no estimate of the hidden population."), "{en}");
        let nl = outline(&all[&format!("nl/{page}.html")]);
        assert!(nl.contains("Deze uitgave heeft geen schatting van de verborgen populatie."), "{nl}");
    }
}

#[test]
fn a_release_without_trends_says_so() {
    let settings = settings();
    let mut release = release_of(&settings, &common::cubes());
    release.trends.clear();
    let all = pages_of(&release);
    assert!(outline(&all["en/trends.html"]).contains("This release describes no series."));
    assert!(!outline(&all["en/index.html"]).contains("chart:"));
}

#[test]
fn a_release_of_nothing_still_has_all_its_pages() {
    let settings = settings();
    let mut release = release_of(&settings, &[]);
    release.trends.clear();
    release.reporting.clear();
    release.sources.clear();
    release.audit.clear();
    let all = pages_of(&release);
    assert_eq!(all.len(), 1 + 2 * 11);
}

#[test]
fn an_empty_table_has_a_page_that_says_so() {
    let settings = settings();
    let mut cubes = common::cubes();
    for cube in &mut cubes {
        cube.cells.clear();
    }
    let release = release_of(&settings, &cubes);
    let all = pages_of(&release);
    for released in &release.cubes {
        let said = outline(&all[&format!("en/table-{}.html", released.cube.id())]);
        assert!(said.contains("This table has no figures."), "{said}");
        assert!(said.contains("[CSV]("), "{said}");
    }
}

#[test]
fn a_table_without_dimensions_or_time_has_a_page() {
    let settings = settings();
    let mut one = common::cube("one", Label::same("One"), Vec::new(), &[(&[], 1334)]);
    one.universe = "one".into();
    let all = pages_of(&release_of(&settings, &[one, by_region()]));
    assert!(outline(&all["en/table-one.html"]).contains("Total | 1,334"));
    assert!(outline(&all["nl/table-by_region.html"]).contains("Noord | 1.401"));
}

#[test]
fn the_page_of_a_region_leads_to_the_tables_that_it_does_not_show() {
    let mut settings = settings();
    settings.monitor.regions = "region".into();
    let many: Vec<model::Cube> = (0..15)
        .map(|n| model::Cube {
            id: format!("regions_{n}"),
            title: Label::same(format!("Regions {n}")),
            universe: format!("police/{n}"),
            ..by_region()
        })
        .collect();
    let all = pages_of(&release_of(&settings, &many));
    let said = outline(&all["en/region-n.html"]);
    let (shown, led_to) = said.split_once("More tables with this region").expect("there are more");
    for n in 0..15 {
        let link = format!("(table-regions_{n}.html)");
        assert!(shown.contains(&link) == (n < 12) && led_to.contains(&link) == (n >= 12), "{n}: {said}");
    }
    // What is hidden is counted over all of them.
    assert!(led_to.contains("Of 15 figures about North, 0 are hidden."), "{led_to}");
    let east = outline(&all["en/region-e.html"]);
    assert!(east.contains("Of 15 figures about East, 15 are hidden."), "{east}");
}

#[test]
fn a_site_in_one_language_leads_to_no_other() {
    for language in Language::ALL {
        let with = |languages: &[Language]| {
            let mut out = settings();
            out.monitor.languages = languages.to_vec();
            out
        };
        // Given twice, it is made once.
        let dir = common::written(&release(&with(&[language, language])));
        check(dir.path(), &with(&[language]));
        for (name, page) in pages(dir.path()) {
            assert!(name == "index.html" || name.starts_with(language.tag()), "{name}");
            assert!(page.all().iter().all(|e| e.attribute("rel") != Some("alternate")), "{name}");
        }
    }
}
