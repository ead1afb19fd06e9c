//! A design evaluated: every point in every replication, spread over threads, rows leaving in order.
//!
//! The unit of work is one replication. Workers take them in (point, replication) order, so that only the points
//! under way have a plan in memory; results pass a bounded reorder buffer and leave in that order, whatever the
//! threads did. Replication k has the same luck at every point. Must not know where rows go.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::experiment::study::arm::{Arm, Watcher};
use crate::experiment::study::catalogue::{Frame, Measure};
use crate::experiment::tally::Shape;

/// Rows that may wait for an earlier one before workers wait too: a slow point does not hold the others up, and
/// memory stays bounded.
const WINDOW: usize = 4096;

/// Makes a point ready to run; an error in words where it cannot be run.
pub type Load<'a> = &'a (dyn Fn(usize) -> Result<Arm, String> + Sync);

/// What to evaluate.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    /// Points, by their places in the design.
    pub points: &'a Range<usize>,
    /// Replications of each.
    pub replications: u64,
    /// Rows to pass over: they are there already. Counts (point, replication) pairs.
    pub skip: usize,
    /// What a row holds.
    pub measures: &'a [Measure],
    /// Makes points ready.
    pub load: Load<'a>,
    /// Set to stop: what is under way is finished, nothing new is begun.
    pub cancel: &'a AtomicBool,
    /// Simulated milliseconds so far.
    pub progress: &'a AtomicU64,
}

/// One replication of one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Place of the point in the design, from 0.
    pub point: usize,
    /// Counted from 1.
    pub replication: u64,
    /// For each measure its value, or why the point cannot be run: said once, in its first row.
    pub outcome: Result<Vec<Option<f64>>, String>,
}

/// How an evaluation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All rows have left.
    Complete,
    /// It was told to stop; rows that have left are the first ones, without a gap.
    Stopped,
}

/// Who takes the rows.
pub trait Take {
    /// What can go wrong with that.
    type Error;
    /// The next row, in (point, replication) order.
    fn row(&mut self, row: Row) -> Result<(), Self::Error>;
    /// Nothing has come for a while: a good moment to put away what has.
    fn idle(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
    /// Said once when the evaluation was told to stop and what is under way is still being finished.
    fn stopping(&mut self) {}
}

/// A point while replications of it are under way.
struct Slot {
    ready: OnceLock<Result<(Arm, Shape, Frame), String>>,
}

/// What the workers share.
struct Shared<'a> {
    work: Work<'a>,
    total: usize,
    /// The next piece of work nobody has taken.
    next: AtomicUsize,
    /// Rows that have left: how far ahead workers may go follows from it.
    released: AtomicUsize,
    /// Workers too far ahead wait here.
    gate: Mutex<()>,
    opened: Condvar,
    /// Set when nobody takes rows any more: runs under way are given up.
    abort: AtomicBool,
    /// Points under way, and how many of their replications are still to be done.
    slots: Mutex<BTreeMap<usize, (Arc<Slot>, u64)>>,
}

/// One piece of work that is done; none where its point cannot be run and said so already.
type Piece = (usize, Option<Result<Vec<Option<f64>>, String>>);

/// Evaluates on the threads of a pool; the calling thread, which must not be one of them, takes the rows.
pub fn evaluate<T: Take>(pool: &rayon::ThreadPool, work: Work<'_>, take: &mut T) -> Result<Ended, T::Error> {
    let total = work.points.len() * work.replications as usize;
    let shared = Shared {
        work,
        total,
        next: AtomicUsize::new(work.skip),
        released: AtomicUsize::new(work.skip),
        gate: Mutex::new(()),
        opened: Condvar::new(),
        abort: AtomicBool::new(false),
        slots: Mutex::new(BTreeMap::new()),
    };
    let (send, receive) = mpsc::channel::<Piece>();
    pool.in_place_scope(|scope| {
        let shared = &shared;
        // One worker per thread, each with a sender of its own; the last to go closes the channel.
        let senders = Mutex::new(vec![send; pool.current_num_threads()]);
        scope.spawn_broadcast(move |_, _| {
            let sender = senders.lock().unwrap_or_else(PoisonError::into_inner).pop();
            worker(shared, &sender.expect("one for each thread"));
        });
        let result = in_order(shared, &receive, take);
        if result.is_err() {
            shared.abort.store(true, Ordering::Relaxed);
        }
        result
    })
}

