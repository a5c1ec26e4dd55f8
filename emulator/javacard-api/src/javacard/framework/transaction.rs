//! Transactions [JCRE 3.0.5 §7].

use jcvm::{Reclaimed, Trap};

use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[
    ("javacard/framework/JCSystem.abortTransaction()V", abort),
    ("javacard/framework/JCSystem.beginTransaction()V", begin),
    ("javacard/framework/JCSystem.commitTransaction()V", commit),
    ("javacard/framework/JCSystem.getMaxCommitCapacity()S", max_capacity),
    ("javacard/framework/JCSystem.getTransactionDepth()B", depth),
    ("javacard/framework/JCSystem.getUnusedCommitCapacity()S", unused_capacity),
];

fn begin(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.vm.begin_transaction().map(|()| 0)
}

fn commit(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    call.vm.commit_transaction().map(|()| 0)
}

fn abort(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    let aborted = call.vm.abort_transaction()?;
    call.state.forget(&Reclaimed(aborted.0));
    Ok(0)
}

fn depth(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(i32::from(call.vm.heap().in_transaction()))
}

fn max_capacity(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(short(call.vm.heap().commit_capacity().0))
}

fn unused_capacity(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    Ok(short(call.vm.heap().commit_capacity().1))
}

/// A size as a short that is as large as possible.
pub(super) fn short(size: usize) -> i32 {
    i32::from(i16::try_from(size).unwrap_or(i16::MAX))
}
