//! `Signature`.

use hex_literal::hex;
use jcvm::Reference;

use super::{
    caller::{Caller, Thrown, crypto, fresh, within},
    keys::{build, get, secret, set},
    pairs::{generated, generated_for},
};
use crate::bed::Bed;

const SIGN: i32 = 1;
const VERIFY: i32 = 2;

fn signature(caller: &mut Caller<'_, '_, '_>, algorithm: i32) -> Result<Reference, Thrown> {
    let name = "javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;";
    caller.make(name, &[algorithm, 0])
}

fn of_parts(caller: &mut Caller<'_, '_, '_>, parts: [i32; 3]) -> Result<Reference, Thrown> {
    let name = "javacard/security/Signature.getInstance(BBBZ)Ljavacard/security/Signature;";
    let [digest, cipher, padding] = parts;
    caller.make(name, &[digest, cipher, padding, 0])
}

fn init(
    caller: &mut Caller<'_, '_, '_>,
    object: Reference,
    key: Reference,
    mode: i32,
) -> Result<i32, Thrown> {
    caller.on(object, "init(Ljavacard/security/Key;B)V", &[key.to_cell(), mode])
}

/// `verify`, or a method with its descriptor.
fn verified(
    caller: &mut Caller<'_, '_, '_>,
    object: Reference,
    name: &str,
    (message, signed): (&[u8], &[u8]),
) -> Result<i32, Thrown> {
    let (from, with) = (caller.array(message).to_cell(), caller.array(signed).to_cell());
    let length = |bytes: &[u8]| i32::try_from(bytes.len()).unwrap();
    let cells = [from, 0, length(message), with, 0, length(signed)];
    caller.on(object, &format!("{name}([BSS[BSS)Z"), &cells)
}

/// Signs in pieces with a private key, and verifies with the public one: the signature.
fn round(
    caller: &mut Caller<'_, '_, '_>,
    object: Reference,
    (public, private): (Reference, Reference),
) -> Vec<u8> {
    let length = "getLength()S";
    init(caller, object, private, SIGN).unwrap();
    let announced = usize::try_from(caller.on(object, length, &[]).unwrap()).unwrap();
    caller.feed(object, "update", b"a mess").unwrap();
    let signed = caller.transform(object, "sign", b"age").unwrap();
    assert!(signed.len() <= announced);
    assert_eq!(verified(caller, object, "verify", (b"a message", &signed)), Err(crypto(4)));
    init(caller, object, public, VERIFY).unwrap();
    caller.feed(object, "update", b"a mes").unwrap();
    assert_eq!(verified(caller, object, "verify", (b"sage", &signed)), Ok(1));
    assert_eq!(verified(caller, object, "verify", (b"a massage", &signed)), Ok(0));
    assert_eq!(caller.transform(object, "sign", b"a message"), Err(crypto(4)));
    signed
}

#[test]
fn macs() {
    fresh(|caller| {
        let key = secret(caller, 15, &hex!("2B7E151628AED2A6ABF7158809CF4F3C"));
        let cmac = signature(caller, 49).unwrap();
        init(caller, cmac, key, SIGN).unwrap();
        let made = caller.transform(cmac, "sign", b"").unwrap();
        assert_eq!(made, hex!("BB1D6929E95937287FA37D129B756746"), "NIST SP 800-38B");
        round(caller, cmac, (key, key));
        let des = secret(caller, 3, &[0x1F; 16]);
        for algorithm in [3, 4, 5, 6, 7, 8, 19, 20, 47, 48] {
            let mac = signature(caller, algorithm).unwrap();
            let made = round(caller, mac, (des, des));
            assert_eq!(made.len(), if matches!(algorithm, 3 | 5 | 7 | 19 | 47) { 4 } else { 8 });
        }
        let hmac = signature(caller, 25).unwrap();
        let key = build(caller, 21, 64).unwrap();
        set(caller, key, "HMACKey.setKey", b"Jefe").unwrap();
        init(caller, hmac, key, SIGN).unwrap();
        let made = caller.transform(hmac, "sign", b"what do ya want for nothing?").unwrap();
        let expected = hex!("5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843");
        assert_eq!(made, expected, "RFC 4231");
        round(caller, hmac, (key, key));
        assert_eq!(init(caller, hmac, des, SIGN), Err(crypto(1)));
    });
}

