//! The interpreter without the verifier: whatever the code, it ends, in bounds and without a panic.
#![no_main]

use fuzz_support::vm;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut assembled = vm::package();
    vm::damage(&mut assembled, input);
    let Ok(cap) = assembled.cap_unverified() else { return };
    vm::run(cap, false);
});
