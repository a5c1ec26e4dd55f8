//! `Checksum` [JCAPI 3.0.5 javacard.security.Checksum].

use cryptography::{Checksum, ChecksumAlgorithm};
use jcvm::Trap;

use super::{
    buffer::{input, output, throw, to_byte},
    engine::{EngineObject, Purpose},
    reason,
};
use crate::{AlgorithmFamily, Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/Checksum.getInstance(BZ)Ljavacard/security/Checksum;", get_instance),
    ("javacard/security/Checksum.init([BSS)V", init),
    ("javacard/security/Checksum.getAlgorithm()B", get_algorithm),
    ("javacard/security/Checksum.doFinal([BSS[BS)S", do_final),
    ("javacard/security/Checksum.update([BSS)V", update),
];

fn algorithm(constant: i32) -> Option<ChecksumAlgorithm> {
    u8::try_from(constant).ok().and_then(ChecksumAlgorithm::from_constant)
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let constant = i32::from(call.arguments.byte(0)?);
    let external_access = call.arguments.boolean(1)?;
    if algorithm(constant).is_none() {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    }
    let needs = [Some(AlgorithmFamily::Checksum), None];
    let purpose = Purpose { algorithm: constant, external_access, needs, ..Purpose::default() };
    let made = EngineObject::make(call, classes::CHECKSUM, classes::BUILT_CHECKSUM, purpose)?;
    Ok(made.object.to_cell())
}

/// `this`, with an engine.
fn running(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    let this = EngineObject::this(call, classes::CHECKSUM)?;
    let Some(algorithm) = algorithm(this.algorithm(call)) else {
        return throw(call, reason::INVALID_INIT);
    };
    if !this.runs::<Checksum>(call, None) {
        this.start(call, None, Checksum::new(algorithm));
    }
    Ok(this)
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let value = input(call, 1)?;
    this.run(call, |checksum: &mut Checksum, _| checksum.init(&value).map(|()| 0))
}

fn update(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    this.run(call, |checksum: &mut Checksum, _| {
        checksum.update(&piece);
        Ok(0)
    })
}

fn do_final(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = running(call)?;
    let piece = input(call, 1)?;
    let value = this.run(call, |checksum: &mut Checksum, _| {
        checksum.update(&piece);
        Ok(checksum.finish())
    })?;
    output(call, 4, &value)
}

fn get_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = EngineObject::this(call, classes::CHECKSUM)?;
    Ok(to_byte(this.algorithm(call)))
}
