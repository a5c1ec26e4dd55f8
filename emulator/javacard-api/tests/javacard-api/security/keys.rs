//! Key objects: how they are built, set, read and cleared.

use jcvm::Reference;

use super::caller::{Caller, Thrown, crypto, fresh, within};
use crate::bed::Bed;

pub(super) fn build(
    caller: &mut Caller<'_, '_, '_>,
    kind: i32,
    bits: i32,
) -> Result<Reference, Thrown> {
    let name = "javacard/security/KeyBuilder.buildKey(BSZ)Ljavacard/security/Key;";
    caller.make(name, &[kind, bits, 0])
}

/// Sets a part by its setter of array, offset and length.
pub(super) fn set(
    caller: &mut Caller<'_, '_, '_>,
    key: Reference,
    setter: &str,
    bytes: &[u8],
) -> Result<i32, Thrown> {
    let array = caller.array(bytes).to_cell();
    let length = i32::try_from(bytes.len()).unwrap();
    caller.through(key, &format!("javacard/security/{setter}([BSS)V"), &[array, 0, length])
}

/// What a getter of array and offset gives.
pub(super) fn get(
    caller: &mut Caller<'_, '_, '_>,
    key: Reference,
    getter: &str,
) -> Result<Vec<u8>, Thrown> {
    let array = caller.array(&[0; 600]);
    let result = if getter.ends_with("getKey") && !getter.contains("Generic") { 'B' } else { 'S' };
    let name = format!("javacard/security/{getter}([BS){result}");
    let length = caller.through(key, &name, &[array.to_cell(), 0])?;
    // A length that is returned as a byte is one without a sign.
    let length = if length < 0 { length + 0x100 } else { length };
    Ok(caller.bytes(array)[..usize::try_from(length).unwrap()].to_vec())
}

/// A secret key with this value.
pub(super) fn secret(caller: &mut Caller<'_, '_, '_>, kind: i32, value: &[u8]) -> Reference {
    let key = build(caller, kind, i32::try_from(8 * value.len()).unwrap()).unwrap();
    let interface = if caller.is(key, "javacard/security/AESKey") { "AESKey" } else { "DESKey" };
    let array = caller.array(value).to_cell();
    caller
        .through(key, &format!("javacard/security/{interface}.setKey([BS)V"), &[array, 0])
        .unwrap();
    key
}

pub(super) fn is_initialized(caller: &mut Caller<'_, '_, '_>, key: Reference) -> bool {
    caller.through(key, "javacard/security/Key.isInitialized()Z", &[]) == Ok(1)
}

#[test]
fn keys_have_the_interface_type_and_size_that_were_asked_for() {
    let kinds = [
        (1, 64, "DESKey"),
        (2, 192, "DESKey"),
        (3, 128, "DESKey"),
        (4, 2048, "RSAPublicKey"),
        (5, 512, "RSAPrivateKey"),
        (6, 4096, "RSAPrivateCrtKey"),
        (7, 1024, "DSAPublicKey"),
        (8, 512, "DSAPrivateKey"),
        (11, 521, "ECPublicKey"),
        (12, 112, "ECPrivateKey"),
        (13, 128, "AESKey"),
        (15, 256, "AESKey"),
        (21, 64, "HMACKey"),
        (24, 1984, "RSAPrivateCrtKey"),
        (31, 256, "ECPrivateKey"),
        (32, 1024, "DHPublicKey"),
        (37, 2048, "DHPrivateKey"),
        (41, 256, "ECKey"),
        (42, 160, "GenericSecretKey"),
    ];
    fresh(|caller| {
        for (kind, bits, interface) in kinds {
            let key = build(caller, kind, bits).unwrap();
            assert!(caller.is(key, &format!("javacard/security/{interface}")), "{interface}");
            assert!(!caller.is(key, "javacard/security/XECKey"));
            assert_eq!(caller.through(key, "javacard/security/Key.getType()B", &[]), Ok(kind));
            assert_eq!(caller.through(key, "javacard/security/Key.getSize()S", &[]), Ok(bits));
            assert!(!is_initialized(caller, key));
        }
    });
}

#[test]
fn what_cannot_be_built_is_no_such_algorithm() {
    let kinds = [
        (0, 128),
        (9, 113),
        (10, 163),
        (16, 128),
        (18, 128),
        (43, 128),
        (-1, 255),
        (3, 65),
        (3, 56),
        (15, 129),
        (4, 511),
        (4, 4128),
        (6, -1),
        (11, 111),
        (12, 522),
        (42, 7),
    ];
    fresh(|caller| {
        for (kind, bits) in kinds {
            assert_eq!(build(caller, kind, bits), Err(crypto(3)), "{kind} {bits}");
        }
    });
}

