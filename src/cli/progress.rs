//! A progress bar on standard error while work goes on elsewhere: read ten times a second, never by the work.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(watcher) = self.watcher.take() {
            watcher.join().ok();
        }
    }
}
