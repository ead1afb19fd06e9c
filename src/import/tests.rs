//! The importer as a whole.
