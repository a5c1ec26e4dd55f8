//! Which Rust function stands behind which API method.

use std::{collections::HashMap, sync::OnceLock};

use jcvm::Trap;

use crate::{
    Call, java_lang, javacard, javacardx, org,
    tables::{HAS_CODE, KEYS},
    visa,
};

/// A native method: what it returns is pushed as its descriptor says.
pub(crate) type NativeFn = fn(&mut Call<'_, '_>) -> Result<i32, Trap>;

/// Natives of a package, by `class.name+descriptor`.
pub(crate) type Natives = &'static [(&'static str, NativeFn)];

/// All natives: for each package the lists of its modules.
const ALL: &[&[Natives]] = &[
    &[java_lang::NATIVES],
    javacard::framework::LISTS,
    javacard::framework::service::LISTS,
    javacard::security::LISTS,
    javacardx::apdu::LISTS,
    javacardx::biometry::LISTS,
    javacardx::biometry1ton::LISTS,
    javacardx::crypto::LISTS,
    javacardx::external::LISTS,
    javacardx::framework::LISTS,
    javacardx::security::LISTS,
    org::globalplatform::LISTS,
    visa::openplatform::LISTS,
];

/// Constructors of what is refused: without them a class cannot be used.
const REFUSED: &[&str] = &[
    "javacard/framework/service/CardRemoteObject.<init>()V",
    "javacard/framework/service/RMIService.<init>(Ljava/rmi/Remote;)V",
];

/// The native of each method, by number.
fn dispatch() -> &'static [Option<NativeFn>] {
    static TABLE: OnceLock<Box<[Option<NativeFn>]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let by_key: HashMap<&str, NativeFn> =
            lists().map(|(key, native)| (*key, *native)).collect();
        KEYS.iter().map(|keys| keys.iter().find_map(|key| by_key.get(key).copied())).collect()
    })
}

fn lists() -> impl Iterator<Item = &'static (&'static str, NativeFn)> {
    ALL.iter().copied().flatten().copied().flatten()
}

/// The native of a method.
#[inline]
pub(crate) fn native(number: u16) -> Option<NativeFn> {
    dispatch().get(usize::from(number)).copied().flatten()
}

/// Whether a method can be called: it has a native, or needs none.
pub(crate) fn implemented(number: u16) -> bool {
    let keys = KEYS.get(usize::from(number)).copied().unwrap_or_default();
    let refused = keys.first().is_some_and(|key| REFUSED.contains(key));
    native(number).is_some() || HAS_CODE.get(usize::from(number)) == Some(&false) && !refused
}

/// Whether a method is a constructor: without a native it has nothing to do.
pub(crate) fn is_constructor(number: u16) -> bool {
    let keys = KEYS.get(usize::from(number)).copied().unwrap_or_default();
    keys.first().is_some_and(|key| key.contains(".<init>("))
}

/// Methods that cannot be imported, as `class.name+descriptor`.
#[must_use]
pub fn unimplemented() -> Vec<&'static str> {
    let numbers = 0..u16::try_from(KEYS.len()).unwrap_or(u16::MAX);
    let missing = numbers.filter(|number| !implemented(*number));
    missing.filter_map(|number| KEYS.get(usize::from(number))?.first().copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_native_belongs_to_a_method() {
        let known: HashSet<&str> = KEYS.iter().flat_map(|keys| keys.iter().copied()).collect();
        let strangers: Vec<&str> =
            lists().map(|(key, _)| *key).filter(|key| !known.contains(key)).collect();
        assert!(strangers.is_empty(), "natives of no method: {strangers:?}");
    }

    #[test]
    fn no_native_is_registered_twice() {
        let mut seen = HashSet::new();
        let twice: Vec<&str> =
            lists().map(|(key, _)| *key).filter(|key| !seen.insert(*key)).collect();
        assert!(twice.is_empty(), "registered twice: {twice:?}");
    }
}
