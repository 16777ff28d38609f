//! What the user sees: results on standard output, progress and findings on standard error.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use intake::Findings;
use model::{Finding, Language, RowCount, Severity};

use crate::cli::{Global, OutputFormat};
use crate::failure::Failure;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const BLUE: Style = AnsiColor::Cyan.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();

/// Findings of one rule shown before the rest is left to the file of problems.
const SHOWN_PER_RULE: usize = 3;

/// Where and how much is shown.
pub(crate) struct Show {
    json: bool,
    quiet: bool,
    live: bool,
}

/// A step under way; it is finished with [`Step::done`].
pub(crate) struct Step {
    bar: Option<ProgressBar>,
    quiet: bool,
    name: String,
    started: std::time::Instant,
}

impl Show {
    pub(crate) fn new(global: &Global) -> Self {
        let json = global.format == OutputFormat::Json;
        Self { json, quiet: global.quiet, live: std::io::stderr().is_terminal() && !global.quiet }
    }

    /// True when the result is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The result for programs; does nothing when people read.
    pub(crate) fn result_json(&self, value: &impl serde::Serialize) -> Result<(), Failure> {
        if self.json {
            let text = serde_json::to_string_pretty(value)
                .map_err(|e| Failure::input(format!("the result cannot be written as JSON: {e}"), ""))?;
            println!("{text}");
        }
        Ok(())
    }

    /// A line of the result for people; does nothing when programs read.
    pub(crate) fn result(&self, line: &str) {
        if !self.json {
            anstream::println!("{line}");
        }
    }

    /// True when nothing but errors is said on standard error.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A remark on standard error.
    pub(crate) fn note(&self, line: &str) {
        if !self.quiet {
            anstream::eprintln!("{line}");
        }
    }

    /// Starts a step of known or unknown length.
    pub(crate) fn step(&self, name: &str, total: Option<u64>) -> Step {
        let bar = self.live.then(|| {
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let template = if total.is_some() {
                "  {spinner} {msg} {bar:30} {human_pos}/{human_len}, {eta} left"
            } else {
                "  {spinner} {msg} {human_pos}"
            };
            // The templates are constants; a test draws both.
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(name.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Step { bar, quiet: self.quiet, name: name.to_owned(), started: std::time::Instant::now() }
    }

    /// Findings like a compiler's diagnostics: the first few of each rule, then how many more.
    pub(crate) fn findings(&self, findings: &Findings, more_in: &str) {
        if self.quiet {
            return;
        }
        let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for f in findings.iter() {
            let count = seen.entry((f.file.as_str(), f.rule.as_str())).or_default();
            *count += 1;
            if *count <= SHOWN_PER_RULE {
                anstream::eprint!("{}", diagnostic(f));
            }
        }
        for (file, rule, _, n) in findings.by_file().filter(|(.., n)| *n > SHOWN_PER_RULE as u64) {
            let rest = thousands(n - SHOWN_PER_RULE as u64);
            anstream::eprintln!("{DIM}  … and {rest} more of {rule} in {file}: see {more_in}{DIM:#}");
        }
    }

    /// A failure, for people on standard error and for programs on standard output.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            println!("{}", failure.to_json());
        }
        let mut text = String::new();
        let color = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
        let theme =
            if color { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
        let handler = miette::GraphicalReportHandler::new_themed(theme).with_links(false);
        if handler.render_report(&mut text, failure).is_ok() {
            eprint!("{text}");
        } else {
            eprintln!("error: {failure}");
        }
    }
}

impl Step {
    /// How far the step is.
    pub(crate) fn at(&self, position: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
        }
    }

    /// Its bar, where there is a terminal to draw it on.
    pub(crate) fn bar(&self) -> Option<&ProgressBar> {
        self.bar.as_ref()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The step is done, and its result says so itself.
    pub(crate) fn end(self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The step is done: `what` says what came of it.
    pub(crate) fn done(self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if !self.quiet {
            let seconds = self.started.elapsed().as_secs_f64();
            anstream::eprintln!(
                "{GREEN}✓{GREEN:#} {BOLD}{}{BOLD:#} {what} {DIM}{seconds:.1} s{DIM:#}",
                self.name
            );
        }
    }
}

/// Rows accounted for, in words.
pub(crate) fn rows(rows: RowCount) -> String {
    format!(
        "{} rows in = {} used + {} quarantined",
        thousands(rows.rows_in),
        thousands(rows.rows_used),
        thousands(rows.rows_quarantined)
    )
}

/// A count with commas between the thousands.
pub(crate) fn thousands(n: u64) -> String {
    Language::En.count(n)
}

/// An estimated count, rounded.
pub(crate) fn rounded(x: f64) -> String {
    thousands(x.round().max(0.0) as u64)
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn diagnostic(f: &Finding) -> String {
    let (style, word) = match f.severity {
        Severity::Error => (RED, "error"),
        Severity::Warning => (YELLOW, "warning"),
        Severity::Note => (BLUE, "note"),
    };
    let mut place = f.file.clone();
    if let Some(row) = f.row {
        let _ = write!(place, ":{row}");
    }
    if let Some(column) = &f.column {
        let _ = write!(place, ", column \"{column}\"");
    }
    let value = f.value.as_ref().map(|v| format!(" [{v}]")).unwrap_or_default();
    format!(
        "{style}{word}[{}]{style:#}{BOLD}: {}{value}{BOLD:#}\n  {DIM}-->{DIM:#} {place}\n   {DIM}={DIM:#} help: {}\n",
        f.rule, f.message, f.help
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_finding_reads_like_a_compilers_diagnostic() {
        let text = diagnostic(&Finding {
            file: "registers/police.csv".into(),
            row: Some(12),
            column: Some("geslacht".into()),
            value: Some("Q".into()),
            rule: "code.unknown".into(),
            severity: Severity::Error,
            message: "this is not a code of sex".into(),
            help: "allowed are F, M, O".into(),
        });
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            "error[code.unknown]: this is not a code of sex [Q]\n  --> registers/police.csv:12, column \"geslacht\"\n   = help: allowed are F, M, O\n"
        );
    }
}
