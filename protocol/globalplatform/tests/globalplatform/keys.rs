//! Keys on their way to a card and out of its directory: PUT KEY in both formats, data groupings, key information.

use globalplatform::{
    Key, KeyError,
    command::{
        CommandError, KEY_TYPE_ECC_PUBLIC, KEY_TYPE_ECC_REFERENCE, KEY_TYPE_RSA_EXPONENT,
        KEY_TYPE_RSA_MODULUS, KeyComponent, PutKey, is_asymmetric, is_secret,
    },
    data::{
        Curve, KeyAccess, KeyAttributes, KeyInformation, KeyPart, KeyUsage,
        dgi::{DataGrouping, OBJECTS, StoredKey},
        key_information, parse_key_information,
    },
};
use hex_literal::hex;
use iso7816::Command;
use proptest::prelude::*;
use zeroize::Zeroizing;

fn put_key(data: &[u8]) -> Result<PutKey, CommandError> {
    PutKey::parse(&Command::new(0x80, 0xD8, 0x00, 0x01).with_data(data))
}

/// Reads what a host sent and writes it again.
fn round_trip(data: &[u8]) -> PutKey {
    let put = put_key(data).unwrap();
    assert_eq!(put.to_command().data, data);
    put
}

/// Key types of the components, key by key.
fn types(put: &PutKey) -> Vec<(u8, Vec<u8>)> {
    put.keys()
        .map(|(index, parts)| (index, parts.iter().map(|part| part.key_type).collect()))
        .collect()
}

fn dap() -> KeyAttributes {
    KeyAttributes {
        usage: KeyUsage::VERIFICATION_ENCIPHERMENT | KeyUsage::SIGNATURE,
        access: Some(KeyAccess::SECURITY_DOMAIN),
    }
}

#[test]
fn the_extended_format_has_usage_and_access() {
    let symmetric = hex!("30 FF88 10 00112233445566778899AABBCCDDEEFF 03 504A77 01 18 01 01");
    let put = round_trip(&symmetric);
    let attributes = put.components[0].attributes.unwrap();
    assert_eq!(attributes.usage, KeyUsage::COMMAND_MESSAGING | KeyUsage::CONFIDENTIALITY);
    assert_eq!(attributes.access, Some(KeyAccess::SECURITY_DOMAIN));
    // Nothing said, and a usage of two bytes.
    let nothing = round_trip(&hex!("30 FF80 08 0011223344556677 00 00 00"));
    assert_eq!(nothing.components[0].attributes, Some(KeyAttributes::default()));
    let agreement = round_trip(&hex!("30 FF80 08 0011223344556677 00 02 0080 01 00"));
    assert_eq!(agreement.components[0].attributes.unwrap().usage, KeyUsage::KEY_AGREEMENT);
    for wrong in [
        &hex!("30 FF80 08 0011223344556677 00")[..],
        &hex!("30 FF80 08 0011223344556677 00 01 18"),
        &hex!("30 FF80 08 0011223344556677 00 03 180000 01 00"),
        &hex!("30 FF80 08 0011223344556677 00 01 18 02 0000"),
    ] {
        assert!(put_key(wrong).is_err(), "{wrong:02X?}");
    }
}

