//! BER-TLV as cards and hosts send it: walked at all levels, written again, read again.
#![no_main]

use iso7816::tlv;
use libfuzzer_sys::fuzz_target;

/// Levels that are walked; no template of a card is deeper.
const DEPTH_MAX: usize = 8;

fn walk(input: &[u8], depth: usize) {
    for object in tlv::parse(input).map_while(Result::ok) {
        let written = tlv::Writer::new().object(object.tag.0, object.value).finish();
        let again = tlv::parse(&written).next().expect("an object").expect("a good one");
        assert_eq!((again.tag, again.value), (object.tag, object.value));
        if object.tag.is_constructed() && depth < DEPTH_MAX {
            walk(object.value, depth + 1);
        }
    }
}

fuzz_target!(|input: &[u8]| {
    walk(input, 0);
    let _ = tlv::find(input, 0x9F7F);
    let _ = iso7816::Atr::parse(input);
});
