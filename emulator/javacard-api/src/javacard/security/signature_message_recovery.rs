//! `SignatureMessageRecovery` [JCAPI 3.0.5 javacard.security.SignatureMessageRecovery]: signatures that hold the start of their message.
//!
//! The object is a `Signature` too, as the factory returns it; what needs the whole message at once is refused there.

use cryptography::{Purpose, RecoveryAlgorithm, RecoverySignature};
use jcvm::{Trap, Write};
use zeroize::Zeroizing;

use super::{
    buffer::{OrThrow, input, output, throw},
    engine::{EngineObject, Initialised},
    key::KeyObject,
    one_shot, reason,
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/SignatureMessageRecovery.init(Ljavacard/security/Key;B)V", init),
    ("javacard/security/SignatureMessageRecovery.beginVerify([BSS)S", begin_verify),
    ("javacard/security/SignatureMessageRecovery.sign([BSS[BS[SS)S", sign),
    ("javacard/security/SignatureMessageRecovery.verify([BSS)Z", verify),
    ("javacard/security/SignatureMessageRecovery.getAlgorithm()B", super::signature::get_algorithm),
    ("javacard/security/SignatureMessageRecovery.getLength()S", get_length),
    ("javacard/security/SignatureMessageRecovery.update([BSS)V", update),
    ("javacard/security/BuiltRecoverySignature.init(Ljavacard/security/Key;B)V", init),
    ("javacard/security/BuiltRecoverySignature.init(Ljavacard/security/Key;B[BSS)V", |call| {
        throw(call, reason::ILLEGAL_VALUE)
    }),
    ("javacard/security/BuiltRecoverySignature.getLength()S", get_length),
    ("javacard/security/BuiltRecoverySignature.update([BSS)V", update),
    ("javacard/security/BuiltRecoverySignature.sign([BSS[BS)S", one_shot::refuse),
    ("javacard/security/BuiltRecoverySignature.verify([BSS[BSS)Z", one_shot::refuse),
    ("javacard/security/BuiltRecoverySignature.setInitialDigest([BSS[BSS)V", one_shot::refuse),
    ("javacard/security/BuiltRecoverySignature.signPreComputedHash([BSS[BS)S", one_shot::refuse),
    ("javacard/security/BuiltRecoverySignature.verifyPreComputedHash([BSS[BSS)Z", one_shot::refuse),
];

fn this(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    EngineObject::this(call, classes::SIGNATURE)
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    let key = KeyObject::argument(call, 1)?;
    let mode = call.arguments.byte(2)?.cast_unsigned();
    if Purpose::from_constant(mode).is_none() {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    let with = Initialised { key, mode, vector: Zeroizing::default() };
    start(call, this, &with)?;
    this.initialise(call, &with)?;
    Ok(0)
}

fn start(call: &mut Call<'_, '_>, this: EngineObject, with: &Initialised) -> Result<(), Trap> {
    let constant = u8::try_from(this.algorithm(call)).unwrap_or(0);
    let Some(algorithm) = RecoveryAlgorithm::from_constant(constant) else {
        return throw(call, reason::INVALID_INIT);
    };
    let key = with.key.working(call)?;
    let mut engine = RecoverySignature::new(algorithm);
    let purpose = Purpose::from_constant(with.mode).unwrap_or(Purpose::Verify);
    engine.init(key, purpose).or_throw(call)?;
    this.start(call, Some(&with.key), engine);
    Ok(())
}

/// `this`, with an engine; after a reset it is as `init` had left it.
fn running(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    let this = this(call)?;
    let with = this.initialised(call)?;
    if !this.runs::<RecoverySignature>(call, Some(&with.key)) {
        start(call, this, &with)?;
    }
    Ok(this)
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    this.run(call, |engine: &mut RecoverySignature, _| engine.update(&piece).map(|()| 0))
}

/// Signs, and says in an element of a short array how much of the message the signature holds.
fn sign(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    let (lengths, at) = (call.arguments.reference(6)?, call.arguments.short(7)?);
    call.vm.short_at(lengths, at)?;
    let (made, held) = this.run(call, |engine: &mut RecoverySignature, _| engine.sign(&piece))?;
    let length = output(call, 4, &made)?;
    call.vm.set_short_at(lengths, at, i16::try_from(held).unwrap_or(i16::MAX))?;
    Ok(length)
}

/// Takes the signature, and puts what it holds of the message in its place.
fn begin_verify(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let signature = input(call, 1)?;
    let held =
        this.run(call, |engine: &mut RecoverySignature, _| engine.begin_verify(&signature))?;
    let (array, offset) = (call.arguments.reference(1)?, call.arguments.short(2)?);
    call.vm.write_bytes(array, offset, &held, Write::Transactional)?;
    Ok(i32::try_from(held.len()).unwrap_or(0))
}

fn verify(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    this.run(call, |engine: &mut RecoverySignature, _| engine.verify(&piece)).map(i32::from)
}

fn get_length(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let length = this.run(call, |engine: &mut RecoverySignature, _| engine.length())?;
    Ok(i32::try_from(length).unwrap_or(0))
}
