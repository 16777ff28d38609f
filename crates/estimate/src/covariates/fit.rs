//! Maximum likelihood where the class of some persons is known in part.

use super::cholesky::{Factor, Symmetric};
use super::frame::{Design, Frame, Term};
use crate::loglinear::Refusal;

/// Twice the gain that a step still promises, at which the search ends.
const TOLERANCE: f64 = 1e-12;
/// Below this promise rounding hides the gain, and steps need no checking.
const NEAR: f64 = 1e-7;
/// Steps along the complete information are linear, those along the observed one quadratic.
const MAX_STEPS: usize = 2000;
/// A pivot of the observed information below this share of its diagonal entry is rounding.
const SINGULAR: f64 = 1e-8;

/// A fitted model.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub(crate) terms: Vec<Term>,
    pub(crate) design: Design,
    pub(crate) theta: Vec<f64>,
    /// Σ n ln ν − Σ μ, without the factorials.
    pub(crate) log_likelihood: f64,
    pub(crate) steps: usize,
    /// Expected count of every cell, the hidden ones too; 0 where excluded.
    means: Vec<f64>,
    /// Of the observed information.
    factor: Factor,
}

/// Persons in some of the classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    /// Detected and certain to be in these classes.
    pub(crate) certain: f64,
    /// Expected of those detected whose class is not known.
    pub(crate) shared_out: f64,
    /// Expected hidden.
    pub(crate) hidden: f64,
    /// Standard error of ln(shared out + hidden).
    pub(crate) log_error: f64,
}

/// What one look at the likelihood gives.
struct Look {
    gradient: Vec<f64>,
    /// Information if all classes were known: Σ μ·a·aᵀ.
    complete: Symmetric,
    /// Less that of the unknown classes (Louis 1982); `None` where all are known.
    observed: Option<Symmetric>,
}

impl Fitted {
    /// Climbs from `start`, where parameters that it does not name are 0.
    pub(crate) fn new(
        frame: &Frame,
        terms: &[Term],
        design: Design,
        start: Option<&Self>,
    ) -> Result<Self, Refusal> {
        let width = design.columns.len();
        let mut theta = vec![0.0; width];
        let mut means = vec![0.0; design.excluded.len()];
        if let Some(start) = start {
            let known: std::collections::BTreeMap<_, _> =
                start.design.columns.iter().zip(&start.theta).collect();
            for (theta, column) in theta.iter_mut().zip(&design.columns) {
                *theta = known.get(column).copied().copied().unwrap_or(0.0);
            }
        }
        let mut value = evaluate(frame, &design, &theta, &mut means);
        if start.is_none() || !value.is_finite() {
            theta.fill(0.0);
            let cells = design.excluded[frame.classes..].iter().filter(|excluded| !**excluded).count();
            theta[0] = (frame.detected / cells.max(1) as f64).ln();
            value = evaluate(frame, &design, &theta, &mut means);
        }
        let tolerance = TOLERANCE.max(1e-17 * frame.detected);
        let mut candidate = theta.clone();
        for steps in 0..MAX_STEPS {
            let look = look(frame, &design, &means);
            let observed = match &look.observed {
                None => look.complete.factor(SINGULAR),
                Some(observed) => observed.factor(SINGULAR),
            };
            let sure = observed.is_some();
            // Where the observed information is not positive definite, that of complete data still
            // gives a way up: a step of the EM gradient algorithm (Lange 1995).
            let factor = match observed {
                Some(factor) => factor,
                None => look.complete.factor(1e-13).ok_or(Refusal::NotIdentifiable)?,
            };
            let step = factor.solve(&look.gradient);
            let promise: f64 = step.iter().zip(&look.gradient).map(|(s, g)| s * g).sum();
            if promise < tolerance {
                if !sure {
                    return Err(Refusal::NotIdentifiable);
                }
                // The last step, too small to look at, squares what is left of the error.
                theta.iter_mut().zip(&step).for_each(|(theta, step)| *theta += step);
                value = evaluate(frame, &design, &theta, &mut means);
                let done = Self {
                    terms: terms.to_vec(),
                    design,
                    theta,
                    log_likelihood: value,
                    steps,
                    means,
                    factor,
                };
                return Ok(done.with_hidden(frame));
            }
            let mut length = 1.0;
            loop {
                for ((new, old), step) in candidate.iter_mut().zip(&theta).zip(&step) {
                    *new = old + length * step;
                }
                let next = evaluate(frame, &design, &candidate, &mut means);
                if next > value || (promise < NEAR && next.is_finite()) {
                    value = next;
                    break;
                }
                length *= 0.5;
                if length < 1e-12 {
                    return Err(Refusal::NotConverged);
                }
            }
            theta.copy_from_slice(&candidate);
        }
        Err(Refusal::NotConverged)
    }

