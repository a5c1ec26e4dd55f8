//! `Signature` [JCAPI 3.0.5 javacard.security.Signature].

use cryptography::{
    Key, Purpose, RecoveryAlgorithm, Signature, SignatureAlgorithm, signature::RsaSignatureScheme,
};
use faults::Fault;
use jcvm::Trap;
use zeroize::Zeroizing;

use super::{
    buffer::{OrThrow, input, output, throw, to_byte},
    engine::{self, EngineObject, Initialised},
    key::{KeyObject, family::Family},
    offer, one_shot, reason,
};
use crate::{AlgorithmFamily, Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/Signature.getInstance(BZ)Ljavacard/security/Signature;", get_instance),
    (
        "javacard/security/Signature.getInstance(BBBZ)Ljavacard/security/Signature;",
        get_instance_of_parts,
    ),
    ("javacard/security/Signature.getAlgorithm()B", get_algorithm),
    ("javacard/security/Signature.getLength()S", get_length),
    ("javacard/security/Signature.init(Ljavacard/security/Key;B)V", init),
    ("javacard/security/Signature.init(Ljavacard/security/Key;B[BSS)V", init_with_vector),
    ("javacard/security/Signature.sign([BSS[BS)S", sign),
    ("javacard/security/Signature.update([BSS)V", update),
    ("javacard/security/Signature.verify([BSS[BSS)Z", verify),
    ("javacard/security/Signature.setInitialDigest([BSS[BSS)V", set_initial_digest),
    ("javacard/security/Signature.signPreComputedHash([BSS[BS)S", sign_hash),
    ("javacard/security/Signature.verifyPreComputedHash([BSS[BSS)Z", verify_hash),
    ("javacard/security/Signature.getMessageDigestAlgorithm()B", |call| get_part(call, 0)),
    ("javacard/security/Signature.getCipherAlgorithm()B", |call| get_part(call, 1)),
    ("javacard/security/Signature.getPaddingAlgorithm()B", |call| get_part(call, 2)),
    ("javacard/security/Signature$OneShot.open(BBB)Ljavacard/security/Signature$OneShot;", open),
    ("javacard/security/Signature$OneShot.update([BSS)V", one_shot::refuse),
    ("javacard/security/Signature$OneShot.setInitialDigest([BSS[BSS)V", one_shot::refuse),
    ("javacard/security/Signature$OneShot.close()V", |call| {
        one_shot::close(call, classes::SIGNATURE)
    }),
];

/// Longest initial vector, in bytes: a block of AES.
const VECTOR_LENGTH_MAX: usize = 16;
/// Bytes in which the length of the salt of PSS is given.
const SALT_LENGTH_LENGTH: usize = 2;

fn parts_of(algorithm: SignatureAlgorithm) -> [u8; 3] {
    [algorithm.digest_constant(), algorithm.cipher_constant(), algorithm.padding_constant()]
}

/// What an object of an algorithm is made for.
fn purpose(algorithm: SignatureAlgorithm, constant: u8, parts: [u8; 3]) -> engine::Purpose {
    let vector_length = match algorithm {
        SignatureAlgorithm::Mac { .. } => VECTOR_LENGTH_MAX,
        SignatureAlgorithm::Rsa { scheme: RsaSignatureScheme::Pss, .. } => SALT_LENGTH_LENGTH,
        _ => 0,
    };
    engine::Purpose {
        algorithm: constant.into(),
        parts,
        external_access: false,
        vector_length,
        needs: offer::of_signature(algorithm),
    }
}

fn recovery_purpose(algorithm: RecoveryAlgorithm) -> engine::Purpose {
    let digest = algorithm.digest().constant();
    engine::Purpose {
        algorithm: algorithm.constant().into(),
        parts: [digest, algorithm.cipher_constant(), algorithm.padding_constant()],
        needs: [Some(AlgorithmFamily::Rsa), Some(algorithm.digest().into())],
        ..engine::Purpose::default()
    }
}

fn make(
    call: &mut Call<'_, '_>,
    purpose: Option<engine::Purpose>,
    recovery: Option<RecoveryAlgorithm>,
    external_access: bool,
) -> Result<i32, Trap> {
    let (purpose, hidden) = match (purpose, recovery) {
        (Some(purpose), _) => (purpose, classes::BUILT_SIGNATURE),
        (None, Some(recovery)) => (recovery_purpose(recovery), classes::BUILT_RECOVERY_SIGNATURE),
        (None, None) => return throw(call, reason::NO_SUCH_ALGORITHM),
    };
    let purpose = engine::Purpose { external_access, ..purpose };
    let made = EngineObject::make(call, classes::SIGNATURE, hidden, purpose)?;
    Ok(made.object.to_cell())
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let constant = call.arguments.byte(0)?.cast_unsigned();
    let external_access = call.arguments.boolean(1)?;
    let purpose = SignatureAlgorithm::from_constant(constant)
        .map(|algorithm| purpose(algorithm, constant, parts_of(algorithm)));
    make(call, purpose, RecoveryAlgorithm::from_constant(constant), external_access)
}