/// Takes pieces as they come and hands rows on in order.
fn in_order<T: Take>(
    shared: &Shared<'_>,
    receive: &mpsc::Receiver<Piece>,
    take: &mut T,
) -> Result<Ended, T::Error> {
    let n = shared.work.replications as usize;
    let mut next = shared.work.skip;
    let mut waiting: VecDeque<Option<Piece>> = VecDeque::new();
    let mut said = false;
    while next < shared.total {
        let piece = match receive.recv_timeout(Duration::from_millis(200)) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => {
                if !said && shared.work.cancel.load(Ordering::Relaxed) {
                    said = true;
                    take.stopping();
                }
                take.idle()?;
                continue;
            }
            // Every worker has stopped.
            Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Stopped),
        };
        let place = piece.0 - next;
        if waiting.len() <= place {
            waiting.resize_with(place + 1, || None);
        }
        waiting[place] = Some(piece);
        while let Some(Some(_)) = waiting.front() {
            let (at, outcome) = waiting.pop_front().flatten().expect("just looked");
            if let Some(outcome) = outcome {
                let point = shared.work.points.start + at / n;
                take.row(Row { point, replication: (at % n) as u64 + 1, outcome })?;
            }
            next += 1;
        }
        shared.released.store(next, Ordering::Release);
        shared.opened.notify_all();
    }
    Ok(Ended::Complete)
}

/// Stops the others if its worker goes down: they would wait for its row for ever.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn worker(shared: &Shared<'_>, send: &mpsc::Sender<Piece>) {
    let alarm = Alarm(&shared.abort);
    labour(shared, send);
    // It ended in peace.
    std::mem::forget(alarm);
}

fn labour(shared: &Shared<'_>, send: &mpsc::Sender<Piece>) {
    let stopped = || shared.work.cancel.load(Ordering::Relaxed) || shared.abort.load(Ordering::Relaxed);
    loop {
        if stopped() {
            return;
        }
        let at = shared.next.fetch_add(1, Ordering::Relaxed);
        if at >= shared.total {
            return;
        }
        while at >= shared.released.load(Ordering::Acquire) + WINDOW {
            if stopped() {
                return;
            }
            // Helps a slow replication along where it can be split, else waits.
            if rayon::yield_now() != Some(rayon::Yield::Executed) {
                let lock = shared.gate.lock().unwrap_or_else(PoisonError::into_inner);
                drop(shared.opened.wait_timeout(lock, Duration::from_millis(1)));
            }
        }
        let Some(outcome) = piece(shared, at) else { return };
        // Nobody listens any more only after an error, which stops everything.
        if send.send((at, outcome)).is_err() {
            return;
        }
    }
}

/// Does one piece of work; none if it was given up.
fn piece(shared: &Shared<'_>, at: usize) -> Option<Option<Result<Vec<Option<f64>>, String>>> {
    let work = &shared.work;
    let n = work.replications as usize;
    let (place, replication) = (at / n, at % n);
    let slot = {
        let mut slots = shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let first = (place * n).max(work.skip);
        let left = (((place + 1) * n) - first) as u64;
        slots.entry(place).or_insert_with(|| (Arc::new(Slot { ready: OnceLock::new() }), left)).0.clone()
    };
    let ready = slot.ready.get_or_init(|| {
        let arm = (work.load)(work.points.start + place)?;
        let (shape, frame) = (Shape::new(&arm.plan), Frame::of(&arm.plan));
        Ok((arm, shape, frame))
    });
    let outcome = match ready {
        Ok((arm, shape, frame)) => {
            let watcher = Watcher { cancel: &shared.abort, progress: work.progress };
            let run = arm.run_one(shape, replication as u64 + 1, watcher).ok()?;
            Some(Ok(work.measures.iter().map(|m| m.of(&run, frame)).collect()))
        }
        Err(why) => (replication == 0 || at == work.skip).then(|| Err(why.clone())),
    };
    // The last one out frees the plan.
    let mut slots = shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, left)) = slots.get_mut(&place) {
        *left -= 1;
        if *left == 0 {
            slots.remove(&place);
        }
    }
    Some(outcome)
}

