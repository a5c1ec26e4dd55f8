//! `DerivationFunction` [JCAPI 3.1 javacardx.security.derivation.DerivationFunction].
//!
//! What a function is told is in a specification, an object of the program that is asked when the function is initialised, and again
//! at the first use after a reset. The output that was derived is then handed out in pieces.

mod specification;

use jcvm::{ClassId, Reference, Trap};
use zeroize::Zeroizing;

use self::specification::Source;
use crate::{
    AlgorithmFamily, Call,
    javacard::security::{
        buffer::{OrThrow, output, throw},
        engine::{EngineObject, Purpose},
        key::{
            KeyObject,
            family::{Family, Part},
        },
        one_shot, reason,
    },
    registry::Natives,
    tables::classes,
};

pub(crate) const NATIVES: Natives = &[
    (
        "javacardx/security/derivation/DerivationFunction.getInstance(SZ)Ljavacardx/security/derivation/DerivationFunction;",
        get_instance,
    ),
    (
        "javacardx/security/derivation/DerivationFunction.init(Ljavacard/security/AlgorithmParameterSpec;)V",
        init,
    ),
    ("javacardx/security/derivation/DerivationFunction.getAlgorithm()S", |call| {
        let this = this(call)?;
        Ok(i16::try_from(this.algorithm(call)).unwrap_or(0).into())
    }),
    ("javacardx/security/derivation/DerivationFunction.nextBytes([BSS)S", |call| {
        into_array(call, false)
    }),
    (
        "javacardx/security/derivation/DerivationFunction.nextBytes(Ljavacard/security/SecretKey;)S",
        |call| into_key(call, false),
    ),
    ("javacardx/security/derivation/DerivationFunction.lastBytes([BSS)S", |call| {
        into_array(call, true)
    }),
    (
        "javacardx/security/derivation/DerivationFunction.lastBytes(Ljavacard/security/SecretKey;)S",
        |call| into_key(call, true),
    ),
    (
        "javacardx/security/derivation/DerivationFunction$OneShot.open(B)Ljavacardx/security/derivation/DerivationFunction$OneShot;",
        open,
    ),
    ("javacardx/security/derivation/DerivationFunction$OneShot.close()V", |call| {
        one_shot::close(call, CLASS)
    }),
];

const CLASS: ClassId = classes::DERIVATION_FUNCTION;

/// Output on its way.
struct Derivation {
    source: Source,
    /// Bytes that were handed out.
    position: usize,
}

/// An algorithm, by its `DerivationFunction.ALG_*`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Counter = 1,
    DoublePipeline = 2,
    Feedback = 3,
    Tls11 = 4,
    Tls12 = 5,
    Ieee1363 = 6,
    IcaoMrtd = 7,
    AnsiX963 = 8,
    Hkdf = 9,
    HkdfExpandLabel = 10,
}

impl Algorithm {
    fn from_constant(constant: i32) -> Option<Self> {
        [
            Self::Counter,
            Self::DoublePipeline,
            Self::Feedback,
            Self::Tls11,
            Self::Tls12,
            Self::Ieee1363,
            Self::IcaoMrtd,
            Self::AnsiX963,
            Self::Hkdf,
            Self::HkdfExpandLabel,
        ]
        .into_iter()
        .find(|algorithm| *algorithm as i32 == constant)
    }
}

fn purpose(call: &mut Call<'_, '_>, constant: i16) -> Result<Purpose, Trap> {
    if Algorithm::from_constant(constant.into()).is_none() {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    }
    let needs = [Some(AlgorithmFamily::Derivation), None];
    Ok(Purpose { algorithm: constant.into(), needs, ..Purpose::default() })
}

fn get_instance(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let (constant, external_access) = (call.arguments.short(0)?, call.arguments.boolean(1)?);
    let purpose = Purpose { external_access, ..purpose(call, constant)? };
    let hidden = classes::BUILT_DERIVATION_FUNCTION;
    Ok(EngineObject::make(call, CLASS, hidden, purpose)?.object.to_cell())
}

fn open(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let constant = call.arguments.byte(0)?;
    let purpose = purpose(call, constant.into())?;
    let class = classes::DERIVATION_FUNCTION_ONE_SHOT;
    Ok(one_shot::open(call, class, purpose)?.object.to_cell())
}

fn this(call: &mut Call<'_, '_>) -> Result<EngineObject, Trap> {
    EngineObject::this(call, CLASS)
}

fn init(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = this(call)?;
    let specification = call.arguments.reference(1)?;
    call.vm.check_access(specification)?;
    start(call, this, specification)?;
    this.set_specification(call, specification)?;
    Ok(0)
}

fn start(
    call: &mut Call<'_, '_>,
    this: EngineObject,
    specification: Reference,
) -> Result<(), Trap> {
    let Some(algorithm) = Algorithm::from_constant(this.algorithm(call)) else {
        return throw(call, reason::INVALID_INIT);
    };
    let source = specification::read(call, algorithm, specification)?;
    this.start(call, None, Derivation { source, position: 0 });
    Ok(())
}

/// The next bytes of output; after the last ones the function starts anew.
fn derive(
    call: &mut Call<'_, '_>,
    this: EngineObject,
    length: usize,
    last: bool,
) -> Result<Zeroizing<Vec<u8>>, Trap> {
    if !this.runs::<Derivation>(call, None) {
        let specification = this.specification(call);
        if specification.is_null() {
            return throw(call, reason::INVALID_INIT);
        }
        start(call, this, specification)?;
    }
    this.run(call, |derivation: &mut Derivation, _| {
        let bytes = derivation.source.bytes(derivation.position, length)?;
        derivation.position = if last { 0 } else { derivation.position + length };
        Ok(bytes)
    })
}

fn into_array(call: &mut Call<'_, '_>, last: bool) -> Result<i32, Trap> {
    let this = this(call)?;
    let arguments = call.arguments;
    call.vm.check_bytes(arguments.reference(1)?, arguments.short(2)?, arguments.short(3)?)?;
    let length = usize::try_from(arguments.short(3)?).unwrap_or(0);
    let bytes = derive(call, this, length, last)?;
    output(call, 1, &bytes)
}

/// Sets a secret key to as many bytes as it is long.
fn into_key(call: &mut Call<'_, '_>, last: bool) -> Result<i32, Trap> {
    let this = this(call)?;
    let key = KeyObject::argument(call, 1)?;
    let length = match key.family {
        Family::Des | Family::Aes | Family::Secret => key.bits / 8,
        // The size of a key of HMAC is in bytes, as `KeyBuilder.LENGTH_HMAC_*` has it.
        Family::Hmac => key.bits.min(key.family.capacity(Part::Whole, key.bits)),
        _ => return throw(call, reason::ILLEGAL_VALUE),
    };
    let bytes = derive(call, this, length, last)?;
    key.set(call, Part::Whole, &bytes)?;
    Ok(i32::try_from(length).unwrap_or(0))
}
