//! `Cipher` [JCAPI 3.0.5 javacardx.crypto.Cipher].

use cryptography::{AeadAlgorithm, Cipher, CipherAlgorithm, Direction, Key, cipher::Mode};
use faults::Fault;
use jcvm::Trap;
use zeroize::Zeroizing;

use crate::{
    AlgorithmFamily, Call,
    javacard::security::{
        buffer::{OrThrow, input, output, throw, to_byte},
        engine::{EngineObject, Initialised, Purpose},
        key::KeyObject,
        offer, one_shot, reason,
    },
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    ("javacardx/crypto/Cipher.getInstance(BZ)Ljavacardx/crypto/Cipher;", get_instance),
    ("javacardx/crypto/Cipher.getInstance(BBZ)Ljavacardx/crypto/Cipher;", get_instance_of_parts),
    ("javacardx/crypto/Cipher.doFinal([BSS[BS)S", do_final),
    ("javacardx/crypto/Cipher.getAlgorithm()B", get_algorithm),
    ("javacardx/crypto/Cipher.init(Ljavacard/security/Key;B)V", init),
    ("javacardx/crypto/Cipher.init(Ljavacard/security/Key;B[BSS)V", init_with_vector),
    ("javacardx/crypto/Cipher.update([BSS[BS)S", update),
    ("javacardx/crypto/Cipher.getCipherAlgorithm()B", get_cipher_algorithm),
    ("javacardx/crypto/Cipher.getPaddingAlgorithm()B", get_padding_algorithm),
    ("javacardx/crypto/Cipher$OneShot.open(BB)Ljavacardx/crypto/Cipher$OneShot;", open),
    ("javacardx/crypto/Cipher$OneShot.update([BSS[BS)S", one_shot::refuse),
    ("javacardx/crypto/Cipher$OneShot.close()V", |call| one_shot::close(call, classes::CIPHER)),
];

/// Longest initial vector, in bytes: a block of AES.
const VECTOR_LENGTH_MAX: usize = 16;

fn has_vector(algorithm: CipherAlgorithm) -> bool {
    matches!(algorithm, CipherAlgorithm::Block { mode, .. } if mode != Mode::Ecb)
}

fn purpose(algorithm: CipherAlgorithm, constant: u8, parts: [u8; 2]) -> Purpose {
    let [cipher, padding] = parts;
    Purpose {
        algorithm: constant.into(),
        parts: [0, cipher, padding],
        external_access: false,
        vector_length: if has_vector(algorithm) { VECTOR_LENGTH_MAX } else { 0 },
        needs: offer::of_cipher(algorithm),
    }
}

/// An authenticated cipher keeps nothing over a reset: a nonce is for one message.
fn aead_purpose(algorithm: AeadAlgorithm) -> Purpose {
    Purpose {
        algorithm: algorithm.constant().into(),
        parts: [0, algorithm.cipher_constant(), 1],
        needs: [Some(AlgorithmFamily::Aes), Some(AlgorithmFamily::AesAuthenticated)],
        ..Purpose::default()
    }
}

fn make(
    call: &mut Call<'_, '_>,
    purpose: Option<Purpose>,
    aead: Option<AeadAlgorithm>,
    external_access: bool,
) -> Result<i32, Trap> {
    let (purpose, hidden) = match (purpose, aead) {
        (Some(purpose), _) => (purpose, classes::BUILT_CIPHER),
        (None, Some(aead)) => (aead_purpose(aead), classes::BUILT_AEAD_CIPHER),
        (None, None) => return throw(call, reason::NO_SUCH_ALGORITHM),
    };
    let purpose = Purpose { external_access, ..purpose };
    let made = EngineObject::make(call, classes::CIPHER, hidden, purpose)?;
    Ok(made.object.to_cell())
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let constant = call.arguments.byte(0)?.cast_unsigned();
    let external_access = call.arguments.boolean(1)?;
    let purpose = CipherAlgorithm::from_constant(constant).map(|algorithm| {
        let parts = [algorithm.cipher_constant(), algorithm.padding_constant()];
        purpose(algorithm, constant, parts)
    });
    make(call, purpose, AeadAlgorithm::from_constant(constant), external_access)
}

/// What the two arguments of the algorithm's parts ask for.
fn requested(call: &Call<'_, '_>) -> Result<(Option<Purpose>, Option<AeadAlgorithm>), Trap> {
    let parts = [call.arguments.byte(0)?, call.arguments.byte(1)?].map(i8::cast_unsigned);
    let [cipher, padding] = parts;
    let algorithm = CipherAlgorithm::from_parts(cipher, padding);
    let purpose = algorithm.map(|algorithm| purpose(algorithm, algorithm.constant(), parts));
    Ok((purpose, AeadAlgorithm::from_parts(cipher, padding)))
}