#[test]
fn a_mac_takes_an_initial_vector_which_survives_a_reset() {
    let mut bed = Bed::new();
    let run = "init(Ljavacard/security/Key;B[BSS)V";
    let (mac, expected) = within(&mut bed, |caller| {
        let key = secret(caller, 15, &[5; 16]);
        let mac = signature(caller, 18).unwrap();
        let vector = caller.array(&[9; 16]).to_cell();
        let cells = [key.to_cell(), SIGN, vector, 0, 16];
        assert_eq!(caller.on(mac, run, &[key.to_cell(), SIGN, vector, 0, 0]), Err(crypto(1)));
        caller.on(mac, run, &cells).unwrap();
        let expected = caller.transform(mac, "sign", &[1; 32]).unwrap();
        caller.on(mac, run, &cells).unwrap();
        caller.feed(mac, "update", &[7; 3]).unwrap();
        (mac, expected)
    });
    bed.reset();
    within(&mut bed, |caller| {
        assert_eq!(caller.transform(mac, "sign", &[1; 32]).unwrap(), expected);
    });
}

#[test]
fn rsa() {
    fresh(|caller| {
        let (public, private) = generated(caller, 2, 1024).unwrap();
        for algorithm in [9, 10, 11, 12, 13, 15, 16, 21, 22, 23].into_iter().chain(39..=45) {
            let rsa = signature(caller, algorithm).unwrap();
            assert_eq!(caller.on(rsa, "getLength()S", &[]), Err(crypto(4)));
            assert_eq!(round(caller, rsa, (public, private)).len(), 128);
        }
        let rsa = signature(caller, 10).unwrap();
        assert_eq!(init(caller, rsa, public, SIGN), Err(crypto(1)));
        assert_eq!(init(caller, rsa, private, VERIFY), Err(crypto(1)));
        for refused in [0, 32, 50] {
            assert_eq!(signature(caller, refused), Err(crypto(3)));
        }
    });
}

#[test]
fn ecdsa_also_over_a_digest_from_elsewhere() {
    fresh(|caller| {
        let (public, private) = generated(caller, 5, 256).unwrap();
        for algorithm in [17, 33, 34, 37, 38] {
            let ecdsa = signature(caller, algorithm).unwrap();
            assert_eq!(round(caller, ecdsa, (public, private))[0], 0x30);
        }
        let plain = of_parts(caller, [4, 9, 0]).unwrap();
        assert_eq!(round(caller, plain, (public, private)).len(), 64);
        assert_eq!(caller.on(plain, "getMessageDigestAlgorithm()B", &[]), Ok(4));
        assert_eq!(caller.on(plain, "getCipherAlgorithm()B", &[]), Ok(9));
        assert_eq!(caller.on(plain, "getPaddingAlgorithm()B", &[]), Ok(0));

        let name = "javacard/security/MessageDigest.getInstance(BZ)\
                    Ljavacard/security/MessageDigest;";
        let sha = caller.make(name, &[4, 0]).unwrap();
        let hash = caller.transform(sha, "doFinal", b"a message").unwrap();
        init(caller, plain, private, SIGN).unwrap();
        let signed = caller.transform(plain, "signPreComputedHash", &hash).unwrap();
        let short = caller.transform(plain, "signPreComputedHash", &hash[1..]);
        assert_eq!(short, Err(crypto(5)));
        init(caller, plain, public, VERIFY).unwrap();
        assert_eq!(verified(caller, plain, "verify", (b"a message", &signed)), Ok(1));
        let by_hash = verified(caller, plain, "verifyPreComputedHash", (&hash, &signed));
        assert_eq!(by_hash, Ok(1));
    });
}

#[test]
fn a_one_shot_signature() {
    let open = "javacard/security/Signature$OneShot.open(BBB)Ljavacard/security/Signature$OneShot;";
    fresh(|caller| {
        let (public, private) = generated(caller, 5, 256).unwrap();
        let ecdsa = caller.make(open, &[4, 5, 0]).unwrap();
        init(caller, ecdsa, private, SIGN).unwrap();
        let signed = caller.transform(ecdsa, "sign", b"a message").unwrap();
        assert_eq!(caller.feed(ecdsa, "update", b"a message"), Err(crypto(5)));
        init(caller, ecdsa, public, VERIFY).unwrap();
        assert_eq!(verified(caller, ecdsa, "verify", (b"a message", &signed)), Ok(1));
        caller.on(ecdsa, "close()V", &[]).unwrap();
        assert_eq!(caller.on(ecdsa, "getLength()S", &[]), Err(crypto(5)));
    });
}