/// The points of one of several machines, `shard` counted from 1: ranges without gaps, as equal as they can be.
pub fn shard(points: usize, shard: u64, of: u64) -> Range<usize> {
    let at = |k: u64| (points as u128 * u128::from(k) / u128::from(of)) as usize;
    at(shard - 1)..at(shard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::audience::no_files;

    const TEXT: &str = r#"
question = "How often?"
start = 2026-01-05
days = 4
[segments.all]
size = 60
[numbers.one]
[templates.t]
category = "marketing"
[campaigns.c]
template = "t"
per_week = 3
"#;

    fn load(point: usize) -> Result<Arm, String> {
        if point == 2 {
            return Err("no such thing".to_string());
        }
        let sets = vec![format!("recipients.block_base={}", 0.01 * point as f64)];
        Arm::load("", "s.toml", TEXT, &sets, &no_files).map_err(|e| e.to_string())
    }

    #[derive(Default)]
    struct Rows {
        rows: Vec<Row>,
        stop_after: Option<(usize, Arc<AtomicBool>)>,
        fail_after: Option<usize>,
    }

    impl Take for Rows {
        type Error = &'static str;
        fn row(&mut self, row: Row) -> Result<(), &'static str> {
            self.rows.push(row);
            if let Some((n, cancel)) = &self.stop_after {
                cancel.store(self.rows.len() >= *n, Ordering::Relaxed);
            }
            if self.fail_after == Some(self.rows.len()) { Err("full") } else { Ok(()) }
        }
    }

    fn measures() -> Vec<Measure> {
        let arm = load(0).unwrap();
        let frame = Frame::of(&arm.plan);
        ["sent", "blocked"].iter().map(|m| Measure::named(m, &frame).unwrap()).collect()
    }

    fn run(
        threads: usize,
        points: Range<usize>,
        skip: usize,
        take: &mut Rows,
        cancel: &AtomicBool,
    ) -> Result<Ended, &'static str> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let measures = measures();
        let work = Work {
            points: &points,
            replications: 3,
            skip,
            measures: &measures,
            load: &load,
            cancel,
            progress: &AtomicU64::new(0),
        };
        evaluate(&pool, work, take)
    }

    fn rows(threads: usize, points: Range<usize>, skip: usize) -> Vec<Row> {
        let mut take = Rows::default();
        assert_eq!(run(threads, points, skip, &mut take, &AtomicBool::new(false)), Ok(Ended::Complete));
        take.rows
    }

    #[test]
    fn rows_leave_in_order_whatever_the_threads_do() {
        let all = rows(1, 0..5, 0);
        let places: Vec<(usize, u64)> = all.iter().map(|r| (r.point, r.replication)).collect();
        let want: Vec<(usize, u64)> = [(0, 3), (1, 3), (2, 1), (3, 3), (4, 3)]
            .iter()
            .flat_map(|(p, n)| (1..=*n).map(|r| (*p, r)))
            .collect();
        assert_eq!(places, want);
        assert_eq!(all[6].outcome, Err("no such thing".to_string()));
        assert_eq!(rows(4, 0..5, 0), all);
        // Any part of it is the same rows: from the middle of a point on, or another machine's points.
        assert_eq!(rows(3, 0..5, 4), all[4..]);
        assert_eq!(rows(2, 3..5, 0), all[7..]);
        assert_eq!(rows(2, 0..5, 15), []);
    }

    #[test]
    fn told_to_stop_it_leaves_the_first_rows_without_a_gap() {
        let all = rows(2, 0..80, 0);
        let cancel = Arc::new(AtomicBool::new(false));
        let mut take = Rows { stop_after: Some((4, cancel.clone())), ..Rows::default() };
        let ended = run(3, 0..80, 0, &mut take, &cancel).unwrap();
        assert!(take.rows.len() >= 4);
        assert_eq!(take.rows, all[..take.rows.len()]);
        // Nothing new is begun; on a busy machine all may have been under way.
        assert_eq!(ended == Ended::Complete, take.rows.len() == all.len());
    }

    #[test]
    fn an_error_of_the_taker_ends_it() {
        let mut take = Rows { fail_after: Some(2), ..Rows::default() };
        assert_eq!(run(2, 0..5, 0, &mut take, &AtomicBool::new(false)), Err("full"));
        assert_eq!(take.rows.len(), 2);
    }

    #[test]
    fn shards_cover_all_points_once() {
        for (points, of) in [(10, 3), (2, 5), (1_000_000, 7), (16, 16)] {
            let parts: Vec<Range<usize>> = (1..=of).map(|k| shard(points, k, of)).collect();
            assert_eq!((parts[0].start, parts[of as usize - 1].end), (0, points));
            assert!(parts.windows(2).all(|w| w[0].end == w[1].start));
            let sizes: Vec<usize> = parts.iter().map(|p| p.len()).collect();
            assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
        }
    }
}
