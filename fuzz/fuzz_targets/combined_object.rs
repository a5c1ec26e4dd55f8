//! The combined object: any bytes are one or an error, and what is read can be written and read again.
#![no_main]

use coolkey::pkcs11::{CombinedObject, Compression};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(object) = CombinedObject::parse(data)
        && let Ok(bytes) = object.to_bytes(Compression::None)
    {
        assert!(CombinedObject::parse(&bytes).is_ok());
    }
});