/// What the three arguments of the algorithm's parts ask for.
fn requested(
    call: &Call<'_, '_>,
) -> Result<(Option<engine::Purpose>, Option<RecoveryAlgorithm>), Trap> {
    let arguments = call.arguments;
    let parts = [arguments.byte(0)?, arguments.byte(1)?, arguments.byte(2)?].map(i8::cast_unsigned);
    let [digest, cipher, padding] = parts;
    let purpose = SignatureAlgorithm::from_parts(digest, cipher, padding)
        .map(|algorithm| purpose(algorithm, algorithm.constant(), parts));
    Ok((purpose, RecoveryAlgorithm::from_parts(digest, cipher, padding)))
}

fn get_instance_of_parts(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let external_access = call.arguments.boolean(3)?;
    let (purpose, recovery) = requested(call)?;
    make(call, purpose, recovery, external_access)
}

fn open(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (Some(purpose), _) = requested(call)? else {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    };
    Ok(one_shot::open(call, classes::SIGNATURE_ONE_SHOT, purpose)?.object.to_cell())
}

fn this(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    EngineObject::this(call, classes::SIGNATURE)
}

/// The algorithm of an object: by its parts, which are more exact than the constant.
fn algorithm(call: &mut Call<'_, '_>, this: EngineObject) -> Result<SignatureAlgorithm, Trap> {
    let constant = u8::try_from(this.algorithm(call)).unwrap_or(0);
    let [digest, cipher, padding] = this.parts(call);
    let known = SignatureAlgorithm::from_constant(constant);
    match known.or_else(|| SignatureAlgorithm::from_parts(digest, cipher, padding)) {
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
    let mac = matches!(algorithm(call, this)?, SignatureAlgorithm::Mac { .. });
    if mac && vector.is_empty() {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    initialise(call, vector)
}

fn initialise(call: &mut Call<'_, '_>, vector: Zeroizing<Vec<u8>>) -> Result<i32, Trap> {
    let this = this(call)?;
    let key = KeyObject::argument(call, 1)?;
    let mode = call.arguments.byte(2)?.cast_unsigned();
    if Purpose::from_constant(mode).is_none() {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    let with = Initialised { key, mode, vector };
    start(call, this, &with)?;
    this.initialise(call, &with)?;
    Ok(0)
}

fn start(call: &mut Call<'_, '_>, this: EngineObject, with: &Initialised) -> Result<(), Trap> {
    let algorithm = algorithm(call, this)?;
    let key = match (algorithm, with.key.family) {
        // A generic secret is what the algorithm takes it for.
        (SignatureAlgorithm::Hmac(_), Family::Hmac | Family::Secret) => {
            Key::Secret(with.key.secret_bytes(call)?)
        }
        _ => with.key.working(call)?,
    };
    let mut engine = Signature::new(algorithm);
    let purpose = Purpose::from_constant(with.mode).unwrap_or(Purpose::Verify);
    engine.init(key, purpose, &with.vector).or_throw(call)?;
    this.start(call, Some(&with.key), engine);
    Ok(())
}

/// `this`, with an engine; after a reset it is as `init` had left it.
fn running(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    let this = this(call)?;
    let with = this.initialised(call)?;
    if !this.runs::<Signature>(call, Some(&with.key)) {
        start(call, this, &with)?;
    }
    Ok(this)
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    this.run(call, |signature: &mut Signature, _| signature.update(&piece).map(|()| 0))
}

fn sign(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    let made = this.run(call, |engine: &mut Signature, random| engine.sign(random, &piece))?;
    output(call, 4, &made)
}

fn verify(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let (piece, signature) = (input(call, 1)?, input(call, 4)?);
    let right = this.run(call, |engine: &mut Signature, _| engine.verify(&piece, &signature))?;
    Ok(i32::from(right || faults::active(Fault::SignatureNotVerified)))
}

fn set_initial_digest(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let (value, hashed) = (input(call, 1)?, input(call, 4)?);
    this.run(call, |engine: &mut Signature, _| {
        engine.set_initial_digest(&value, &hashed).map(|()| 0)
    })
}

fn sign_hash(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let hash = input(call, 1)?;
    let made = this.run(call, |engine: &mut Signature, random| engine.sign_hash(random, &hash))?;
    output(call, 4, &made)
}

fn verify_hash(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let (hash, signature) = (input(call, 1)?, input(call, 4)?);
    this.run(call, |engine: &mut Signature, _| engine.verify_hash(&hash, &signature)).map(i32::from)
}

pub(super) fn get_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    Ok(to_byte(this.algorithm(call)))
}

fn get_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let length = this.run(call, |engine: &mut Signature, _| engine.length())?;
    Ok(i32::try_from(length).unwrap_or(0))
}

fn get_part(call: &mut Call<'_, '_>, part: usize) -> Result<i32, Trap> {
    let this = this(call)?;
    let constant = this.parts(call).get(part).copied().unwrap_or(0);
    Ok(to_byte(constant.into()))
}
