//! BER-TLV and ATRs: walking any bytes ends, and what is read can be written.
#![no_main]

use iso7816::{Atr, tlv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut objects = 0;
    for object in tlv::parse(data) {
        objects += 1;
        assert!(objects <= data.len());
        let Ok(object) = object else { continue };
        let written = tlv::Writer::new().object(object.tag.0, object.value).finish();
        assert_eq!(tlv::find(&written, object.tag.0), Ok(Some(object.value)));
    }
    if let Ok(atr) = Atr::parse(data) {
        assert_eq!(atr.as_bytes(), data);
    }
});