#[test]
fn a_secret_key_is_read_as_it_was_set_until_it_is_cleared() {
    fresh(|caller| {
        let value: Vec<u8> = (1..=16).collect();
        for (kind, getter) in [(3, "DESKey.getKey"), (15, "AESKey.getKey")] {
            let key = secret(caller, kind, &value);
            assert!(is_initialized(caller, key));
            assert_eq!(get(caller, key, getter).unwrap(), value);
            caller.through(key, "javacard/security/Key.clearKey()V", &[]).unwrap();
            assert!(!is_initialized(caller, key));
            assert_eq!(get(caller, key, getter), Err(crypto(2)));
        }
        let key = build(caller, 21, 64).unwrap();
        for length in [1, 64, 128] {
            set(caller, key, "HMACKey.setKey", &vec![7; length]).unwrap();
            assert_eq!(get(caller, key, "HMACKey.getKey").unwrap(), vec![7; length]);
        }
        assert_eq!(set(caller, key, "HMACKey.setKey", &[7; 300]), Err(crypto(1)));
        assert_eq!(set(caller, key, "HMACKey.setKey", &[]), Err(crypto(1)));
    });
}

#[test]
fn a_setter_checks_its_array() {
    fresh(|caller| {
        let key = build(caller, 15, 128).unwrap();
        let array = caller.array(&[1; 16]).to_cell();
        let name = "javacard/security/AESKey.setKey([BS)V";
        let bounds = Err(("ArrayIndexOutOfBoundsException", 0));
        assert_eq!(caller.through(key, name, &[array, 1]), bounds);
        assert_eq!(caller.through(key, name, &[0, 0]), Err(("NullPointerException", 0)));
        assert!(!is_initialized(caller, key));
    });
}

#[test]
fn transient_keys_clear_themselves() {
    let mut bed = Bed::new();
    let keys = within(&mut bed, |caller| [13, 14, 15].map(|kind| secret(caller, kind, &[9; 16])));
    bed.machine.heap_mut().clear_transient(Some(jcvm::ContextId::JCRE));
    let state = |bed: &mut Bed| within(bed, |caller| keys.map(|key| is_initialized(caller, key)));
    assert_eq!(state(&mut bed), [true, false, true]);
    bed.reset();
    assert_eq!(state(&mut bed), [false, false, true]);
}

#[test]
fn an_rsa_key_is_initialised_when_it_has_all_parts() {
    fresh(|caller| {
        let public = build(caller, 4, 512).unwrap();
        let modulus: Vec<u8> = (0x80..0xC0).collect();
        set(caller, public, "RSAPublicKey.setModulus", &modulus).unwrap();
        assert!(!is_initialized(caller, public));
        assert_eq!(get(caller, public, "RSAPublicKey.getExponent"), Err(crypto(2)));
        set(caller, public, "RSAPublicKey.setExponent", &[1, 0, 1]).unwrap();
        assert!(is_initialized(caller, public));
        assert_eq!(get(caller, public, "RSAPublicKey.getExponent").unwrap(), [1, 0, 1]);
        assert_eq!(get(caller, public, "RSAPublicKey.getModulus").unwrap(), modulus);
        let long = [&[0, 0], modulus.as_slice()].concat();
        set(caller, public, "RSAPublicKey.setModulus", &long).unwrap();
        assert_eq!(get(caller, public, "RSAPublicKey.getModulus").unwrap(), modulus);
        let too_long = [&[1], modulus.as_slice()].concat();
        assert_eq!(set(caller, public, "RSAPublicKey.setModulus", &too_long), Err(crypto(1)));
        set(caller, public, "RSAPublicKey.setModulus", &modulus[1..]).unwrap();
        let padded = [&[0], &modulus[1..]].concat();
        assert_eq!(get(caller, public, "RSAPublicKey.getModulus").unwrap(), padded);

        let private = build(caller, 6, 512).unwrap();
        for setter in ["setP", "setQ", "setPQ", "setDP1", "setDQ1"] {
            assert!(!is_initialized(caller, private));
            set(caller, private, &format!("RSAPrivateCrtKey.{setter}"), &[0xC1; 32]).unwrap();
        }
        assert!(is_initialized(caller, private));
        assert_eq!(get(caller, private, "RSAPrivateCrtKey.getDQ1").unwrap(), [0xC1; 32]);
    });
}

#[test]
fn parts_take_part_in_transactions() {
    fresh(|caller| {
        let key = secret(caller, 15, &[1; 16]);
        caller.vm.begin_transaction().unwrap();
        let array = caller.array(&[2; 16]).to_cell();
        caller.through(key, "javacard/security/AESKey.setKey([BS)V", &[array, 0]).unwrap();
        caller.vm.abort_transaction().unwrap();
        assert_eq!(get(caller, key, "AESKey.getKey").unwrap(), [1; 16]);
    });
}

