//! Pseudonyms for people and message ids: a keyed hash, so that the same key gives the same names everywhere and
//! nobody without it can find out who is meant by trying all phone numbers.
//!
//! A real message id holds the recipient's phone number, so it is replaced too; joins stay intact. Nothing else of a
//! row is touched, except that a recipient's number written out in another text of its row is replaced there as well.

use crate::import::fields::person;
use crate::messaging::record::LogRow;

/// Fewest bytes of a key file. With less, all keys could be tried.
pub const KEY_BYTES_MIN: usize = 16;

const CONTEXT: &str = "tiersim 2026-11-22 pseudonyms of recipients and message ids";
const RECIPIENT: usize = 2;
const MESSAGE: usize = 3;

/// Why a key file is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key has {found} bytes; at least {KEY_BYTES_MIN} random ones are needed (as from `head -c 32 /dev/urandom > key`)"
)]
pub struct KeyTooShort {
    /// Bytes found.
    pub found: usize,
}

/// A key for pseudonyms.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// The key that a file's bytes give, all of them, a line end included.
    pub fn from_bytes(bytes: &[u8]) -> Result<Key, KeyTooShort> {
        if bytes.len() < KEY_BYTES_MIN {
            return Err(KeyTooShort { found: bytes.len() });
        }
        Ok(Key(blake3::derive_key(CONTEXT, bytes)))
    }

    fn hash(&self, role: &[u8], text: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(role).update(text.as_bytes());
        hasher.finalize().to_hex()[..32].to_string()
    }

    /// The pseudonym of a person, 32 hex digits. Phone numbers are compared by their digits: `+49 171 1` and
    /// `491711` are one person.
    pub fn recipient(&self, shown: &str) -> String {
        self.hash(b"recipient\0", &person(shown))
    }

    /// The pseudonym of a message id, 32 hex digits.
    pub fn message(&self, id: &str) -> String {
        self.hash(b"message\0", id.trim())
    }
}

/// Replaces recipient and message id of a row by their pseudonyms; absent ones stay absent.
pub fn pseudonymise(row: &mut LogRow, key: &Key) {
    let shown = std::mem::take(&mut row.texts[RECIPIENT]);
    if !shown.is_empty() {
        let pseudonym = key.recipient(&shown);
        // A person's name in the other texts: short ones are too likely to mean something else.
        for name in [shown.as_str(), &person(&shown)] {
            for (i, text) in row.texts.iter_mut().enumerate() {
                if i != MESSAGE && i > RECIPIENT && name.len() >= 5 && text.contains(name) {
                    *text = text.replace(name, &pseudonym);
                }
            }
        }
        row.texts[RECIPIENT] = pseudonym;
    }
    if !row.texts[MESSAGE].is_empty() {
        row.texts[MESSAGE] = key.message(&row.texts[MESSAGE]);
    }
}

/// Watches for names that are pseudonyms already: hashed once more they join with nothing that was hashed once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    rows: u64,
    hashed: u64,
}

impl Renamed {
    /// Takes note of a row as it was before [`pseudonymise`].
    pub fn see(&mut self, row: &LogRow) {
        let names = [&row.texts[RECIPIENT], &row.texts[MESSAGE]];
        self.rows += u64::from(names.iter().any(|n| !n.is_empty()));
        self.hashed += u64::from(names.iter().any(|n| is_pseudonym(n)));
    }

    /// What to tell the user, if anything.
    pub fn warning(&self) -> Option<String> {
        (self.hashed > 0).then(|| {
            format!(
                "Warning: in {} of {} rows person or message is a pseudonym already (32 hex digits). They were hashed \
                 again and join only with logs that were hashed twice with the same keys; if that is not wanted, \
                 leave --pseudonymise out.",
                self.hashed, self.rows
            )
        })
    }
}

/// Whether a text looks like a pseudonym of this program.
fn is_pseudonym(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messaging::SignalKind;
    use crate::messaging::record::Event;
    use crate::sim::SimTime;

    fn row(recipient: &str, message: &str) -> LogRow {
        let mut row = LogRow {
            time: SimTime(1),
            event: Event::Signal(SignalKind::MessageSent),
            texts: Default::default(),
            cause: None,
        };
        row.texts[0] = "number-491711000".into();
        row.texts[RECIPIENT] = recipient.into();
        row.texts[MESSAGE] = message.into();
        row
    }

    #[test]
    fn the_same_person_and_message_get_the_same_names_and_others_do_not() {
        let key = Key::from_bytes(b"0123456789abcdef").unwrap();
        let of = |recipient: &str, message: &str| {
            let mut row = row(recipient, message);
            pseudonymise(&mut row, &key);
            row
        };
        let a = of("+49 171 1000", "wamid.A");
        assert_eq!(a.texts, of("491711000", "wamid.A").texts);
        assert!(a.texts[RECIPIENT].len() == 32 && a.texts[RECIPIENT].bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(a.texts[0], "number-491711000", "nothing else is touched");
        assert_ne!(a.texts[RECIPIENT], of("491711001", "").texts[RECIPIENT]);
        assert_ne!(of("x1", "x1").texts[RECIPIENT], of("x1", "x1").texts[MESSAGE]);
        assert!(of("", "").texts[1..].iter().all(String::is_empty));
        let other = Key::from_bytes(b"0123456789abcdeF").unwrap();
        assert_ne!(other.recipient("491711000"), key.recipient("491711000"));
    }

    #[test]
    fn a_recipient_in_another_text_does_not_leak() {
        let key = Key::from_bytes(&[7; 32]).unwrap();
        let mut row = row("+491711000", "wamid.A");
        row.texts[7] = "user 491711000 gone".into();
        row.texts[8] = "+491711000".into();
        pseudonymise(&mut row, &key);
        assert!(row.texts[1..].iter().all(|t| !t.contains("491711000")), "{row:?}");
    }

    #[test]
    fn names_hashed_before_are_noticed() {
        let key = Key::from_bytes(b"0123456789abcdef").unwrap();
        let mut renamed = Renamed::default();
        let mut row = row("+49 171 1000", "wamid.A");
        renamed.see(&row);
        assert_eq!(renamed.warning(), None);
        pseudonymise(&mut row, &key);
        renamed.see(&row);
        let warning = renamed.warning().unwrap();
        assert!(warning.contains("1 of 2 rows"), "{warning}");
        // A number of 32 digits is none, nor are capital letters.
        assert!(is_pseudonym(&"0f".repeat(16)) && !is_pseudonym(&"0F".repeat(16)) && !is_pseudonym("0f"));
    }

    #[test]
    fn a_short_key_is_refused() {
        let error = Key::from_bytes(b"secret\n").unwrap_err().to_string();
        assert!(error.contains("7 bytes") && error.contains("at least 16"), "{error}");
        assert_eq!(format!("{:?}", Key::from_bytes(&[0; 16]).unwrap()), "Key(..)");
    }
}
