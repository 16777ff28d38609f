//! Models of Splink, as its JSON has them: levels as conditions in SQL, blocking rules as equations.
//!
//! What has no counterpart here is refused with its text; a level left out would change what the others mean.

use serde::Deserialize;

use crate::blocking::{Atom, Part, Rule};
use crate::{Comparison, Error, Level, Model, Test};

/// Days of a year, as Splink has it.
const YEAR: f64 = 365.25;

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    probability_two_random_records_match: Option<f64>,
    #[serde(default)]
    blocking_rules_to_generate_predictions: Vec<BlockingRule>,
    comparisons: Vec<SplinkComparison>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum BlockingRule {
    Text(String),
    Object { blocking_rule: String },
}

#[derive(Deserialize)]
struct SplinkComparison {
    comparison_levels: Vec<SplinkLevel>,
}

#[derive(Deserialize)]
struct SplinkLevel {
    sql_condition: String,
    #[serde(default)]
    is_null_level: bool,
    #[serde(default)]
    m_probability: Option<f64>,
    #[serde(default)]
    u_probability: Option<f64>,
    #[serde(default)]
    tf_adjustment_column: Option<String>,
}

/// Reads a model and its blocking rules. Probabilities that are not there are still to be learnt.
///
/// # Errors
/// When the text is no such JSON, or holds a condition that has no counterpart.
pub fn read(json: &str) -> Result<(Model, Vec<Rule>), Error> {
    let settings: Settings =
        serde_json::from_str(json).map_err(|e| Error::Records(format!("not a model of Splink: {e}")))?;
    let comparisons = settings.comparisons.iter().map(comparison).collect::<Result<Vec<_>, _>>()?;
    let rules = settings
        .blocking_rules_to_generate_predictions
        .iter()
        .map(|rule| match rule {
            BlockingRule::Text(text) | BlockingRule::Object { blocking_rule: text } => blocking(text),
        })
        .collect::<Result<_, _>>()?;
    let mut model = Model::new(comparisons);
    if let Some(prior) = settings.probability_two_random_records_match {
        model.prior = prior;
    }
    Ok((model, rules))
}

fn unknown(what: &str, text: &str) -> Error {
    Error::Setting {
        option: what.into(),
        value: format!("\"{text}\""),
        allowed:
            "equality, jaro_winkler_similarity, levenshtein, damerau_levenshtein, jaccard, the size of an \
                  intersection of arrays, and differences of numbers and dates have a counterpart; write the others \
                  as a model of zicht"
                .into(),
    }
}

fn comparison(from: &SplinkComparison) -> Result<Comparison, Error> {
    let (mut field, mut levels, mut rare) = (None::<String>, Vec::new(), false);
    for level in from.comparison_levels.iter().filter(|l| !l.is_null_level) {
        rare |= level.tf_adjustment_column.is_some();
        let (of, test) = condition(&level.sql_condition)?;
        if let Some(of) = of {
            if field.as_ref().is_some_and(|field| *field != of) {
                return Err(unknown("comparison of several fields", &level.sql_condition));
            }
            field = Some(of);
        }
        let (m, u) = (level.m_probability.unwrap_or(0.0), level.u_probability.unwrap_or(0.0));
        levels.push(Level { test, m, u });
    }
    let field = field.ok_or_else(|| unknown("comparison", "without a condition on a field"))?;
    let personal = levels.iter().any(|l| l.test.is_of_dates());
    Ok(Comparison { field, term_frequency: rare, personal, age: None, u_given: None, levels })
}

/// A condition without blanks, quotes and case.
fn plain(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '`'))
        .flat_map(char::to_lowercase)
        .collect();
    // Brackets around the whole.
    let mut plain = plain.as_str();
    while let Some(inner) = plain.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        let mut depth = 0;
        let closes = inner.chars().any(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth < 0
        });
        if closes {
            break;
        }
        plain = inner;
    }
    plain.to_owned()
}

/// The field of `field_l` and `field_r`.
fn sides(a: &str, b: &str) -> Option<String> {
    let left = a.strip_suffix("_l")?;
    (Some(left) == b.strip_suffix("_r")).then(|| left.to_owned())
}

