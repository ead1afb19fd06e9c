//! Bytes on their way to a file: collected in blocks, the first failure kept, nothing written after it.

use std::io::Write;
use std::path::PathBuf;

use crate::store::StoreError;

/// Large enough that system calls and the hash's start-up cost nothing per row.
pub(super) const BLOCK: usize = 64 * 1024;

pub(super) struct Buffer<W: Write> {
    /// Rows are appended here; call [`Buffer::row_done`] after each.
    pub bytes: Vec<u8>,
    writer: W,
    path: PathBuf,
    written: u64,
    error: Option<StoreError>,
}

impl<W: Write> Buffer<W> {
    pub fn new(writer: W, path: PathBuf) -> Buffer<W> {
        Buffer { bytes: Vec::with_capacity(BLOCK + 4096), writer, path, written: 0, error: None }
    }

    pub fn failed(&self) -> bool {
        self.error.is_some()
    }

    pub fn row_done(&mut self) {
        if self.bytes.len() >= BLOCK {
            self.drain();
        }
    }

    fn drain(&mut self) {
        if self.error.is_none() {
            match self.writer.write_all(&self.bytes) {
                Ok(()) => self.written += self.bytes.len() as u64,
                Err(error) => self.error = Some(StoreError::io(&self.path, "write", error)),
            }
        }
        self.bytes.clear();
    }

    /// Writes what is left: the writer and the number of bytes it took, or the first failure.
    pub fn finish(mut self) -> Result<(W, u64), StoreError> {
        self.drain();
        match self.error {
            Some(error) => Err(error),
            None => match self.writer.flush() {
                Ok(()) => Ok((self.writer, self.written)),
                Err(error) => Err(StoreError::io(&self.path, "write", error)),
            },
        }
    }
}
