//! `AEADCipher` [JCAPI 3.0.5 javacardx.crypto.AEADCipher].
//!
//! Unlike a `Cipher`, one does not come out of a reset initialised: its nonce is used up.

use cryptography::{AeadAlgorithm, AeadCipher, AeadParameters, Direction};
use jcvm::Trap;
use zeroize::Zeroizing;

use crate::{
    Call,
    javacard::security::{
        buffer::{OrThrow, input, input_of, output, throw},
        engine::{EngineObject, Initialised},
        key::KeyObject,
        reason,
    },
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    ("javacardx/crypto/AEADCipher.doFinal([BSS[BS)S", do_final),
    ("javacardx/crypto/AEADCipher.init(Ljavacard/security/Key;B)V", init),
    ("javacardx/crypto/AEADCipher.init(Ljavacard/security/Key;B[BSS)V", init_with_nonce),
    ("javacardx/crypto/AEADCipher.update([BSS[BS)S", update),
    ("javacardx/crypto/AEADCipher.init(Ljavacard/security/Key;B[BSSSSS)V", init_with_lengths),
    ("javacardx/crypto/AEADCipher.updateAAD([BSS)V", update_additional),
    ("javacardx/crypto/AEADCipher.retrieveTag([BSS)S", retrieve_tag),
    ("javacardx/crypto/AEADCipher.verifyTag([BSSS)Z", verify_tag),
];

fn this(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    EngineObject::this(call, classes::CIPHER)
}

/// Both algorithms need a nonce.
fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    throw(call, reason::ILLEGAL_VALUE)
}

/// Only the mode that has to know no lengths can be initialised without them.
fn init_with_nonce(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    if algorithm(call, this)? == AeadAlgorithm::Ccm {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    initialise(call, [0; 3])
}

fn init_with_lengths(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let mut lengths = [0; 3];
    for (length, at) in lengths.iter_mut().zip(6..) {
        match usize::try_from(call.arguments.short(at)?) {
            Ok(given) => *length = given,
            Err(_) => return throw(call, reason::ILLEGAL_VALUE),
        }
    }
    initialise(call, lengths)
}

fn algorithm(call: &mut Call<'_, '_>, this: EngineObject) -> Result<AeadAlgorithm, Trap> {
    let constant = u8::try_from(this.algorithm(call)).ok();
    match constant.and_then(AeadAlgorithm::from_constant) {
        Some(algorithm) => Ok(algorithm),
        None => throw(call, reason::INVALID_INIT),
    }
}

fn initialise(call: &mut Call<'_, '_>, lengths: [usize; 3]) -> Result<i32, Trap> {
    let this = this(call)?;
    let key = KeyObject::argument(call, 1)?;
    let mode = call.arguments.byte(2)?.cast_unsigned();
    let nonce = input(call, 3)?;
    let Some(direction) = Direction::from_constant(mode) else {
        return throw(call, reason::ILLEGAL_VALUE);
    };
    let [additional_length, message_length, tag_length] = lengths;
    let parameters =
        AeadParameters { nonce: &nonce, additional_length, message_length, tag_length };
    let mut engine = AeadCipher::new(algorithm(call, this)?);
    let working = key.working(call)?;
    engine.init(working, direction, parameters).or_throw(call)?;
    this.start(call, Some(&key), engine);
    this.initialise(call, &Initialised { key, mode, vector: Zeroizing::default() })?;
    Ok(0)
}

/// `this`, with an engine.
fn running(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    let this = this(call)?;
    let key = this.initialised(call)?.key;
    if this.runs::<AeadCipher>(call, Some(&key)) {
        Ok(this)
    } else {
        throw(call, reason::INVALID_INIT)
    }
}

fn update_additional(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    this.run(call, |cipher: &mut AeadCipher, _| cipher.update_additional(&piece).map(|()| 0))
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    let made = this.run(call, |cipher: &mut AeadCipher, _| cipher.update(&piece))?;
    output(call, 4, &made)
}

fn do_final(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    let made = this.run(call, |cipher: &mut AeadCipher, _| cipher.finish(&piece))?;
    output(call, 4, &made)
}

/// Checks that the object was initialised for a direction.
fn expect(call: &mut Call<'_, '_>, this: EngineObject, direction: Direction) -> Result<(), Trap> {
    if this.mode(call) == direction as u8 { Ok(()) } else { throw(call, reason::ILLEGAL_USE) }
}

fn retrieve_tag(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    expect(call, this, Direction::Encrypt)?;
    let length = usize::try_from(call.arguments.short(3)?).unwrap_or(0);
    let tag = this.run(call, |cipher: &mut AeadCipher, _| cipher.tag(length))?;
    output(call, 1, &tag)
}

/// Of the tag received, as many bytes are looked at as are required.
fn verify_tag(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    expect(call, this, Direction::Decrypt)?;
    let (received, required) = (call.arguments.short(3)?, call.arguments.short(4)?);
    let tag = input_of(call, 1, received)?;
    let Some(tag) = usize::try_from(required).ok().and_then(|required| tag.get(..required)) else {
        return throw(call, reason::ILLEGAL_VALUE);
    };
    this.run(call, |cipher: &mut AeadCipher, _| cipher.verify_tag(tag)).map(i32::from)
}