fn condition(text: &str) -> Result<(Option<String>, Test), Error> {
    let sql = plain(text);
    let fail = || unknown("condition", text);
    if sql == "else" {
        return Ok((None, Test::Else));
    }
    // A function of both sides, compared with a number.
    for (name, sign) in [
        ("jaro_winkler_similarity(", ">="),
        ("jaro_winkler(", ">="),
        ("jaccard(", ">="),
        ("levenshtein(", "<="),
        ("damerau_levenshtein(", "<="),
    ] {
        let Some((inside, number)) = sql.strip_prefix(name).and_then(|rest| rest.split_once(')')) else {
            continue;
        };
        let number = number.strip_prefix(sign).ok_or_else(fail)?;
        let field = inside.split_once(',').and_then(|(a, b)| sides(a, b)).ok_or_else(fail)?;
        let real = || number.parse::<f64>().map_err(|_| fail());
        let whole = || real().map(|n| n as u32);
        let test = match name {
            "jaccard(" => Test::Jaccard(real()?),
            "levenshtein(" => Test::Levenshtein(whole()?),
            "damerau_levenshtein(" => Test::Damerau(whole()?),
            _ => Test::JaroWinkler(real()?),
        };
        return Ok((Some(field), test));
    }
    if let Some((field, test)) = arrays(&sql).or_else(|| differences(&sql)) {
        return Ok((Some(field), test));
    }
    let (a, b) = sql.split_once('=').ok_or_else(fail)?;
    sides(a, b).map(|field| (Some(field), Test::Exact)).ok_or_else(fail)
}

/// `array_length(list_intersect(field_l, field_r)) >= N` and how other databases write it.
fn arrays(sql: &str) -> Option<(String, Test)> {
    let (inside, number) = sql.rsplit_once(">=")?;
    let inside = ["array_length(", "len(", "size(", "array_size(", "cardinality("]
        .iter()
        .find_map(|size| inside.strip_prefix(size)?.strip_suffix(')'))?;
    let inside = inside.strip_suffix(",1").unwrap_or(inside);
    let fields = ["list_intersect(", "array_intersect("]
        .iter()
        .find_map(|function| inside.strip_prefix(function)?.strip_suffix(')'))?;
    let (a, b) = fields.split_once(',')?;
    let number = number.parse().ok().filter(|n| *n > 0)?;
    Some((sides(a, b)?, Test::InCommon(number)))
}

/// Differences of numbers and of dates.
fn differences(sql: &str) -> Option<(String, Test)> {
    if let Some((inside, number)) = sql.strip_prefix("abs(").and_then(|rest| rest.rsplit_once("<=")) {
        let number: f64 = number.parse().ok()?;
        let inside = inside.strip_suffix(')')?;
        if let Some(field) = inside.split_once('-').and_then(|(a, b)| sides(a, b)) {
            // Else one side, or both, are no bare names: a date that is read from text, or a sum.
            if is_name(&field) {
                return Some((field, Test::Difference(number)));
            }
        }
        return dates(inside, number);
    }
    // (abs(field_l-field_r)/(casewhenfield_r>field_lthenfield_relsefield_lend))<SHARE
    let (inside, number) = sql.strip_prefix("(abs(")?.rsplit_once('<')?;
    let (difference, larger) = inside.split_once(")/(")?;
    let field = difference.split_once('-').and_then(|(a, b)| sides(a, b)).filter(|f| is_name(f))?;
    let (l, r) = (format!("{field}_l"), format!("{field}_r"));
    let either =
        [format!("casewhen{r}>{l}then{r}else{l}end))"), format!("casewhen{l}>{r}then{l}else{r}end))")];
    either.iter().any(|form| form == larger).then(|| Some((field, Test::Relative(number.parse().ok()?))))?
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The inside of `abs(epoch(…field_l…) - epoch(…field_r…)) <= SECONDS`, or of a difference in days, months or years.
fn dates(inside: &str, number: f64) -> Option<(String, Test)> {
    let names: Vec<&str> =
        inside.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| w.ends_with("_l")).collect();
    let [name] = names[..] else { return None };
    let field = name.strip_suffix("_l")?.to_owned();
    if !inside.contains(&format!("{field}_r")) {
        return None;
    }
    let seconds = ["epoch", "time_to_unix", "unix_timestamp", "to_unixtime"];
    let has = |unit: &str| inside.starts_with(unit);
    // A difference that counts the ends of months or years that lie between is nearest to one of as many days.
    let days = if seconds.iter().any(|function| inside.contains(function)) {
        number / 86_400.0
    } else if has("date_diff('year'") || has("datediff('year'") || has("datediff(year,") {
        number * YEAR
    } else if has("date_diff('month'") || has("datediff('month'") || has("months_between(") {
        number * YEAR / 12.0
    } else if has("date_diff('day'")
        || has("datediff(")
        || has("julianday(")
        || has("try_")
        || has("strptime(")
        || inside.contains("::date")
    {
        number
    } else {
        return None;
    };
    let years = (days / YEAR).round();
    // From a year on tests of years are as near, and allow a date without a day.
    let test = if days >= YEAR - 1.0 && years <= 255.0 {
        Test::Years(years as u8)
    } else if (1.0..YEAR).contains(&days) {
        Test::Days(days as u16)
    } else {
        return None;
    };
    Some((field, test))
}

