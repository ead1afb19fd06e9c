//! The inputs one after the other as chunks of rows, here or on a thread of its own that reads ahead.
//!
//! Must not know how rows are ordered, nor what becomes of bad ones.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use super::batch::{Batch, Place};
use super::cell::Fault;
use super::columns::Ignored;
use super::csv::CsvRows;
use super::input::{Input, Inputs, Opened};
use super::ndjson::NdjsonRows;
use super::window::Window;
use super::{BadRow, ReadOptions};
use crate::messaging::record::COLUMNS;
use crate::store::StoreError;

/// A chunk with more bad rows than this is handed on at once, so that they don't pile up.
const MANY_BAD: usize = 256;
/// So much of a bad row's text is kept, in bytes.
pub(super) const RAW_SHOWN: usize = 4096;

/// What one filling brings.
#[derive(Default)]
pub(super) struct Chunk {
    pub batch: Batch,
    pub bad: Vec<BadRow>,
    pub ignored: Vec<Ignored>,
    /// Which columns of an input fill those of the schema, where that became known.
    pub sources: Option<(u32, [u32; COLUMNS.len()])>,
    /// Rows found, bad ones included.
    pub records: u64,
    /// Comes after the rows of this chunk and ends the reading.
    pub error: Option<StoreError>,
    /// Nothing comes after this chunk.
    pub ended: bool,
}

impl Chunk {
    fn clear(&mut self) {
        // The text is overwritten by the next filling.
        self.batch.rows.clear();
        self.bad.clear();
        self.ignored.clear();
        (self.sources, self.records, self.error, self.ended) = (None, 0, None, false);
    }

    fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.bad.is_empty() && self.ignored.is_empty() && self.sources.is_none()
    }
}

/// Which input is being read, and what to do with its bad rows.
#[derive(Clone)]
pub(super) struct Context {
    pub path: PathBuf,
    pub file: u32,
    pub reject: bool,
}

impl Context {
    pub fn malformed(&self, line: u64, column: u64, found: String, allowed: String) -> StoreError {
        StoreError::Malformed { path: self.path.clone(), line, column, found, allowed }
    }

    /// Stops with the fault, or puts it to the rejects. False: the chunk has enough of them.
    #[cold]
    pub fn fault(&self, chunk: &mut Chunk, line: u64, fault: Fault, raw: &str) -> Result<bool, StoreError> {
        let Fault { column, found, allowed } = fault;
        if !self.reject {
            return Err(self.malformed(line, column, found, allowed));
        }
        let place = Place { file: self.file, line };
        chunk.bad.push(BadRow { place, column, found, allowed, raw: shortened(raw) });
        Ok(chunk.bad.len() < MANY_BAD)
    }
}

/// At most [`RAW_SHOWN`] bytes of a text, and whether there was more.
pub(super) fn shortened(raw: &str) -> String {
    match raw.len() > RAW_SHOWN {
        false => raw.to_string(),
        true => {
            let end = (0..=RAW_SHOWN).rev().find(|i| raw.is_char_boundary(*i)).unwrap_or(0);
            format!("{}…", &raw[..end])
        }
    }
}

/// The rows of one input.
pub(super) trait Rows: Send {
    /// Fills a chunk that has no rows, whose text may be anything. False: nothing came, the input has ended. Rows put
    /// there before an error stay good.
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, StoreError>;
}

/// All inputs one after the other.
pub(super) struct Files {
    inputs: Arc<Vec<Input>>,
    options: ReadOptions,
    reject: bool,
    next: usize,
    current: Option<Box<dyn Rows>>,
}

impl Files {
    pub fn new(inputs: &Inputs, options: ReadOptions, reject: bool) -> Files {
        Files { inputs: inputs.files.clone(), options, reject, next: 0, current: None }
    }

