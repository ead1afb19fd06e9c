//! Process start and end.

fn main() {}