#[test]
fn public_keys_in_the_extended_format() {
    let modulus = [0xAB; 128];
    let rsa =
        [&hex!("73 FFA1 8180")[..], &modulus, &hex!("FFA0 03 010001 00 01 82 01 01")].concat();
    let put = round_trip(&rsa);
    assert_eq!(types(&put), [(1, vec![0xA1, 0xA0])]);
    let components = vec![
        KeyComponent::clear(KEY_TYPE_RSA_MODULUS, modulus),
        KeyComponent::clear(KEY_TYPE_RSA_EXPONENT, [1, 0, 1]),
    ];
    assert_eq!(PutKey::for_components(None, 0x73, 1, components, Some(dap())), put);
    // A host that leaves FF away before the second type, and one that sends the exponent first.
    let mixed =
        [&hex!("73 FFA1 8180")[..], &modulus, &hex!("A0 03 010001 00 01 82 01 01")].concat();
    let mixed = round_trip(&mixed);
    assert_eq!(mixed.components[1].attributes, Some(dap()));
    let swapped = [&hex!("73 A0 03 010001 A1 8180")[..], &modulus, &[0]].concat();
    assert_eq!(types(&round_trip(&swapped)), [(1, vec![0xA0, 0xA1])]);

    let ecc =
        [&hex!("70 FFB0 41 04")[..], &[0xCD; 64], &hex!("FFF0 01 03 00 01 82 01 00")].concat();
    let put = round_trip(&ecc);
    assert_eq!(types(&put), [(1, vec![KEY_TYPE_ECC_PUBLIC, KEY_TYPE_ECC_REFERENCE])]);
    let reference = put.components[1].block[0];
    assert_eq!(Curve::from_reference(reference), Some(Curve::BrainpoolP256R1));
}

#[test]
fn curve_parameters_and_several_keys_are_told_apart() {
    let parameters =
        hex!("75 F0 01 09 B2 02 0101 B3 01 02 B4 01 03 B5 03 040506 B6 02 0107 B7 01 01 00");
    let put = round_trip(&parameters);
    assert_eq!(types(&put), [(1, vec![0xF0, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7])]);
    assert!(put.components.iter().all(|part| is_asymmetric(part.key_type)));
    assert!(put.components.iter().all(|part| !is_secret(part.key_type)));

    let two = hex!("75 B0 02 0405 F0 01 00 00 B1 02 0607 F0 01 01 00");
    assert_eq!(types(&round_trip(&two)), [(1, vec![0xB0, 0xF0]), (2, vec![0xB1, 0xF0])]);
    assert!(is_secret(0xB1) && is_secret(0x80) && is_secret(0x88) && is_secret(0xA3));
    // A key that is cut off before its last component.
    assert!(put_key(&hex!("75 A1 01 01")).is_err());
}

