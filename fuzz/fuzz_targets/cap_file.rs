//! CAP files, as archives and as streams: what is read is written alike, shown, and linked or refused.
#![no_main]

use capfile::{CapFile, inspect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(cap) = CapFile::parse(input) else { return };
    let written = cap.write();
    let again = CapFile::parse(&written).expect("what is written is well formed");
    assert_eq!(again, cap);
    let _ = inspect::render(&cap, &inspect::NoNames);
    fuzz_support::vm::run(cap, true);
});
