//! Rows of an import held by the sorter of `store`: in memory while they fit there, then on disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::import::hold::Hold;
use crate::messaging::record::Columns;
use crate::store::StoreError;
use crate::store::log::Batch;
use crate::store::log::read::{ReadOptions, Sorting};

/// The sorter as a place to hold rows.
pub struct OnDisk(Sorting);

impl OnDisk {
    /// No rows yet; what does not fit into memory goes to `temp_dir`, else to the system's folder.
    pub fn new(temp_dir: Option<&PathBuf>, cancel: &Arc<AtomicBool>) -> OnDisk {
        let mut options = ReadOptions { cancelled: cancel.clone(), ..ReadOptions::default() };
        if let Some(folder) = temp_dir {
            options.temp_dir = folder.clone();
        }
        OnDisk(Sorting::new(options))
    }
}

impl Hold for OnDisk {
    type Error = StoreError;

    fn push(&mut self, row: &Columns<'_>) -> Result<(), StoreError> {
        self.0.push(row)
    }

    fn each<E: From<StoreError>>(self, each: &mut dyn FnMut(&Columns<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rows = self.0.ordered()?;
        let mut batch = Batch::new();
        while rows.next(&mut batch)? {
            for i in 0..batch.len() {
                each(&batch.get(i))?;
            }
        }
        Ok(())
    }

    fn another(&self) -> OnDisk {
        OnDisk(self.0.another())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Failure;
    use crate::import::hold::Held;
    use crate::import::{Importer, Options, Outcome};
    use crate::messaging::record::LogRow;

    /// Webhooks in which the id of the number and the phone number of a person come last, with a message's history.
    fn bodies() -> String {
        let body = |value: String| {
            format!(
                r#"{{"object":"whatsapp_business_account","entry":[{{"id":"waba","changes":[{{"field":"messages","value":{value}}}]}}]}}"#
            ) + "\n"
        };
        let mut out = String::new();
        for i in 0..9_000_u64 {
            let at = 1_700_000_000 + (i * 7919) % 3_000;
            out += &body(format!(
                r#"{{"metadata":{{"display_phone_number":"15550100"}},"statuses":[{{"id":"wamid.{}","status":"sent","timestamp":"{at}","recipient_id":"49171{:05}"}}]}}"#,
                i % 8_000,
                i % 500,
            ));
        }
        out += r#"{"data":[{"id":"h","message_id":"wamid.5","events":{"data":[{"delivery_status":"READ","timestamp":"1700009999"}]}}]}"#;
        out += "\n";
        out += &body(
            r#"{"metadata":{"display_phone_number":"15550100","phone_number_id":"num"},"statuses":[{"id":"wamid.x","status":"read","timestamp":"1700000007","recipient_id":"49171"}]}"#.to_string(),
        );
        out
    }

    fn imported<H: Hold>(held: H) -> (Vec<LogRow>, Outcome)
    where
        Failure: From<H::Error>,
    {
        let mut importer = Importer::with(Options::default(), held);
        assert!(importer.read(bodies().as_bytes(), &mut |d| panic!("{d:?}")).is_ok_and(|whole| whole));
        let mut rows = Vec::new();
        let outcome = importer
            .finish::<Failure>(&mut |row| {
                rows.push(row);
                Ok(())
            })
            .expect("the disk has room");
        (rows, outcome)
    }

    #[test]
    fn the_disk_gives_what_memory_gives() {
        let small = ReadOptions { memory: 1 << 16, ..ReadOptions::default() };
        let (disk, one) = imported(OnDisk(Sorting::new(small)));
        let (memory, two) = imported(OnDisk(Sorting::new(ReadOptions::default())));
        assert!(disk == memory && one == two);
        let read = disk.iter().filter(|r| r.event.name() == "message_read").count();
        assert!(disk.len() > 8_000 && read == 2, "{one:?}");
        assert!(disk.iter().all(|r| r.texts[0] == "num"), "the id that came last stands everywhere");
        let (plain, three) = imported::<NeverFails>(NeverFails(Held::default()));
        assert!(plain == memory && three == two);
    }

    /// Memory, under a failure that converts.
    struct NeverFails(Held);

    impl Hold for NeverFails {
        type Error = StoreError;

        fn push(&mut self, row: &Columns<'_>) -> Result<(), StoreError> {
            let Ok(()) = self.0.push(row);
            Ok(())
        }

        fn each<E: From<StoreError>>(
            self,
            each: &mut dyn FnMut(&Columns<'_>) -> Result<(), E>,
        ) -> Result<(), E> {
            let mut failed = None;
            let Ok(()) = self.0.each::<std::convert::Infallible>(&mut |row| {
                if failed.is_none() {
                    failed = each(row).err();
                }
                Ok(())
            });
            failed.map_or(Ok(()), Err)
        }

        fn another(&self) -> NeverFails {
            NeverFails(self.0.another())
        }
    }

    #[test]
    fn a_folder_that_is_not_there_ends_the_import() {
        let small =
            ReadOptions { memory: 0, temp_dir: PathBuf::from("/nowhere/at/all"), ..ReadOptions::default() };
        let mut importer = Importer::with(Options::default(), OnDisk(Sorting::new(small)));
        let read = importer.read(bodies().as_bytes(), &mut |_| true);
        let crate::import::ReadError::Hold(e) = read.unwrap_err() else { panic!("not the input's fault") };
        assert!(e.to_string().contains("/nowhere/at/all"), "{e}");
    }
}
