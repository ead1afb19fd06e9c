//! A progress bar on standard error while work goes on elsewhere: read ten times a second, never by the work.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::sim::SimDuration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// An amount of time that runs out.
#[derive(Debug)]
pub struct Budget {
    end: std::time::Instant,
}

impl Budget {
    /// From now on.
    #[expect(
        clippy::disallowed_methods,
        reason = "how many replications fit into a time is the machine's to say"
    )]
    pub fn start(span: SimDuration) -> Budget {
        Budget { end: std::time::Instant::now() + Duration::from_millis(span.0.max(0) as u64) }
    }

    /// Whether it has run out.
    #[expect(clippy::disallowed_methods, reason = "as above")]
    pub fn is_over(&self) -> bool {
        std::time::Instant::now() >= self.end
    }
}

/// A bar that follows a counter until dropped.
pub struct Progress {
    stop: Arc<AtomicBool>,
    watcher: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Shows `counter` on its way to `total`; nothing without a terminal or when `quiet`.
    pub fn show(counter: Arc<AtomicU64>, total: u64, quiet: bool, what: &'static str) -> Progress {
        let stop = Arc::new(AtomicBool::new(false));
        if quiet || !std::io::stderr().is_terminal() {
            return Progress { stop, watcher: None };
        }
        let bar = ProgressBar::with_draw_target(Some(total.max(1)), ProgressDrawTarget::stderr());
        let style =
            ProgressStyle::with_template("{msg} [{bar:40}] {percent} %  {elapsed} (about {eta} left)");
        bar.set_style(style.expect("the template is a constant").progress_chars("=> "));
        bar.set_message(what);
        let done = stop.clone();
        let watcher = std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                bar.set_position(counter.load(Ordering::Relaxed).min(total));
                std::thread::sleep(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        Progress { stop, watcher: Some(watcher) }
    }
}

/// Measures how long a trial takes, to say what more of its kind would cost; no result depends on it.
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[allow(clippy::disallowed_methods)] // For an estimate shown to a person, never for a result.
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            watcher.join().ok();
        }
    }
}