    /// About how much twice the log-likelihood of a bigger model is above this one (the score
    /// statistic); `None` where the observed information cannot tell.
    pub(crate) fn score(&self, frame: &Frame, bigger: &Design) -> Option<f64> {
        let known: std::collections::BTreeMap<_, _> = self.design.columns.iter().zip(&self.theta).collect();
        let theta: Vec<f64> =
            bigger.columns.iter().map(|c| known.get(c).copied().copied().unwrap_or(0.0)).collect();
        let mut means = vec![0.0; bigger.excluded.len()];
        evaluate(frame, bigger, &theta, &mut means);
        let look = look(frame, bigger, &means);
        let information = look.observed.as_ref().unwrap_or(&look.complete);
        Some(information.factor(SINGULAR)?.quadratic(&look.gradient))
    }

    pub(crate) fn bic(&self, frame: &Frame) -> f64 {
        self.design.parameters as f64 * frame.detected.ln() - 2.0 * self.log_likelihood
    }

    pub(crate) fn aic(&self) -> f64 {
        2.0 * self.design.parameters as f64 - 2.0 * self.log_likelihood
    }

    fn with_hidden(mut self, frame: &Frame) -> Self {
        for class in 0..frame.classes {
            let eta: f64 = self.design.row(class).iter().map(|&j| self.theta[j as usize]).sum();
            self.means[class] = if self.design.excluded[class] { 0.0 } else { eta.exp() };
        }
        self
    }

    /// The persons in the classes of which `inside` holds, by the delta method.
    pub(crate) fn part(&self, frame: &Frame, inside: impl Fn(usize) -> bool) -> Part {
        let mut part = Part { certain: 0.0, shared_out: 0.0, hidden: 0.0, log_error: 0.0 };
        let mut slope = vec![0.0; self.theta.len()];
        let mut add = |weight: f64, cell: usize| {
            for &j in self.design.row(cell) {
                slope[j as usize] += weight;
            }
        };
        for class in (0..frame.classes).filter(|&class| inside(class)) {
            part.hidden += self.means[class];
            add(self.means[class], class);
        }
        for (cell, count) in frame.complete.iter().enumerate() {
            if inside(cell % frame.classes) {
                part.certain += count;
            }
        }
        for row in &frame.incomplete {
            let classes = &frame.patterns[row.pattern];
            if classes.iter().all(|&class| inside(class)) {
                part.certain += row.count;
                continue;
            }
            let first = row.history * frame.classes;
            let all: f64 = classes.iter().map(|class| self.means[first + class]).sum();
            let share = |class: usize| self.means[first + class] / all;
            let within: f64 = classes.iter().filter(|&&c| inside(c)).map(|&c| share(c)).sum();
            part.shared_out += row.count * within;
            for &class in classes {
                let weight = f64::from(u8::from(inside(class))) - within;
                add(row.count * share(class) * weight, first + class);
            }
        }
        let open = part.shared_out + part.hidden;
        if open > 0.0 {
            part.log_error = self.factor.quadratic(&slope).sqrt() / open;
        }
        part
    }
}

/// The log-likelihood; `means` of the observable cells are filled in.
fn evaluate(frame: &Frame, design: &Design, theta: &[f64], means: &mut [f64]) -> f64 {
    let mut value = 0.0;
    for (cell, mean) in means.iter_mut().enumerate().skip(frame.classes) {
        if design.excluded[cell] {
            *mean = 0.0;
            continue;
        }
        let eta: f64 = design.row(cell).iter().map(|&j| theta[j as usize]).sum();
        *mean = eta.exp();
        value += frame.complete[cell] * eta - *mean;
    }
    for row in &frame.incomplete {
        let first = row.history * frame.classes;
        let sum: f64 = frame.patterns[row.pattern].iter().map(|class| means[first + class]).sum();
        value += row.count * sum.ln();
    }
    value
}

