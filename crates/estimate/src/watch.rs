//! Watching long work from outside, and stopping it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why there is no answer where the work was stopped.
pub(crate) const STOPPED: &str = "stopped before it was done";

/// What an observer is told, in the order in which it happens; [`Progress::Done`] may come from several
/// threads at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// A step begins, as one method of several; with it the step before ends.
    Step {
        /// Name of the step.
        name: &'a str,
        /// Which one it is, from 1.
        place: usize,
        /// How many such steps there are.
        of: usize,
    },
    /// Within the step, work begins that is counted; with it what was counted before ends.
    Units {
        /// What is counted, as `replicates`.
        name: &'static str,
        /// How many there are.
        total: u64,
        /// Whether it may end sooner: Markov chains end when they agree, and a search when nothing better
        /// is left.
        at_most: bool,
    },
    /// So many more of the units are done.
    Done(u64),
    /// Markov chains have been compared.
    Effective {
        /// Their effective sample size, the smallest of those they are judged by; NaN when it cannot be
        /// told yet.
        size: f64,
        /// What it must be above.
        needed: f64,
    },
}

type Observer = dyn Fn(Progress<'_>) + Send + Sync;

/// A handle by which long work tells how far it is, and by which it is stopped.
///
/// Clones belong together: one that stops stops all. Work that is not stopped gives the same numbers
/// whoever watches. Work that is stopped gives none: what was finished before stands, and what was under way
/// or not begun is refused, since half of the replicates or of the draws would pass for an answer that they
/// are not.
///
/// ```
/// use estimate::{Method, Options, Progress, Watch, estimate};
/// use model::CaptureTable;
/// let lists = vec!["police".into(), "shelter".into()];
/// let table = CaptureTable::from_counts(lists, [(0b01, 180), (0b10, 80), (0b11, 20)])?;
/// let watch = Watch::new(|progress| {
///     if let Progress::Step { name, place, of } = progress {
///         println!("{name} ({place} of {of})");
///     }
/// });
/// watch.stop();
/// let options = Options { watch, ..Options::default() };
/// let found = estimate(&table, &[Method::Main], &options)?;
/// assert!(found.is_stopped());
/// assert_eq!(found.estimates[0].refused.as_deref(), Some("stopped before it was done"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Watch {
    stopped: Arc<AtomicBool>,
    observer: Option<Arc<Observer>>,
}

impl Watch {
    /// A handle that tells `observer` how far the work is. It is called by whichever thread does the work, so
    /// it should be quick.
    pub fn new(observer: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..Self::default() }
    }

    /// Stops the work: whatever runs with this handle or a clone ends soon.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the work was stopped.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// The same, told nothing: for work that is a unit of other work.
    pub(crate) fn unobserved(&self) -> Self {
        Self { stopped: Arc::clone(&self.stopped), observer: None }
    }

    pub(crate) fn step(&self, name: &str, place: usize, of: usize) {
        self.tell(Progress::Step { name, place, of });
    }

    /// Work of known length begins.
    pub(crate) fn units(&self, name: &'static str, total: usize) {
        self.tell(Progress::Units { name, total: total as u64, at_most: false });
    }

    /// Work begins of which only the greatest length is known.
    pub(crate) fn units_at_most(&self, name: &'static str, total: u64) {
        self.tell(Progress::Units { name, total, at_most: true });
    }

    #[inline]
    pub(crate) fn done(&self, units: u64) {
        self.tell(Progress::Done(units));
    }

    pub(crate) fn effective(&self, size: f64, needed: f64) {
        self.tell(Progress::Effective { size, needed });
    }

    #[inline]
    fn tell(&self, progress: Progress<'_>) {
        if let Some(observer) = &self.observer {
            observer(progress);
        }
    }
}

/// All are equal: who watches changes no result.
impl PartialEq for Watch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let observed = self.observer.is_some();
        f.debug_struct("Watch").field("stopped", &self.is_stopped()).field("observed", &observed).finish()
    }
}