#[test]
fn a_signature_holds_the_start_of_its_message() {
    let interface = "javacard/security/SignatureMessageRecovery";
    let mut bed = Bed::new();
    let (recovery, public, private) = within(&mut bed, |caller| {
        let (public, private) = generated(caller, 2, 1024).unwrap();
        (signature(caller, 30).unwrap(), public, private)
    });
    let message = vec![0x5C; 200];
    let init = format!("{interface}.init(Ljavacard/security/Key;B)V");
    within(&mut bed, |caller| {
        caller.through(recovery, &init, &[private.to_cell(), SIGN]).unwrap();
    });
    bed.reset();
    within(&mut bed, |caller| {
        let from = caller.array(&message).to_cell();
        let (to, held) = (caller.array(&[0; 128]), caller.shorts(2));
        let cells = [from, 0, 200, to.to_cell(), 0, held.to_cell(), 1];
        let length = caller.through(recovery, &format!("{interface}.sign([BSS[BS[SS)S"), &cells);
        assert_eq!(length, Ok(128));
        let held = caller.vm.short_at(held, 1).unwrap();
        assert_eq!(held, 106);
        caller.through(recovery, &init, &[public.to_cell(), VERIFY]).unwrap();
        let begin = format!("{interface}.beginVerify([BSS)S");
        assert_eq!(caller.through(recovery, &begin, &[to.to_cell(), 0, 128]), Ok(held.into()));
        assert_eq!(caller.bytes(to)[..106], message[..106]);
        let verify = format!("{interface}.verify([BSS)Z");
        assert_eq!(caller.through(recovery, &verify, &[from, 106, 94]), Ok(1));
        assert_eq!(verified(caller, recovery, "verify", (&message, &[0; 128])), Err(crypto(5)));
        assert_eq!(caller.on(recovery, "getLength()S", &[]), Ok(128));
    });
}

#[test]
fn dsa_and_diffie_hellman_in_a_group_that_is_set() {
    // The group of 1024 bits with an order of 160 bits of RFC 5114 §2.1.
    let prime = hex!(
        "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B616073E28675A23D189838EF1E2EE652C0"
        "13ECB4AEA906112324975C3CD49B83BFACCBDD7D90C4BD7098488E9C219A73724EFFD6FAE5644738FAA31A4FF55BCCC0"
        "A151AF5F0DC8B4BD45BF37DF365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371"
    );
    let generator = hex!(
        "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31266FEA1E5C41564B777E690F5504F213"
        "160217B4B01B886A5E91547F9E2749F4D7FBD7D3B9A92EE1909D0D2263F80A76A6A24C087A091F531DBF0A0169B6A28A"
        "D662A4D18E73AFA32D779D5918D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5"
    );
    let order = hex!("F518AA8781A8DF278ABA4E7D64B7CB9D49462353");
    fresh(|caller| {
        for (public_kind, private_kind, interface) in [(7, 8, "DSAKey"), (32, 35, "DHKey")] {
            let keys = [public_kind, private_kind, public_kind, private_kind]
                .map(|kind| build(caller, kind, 1024).unwrap());
            let [public, private, other_public, other_private] = keys;
            assert_eq!(generated_for(caller, public, private), Err(crypto(1)), "no group");
            for public in [public, other_public] {
                for (part, number) in [("P", &prime[..]), ("Q", &order), ("G", &generator)] {
                    set(caller, public, &format!("{interface}.set{part}"), number).unwrap();
                }
            }
            generated_for(caller, public, private).unwrap();
            generated_for(caller, other_public, other_private).unwrap();
            if interface == "DSAKey" {
                let dsa = signature(caller, 14).unwrap();
                round(caller, dsa, (public, private));
                continue;
            }
            let name = "javacard/security/KeyAgreement.getInstance(BZ)\
                        Ljavacard/security/KeyAgreement;";
            let agreement = caller.make(name, &[7, 0]).unwrap();
            let secrets = [(private, other_public), (other_private, public)].map(|(own, other)| {
                let init = "init(Ljavacard/security/PrivateKey;)V";
                caller.on(agreement, init, &[own.to_cell()]).unwrap();
                let number = get(caller, other, "DHPublicKey.getY").unwrap();
                caller.transform(agreement, "generateSecret", &number).unwrap()
            });
            assert_eq!(secrets[0], secrets[1]);
        }
    });
}

#[test]
fn ed25519() {
    fresh(|caller| {
        let spec = "javacard/security/NamedParameterSpec.getInstance(S)\
                    Ljavacard/security/NamedParameterSpec;";
        let spec = caller.make(spec, &[257]).unwrap().to_cell();
        let build = "javacard/security/KeyBuilder.buildXECKey\
                     (Ljavacard/security/NamedParameterSpec;SZ)Ljavacard/security/Key;";
        let public = caller.make(build, &[spec, 0, 0]).unwrap();
        let private = caller.make(build, &[spec, -0x8000, 0]).unwrap();
        generated_for(caller, public, private).unwrap();
        for kind in [15, 17] {
            let eddsa = of_parts(caller, [0, kind, 0]).unwrap();
            assert_eq!(round(caller, eddsa, (public, private)).len(), 64);
        }
    });
}
