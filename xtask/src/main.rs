//! Set-up, demo, test and release chores.

fn main() {}