#[test]
fn curves_are_set_read_copied_and_shared() {
    fresh(|caller| {
        let params = build(caller, 41, 160).unwrap();
        let parts: [(&str, &[u8]); 4] =
            [("setFieldFP", &[0xFF; 20]), ("setA", &[3]), ("setB", &[5; 20]), ("setR", &[1; 21])];
        for (setter, bytes) in parts {
            set(caller, params, &format!("ECKey.{setter}"), bytes).unwrap();
        }
        let point = [&[4], [6; 40].as_slice()].concat();
        assert_eq!(set(caller, params, "ECKey.setG", &point[..40]), Err(crypto(1)));
        set(caller, params, "ECKey.setG", &point).unwrap();
        assert!(is_initialized(caller, params));
        assert_eq!(caller.through(params, "javacard/security/ECKey.getK()S", &[]), Err(crypto(2)));
        caller.through(params, "javacard/security/ECKey.setK(S)V", &[1]).unwrap();
        assert_eq!(get(caller, params, "ECKey.getA").unwrap(), [&[0; 19][..], &[3]].concat());
        assert_eq!(get(caller, params, "ECKey.getR").unwrap(), [1; 21]);
        let refused = caller.through(params, "javacard/security/ECKey.setFieldF2M(S)V", &[9]);
        assert_eq!(refused, Err(crypto(1)));

        let copy = "javacard/security/ECKey.copyDomainParametersFrom(Ljavacard/security/ECKey;)V";
        let key = build(caller, 11, 160).unwrap();
        caller.through(key, copy, &[params.to_cell()]).unwrap();
        assert_eq!(get(caller, key, "ECKey.getG").unwrap(), point);
        assert!(!is_initialized(caller, key), "it has no W");
        let other = build(caller, 11, 256).unwrap();
        assert_eq!(caller.through(other, copy, &[params.to_cell()]), Err(crypto(1)));

        let shared = "javacard/security/KeyBuilder.buildKeyWithSharedDomain\
                      (BBLjavacard/security/Key;Z)Ljavacard/security/Key;";
        let key = caller.make(shared, &[8, 0, params.to_cell(), 0]).unwrap();
        assert_eq!(get(caller, key, "ECKey.getG").unwrap(), point);
        assert_eq!(set(caller, key, "ECKey.setA", &[4]), Err(crypto(5)));
        set(caller, key, "ECPrivateKey.setS", &[7; 20]).unwrap();
        assert!(is_initialized(caller, key));
        caller.through(key, "javacard/security/Key.clearKey()V", &[]).unwrap();
        assert!(is_initialized(caller, params), "the domain is not the key's to clear");
        assert_eq!(caller.make(shared, &[2, 0, params.to_cell(), 0]), Err(crypto(1)));
    });
}

#[test]
fn memory_is_of_the_type_that_was_asked_for() {
    let name = "javacard/security/KeyBuilder.buildKey(BBSZ)Ljavacard/security/Key;";
    let memory_type = "javacard/security/KeyBuilder.getMemoryType(Ljavacard/security/Key;)B";
    fresh(|caller| {
        for (memory, kind) in [(0, 21), (1, 19), (2, 20)] {
            let key = caller.make(name, &[9, memory, 64, 0]).unwrap();
            assert_eq!(caller.fixed(memory_type, &[key.to_cell()]), Ok(memory));
            assert_eq!(caller.through(key, "javacard/security/Key.getType()B", &[]), Ok(kind));
        }
        assert_eq!(caller.make(name, &[9, 3, 64, 0]), Err(crypto(3)));
        assert_eq!(caller.make(name, &[5, 0, 113, 0]), Err(crypto(3)));
    });
}

#[test]
fn a_key_with_a_cipher_is_set_encrypted() {
    fresh(|caller| {
        let wrapping = secret(caller, 15, &[0x11; 16]);
        let name = "javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;";
        let cipher = caller.make(name, &[14, 0]).unwrap();
        let init = "init(Ljavacard/security/Key;B)V";
        caller.on(cipher, init, &[wrapping.to_cell(), 2]).unwrap();
        let wrapped = caller.transform(cipher, "doFinal", &[0x22; 16]).unwrap();
        caller.on(cipher, init, &[wrapping.to_cell(), 1]).unwrap();

        let key = build(caller, 15, 128).unwrap();
        let interface = "javacardx/crypto/KeyEncryption";
        let setter = format!("{interface}.setKeyCipher(Ljavacardx/crypto/Cipher;)V");
        caller.through(key, &setter, &[cipher.to_cell()]).unwrap();
        let getter = format!("{interface}.getKeyCipher()Ljavacardx/crypto/Cipher;");
        assert_eq!(caller.through(key, &getter, &[]), Ok(cipher.to_cell()));
        let array = caller.array(&wrapped).to_cell();
        caller.through(key, "javacard/security/AESKey.setKey([BS)V", &[array, 0]).unwrap();
        assert_eq!(get(caller, key, "AESKey.getKey").unwrap(), [0x22; 16]);
        caller.through(key, &setter, &[0]).unwrap();
        caller.through(key, "javacard/security/AESKey.setKey([BS)V", &[array, 0]).unwrap();
        assert_eq!(get(caller, key, "AESKey.getKey").unwrap(), wrapped);
    });
}
