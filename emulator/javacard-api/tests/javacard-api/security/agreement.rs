//! `KeyAgreement`, and keys on curves that have a name.

use hex_literal::hex;
use jcvm::Reference;

use super::{
    caller::{Caller, Thrown, crypto, fresh},
    keys::{build, get, is_initialized, set},
    pairs::{generated, generated_for},
};

fn agreement(caller: &mut Caller<'_, '_, '_>, algorithm: i32) -> Result<Reference, Thrown> {
    let name = "javacard/security/KeyAgreement.getInstance(BZ)Ljavacard/security/KeyAgreement;";
    caller.make(name, &[algorithm, 0])
}

fn init(caller: &mut Caller<'_, '_, '_>, object: Reference, key: Reference) -> Result<i32, Thrown> {
    caller.on(object, "init(Ljavacard/security/PrivateKey;)V", &[key.to_cell()])
}

/// A key of a curve by its name: `private` is `ATTR_PRIVATE` or zero.
fn named(caller: &mut Caller<'_, '_, '_>, name: i32, private: i32) -> Result<Reference, Thrown> {
    let spec = "javacard/security/NamedParameterSpec.getInstance(S)\
                Ljavacard/security/NamedParameterSpec;";
    let spec = caller.make(spec, &[name])?;
    assert_eq!(caller.on(spec, "getName()S", &[]), Ok(name));
    let build = "javacard/security/KeyBuilder.buildXECKey\
                 (Ljavacard/security/NamedParameterSpec;SZ)Ljavacard/security/Key;";
    let key = caller.make(build, &[spec.to_cell(), private, 0])?;
    let params = "javacard/security/XECKey.getParams()Ljavacard/security/NamedParameterSpec;";
    assert_eq!(caller.through(key, params, &[]), Ok(spec.to_cell()));
    Ok(key)
}

#[test]
fn both_sides_agree() {
    fresh(|caller| {
        let (public, private) = generated(caller, 5, 256).unwrap();
        let (other_public, other_private) = generated(caller, 5, 256).unwrap();
        let own = get(caller, public, "ECPublicKey.getW").unwrap();
        let other = get(caller, other_public, "ECPublicKey.getW").unwrap();
        for (algorithm, length) in [(1, 20), (2, 20), (3, 32), (4, 32), (6, 65)] {
            let object = agreement(caller, algorithm).unwrap();
            let early = caller.transform(object, "generateSecret", &other);
            assert_eq!(early, Err(crypto(4)), "not initialised");
            init(caller, object, private).unwrap();
            let first = caller.transform(object, "generateSecret", &other).unwrap();
            init(caller, object, other_private).unwrap();
            let second = caller.transform(object, "generateSecret", &own).unwrap();
            assert_eq!((&first, first.len()), (&second, length));
            let off = caller.transform(object, "generateSecret", &[&[4], &own[2..], &[1]].concat());
            assert_eq!(off, Err(crypto(1)), "no point of the curve");
        }
        let blank = build(caller, 12, 256).unwrap();
        let object = agreement(caller, 3).unwrap();
        assert_eq!(init(caller, object, blank), Err(crypto(2)));
        let (_, rsa) = generated(caller, 1, 512).unwrap();
        assert_eq!(init(caller, object, rsa), Err(crypto(1)));
        for refused in [0, 9, 10] {
            assert_eq!(agreement(caller, refused), Err(crypto(3)));
        }
    });
}

#[test]
fn x25519() {
    fresh(|caller| {
        let key = named(caller, 259, -0x8000).unwrap();
        let size = caller.through(key, "javacard/security/XECKey.getEncodingLength()S", &[]);
        assert_eq!(size, Ok(32));
        let private = hex!("77076D0A7318A57D3C16C17251B26645DF4C2F92EBC2EF4F4A1D9B3C2A917D5E");
        assert_eq!(set(caller, key, "XECKey.setEncoded", &private[1..]), Err(crypto(1)));
        set(caller, key, "XECKey.setEncoded", &private).unwrap();
        assert_eq!(get(caller, key, "XECKey.getEncoded").unwrap(), private);
        let (public, private) =
            (named(caller, 259, 0).unwrap(), named(caller, 259, -0x8000).unwrap());
        generated_for(caller, public, private).unwrap();
        let object = agreement(caller, 8).unwrap();
        init(caller, object, key).unwrap();
        let other = get(caller, public, "XECKey.getEncoded").unwrap();
        let first = caller.transform(object, "generateSecret", &other).unwrap();
        assert_eq!(first.len(), 32);
        assert!(is_initialized(caller, key));
        let (_, curve) = generated(caller, 5, 256).unwrap();
        assert_eq!(init(caller, object, curve), Err(crypto(1)));
    });
}

#[test]
fn a_named_curve_of_any_kind() {
    fresh(|caller| {
        for (name, length) in [(4099, 32), (4101, 66), (8199, 32), (8205, 64)] {
            let (public, private) =
                (named(caller, name, 0).unwrap(), named(caller, name, -0x8000).unwrap());
            generated_for(caller, public, private).unwrap();
            let point = get(caller, public, "XECKey.getEncoded").unwrap();
            assert_eq!(point.len(), 2 * length + 1);
            let object = agreement(caller, 3).unwrap();
            init(caller, object, private).unwrap();
            let secret = caller.transform(object, "generateSecret", &point).unwrap();
            assert_eq!(secret.len(), length);
        }
        assert_eq!(named(caller, 514, 0), Err(crypto(3)), "Ed448");
        let kind = named(caller, 4099, 0x0001).unwrap();
        let memory = "javacard/security/KeyBuilder.getMemoryType(Ljavacard/security/Key;)B";
        assert_eq!(caller.fixed(memory, &[kind.to_cell()]), Ok(1));
    });
}

/// Curve25519 as y² = x³ + ax + b, the way applets had it before there was `XECKey`.
#[test]
fn a_curve_of_a_length_without_a_constant() {
    const FIELD: [u8; 32] =
        hex!("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
    let parts = [
        ("ECKey.setFieldFP", FIELD.to_vec()),
        (
            "ECKey.setA",
            hex!("2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa984914a144").to_vec(),
        ),
        (
            "ECKey.setB",
            hex!("7b425ed097b425ed097b425ed097b425ed097b425ed097b4260b5e9c7710c864").to_vec(),
        ),
        (
            "ECKey.setG",
            hex!(
                "04 2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaad245a
                 20ae19a1b8a086b4e01edd2c7748d14c923d4d7e6d7c61b229e9c5a27eced3d9"
            )
            .to_vec(),
        ),
        (
            "ECKey.setR",
            hex!("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed").to_vec(),
        ),
    ];
    fresh(|caller| {
        let (public, private) = (build(caller, 11, 255).unwrap(), build(caller, 12, 255).unwrap());
        for key in [public, private] {
            for (setter, bytes) in &parts {
                set(caller, key, setter, bytes).unwrap();
            }
            caller.through(key, "javacard/security/ECKey.setK(S)V", &[8]).unwrap();
        }
        let (_, private) = generated_for(caller, public, private).unwrap();
        let own = get(caller, public, "ECPublicKey.getW").unwrap();
        assert_eq!(own.len(), 65);
        let object = agreement(caller, 3).unwrap();
        init(caller, object, private).unwrap();
        let base = get(caller, public, "ECKey.getG").unwrap();
        let secret = caller.transform(object, "generateSecret", &base).unwrap();
        assert_eq!(secret, own[1..33], "the secret with the base point is the public key's x");
    });
}
