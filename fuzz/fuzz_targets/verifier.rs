//! The bytecode verifier: what it accepts runs without a fault that only ill-formed code brings about.
#![no_main]

use fuzz_support::vm;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut assembled = vm::package();
    vm::damage(&mut assembled, input);
    let Ok(cap) = assembled.cap() else { return };
    vm::run(cap, true);
});
