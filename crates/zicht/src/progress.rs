//! How far an estimation is, on a terminal, and stopping it: by Ctrl-C or when its time is up.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use estimate::{Progress, Watch};
use indicatif::{HumanDuration, ProgressState, ProgressStyle};
use signal_hook::consts::SIGINT;
use signal_hook::flag;

use crate::show::{Show, Step};

/// How long work must have run before the rest of it is told, and which part of it must be done.
const SETTLED: Duration = Duration::from_secs(2);
const PARTS: u64 = 100;
/// What a shell says of a program that Ctrl-C ended: 128 and the number of the signal.
const INTERRUPTED: i32 = 130;
/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(50);

const UNCOUNTED: &str = "  {spinner} {msg}";
const COUNTED: &str = "  {spinner} {msg} {bar:30} {human_pos} of {human_len} {prefix}{left}";
const AT_MOST: &str = "  {spinner} {msg} {bar:30} {human_pos} of at most {human_len} {prefix}{left}";

/// The handle of an estimation that is shown as this step.
pub(crate) fn watch(step: &Step) -> Watch {
    let Some(bar) = step.bar().cloned() else { return Watch::default() };
    let name = step.name().to_owned();
    bar.set_style(style(UNCOUNTED));
    Watch::new(move |progress| match progress {
        Progress::Step { name: part, place, of } => {
            let which = if of > 1 { format!(" ({place} of {of})") } else { String::new() };
            bar.set_style(style(UNCOUNTED));
            bar.set_message(format!("{name}: {part}{which}"));
        }
        Progress::Units { name, total, at_most } => {
            bar.set_prefix(name);
            bar.reset();
            bar.set_length(total);
            bar.set_style(style(if at_most { AT_MOST } else { COUNTED }));
        }
        Progress::Done(units) => bar.inc(units),
        Progress::Effective { size, needed } => {
            // Before the chains can be judged there is no size.
            if size.is_finite() {
                let message = bar.message();
                let before = message.split(", worth").next().unwrap_or_default();
                bar.set_message(format!("{before}, worth {size:.0} of {needed:.0} independent draws"));
            }
        }
    })
}

fn style(template: &str) -> ProgressStyle {
    let at_most = template == AT_MOST;
    // The templates are constants; a test makes each.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).with_key(
        "left",
        move |state: &ProgressState, w: &mut dyn Write| {
            if let Some(left) = left(state.elapsed(), state.pos(), state.len().unwrap_or_default()) {
                let bound = if at_most { " at most" } else { "" };
                let _ = write!(w, ", about {} left{bound}", HumanDuration(left));
            }
        },
    )
}

/// The time that is left if the rest goes as fast as what is done; `None` as long as too little is done to
/// tell, and when nothing is left.
fn left(elapsed: Duration, done: u64, total: u64) -> Option<Duration> {
    if elapsed < SETTLED || done == 0 || done.saturating_mul(PARTS) < total || done >= total {
        return None;
    }
    let seconds = elapsed.as_secs_f64() * (total - done) as f64 / done as f64;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What can stop an estimation. When this goes, neither Ctrl-C nor the time is looked at any more.
pub(crate) struct Stopper {
    _running: Sender<()>,
}

impl Stopper {
    /// From now on Ctrl-C stops what `watch` watches, a second one ends the program, and it is stopped when
    /// the time, if one is given, is up.
    pub(crate) fn new(watch: &Watch, most: Option<Duration>, step: &Step, show: &Show) -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        // In this order: the first one finds the flag down and puts it up, the second finds it up. Where
        // neither can be registered, Ctrl-C ends the program, as it does in other commands.
        let _ = flag::register_conditional_shutdown(SIGINT, INTERRUPTED, Arc::clone(&pressed))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&pressed)));
        let (running, ended) = channel();
        let (watch, bar, quiet) = (watch.clone(), step.bar().cloned(), show.is_quiet());
        std::thread::spawn(move || {
            let Some(why) = wait(&ended, most, &pressed) else { return };
            watch.stop();
            let say = || anstream::eprintln!("{why}");
            match bar {
                _ if quiet => {}
                Some(bar) => bar.suspend(say),
                None => say(),
            }
        });
        Self { _running: running }
    }
}

/// Waits until the work has ended, or returns why it is to be stopped.
fn wait(ended: &Receiver<()>, most: Option<Duration>, pressed: &AtomicBool) -> Option<&'static str> {
    let started = Instant::now();
    loop {
        let left = most.map(|most| most.saturating_sub(started.elapsed()));
        let next = left.map_or(LOOK, |left| left.min(LOOK));
        if ended.recv_timeout(next) != Err(RecvTimeoutError::Timeout) {
            return None;
        }
        if pressed.load(Ordering::Relaxed) {
            return Some("Stopping; what is done will be shown. Ctrl-C again ends at once.");
        }
        if left.is_some_and(|left| left <= next) {
            return Some("The time of --max-minutes is up; what is done will be shown.");
        }
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{ProgressBar, ProgressDrawTarget};

    use super::*;

    #[test]
    fn nothing_is_said_of_the_rest_before_there_is_something_to_base_it_on() {
        let seconds = Duration::from_secs;
        assert_eq!(left(seconds(1), 50, 100), None, "too soon");
        assert_eq!(left(seconds(60), 0, 100), None, "nothing done");
        assert_eq!(left(seconds(60), 9, 1000), None, "too small a part");
        assert_eq!(left(seconds(60), 10, 1000), Some(Duration::from_mins(99)));
        assert_eq!(left(seconds(30), 75, 100), Some(seconds(10)));
        assert_eq!(left(seconds(30), 100, 100), None, "nothing left");
        assert_eq!(left(seconds(30), 101, 100), None, "more than was foreseen");
        assert_eq!(left(seconds(u64::MAX), u64::MAX / 100, u64::MAX), None, "beyond what a duration holds");
    }

    #[test]
    fn every_template_can_be_drawn() {
        for template in [UNCOUNTED, COUNTED, AT_MOST] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
            let bar = ProgressBar::with_draw_target(Some(10), ProgressDrawTarget::hidden());
            bar.set_style(style(template));
            bar.inc(3);
            bar.tick();
        }
    }

    #[test]
    fn work_that_ends_in_time_is_not_stopped() {
        let hour = Some(Duration::from_hours(1));
        let short = Some(Duration::from_millis(1));
        let (running, ended) = channel();
        assert!(wait(&ended, short, &AtomicBool::new(false)).expect("a reason").contains("--max-minutes"));
        for most in [None, hour] {
            assert!(wait(&ended, most, &AtomicBool::new(true)).expect("a reason").contains("Ctrl-C"));
        }
        drop(running);
        for most in [None, hour, short] {
            assert_eq!(wait(&ended, most, &AtomicBool::new(true)), None);
        }
    }
}
