//! Token objects: the combined object that Dogtag wrote, the rules of both PKCS#11 modules, hostile bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use coolkey::{
    ObjectId, ObjectRecord,
    pkcs11::{
        Attribute, AttributeType, AttributeValue, Capabilities, CertificateObjects, CombinedObject,
        CombinedObjectError, Compression, FixedAttributes, ObjectClass, ObjectSpec, SeparateObject,
        builder::CERTIFICATE_INDEX_MAX,
        combined::{DATA_LENGTH_MAX, DATA_LENGTH_MIN, HEADER_LENGTH, OBJECTS_MAX},
    },
};
use hex_literal::hex;
use iso7816::ParseErrorKind;
use proptest::prelude::*;

const DOGTAG: &[u8] = include_bytes!("data/combined-object-dogtag.bin");

fn pair(index: u8, label: &str, capabilities: Capabilities, der: &[u8]) -> [ObjectSpec; 3] {
    let label = label.to_owned();
    CertificateObjects { index, label, certificate: der.to_vec(), capabilities }.specs().unwrap()
}

#[test]
fn dogtags_combined_object_is_read_and_can_be_written_the_same() {
    let read = CombinedObject::parse(DOGTAG).unwrap();
    assert_eq!(read.version, 0x0180);
    assert_eq!(read.cuid, hex!("40906145C76224192D2B"));
    assert_eq!(read.token_name, b"testuser");
    let names: Vec<String> = read.objects.iter().map(|object| object.id.to_string()).collect();
    assert_eq!(names, ["c1", "k3", "k2", "c2", "k5", "k4"]);
    let fixed: Vec<u32> = read.objects.iter().map(|object| object.fixed.bits()).collect();
    assert_eq!(
        fixed,
        [0x0000_0091, 0x000C_00A1, 0x0013_01B1, 0x0000_0092, 0x0000_50A2, 0x0010_A1B2]
    );

    // The builder makes the same objects from the two certificates.
    let certificate = |at: usize| read.objects[at].bytes(AttributeType::VALUE).unwrap();
    let signing = pair(1, "signing key for testuser", Capabilities::SIGNING, certificate(0));
    let encryption =
        pair(2, "encryption key for testuser", Capabilities::ENCRYPTION, certificate(3));
    assert_eq!(read.objects, [signing, encryption].concat());

    // Zlib implementations differ, the data does not.
    let plain = read.to_bytes(Compression::None).unwrap();
    assert_eq!(plain.len(), HEADER_LENGTH + 1670);
    let again = CombinedObject::parse(&read.to_bytes(Compression::Zlib).unwrap()).unwrap();
    assert_eq!(again, read);
}

#[test]
fn a_small_object_is_filled_up_for_opensc() {
    let object =
        CombinedObject { version: 7, cuid: [1; 10], token_name: b"t".to_vec(), objects: vec![] };
    let bytes = object.to_bytes(Compression::None).unwrap();
    assert_eq!(bytes.len(), HEADER_LENGTH + DATA_LENGTH_MIN);
    assert_eq!(DATA_LENGTH_MIN, 260);
    assert_eq!(CombinedObject::parse(&bytes).unwrap(), object);
    assert_eq!(bytes[..2], hex!("0100"));
    assert_eq!(bytes[14..20], hex!("0000 0104 0014"));
    assert_eq!(bytes[20..26], hex!("0006 0000 01 74"));
}

#[test]
fn identifiers_have_the_letters_of_the_applet() {
    assert_eq!(ObjectId::COMBINED.number(), 0x7A30_0000);
    assert_eq!(ObjectId::certificate(1).unwrap().0, *b"C1\0\0");
    assert_eq!(ObjectId::certificate_attributes(10).unwrap().0, *b"cA\0\0");
    assert_eq!(ObjectId::key_attributes(36).unwrap().0, *b"ka\0\0");
    assert_eq!(ObjectId::key_attributes(62), None);
    for index in 0..62 {
        assert_eq!(ObjectId::key_attributes(index).unwrap().index(), Some(index));
    }
    assert_eq!(ObjectId::IO_BUFFER.index(), None);
    assert!(ObjectId::IO_BUFFER_EXPORT.is_io_buffer() && !ObjectId::COMBINED.is_io_buffer());
    assert_eq!(ObjectId::WRAPPED_KEY.to_string(), "FF00FFF3");
}