fn get_instance_of_parts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let external_access = call.arguments.boolean(2)?;
    let (purpose, aead) = requested(call)?;
    make(call, purpose, aead, external_access)
}

fn open(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (Some(purpose), _) = requested(call)? else {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    };
    Ok(one_shot::open(call, classes::CIPHER_ONE_SHOT, purpose)?.object.to_cell())
}

fn this(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    EngineObject::this(call, classes::CIPHER)
}

fn algorithm(call: &mut Call<'_, '_>, this: EngineObject) -> Result<CipherAlgorithm, Trap> {
    let constant = u8::try_from(this.algorithm(call)).unwrap_or(0);
    let [_, cipher, padding] = this.parts(call);
    let known = CipherAlgorithm::from_constant(constant);
    match known.or_else(|| CipherAlgorithm::from_parts(cipher, padding)) {
        Some(algorithm) => Ok(algorithm),
        None => throw(call, reason::INVALID_INIT),
    }
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    initialise(call, Zeroizing::default())
}

fn init_with_vector(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let vector = input(call, 3)?;
    let this = this(call)?;
    if vector.is_empty() && has_vector(algorithm(call, this)?) {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    initialise(call, vector)
}

fn initialise(call: &mut Call<'_, '_>, vector: Zeroizing<Vec<u8>>) -> Result<i32, Trap> {
    let this = this(call)?;
    let key = KeyObject::argument(call, 1)?;
    let mode = call.arguments.byte(2)?.cast_unsigned();
    if Direction::from_constant(mode).is_none() {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    let with = Initialised { key, mode, vector };
    start(call, this, &with)?;
    this.initialise(call, &with)?;
    Ok(0)
}

fn start(call: &mut Call<'_, '_>, this: EngineObject, with: &Initialised) -> Result<(), Trap> {
    let algorithm = algorithm(call, this)?;
    let two_keys = matches!(algorithm, CipherAlgorithm::Block { mode: Mode::Xts, .. });
    let key = if two_keys {
        Key::Secret(with.key.secret_bytes(call)?)
    } else {
        with.key.working(call)?
    };
    let mut engine = Cipher::new(algorithm);
    let direction = Direction::from_constant(with.mode).unwrap_or(Direction::Encrypt);
    let ignored = faults::active(Fault::CipherVectorIgnored);
    let vector: &[u8] = if ignored { &[] } else { &with.vector };
    engine.init(key, direction, vector).or_throw(call)?;
    this.start(call, Some(&with.key), engine);
    Ok(())
}

/// An object with an engine; after a reset it is as `init` had left it.
fn running(call: &mut Call<'_, '_>, this: EngineObject) -> Result<(), Trap> {
    let with = this.initialised(call)?;
    if this.runs::<Cipher>(call, Some(&with.key)) { Ok(()) } else { start(call, this, &with) }
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    running(call, this)?;
    let piece = input(call, 1)?;
    let made = this.run(call, |cipher: &mut Cipher, _| cipher.update(&piece))?;
    output(call, 4, &made)
}

fn do_final(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    let piece = input(call, 1)?;
    let made = finish(call, this, &piece)?;
    output(call, 4, &made)
}

/// Takes the last piece and gives the rest of the output.
///
/// # Errors
/// `CryptoException`.
pub(super) fn finish(
    call: &mut Call<'_, '_>,
    this: EngineObject,
    piece: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Trap> {
    running(call, this)?;
    this.run(call, |cipher: &mut Cipher, random| cipher.finish(random, piece))
}

fn get_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    Ok(to_byte(this.algorithm(call)))
}

fn get_cipher_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    let [_, cipher, _] = this.parts(call);
    Ok(to_byte(cipher.into()))
}

fn get_padding_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    let [_, _, padding] = this.parts(call);
    Ok(to_byte(padding.into()))
}

/// Bytes of a message that has to be enciphered for a key of so many bytes: with padding, and for RSA a whole number.
///
/// # Errors
/// `CryptoException.INVALID_INIT` where the object has no algorithm.
pub(super) fn enciphered_length(
    call: &mut Call<'_, '_>,
    this: EngineObject,
    length: usize,
) -> Result<usize, Trap> {
    use cryptography::cipher::Padding;
    let algorithm = algorithm(call, this)?;
    Ok(match algorithm {
        CipherAlgorithm::Rsa(_) => this.initialised(call)?.key.bits.div_ceil(8),
        CipherAlgorithm::Block { mode: Mode::Ctr | Mode::Cfb | Mode::Xts, .. } => length,
        CipherAlgorithm::Block { cipher, padding, .. } => {
            let block = cipher.block_length();
            let always = matches!(padding, Padding::Iso9797M2 | Padding::Pkcs5);
            (length + usize::from(always)).next_multiple_of(block)
        }
    })
}
