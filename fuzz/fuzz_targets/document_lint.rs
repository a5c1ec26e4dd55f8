//! Documents of a public key infrastructure as anybody may hand them in: read as each kind, held against every lint, with themselves as issuer.
#![no_main]

use conformance::{
    catalogue,
    document::{Document, Kind, file},
};
use libfuzzer_sys::fuzz_target;

/// A moment within the validity of the seeds, in seconds since 1970.
const NOW: u64 = 1_800_000_000;

fuzz_target!(|input: &[u8]| {
    for kind in [Kind::Certificate, Kind::Crl, Kind::Ocsp] {
        let document = Document::read(input, Some(kind), Some(input), NOW);
        let judged = catalogue::lints().filter_map(|rule| rule.lint.judge(&document)).count();
        assert!(judged > 0);
    }
    let _ = file::documents(input);
});