    fn open(&self) -> Result<Option<Box<dyn Rows>>, StoreError> {
        let input = &self.inputs[self.next];
        let context = Context { path: input.path.clone(), file: self.next as u32, reject: self.reject };
        Ok(match input.open(&self.options)? {
            Opened::Nothing => None,
            Opened::Csv { head, input } => Some(Box::new(CsvRows::new(context, Window::new(head, input)))),
            Opened::Ndjson { head, input } => {
                Some(Box::new(NdjsonRows::new(context, Window::new(head, input))))
            }
            #[cfg(feature = "parquet")]
            Opened::Parquet { file, counted } => {
                let progress = (!counted).then(|| self.options.progress.clone());
                Some(Box::new(super::parquet::ParquetRows::new(context, file, progress)?))
            }
            #[cfg(not(feature = "parquet"))]
            Opened::Parquet { .. } => return Err(StoreError::NoParquet { path: context.path }),
        })
    }

    /// Fills a chunk with what comes next. After `ended` or an error nothing more comes.
    fn fill(&mut self, chunk: &mut Chunk) {
        chunk.clear();
        loop {
            if self.options.cancelled.load(Ordering::Relaxed) {
                chunk.error = Some(StoreError::Cancelled);
                return;
            }
            if self.next == self.inputs.len() {
                chunk.ended = true;
                return;
            }
            let result = match &mut self.current {
                Some(rows) => rows.fill(chunk),
                None => match self.open() {
                    Ok(Some(rows)) => {
                        self.current = Some(rows);
                        continue;
                    }
                    Ok(None) => Ok(false),
                    Err(e) => Err(e),
                },
            };
            match result {
                Ok(true) if chunk.is_empty() => {}
                Ok(true) => return,
                Ok(false) => {
                    self.current = None;
                    self.next += 1;
                }
                Err(error) => {
                    chunk.error = Some(error);
                    self.next = self.inputs.len();
                    self.current = None;
                    return;
                }
            }
        }
    }
}

/// Where chunks come from.
pub(super) enum Feed {
    Here(Box<Files>),
    /// Chunks read ahead; those used up go back.
    Ahead {
        chunks: Receiver<Chunk>,
        back: SyncSender<Chunk>,
        options: ReadOptions,
    },
}

impl Feed {
    pub fn new(files: Files, options: &ReadOptions) -> Result<Feed, StoreError> {
        if !options.ahead {
            return Ok(Feed::Here(Box::new(files)));
        }
        let (to_consumer, chunks) = sync_channel(2);
        let (back, from_consumer) = sync_channel::<Chunk>(4);
        let mut files = files;
        let body = move || {
            loop {
                let mut chunk = match from_consumer.try_recv() {
                    Ok(chunk) => chunk,
                    Err(TryRecvError::Empty) => Chunk::default(),
                    Err(TryRecvError::Disconnected) => return,
                };
                files.fill(&mut chunk);
                let last = chunk.ended || chunk.error.is_some();
                if to_consumer.send(chunk).is_err() || last {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("read-log".to_string())
            .spawn(body)
            .map_err(|e| StoreError::io("a log".as_ref(), "start a thread to read", e))?;
        Ok(Feed::Ahead { chunks, back, options: options.clone() })
    }

    /// The next chunk. `used` is one that is done with.
    pub fn next(&mut self, used: Chunk) -> Chunk {
        match self {
            Feed::Here(files) => {
                let mut chunk = used;
                files.fill(&mut chunk);
                chunk
            }
            Feed::Ahead { chunks, back, options } => {
                // Full or closed: the chunk is simply dropped.
                let _ = back.try_send(used);
                loop {
                    // A read from a pipe may wait for ever; an interruption must not.
                    match chunks.recv_timeout(Duration::from_millis(50)) {
                        Ok(chunk) => return chunk,
                        Err(RecvTimeoutError::Timeout) if !options.cancelled.load(Ordering::Relaxed) => {}
                        Err(RecvTimeoutError::Timeout) => {
                            return Chunk { error: Some(StoreError::Cancelled), ..Chunk::default() };
                        }
                        Err(RecvTimeoutError::Disconnected) => panic!("the reading thread has died"),
                    }
                }
            }
        }
    }
}
