//! `MessageDigest` and `InitializedMessageDigest` [JCAPI 3.0.5 javacard.security.MessageDigest].

use cryptography::{DigestAlgorithm, MessageDigest};
use faults::Fault;
use jcvm::{ClassId, Trap};

use super::{
    buffer::{input, output, throw, to_byte},
    engine::{EngineObject, Purpose},
    one_shot, reason,
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/MessageDigest.getInstance(BZ)Ljavacard/security/MessageDigest;", |call| {
        get_instance(call, classes::BUILT_MESSAGE_DIGEST)
    }),
    (
        "javacard/security/MessageDigest.getInitializedMessageDigestInstance(BZ)Ljavacard/security/InitializedMessageDigest;",
        |call| get_instance(call, classes::BUILT_INITIALIZED_MESSAGE_DIGEST),
    ),
    (
        "javacard/security/MessageDigest.isIntermediateMessageDigestSupported(B)Z",
        is_intermediate_supported,
    ),
    ("javacard/security/MessageDigest.doFinal([BSS[BS)S", do_final),
    ("javacard/security/MessageDigest.getAlgorithm()B", get_algorithm),
    ("javacard/security/MessageDigest.getLength()B", get_length),
    ("javacard/security/MessageDigest.reset()V", reset),
    ("javacard/security/MessageDigest.update([BSS)V", update),
    ("javacard/security/MessageDigest.doIntermediateMessageDigest([BS)S", do_intermediate),
    ("javacard/security/InitializedMessageDigest.setInitialDigest([BSS[BSS)V", set_initial_digest),
    (
        "javacard/security/MessageDigest$OneShot.open(B)Ljavacard/security/MessageDigest$OneShot;",
        |call| open(call, classes::MESSAGE_DIGEST_ONE_SHOT),
    ),
    ("javacard/security/MessageDigest$OneShot.update([BSS)V", one_shot::refuse),
    ("javacard/security/MessageDigest$OneShot.doIntermediateMessageDigest([BS)S", one_shot::refuse),
    ("javacard/security/MessageDigest$OneShot.close()V", close),
    (
        "javacard/security/InitializedMessageDigest$OneShot.open(B)Ljavacard/security/InitializedMessageDigest$OneShot;",
        |call| open(call, classes::INITIALIZED_MESSAGE_DIGEST_ONE_SHOT),
    ),
    ("javacard/security/InitializedMessageDigest$OneShot.update([BSS)V", one_shot::refuse),
    (
        "javacard/security/InitializedMessageDigest$OneShot.doIntermediateMessageDigest([BS)S",
        one_shot::refuse,
    ),
    ("javacard/security/InitializedMessageDigest$OneShot.close()V", close),
];

/// The algorithm of a constant.
fn algorithm(constant: i32) -> Option<DigestAlgorithm> {
    u8::try_from(constant).ok().and_then(DigestAlgorithm::from_constant)
}

/// The algorithm that an object is to be made for: `resumable` where it has to take an initial value.
fn requested(call: &mut Call<'_, '_>, resumable: bool) -> Result<Purpose, Trap> {
    let constant = i32::from(call.arguments.byte(0)?);
    match algorithm(constant) {
        Some(algorithm) if !resumable || algorithm.chaining_length().is_some() => {
            let needs = [Some(algorithm.into()), None];
            Ok(Purpose { algorithm: constant, needs, ..Purpose::default() })
        }
        _ => throw(call, reason::NO_SUCH_ALGORITHM),
    }
}

fn get_instance(call: &mut Call<'_, '_>, hidden: ClassId) -> Result<i32, Trap> {
    let purpose = requested(call, hidden == classes::BUILT_INITIALIZED_MESSAGE_DIGEST)?;
    let external_access = call.arguments.boolean(1)?;
    let purpose = Purpose { external_access, ..purpose };
    let made = EngineObject::make(call, classes::MESSAGE_DIGEST, hidden, purpose)?;
    Ok(made.object.to_cell())
}

fn open(call: &mut Call<'_, '_>, class: ClassId) -> Result<i32, Trap> {
    let purpose = requested(call, class == classes::INITIALIZED_MESSAGE_DIGEST_ONE_SHOT)?;
    Ok(one_shot::open(call, class, purpose)?.object.to_cell())
}

fn close(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    one_shot::close(call, classes::MESSAGE_DIGEST)
}

/// `this`, and its algorithm.
fn this(call: &mut Call<'_, '_>) -> Result<(EngineObject, DigestAlgorithm), Trap> {
    let this = EngineObject::this(call, classes::MESSAGE_DIGEST)?;
    match algorithm(this.algorithm(call)) {
        Some(algorithm) => Ok((this, algorithm)),
        None => throw(call, reason::INVALID_INIT),
    }
}

/// `this`, with an engine.
fn running(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    let (this, algorithm) = this(call)?;
    if !this.runs::<MessageDigest>(call, None) {
        this.start(call, None, MessageDigest::new(algorithm));
    }
    Ok(this)
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    this.run(call, |digest: &mut MessageDigest, _| {
        digest.update(&piece);
        Ok(0)
    })
}

fn do_final(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    let mut digest = this.run(call, |digest: &mut MessageDigest, _| {
        digest.update(&piece);
        Ok(digest.finish())
    })?;
    let is_sha256 = algorithm(this.algorithm(call)) == Some(DigestAlgorithm::Sha256);
    if is_sha256
        && faults::active(Fault::Sha256BitWrong)
        && let Some(last) = digest.last_mut()
    {
        *last ^= 1;
    }
    output(call, 4, &digest)
}

fn do_intermediate(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let value = this.run(call, |digest: &mut MessageDigest, _| digest.intermediate())?;
    output(call, 1, &value)
}

fn set_initial_digest(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let (value, hashed) = (input(call, 1)?, input(call, 4)?);
    this.run(call, |digest: &mut MessageDigest, _| {
        digest.reset();
        digest.set_initial(&value, &hashed).map(|()| 0)
    })
}

fn reset(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, _) = this(call)?;
    call.state.volatile().remove(this.object);
    Ok(0)
}

fn get_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, _) = this(call)?;
    Ok(to_byte(this.algorithm(call)))
}

fn get_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (_, algorithm) = this(call)?;
    Ok(i32::try_from(algorithm.length()).unwrap_or(0))
}

fn is_intermediate_supported(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let constant = i32::from(call.arguments.byte(0)?);
    Ok(i32::from(algorithm(constant).is_some_and(|known| known.chaining_length().is_some())))
}
