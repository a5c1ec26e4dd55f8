//! `KeyPair`, and RSA with the keys that it makes.

use jcvm::Reference;

use super::{
    caller::{Caller, Thrown, crypto, fresh},
    ciphers::{cipher, init},
    keys::{build, get, is_initialized, set},
};

/// A pair by its algorithm and size, with its public and its private key.
pub(super) fn generated(
    caller: &mut Caller<'_, '_, '_>,
    algorithm: i32,
    bits: i32,
) -> Result<(Reference, Reference), Thrown> {
    let pair = caller.construct("javacard/security/KeyPair(BS)V", &[algorithm, bits])?;
    generate(caller, pair)
}

/// A pair of two keys, generated.
pub(super) fn generated_for(
    caller: &mut Caller<'_, '_, '_>,
    public: Reference,
    private: Reference,
) -> Result<(Reference, Reference), Thrown> {
    let name = "javacard/security/KeyPair\
                (Ljavacard/security/PublicKey;Ljavacard/security/PrivateKey;)V";
    let pair = caller.construct(name, &[public.to_cell(), private.to_cell()])?;
    generate(caller, pair)
}

fn generate(
    caller: &mut Caller<'_, '_, '_>,
    pair: Reference,
) -> Result<(Reference, Reference), Thrown> {
    caller.on(pair, "genKeyPair()V", &[])?;
    let public = caller.on(pair, "getPublic()Ljavacard/security/PublicKey;", &[])?;
    let private = caller.on(pair, "getPrivate()Ljavacard/security/PrivateKey;", &[])?;
    Ok((Reference::from_cell(public), Reference::from_cell(private)))
}

#[test]
fn rsa_in_both_forms_signs_and_encrypts() {
    fresh(|caller| {
        for algorithm in [1, 2] {
            let (public, private) = generated(caller, algorithm, 512).unwrap();
            assert!(is_initialized(caller, public) && is_initialized(caller, private));
            assert_eq!(get(caller, public, "RSAPublicKey.getExponent").unwrap(), [1, 0, 1]);
            let raw = cipher(caller, 12).unwrap();
            let message = [&[0], [0x5A; 63].as_slice()].concat();
            init(caller, raw, private, 2).unwrap();
            let signed = caller.transform(raw, "doFinal", &message).unwrap();
            init(caller, raw, public, 1).unwrap();
            assert_eq!(caller.transform(raw, "doFinal", &signed).unwrap(), message);
            assert!(caller.transform(raw, "doFinal", &[0xFF; 64]).is_err(), "beyond the modulus");
            assert_eq!(caller.transform(raw, "doFinal", &[1; 63]), Err(crypto(5)));
            for padded in [10, 15] {
                let padded = cipher(caller, padded).unwrap();
                init(caller, padded, public, 2).unwrap();
                let enciphered = caller.transform(padded, "doFinal", b"short").unwrap();
                init(caller, padded, private, 1).unwrap();
                assert_eq!(caller.transform(padded, "doFinal", &enciphered).unwrap(), b"short");
            }
        }
    });
}

#[test]
fn a_public_exponent_that_is_set_is_kept() {
    fresh(|caller| {
        let (public, private) = (build(caller, 4, 512).unwrap(), build(caller, 6, 512).unwrap());
        set(caller, public, "RSAPublicKey.setExponent", &[0, 0, 3]).unwrap();
        generated_for(caller, public, private).unwrap();
        assert_eq!(get(caller, public, "RSAPublicKey.getExponent").unwrap(), [0, 0, 3]);
        set(caller, public, "RSAPublicKey.setExponent", &[4]).unwrap();
        assert_eq!(generated_for(caller, public, private), Err(crypto(1)));
    });
}

#[test]
fn keys_that_do_not_match_make_no_pair() {
    fresh(|caller| {
        let public = build(caller, 4, 512).unwrap();
        let (smaller, curve) = (build(caller, 6, 1024).unwrap(), build(caller, 12, 256).unwrap());
        for private in [smaller, curve, public] {
            assert_eq!(generated_for(caller, public, private), Err(crypto(1)));
        }
        let missing = generated_for(caller, public, Reference::NULL);
        assert_eq!(missing, Err(("NullPointerException", 0)));
        for (algorithm, bits) in [(7, 1024), (4, 113), (1, 500), (0, 512)] {
            assert_eq!(generated(caller, algorithm, bits), Err(crypto(3)));
        }
    });
}

#[test]
fn curves_are_those_of_the_size_or_those_that_are_set() {
    fresh(|caller| {
        for bits in [112, 128, 160, 192, 224, 256, 384, 521] {
            let (public, private) = generated(caller, 5, bits).unwrap();
            assert!(is_initialized(caller, public) && is_initialized(caller, private));
            let field = get(caller, public, "ECKey.getField").unwrap();
            assert_eq!(field, get(caller, private, "ECKey.getField").unwrap());
            let point = get(caller, public, "ECPublicKey.getW").unwrap();
            assert_eq!((point[0], point.len()), (4, 2 * field.len() + 1));
        }
        let public = build(caller, 11, 256).unwrap();
        for setter in ["setFieldFP", "setA", "setB", "setR"] {
            set(caller, public, &format!("ECKey.{setter}"), &[0xF1; 32]).unwrap();
        }
        set(caller, public, "ECKey.setG", &[&[4], [9; 64].as_slice()].concat()).unwrap();
        let private = build(caller, 12, 256).unwrap();
        assert_eq!(generated_for(caller, public, private), Err(crypto(1)), "no such curve");
    });
}

#[test]
fn a_parameter_specification_is_for_rsa() {
    fresh(|caller| {
        let name = "genKeyPair(Ljavacard/security/AlgorithmParameterSpec;)V";
        let pair = caller.construct("javacard/security/KeyPair(BS)V", &[5, 256]).unwrap();
        caller.on(pair, name, &[0]).unwrap();
        let spec = "javacard/security/NamedParameterSpec.getInstance(S)\
                    Ljavacard/security/NamedParameterSpec;";
        let spec = caller.make(spec, &[257]).unwrap();
        assert_eq!(caller.on(pair, name, &[spec.to_cell()]), Err(crypto(1)));
    });
}
