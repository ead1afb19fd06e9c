//! Lines on their way to a file: collected in strides, the first failure kept, nothing written after it.

use std::io::Write;
use std::path::PathBuf;

use super::lines::Lines;
use crate::store::StoreError;

pub(super) struct Buffer<W: Write> {
    /// Lines are written here; call [`Buffer::row_done`] after each.
    pub lines: Lines,
    writer: W,
    path: PathBuf,
    written: u64,
    error: Option<StoreError>,
}

impl<W: Write> Buffer<W> {
    pub fn new(writer: W, path: PathBuf) -> Buffer<W> {
        Buffer { lines: Lines::new(), writer, path, written: 0, error: None }
    }

    pub fn failed(&self) -> bool {
        self.error.is_some()
    }

    /// A line is complete. `look` sees all bytes that go to the file.
    #[inline]
    pub fn row_done(&mut self, look: impl FnOnce(&[u8])) {
        let Buffer { lines, writer, path, written, error } = self;
        lines.hand_on(|bytes| {
            look(bytes);
            write(writer, path, written, error, bytes);
        });
    }

    /// Writes what is left: the writer and the number of bytes it took, or the first failure.
    pub fn finish(mut self, look: impl FnOnce(&[u8])) -> Result<(W, u64), StoreError> {
        let Buffer { lines, writer, path, written, error } = &mut self;
        look(lines.rest());
        write(writer, path, written, error, lines.rest());
        match self.error {
            Some(error) => Err(error),
            None => match self.writer.flush() {
                Ok(()) => Ok((self.writer, self.written)),
                Err(error) => Err(StoreError::io(&self.path, "write", error)),
            },
        }
    }
}

fn write<W: Write>(
    writer: &mut W,
    path: &std::path::Path,
    written: &mut u64,
    failed: &mut Option<StoreError>,
    bytes: &[u8],
) {
    if failed.is_none() {
        match writer.write_all(bytes) {
            Ok(()) => *written += bytes.len() as u64,
            Err(error) => *failed = Some(StoreError::io(path, "write", error)),
        }
    }
}