#[test]
fn one_byte_of_identifier_joins_certificate_and_keys() {
    for index in 0..=CERTIFICATE_INDEX_MAX {
        let [certificate, public, private] = pair(index, "x", Capabilities::SIGNING, &[0x30, 0]);
        for (object, class) in [
            (&certificate, ObjectClass::Certificate),
            (&public, ObjectClass::PublicKey),
            (&private, ObjectClass::PrivateKey),
        ] {
            assert_eq!((object.fixed.id(), object.fixed.class()), (index, Some(class)));
        }
        assert_eq!(private.id.index(), Some(2 * index));
        assert_eq!(public.id.index(), Some(2 * index + 1));
        assert!(public.id.0[1].is_ascii_digit(), "libcoolkeypk11 knows one digit only");
    }
    let beyond = CertificateObjects {
        index: CERTIFICATE_INDEX_MAX + 1,
        label: String::new(),
        certificate: vec![],
        capabilities: Capabilities::SIGNING,
    };
    assert_eq!(beyond.specs(), None);
    assert_eq!(FixedAttributes::new(16, ObjectClass::Data, FixedAttributes::empty()), None);
}

#[test]
fn a_class_keeps_only_the_attributes_it_has() {
    let all = FixedAttributes::from_bits_retain(u32::MAX);
    let bits = |class| FixedAttributes::new(0, class, all).unwrap().bits() & !0x7F;
    assert_eq!(bits(ObjectClass::Certificate), 0x0000_0380);
    assert_eq!(bits(ObjectClass::PublicKey), 0x000C_5F80);
    assert_eq!(bits(ObjectClass::PrivateKey), 0x00F3_AF80);
    assert_eq!(bits(ObjectClass::SecretKey), 0x00F5_FF80);
}

#[test]
fn a_gap_before_the_objects_is_allowed_and_an_overlap_is_not() {
    let mut bytes = hex!(
        "0100 0001 00000000000000000000 0000 0013 0014"
        "0009 0001 02 6162 EEEE 63310000 00000091 0000"
    )
    .to_vec();
    let read = CombinedObject::parse(&bytes).unwrap();
    assert_eq!(read.token_name, b"ab");
    assert_eq!(read.objects.len(), 1);
    bytes[21] = 6;
    let Err(CombinedObjectError::Data(error)) = CombinedObject::parse(&bytes) else {
        panic!("name and objects overlap");
    };
    assert_eq!(error, ParseErrorKind::OutOfRange.at(0));
}

#[test]
fn wrong_headers_are_named() {
    let parse = |change: fn(&mut Vec<u8>)| {
        let mut bytes = DOGTAG.to_vec();
        change(&mut bytes);
        CombinedObject::parse(&bytes).unwrap_err()
    };
    let format = ParseErrorKind::UnexpectedByte.at(0);
    assert_eq!(parse(|b| b[0] = 2), CombinedObjectError::Header(format));
    assert_eq!(parse(|b| b[15] = 2), CombinedObjectError::UnknownCompression(2));
    let range = ParseErrorKind::OutOfRange.at(16);
    assert_eq!(parse(|b| b[16] = 0xFF), CombinedObjectError::Header(range));
    assert_eq!(parse(|b| b[19] = 0x13), CombinedObjectError::Header(range));
    assert_eq!(parse(|b| b[40] ^= 0xFF), CombinedObjectError::Corrupt);
    let truncated = ParseErrorKind::Truncated.at(10);
    assert_eq!(parse(|b| b.truncate(10)), CombinedObjectError::Header(truncated));
}

