//! `RandomData` [JCAPI 3.0.5 javacard.security.RandomData]: every algorithm is the card's source of randomness.

use faults::Fault;
use jcvm::{Trap, Write};
use zeroize::Zeroizing;

use super::{
    buffer::{input, throw, to_byte},
    engine::{EngineObject, Purpose},
    one_shot, reason,
};
use crate::{Call, registry::Natives, tables::classes};

pub(crate) const NATIVES: Natives = &[
    ("javacard/security/RandomData.getInstance(B)Ljavacard/security/RandomData;", |call| {
        get_instance(call, false)
    }),
    ("javacard/security/RandomData.getInstance(BZ)Ljavacard/security/RandomData;", |call| {
        let external_access = call.arguments.boolean(1)?;
        get_instance(call, external_access)
    }),
    ("javacard/security/RandomData.generateData([BSS)V", generate_data),
    ("javacard/security/RandomData.setSeed([BSS)V", set_seed),
    ("javacard/security/RandomData.nextBytes([BSS)S", next_bytes),
    ("javacard/security/RandomData.getAlgorithm()B", get_algorithm),
    ("javacard/security/RandomData$OneShot.open(B)Ljavacard/security/RandomData$OneShot;", open),
    ("javacard/security/RandomData$OneShot.close()V", |call| {
        one_shot::close(call, classes::RANDOM_DATA)
    }),
];

/// `ALG_PSEUDO_RANDOM` to `ALG_KEYGENERATION`.
const ALGORITHMS: core::ops::RangeInclusive<i8> = 1..=6;
/// `ALG_TRNG`, which takes no seed.
const TRNG: i32 = 3;

fn requested(call: &mut Call<'_, '_>, external_access: bool) -> Result<Purpose, Trap> {
    let constant = call.arguments.byte(0)?;
    if !ALGORITHMS.contains(&constant) {
        return throw(call, reason::NO_SUCH_ALGORITHM);
    }
    Ok(Purpose { algorithm: constant.into(), external_access, ..Purpose::default() })
}

fn get_instance(call: &mut Call<'_, '_>, external_access: bool) -> Result<i32, Trap> {
    let purpose = requested(call, external_access)?;
    let hidden = classes::BUILT_RANDOM_DATA;
    let made = EngineObject::make(call, classes::RANDOM_DATA, hidden, purpose)?;
    Ok(made.object.to_cell())
}

fn open(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let purpose = requested(call, false)?;
    Ok(one_shot::open(call, classes::RANDOM_DATA_ONE_SHOT, purpose)?.object.to_cell())
}

/// Fills a part of an array, and gives the offset after it.
fn fill(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    EngineObject::this(call, classes::RANDOM_DATA)?;
    let (array, offset) = (call.arguments.reference(1)?, call.arguments.short(2)?);
    let length = call.arguments.short(3)?;
    call.vm.check_bytes(array, offset, length)?;
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(length).unwrap_or(0)]);
    if !faults::active(Fault::RandomDataConstant) {
        call.platform.random(&mut bytes);
    }
    call.vm.write_bytes(array, offset, &bytes, Write::Transactional)?;
    Ok(i32::from(offset) + i32::from(length))
}

fn generate_data(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    next_bytes(call)
}

fn next_bytes(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let end = fill(call)?;
    if call.arguments.short(3)? == 0 { throw(call, reason::ILLEGAL_VALUE) } else { Ok(end) }
}

/// A seed is looked at and not needed: the source is better than what it could add.
fn set_seed(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = EngineObject::this(call, classes::RANDOM_DATA)?;
    input(call, 1)?;
    if this.algorithm(call) == TRNG { throw(call, reason::ILLEGAL_USE) } else { Ok(0) }
}

fn get_algorithm(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let this = EngineObject::this(call, classes::RANDOM_DATA)?;
    Ok(to_byte(this.algorithm(call)))
}