#[test]
fn private_components_come_back_as_they_went_in() {
    let dek = Key::aes(&[0x22; 16]).unwrap();
    let decrypt = |data: &[u8]| Ok(dek.decrypt_sensitive(data)?);
    let private = [(0xA4, 64), (0xA5, 64), (0xA6, 63), (0xA7, 129), (0xA8, 300)];
    let components: Vec<_> = private
        .iter()
        .map(|(key_type, length)| {
            let value = vec![*key_type; *length];
            KeyComponent::secret(*key_type, &value, 16, |plain| dek.encrypt_sensitive(plain))
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let put = PutKey::for_components(Some(0x74), 0x74, 3, components, Some(dap()));
    let read = PutKey::parse(&put.to_command()).unwrap();
    assert_eq!(read, put);
    assert_eq!(types(&read), [(3, vec![0xA4, 0xA5, 0xA6, 0xA7, 0xA8])]);
    for (component, (key_type, length)) in read.components.iter().zip(private) {
        let plain = component.decrypt_value(16, decrypt).unwrap();
        assert_eq!(*plain, vec![key_type; length]);
        assert!(component.decrypt(16, decrypt).is_err());
    }
    // Ciphertext alone, and a length that the ciphertext has not.
    let raw = KeyComponent::clear(0xA3, dek.encrypt_sensitive(&[7; 32]).unwrap());
    assert_eq!(*raw.decrypt_value(16, decrypt).unwrap(), [7; 32]);
    let mut short = raw;
    short.block.insert(0, 33);
    assert!(short.decrypt_value(16, decrypt).is_err());
}

#[test]
fn key_information_of_every_kind_is_written() {
    let rsa = KeyInformation {
        key_index: 1,
        key_version: 0x73,
        parts: vec![KeyPart { key_type: 0xA1, length: 256 }, KeyPart { key_type: 0xA0, length: 3 }],
        attributes: Some(dap()),
    };
    let ecc = KeyInformation {
        key_index: 2,
        key_version: 0x70,
        parts: vec![KeyPart { key_type: 0xB0, length: 65 }, KeyPart::curve(Curve::P384)],
        attributes: Some(KeyAttributes::default()),
    };
    let aes = KeyInformation::symmetric(1, 0x30, 0x88, 32);
    let keys = [aes, rsa, ecc];
    let bytes = key_information(&keys);
    let expected = hex!(
        "E024 C004 01308820
         C00E 0173 FFA10100 FFA00003 01 82 01 01
         C00C 0270 FFB00041 FFF00001 00 00"
    );
    assert_eq!(bytes, expected);
    assert_eq!(parse_key_information(&bytes).unwrap(), keys);
}

/// The key that the session's data encryption key of the recorded groupings is.
const DEK: [u8; 16] = hex!("000102030405060708090A0B0C0D0E0F");

fn decrypt(data: &[u8]) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    Ok(Key::aes(&DEK).unwrap().decrypt_sensitive(data)?)
}

/// Three AES keys as gpshell3 writes them: what they share in B7.
fn shared_attributes() -> Vec<u8> {
    hex!(
        "00B9 30 B7 10 800188 810110 830101 960101 97020003
         B9 08 820101 8403504A77 B9 08 820102 8403F2A8DF B9 08 820103 8403D7D0E4
         8113 10 D533E59B45A153ED7E5E9C5DFCFD4AAA
         8113 10 3EF0B1A5E3059DAB21FCE23A7B61C4CA
         8113 10 ADDE68F7AD497268D31A0DDD5C74B08F"
    )
    .to_vec()
}

#[test]
fn groupings_with_shared_attributes_are_read() {
    let groupings = DataGrouping::parse_all(&shared_attributes()).unwrap();
    assert_eq!(DataGrouping::write_all(&groupings), shared_attributes());
    let keys = StoredKey::parse_all(&groupings).unwrap();
    let plain = [0x40, 0x50, 0x60].map(|first| (first..first + 16).collect::<Vec<u8>>());
    assert_eq!(keys.len(), 3);
    for ((index, key), plain) in (1..).zip(&keys).zip(plain) {
        assert_eq!((key.key_index, key.key_version), (index, 1));
        assert_eq!(key.parts, [KeyPart { key_type: 0x88, length: 16 }]);
        assert_eq!(key.attributes.access, Some(KeyAccess::SECURITY_DOMAIN));
        assert_eq!(key.others, [(0x97, vec![0, 3])]);
        assert_eq!(key.decrypt(decrypt).unwrap().bytes(), plain);
    }
    // Written with a whole template for each they mean the same.
    let written = StoredKey::write_all(&keys);
    assert_eq!(StoredKey::parse_all(&written).unwrap(), keys);
}

#[test]
fn groupings_of_symmetric_keys_are_written() {
    let dek = Key::aes(&DEK).unwrap();
    let keys = [16, 24, 32].map(|length| Key::aes(&vec![7; length]).unwrap());
    let stored: Vec<_> = (1..)
        .zip(&keys)
        .map(|(index, key)| {
            StoredKey::symmetric((index, 0x30), key, 16, |plain| dek.encrypt_sensitive(plain))
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let bytes = DataGrouping::write_all(&StoredKey::write_all(&stored));
    let kcv = keys[0].check_value();
    let first = [&hex!("00B9 39 B9 11 800188 810110 820101 830130 8403")[..], &kcv].concat();
    assert_eq!(bytes[..first.len()], first);
    let read = StoredKey::parse_all(&DataGrouping::parse_all(&bytes).unwrap()).unwrap();
    assert_eq!(read, stored);
    for (read, key) in read.iter().zip(&keys) {
        assert_eq!(&read.decrypt(decrypt).unwrap(), key);
        let wrong = StoredKey { check_value: vec![1, 2, 3], ..read.clone() };
        let error = wrong.decrypt(decrypt).unwrap_err();
        assert_eq!(error, CommandError::Key(KeyError::CheckValueMismatch));
        let parts = vec![KeyPart { key_type: 0x88, length: 33 }];
        let long = StoredKey { parts, ..read.clone() };
        assert!(long.decrypt(decrypt).is_err());
    }
}

/// A template of a component of a key.
fn template(key_type: u8, length: u8, index: u8) -> Vec<u8> {
    let value = [0x80, 1, key_type, 0x81, 1, length, 0x82, 1, index, 0x83, 1, 0x73];
    [&[0xB9, 12][..], &value].concat()
}

fn group(identifier: u16) -> DataGrouping {
    DataGrouping::new(identifier, [identifier.to_be_bytes()[1]; 2])
}

#[test]
fn asymmetric_keys_have_a_template_for_each_component() {
    // An RSA key of each form, as the tables of the specification have them.
    let templates = [
        template(0xA1, 2, 1),
        template(0xA0, 1, 1),
        template(0xA1, 2, 2),
        template(0xA3, 1, 2),
        [0xA6, 0xA8, 0xA7, 0xA5, 0xA4].map(|key_type| template(key_type, 2, 3)).concat(),
    ];
    let mut groupings = vec![DataGrouping::new(0x00B9, templates.concat())];
    let components =
        [0x0010, 0x0011, 0x0010, 0x8112, 0x8121, 0x8122, 0x8123, 0x8124, 0x8125].map(group);
    groupings.extend(components);
    let keys = StoredKey::parse_all(&groupings).unwrap();
    let decrypted = |data: &[u8]| Ok(Zeroizing::new(data.iter().map(|byte| byte + 1).collect()));
    let values: Vec<Vec<(u8, Vec<u8>)>> = keys
        .iter()
        .map(|key| key.values(decrypted).unwrap())
        .map(|values| values.into_iter().map(|one| (one.key_type, one.value.to_vec())).collect())
        .collect();
    assert_eq!(values[0], [(0xA1, vec![0x10; 2]), (0xA0, vec![0x11])]);
    assert_eq!(values[1], [(0xA1, vec![0x10; 2]), (0xA3, vec![0x13])]);
    let crt: Vec<u8> = values[2].iter().map(|(kind, _)| *kind).collect();
    assert_eq!(crt, [0xA6, 0xA8, 0xA7, 0xA5, 0xA4]);
    assert_eq!(values[2][0].1, [0x22; 2]);
    let written = StoredKey::write_all(&keys);
    assert_eq!(StoredKey::parse_all(&written).unwrap(), keys);

    for wrong in [
        &groupings[..1],
        &groupings[1..],
        &groupings[..9],
        &[&groupings[..], &[group(0x8125)]].concat(),
        &[&groupings[..], &[group(0x0099)]].concat(),
        &[&groupings[..1], &[group(0x8112)], &groupings[1..]].concat(),
        &[&groupings[..], &groupings[..]].concat(),
        &[DataGrouping::new(0x00B9, hex!("B9 06 820101 830101")), group(0x8113)],
        &[DataGrouping::new(0x00B9, hex!("B9 03 8200")), group(0x8113)],
    ] {
        assert!(StoredKey::parse_all(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn curves_of_keys_are_referred_to_or_come_with_them() {
    let reference = hex!("B9 06 8001F0 850103");
    let point = [template(0xB0, 2, 1), reference.to_vec()].concat();
    let parameter = |kind: u8| [0xB9, 6, 0x80, 1, kind, 0x81, 1, 2];
    let parameters: Vec<u8> = (0xB2..=0xB6).flat_map(parameter).collect();
    let groupings = [
        vec![DataGrouping::new(0x00B9, point), group(0x0036)],
        vec![DataGrouping::new(0x00B9, template(0xB1, 1, 2)), group(0x8137)],
        vec![DataGrouping::new(0x00B9, parameters.clone())],
        (0x0030..=0x0034).map(group).collect(),
    ]
    .concat();
    let keys = StoredKey::parse_all(&groupings).unwrap();
    let kinds = |key: &StoredKey| key.parts.iter().map(|part| part.key_type).collect::<Vec<_>>();
    assert_eq!(kinds(&keys[0]), [0xB0, 0xF0]);
    assert_eq!(kinds(&keys[1]), [0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6]);
    let values = keys[0].values(decrypt).unwrap();
    assert_eq!((values[1].key_type, values[1].value.as_slice()), (0xF0, &[3][..]));
    assert_eq!(StoredKey::write_all(&keys), groupings);
    for wrong in [
        vec![DataGrouping::new(0x00B9, reference)],
        [vec![DataGrouping::new(0x00B9, parameters)], (0x30..=0x34).map(group).collect()].concat(),
        vec![
            DataGrouping::new(0x00B9, [template(0x88, 2, 1), reference.to_vec()].concat()),
            group(0x8113),
        ],
    ] {
        assert!(StoredKey::parse_all(&wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn components_of_one_key_agree_about_its_use() {
    let with_usage = |key_type: u8, usage: u8| {
        let value = [0x95, 1, usage, 0x80, 1, key_type, 0x82, 1, 1, 0x83, 1, 0x73];
        [&[0xB9, 12][..], &value].concat()
    };
    let groupings = |second: u8| {
        let templates = [with_usage(0xA1, 0x81), with_usage(0xA0, second)].concat();
        [DataGrouping::new(0x00B9, templates), group(0x0010), group(0x0011)]
    };
    let keys = StoredKey::parse_all(&groupings(0x81)).unwrap();
    assert_eq!(keys[0].attributes.usage.to_bytes(), [0x81]);
    assert!(StoredKey::parse_all(&groupings(0x82)).is_err());
}

#[test]
fn long_groupings_have_long_lengths() {
    for (length, coded) in
        [(254, &hex!("0070FE")[..]), (255, &hex!("0070FF00FF")), (256, &hex!("0070FF0100"))]
    {
        let grouping = DataGrouping::new(OBJECTS, vec![7; length]);
        let bytes = DataGrouping::write_all(std::slice::from_ref(&grouping));
        assert_eq!(bytes[..coded.len()], *coded);
        assert_eq!(DataGrouping::parse_all(&bytes), Ok(vec![grouping]));
        assert!(DataGrouping::parse_all(&bytes[..bytes.len() - 1]).is_err());
    }
    assert!(DataGrouping::parse_all(&[0; 3 * 257]).is_err());
}

proptest! {
    #[test]
    fn what_parses_is_written_to_what_parses_the_same(
        data in prop::collection::vec(prop_oneof![
            0_u8..4,
            prop::sample::select(hex!("FF80 88 A0 A1 A4 B0 B7 B9 F0 82 83").to_vec()),
        ], 0..40),
    ) {
        if let Ok(put) = put_key(&data) {
            prop_assert_eq!(&put_key(&put.to_command().data).unwrap(), &put);
            prop_assert_eq!(put.keys().map(|(_, parts)| parts.len()).sum::<usize>(), put.components.len());
        }
        if let Ok(groupings) = DataGrouping::parse_all(&data) {
            prop_assert_eq!(&DataGrouping::parse_all(&DataGrouping::write_all(&groupings)).unwrap(), &groupings);
        }
        let templates = [DataGrouping::new(0x00B9, data), DataGrouping::new(0x8113, [])];
        if let Ok(keys) = StoredKey::parse_all(&templates) {
            prop_assert_eq!(StoredKey::parse_all(&StoredKey::write_all(&keys)).unwrap(), keys);
        }
    }
}
