//! Models of Splink, as its JSON has them: levels as conditions in SQL, blocking rules as equations.
//!
//! What has no counterpart here is refused with its text; a level left out would change what the others mean.

use serde::Deserialize;

use crate::blocking::{Atom, Part, Rule};
use crate::{Comparison, Error, Level, Model, Test};

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
            "equality, jaro_winkler_similarity, levenshtein, damerau_levenshtein, jaccard and differences of \
                  dates in days or seconds have a counterpart; write the others as a model of zicht"
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
    if let Some(rest) = sql.strip_prefix("abs(") {
        return dates(rest).ok_or_else(fail);
    }
    let (a, b) = sql.split_once('=').ok_or_else(fail)?;
    sides(a, b).map(|field| (Some(field), Test::Exact)).ok_or_else(fail)
}

/// The rest of `abs(epoch(…field_l…) - epoch(…field_r…)) <= SECONDS`, or of a difference in days.
fn dates(rest: &str) -> Option<(Option<String>, Test)> {
    let (inside, number) = rest.rsplit_once("<=")?;
    let number: f64 = number.parse().ok()?;
    let names: Vec<&str> =
        inside.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| w.ends_with("_l")).collect();
    let [name] = names[..] else { return None };
    let field = name.strip_suffix("_l")?.to_owned();
    let days = if inside.contains("epoch") { number / 86_400.0 } else { number };
    let years = (days / 365.25).round();
    // A level of less than a year is nearest to a slip of the pen.
    let test = if (1.0..=255.0).contains(&years) { Test::Years(years as u8) } else { Test::DateTypo };
    Some((Some(field), test))
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