fn blocking(text: &str) -> Result<Rule, Error> {
    let fail = || unknown("blocking rule", text);
    let lower = text.to_lowercase();
    let atoms = lower.split(" and ").map(|part| {
        let part = plain(part);
        let (a, b) = part.split_once('=')?;
        if a.replacen("l.", "r.", 1) != b {
            return None;
        }
        if let Some(field) = a.strip_prefix("l.") {
            let good = !field.is_empty() && field.chars().all(|c| c.is_alphanumeric() || c == '_');
            return good.then(|| Atom { fields: vec![field.to_owned()], part: Part::Whole });
        }
        let inside = a.strip_prefix("substring(").or(a.strip_prefix("substr("))?.strip_suffix(')')?;
        let [field, from, length] = inside.split(',').collect::<Vec<_>>()[..] else { return None };
        let field = field.strip_prefix("l.").filter(|_| from == "1")?.to_owned();
        Some(Atom { fields: vec![field], part: Part::Prefix(length.parse().ok()?) })
    });
    atoms.collect::<Option<Vec<_>>>().map(Rule).ok_or_else(fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVED: &str = r#"{
      "link_type": "dedupe_only", "probability_two_random_records_match": 0.0002,
      "blocking_rules_to_generate_predictions": [
        {"blocking_rule": "(l.\"first_name\" = r.\"first_name\") AND (SUBSTR(l.surname, 1, 4) = SUBSTR(r.surname, 1, 4))", "sql_dialect": "duckdb"},
        "l.dob = r.dob"],
      "comparisons": [
        {"output_column_name": "surname", "comparison_levels": [
          {"sql_condition": "\"surname_l\" IS NULL OR \"surname_r\" IS NULL", "is_null_level": true},
          {"sql_condition": "\"surname_l\" = \"surname_r\"", "m_probability": 0.7, "u_probability": 0.001, "tf_adjustment_column": "surname"},
          {"sql_condition": "jaro_winkler_similarity(\"surname_l\", \"surname_r\") >= 0.92", "m_probability": 0.2, "u_probability": 0.002},
          {"sql_condition": "damerau_levenshtein(\"surname_l\", \"surname_r\") <= 1", "m_probability": 0.05, "u_probability": 0.003},
          {"sql_condition": "ELSE", "m_probability": 0.05, "u_probability": 0.994}]},
        {"output_column_name": "dob", "comparison_levels": [
          {"sql_condition": "\"dob_l\" IS NULL OR \"dob_r\" IS NULL", "is_null_level": true},
          {"sql_condition": "\"dob_l\" = \"dob_r\""},
          {"sql_condition": "ABS(EPOCH(try_strptime(\"dob_l\", '%Y-%m-%d')) - EPOCH(try_strptime(\"dob_r\", '%Y-%m-%d'))) <= 315576000.0"},
          {"sql_condition": "ELSE"}]}]}"#;

    #[test]
    fn a_saved_model_becomes_one_of_ours() {
        let (model, rules) = read(SAVED).expect("a model");
        assert!((model.prior - 0.0002).abs() < 1e-12);
        let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
        assert_eq!(rules, ["first_name and prefix(surname, 4)", "dob"]);
        let tests =
            |k: usize| model.comparisons[k].levels.iter().map(|l| l.test.to_string()).collect::<Vec<_>>();
        assert_eq!(tests(0), ["exact", "jaro_winkler(0.92)", "damerau(1)", "else"]);
        assert_eq!(tests(1), ["exact", "years(10)", "else"]);
        assert!(model.comparisons[0].term_frequency && !model.comparisons[1].term_frequency);
        assert!((model.comparisons[0].levels[1].m - 0.2).abs() < 1e-12);
        assert!(!model.is_learnt(), "dates are still to be learnt");
    }

    #[test]
    fn conditions_of_levels_that_splink_makes() {
        // As written by the levels of Splink 4 for DuckDB and Spark; date_diff as by those of Splink 3.
        for (sql, field, test) in [
            (r#"array_length(list_intersect("alias_l", "alias_r")) >= 2"#, "alias", "in_common(2)"),
            ("SIZE(ARRAY_INTERSECT(`alias_l`, `alias_r`)) >= 1", "alias", "in_common(1)"),
            (r#"ABS("age_l" - "age_r") <= 5"#, "age", "difference(5)"),
            (
                r#"(ABS("pay_l" - "pay_r") / (CASE WHEN "pay_r" > "pay_l" THEN "pay_r" ELSE "pay_l" END)) < 0.1"#,
                "pay",
                "relative(0.1)",
            ),
            (r#"ABS(EPOCH("dob_l") - EPOCH("dob_r")) <= 2629800.0"#, "dob", "days(30)"),
            (
                r#"ABS(EPOCH(try_strptime("dob_l", '%Y-%m-%d')) - EPOCH(try_strptime("dob_r", '%Y-%m-%d'))) <= 31557600.0"#,
                "dob",
                "years(1)",
            ),
            (r#"abs(date_diff('month', "dob_l", "dob_r")) <= 1"#, "dob", "days(30)"),
            (r#"abs(date_diff('year', "dob_l", "dob_r")) <= 10"#, "dob", "years(10)"),
            (r#"abs(date_diff('day', "dob_l", "dob_r")) <= 10"#, "dob", "days(10)"),
            ("abs(datediff(dob_l, dob_r)) <= 30", "dob", "days(30)"),
            ("abs(dob_l::date - dob_r::date) <= 30", "dob", "days(30)"),
        ] {
            let (of, read) = condition(sql).expect("a condition");
            assert_eq!((of.as_deref(), read.to_string().as_str()), (Some(field), test), "{sql}");
        }
        for sql in [
            r#"array_length(list_intersect("a_l", "b_r")) >= 1"#,
            r#"array_length(list_intersect("a_l", "a_r")) = 1"#,
            r#"array_length(list_intersect("a_l", "a_r")) >= 0"#,
            r#"ABS("a_l" - "b_r") <= 5"#,
            r#"ABS(f("a_l") - f("a_r")) <= 5"#,
            r#"(ABS("a_l" - "a_r") / "a_l") < 0.1"#,
        ] {
            assert!(condition(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn what_has_no_counterpart_is_refused_with_its_text() {
        let with = |from: &str, to: &str| read(&SAVED.replace(from, to)).expect_err("refused").to_string();
        let said = with("damerau_levenshtein(", "my_function(");
        assert!(said.contains("my_function"), "{said}");
        let said = with("l.dob = r.dob", "l.dob = r.birth");
        assert!(said.contains("l.dob = r.birth"), "{said}");
        let said = with("damerau_levenshtein(\\\"surname_l\\\"", "damerau_levenshtein(\\\"name_l\\\"");
        assert!(said.contains("damerau"), "{said}");
        assert!(read("[]").expect_err("refused").to_string().contains("not a model of Splink"));
    }
}
