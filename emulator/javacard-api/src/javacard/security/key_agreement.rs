//! `KeyAgreement` [JCAPI 3.0.5 javacard.security.KeyAgreement].

use cryptography::AgreementAlgorithm;
use jcvm::Trap;
use zeroize::Zeroizing;

use super::{
    buffer::{OrThrow, input, output, throw, to_byte},
    engine::{EngineObject, Initialised, Purpose},
    key::{KeyObject, family::Family},
    offer, reason,
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    (
        "javacard/security/KeyAgreement.getInstance(BZ)Ljavacard/security/KeyAgreement;",
        get_instance,
    ),
    ("javacard/security/KeyAgreement.init(Ljavacard/security/PrivateKey;)V", init),
    (
        "javacard/security/KeyAgreement.init(Ljavacard/security/PrivateKey;Ljavacard/security/AlgorithmParameterSpec;)V",
        init_with,
    ),
    ("javacard/security/KeyAgreement.getAlgorithm()B", get_algorithm),
    ("javacard/security/KeyAgreement.generateSecret([BSS[BS)S", generate_secret),
];

/// The mode of an object that has been initialised; there is but one.
const INITIALISED: u8 = 1;

fn algorithm(constant: i32) -> Option<AgreementAlgorithm> {
    u8::try_from(constant).ok().and_then(AgreementAlgorithm::from_constant)
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let constant = i32::from(call.arguments.byte(0)?);
    let external_access = call.arguments.boolean(1)?;
    let Some(algorithm) = algorithm(constant) else {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    };
    let needs = offer::of_agreement(algorithm);
    let purpose = Purpose { algorithm: constant, external_access, needs, ..Purpose::default() };
    let hidden = classes::BUILT_KEY_AGREEMENT;
    let made = EngineObject::make(call, classes::KEY_AGREEMENT, hidden, purpose)?;
    Ok(made.object.to_cell())
}

/// `this`, and its algorithm.
fn this(call: &mut Call<'_, '_>) -> Result<(EngineObject, AgreementAlgorithm), Trap> {
    let this = EngineObject::this(call, classes::KEY_AGREEMENT)?;
    match algorithm(this.algorithm(call)) {
        Some(algorithm) => Ok((this, algorithm)),
        None => throw(call, reason::INVALID_INIT),
    }
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, algorithm) = this(call)?;
    let key = KeyObject::argument(call, 1)?;
    let suits = match (algorithm, key.family) {
        (AgreementAlgorithm::Xdh, Family::XecPrivate)
        | (AgreementAlgorithm::DhPlain, Family::DhPrivate) => true,
        (AgreementAlgorithm::Xdh | AgreementAlgorithm::DhPlain, _) => false,
        (_, family) => matches!(family, Family::EcPrivate | Family::XecPrivate),
    };
    if !suits {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    // What the numbers are is looked at now rather than at the first use.
    key.working(call)?;
    let with = Initialised { key, mode: INITIALISED, vector: Zeroizing::default() };
    this.initialise(call, &with)?;
    Ok(0)
}

/// No algorithm of this card has parameters.
fn init_with(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    if call.arguments.reference(2)?.is_null() {
        return init(call);
    }
    throw(call, reason::ILLEGAL_VALUE)
}

fn generate_secret(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (this, algorithm) = this(call)?;
    let key = this.initialised(call)?.key;
    let public = input(call, 1)?;
    let key = key.working(call)?;
    let secret = algorithm.agree(&key, &public).or_throw(call)?;
    output(call, 4, &secret)
}

fn get_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = EngineObject::this(call, classes::KEY_AGREEMENT)?;
    Ok(to_byte(this.algorithm(call)))
}