/// A few hundred bytes that inflate to megabytes: reading stops at the limit.
#[test]
fn a_compression_bomb_is_refused() {
    let value = |length| Attribute::bytes(AttributeType::VALUE, vec![0; length]);
    let object = |count: usize| CombinedObject {
        version: 0,
        cuid: [0; 10],
        token_name: vec![],
        objects: vec![
            ObjectSpec {
                id: ObjectId::COMBINED,
                fixed: FixedAttributes::empty(),
                attributes: vec![value(60_000)],
            };
            count
        ],
    };
    assert!(object(1).to_bytes(Compression::Zlib).is_ok());
    assert_eq!(object(2).to_bytes(Compression::Zlib), Err(CombinedObjectError::TooLarge));

    // The same, made by hand: the header of one object, the compressed data of zeros beyond the limit.
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; 50 * DATA_LENGTH_MAX]).unwrap();
    let compressed = encoder.finish().unwrap();
    let mut bytes = object(1).to_bytes(Compression::Zlib).unwrap()[..HEADER_LENGTH].to_vec();
    bytes[16..18].copy_from_slice(&u16::try_from(compressed.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&compressed);
    assert_eq!(CombinedObject::parse(&bytes), Err(CombinedObjectError::TooLarge));
}

#[test]
fn the_older_form_is_read_and_written() {
    // CKA_LABEL "ab", CKA_CLASS 1 in little-endian.
    let bytes = hex!("00 63310000 0012 00000003 0002 6162 00000000 0004 01000000");
    let object = SeparateObject::parse(&bytes).unwrap();
    assert_eq!(object.id, ObjectId::certificate_attributes(1).unwrap());
    assert_eq!(object.attributes[0], (AttributeType::LABEL, b"ab".to_vec()));
    assert_eq!(object.attributes[1], (AttributeType::CLASS, vec![1, 0, 0, 0]));
    assert_eq!(object.to_bytes().unwrap(), bytes);
    assert!(SeparateObject::parse(&bytes[..20]).is_err());
    let mut wrong = bytes;
    wrong[6] = 0x11;
    assert_eq!(SeparateObject::parse(&wrong).unwrap_err().kind, ParseErrorKind::LengthMismatch);
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..100).prop_map(AttributeValue::Bytes),
        any::<u32>().prop_map(AttributeValue::Integer),
        any::<bool>().prop_map(AttributeValue::Boolean),
    ];
    (any::<u32>(), value)
        .prop_map(|(number, value)| Attribute { attribute_type: AttributeType(number), value })
}

fn combined() -> impl Strategy<Value = CombinedObject> {
    let attributes = proptest::collection::vec(attribute(), 0..8);
    let object =
        (any::<[u8; 4]>(), any::<u32>(), attributes).prop_map(|(id, fixed, attributes)| {
            ObjectSpec {
                id: ObjectId(id),
                fixed: FixedAttributes::from_bits_retain(fixed),
                attributes,
            }
        });
    let name = proptest::collection::vec(any::<u8>(), 0..256);
    (any::<u16>(), any::<[u8; 10]>(), name, proptest::collection::vec(object, 0..20)).prop_map(
        |(version, cuid, token_name, objects)| CombinedObject {
            version,
            cuid,
            token_name,
            objects,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(object in combined(), zlib in any::<bool>()) {
        let compression = if zlib { Compression::Zlib } else { Compression::None };
        let bytes = object.to_bytes(compression).unwrap();
        prop_assert_eq!(CombinedObject::parse(&bytes).unwrap(), object);
    }

    #[test]
    fn damaged_objects_never_panic(
        object in combined(), zlib in any::<bool>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let compression = if zlib { Compression::Zlib } else { Compression::None };
        let mut bytes = object.to_bytes(compression).unwrap();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = CombinedObject::parse(&bytes).is_ok_and(|read| read.objects.len() <= OBJECTS_MAX);
        prop_assert!(CombinedObject::parse(&bytes[..cut.index(HEADER_LENGTH)]).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = CombinedObject::parse(&bytes);
        let _ = SeparateObject::parse(&bytes);
        if let Ok(record) = ObjectRecord::parse(&bytes) {
            prop_assert_eq!(record.to_bytes(), bytes);
        }
    }
}