fn look(frame: &Frame, design: &Design, means: &[f64]) -> Look {
    let width = design.columns.len();
    // The expected complete counts (the E step), and of these what comes from unknown classes.
    let mut shared = vec![0.0; if frame.incomplete.is_empty() { 0 } else { means.len() }];
    let mut between = Symmetric::zero(if frame.incomplete.is_empty() { 0 } else { width });
    let mut average = vec![0.0; width];
    for row in &frame.incomplete {
        let (first, classes) = (row.history * frame.classes, &frame.patterns[row.pattern]);
        let sum: f64 = classes.iter().map(|class| means[first + class]).sum();
        average.fill(0.0);
        for class in classes {
            let share = means[first + class] / sum;
            shared[first + class] += row.count * share;
            for &j in design.row(first + class) {
                average[j as usize] += share;
            }
        }
        between.add_outer(row.count, &average);
    }
    let mut gradient = vec![0.0; width];
    let mut complete = Symmetric::zero(width);
    for cell in (frame.classes..means.len()).filter(|&cell| !design.excluded[cell]) {
        let row = design.row(cell);
        let expected = frame.complete[cell] + shared.get(cell).copied().unwrap_or(0.0);
        for &j in row {
            gradient[j as usize] += expected - means[cell];
        }
        complete.add_ones(means[cell], row);
        if !shared.is_empty() {
            between.add_ones(means[cell] - shared[cell], row);
        }
    }
    Look { gradient, complete, observed: (!shared.is_empty()).then_some(between) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{FIRST, SECOND, table, terms};
    use super::*;

    /// Gradient and observed information, the latter by Louis's formula, are the first and second
    /// differences of the log-likelihood, at the best fit and away from it.
    #[test]
    fn slope_and_curvature_are_those_of_the_likelihood() {
        let table = table(
            3,
            &[
                (&["a", "p"], &FIRST),
                (&["b", "q"], &SECOND),
                (&["a", "q"], &[(1, 9), (6, 8), (7, 3)]),
                (&["b", "p"], &[(2, 11), (4, 5), (5, 6)]),
                (&["", "p"], &[(4, 40), (2, 13), (6, 9)]),
                (&["", ""], &[(1, 11), (5, 7)]),
            ],
        );
        let frame = Frame::new(&table).expect("a frame");
        let terms = terms(&frame, &["Ax", "Bx", "Cy", "xy", "AB"]);
        let design = Design::new(&frame, &terms).expect("a design");
        let fitted = Fitted::new(&frame, &terms, design.clone(), None).expect("a fit");
        let mut means = vec![0.0; design.excluded.len()];
        for shift in [0.0, 0.3] {
            let theta: Vec<f64> =
                fitted.theta.iter().enumerate().map(|(i, t)| t + shift * (i as f64 - 4.0) / 10.0).collect();
            let mut value = |steps: &[(usize, f64)]| {
                let mut moved = theta.clone();
                for &(i, by) in steps {
                    moved[i] += by;
                }
                evaluate(&frame, &design, &moved, &mut means)
            };
            let h = 1e-3;
            let mut slopes = Vec::new();
            let mut curvatures = Vec::new();
            for i in 0..theta.len() {
                slopes.push((value(&[(i, h)]) - value(&[(i, -h)])) / (2.0 * h));
                for j in 0..=i {
                    let across =
                        value(&[(i, h), (j, h)]) - value(&[(i, h), (j, -h)]) - value(&[(i, -h), (j, h)])
                            + value(&[(i, -h), (j, -h)]);
                    curvatures.push(-across / (4.0 * h * h));
                }
            }
            value(&[]);
            let look = look(&frame, &design, &means);
            let mut observed = look.observed.expect("some classes are unknown");
            let scale = frame.detected;
            for (i, slope) in slopes.iter().enumerate() {
                assert!((look.gradient[i] - slope).abs() < 1e-5 * scale, "{i}");
                for j in 0..=i {
                    let expected = curvatures[i * (i + 1) / 2 + j];
                    assert!((*observed.at(i, j) - expected).abs() < 1e-5 * scale, "{i} {j} {expected}");
                }
            }
        }
    }
}
