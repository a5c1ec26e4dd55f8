//! The combined object of a token, and the other records that its applet stores and hands out.
#![no_main]

use coolkey::blob::{EnrollmentResult, KeyBlob, RsaPrivateCrtKey, RsaPublicKey};
use coolkey::pkcs11::combined::{CombinedObject, Compression};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(object) = CombinedObject::parse(input) {
        for compression in [Compression::None, Compression::Zlib] {
            if let Ok(written) = object.to_bytes(compression) {
                assert_eq!(CombinedObject::parse(&written).as_ref(), Ok(&object));
            }
        }
    }
    let _ = RsaPublicKey::parse(input);
    let _ = RsaPrivateCrtKey::parse(input);
    let _ = KeyBlob::parse(input);
    let _ = EnrollmentResult::parse(input);
});
