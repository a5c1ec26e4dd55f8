//! All superclasses and interfaces of a class, so that casts need no search.

use super::{Implementation, LinkError};
use crate::{
    code::{Code, LoadedClass, LoadedPackage},
    ident::{ClassId, PackageId},
    limits::SUPERTYPES_MAX,
};

pub(super) const TOO_MANY: LinkError = LinkError::Malformed("too many interfaces");

/// Gives the interfaces of a package their superinterfaces; how many there are in all.
pub(super) fn of_interfaces(
    code: &Code,
    package: PackageId,
    linked: &mut [Option<LoadedClass>],
) -> Result<usize, LinkError> {
    let mut all = Vec::new();
    let mut count = 0;
    for interface in linked.iter() {
        let extended = interface.iter().flat_map(|interface| &interface.interfaces);
        let mut supertypes = Vec::new();
        for known in extended {
            supertypes.push(known.interface);
            if known.interface.package() != package {
                supertypes.extend(extended_by(code, None, known.interface));
                continue;
            }
            let own = linked.get(usize::from(known.interface.index())).and_then(Option::as_ref);
            let extended = own.iter().flat_map(|own| &own.interfaces);
            supertypes.extend(extended.map(|further| further.interface));
        }
        all.push(ascending(supertypes));
    }
    for (interface, supertypes) in linked.iter_mut().zip(all) {
        count += supertypes.len();
        if let Some(interface) = interface {
            interface.supertypes = supertypes;
        }
    }
    if count > SUPERTYPES_MAX { Err(TOO_MANY) } else { Ok(count) }
}

/// The supertypes of a class: those that it inherits, and what it implements.
pub(super) fn of_class(
    code: &Code,
    package: &LoadedPackage,
    mut inherited: Vec<ClassId>,
    interfaces: &[Implementation],
    linked: &[Option<LoadedClass>],
) -> Vec<ClassId> {
    for known in interfaces {
        inherited.push(known.interface);
        let own = (known.interface.package() == package.id).then_some(linked);
        inherited.extend(extended_by(code, own, known.interface));
    }
    ascending(inherited)
}

/// A native class with its superclasses and all that they implement.
pub(super) fn of_native(code: &Code, class: ClassId) -> Vec<ClassId> {
    let natives = code.hierarchy(class).filter_map(|class| Some((class, code.api_class(class)?)));
    natives.flat_map(|(class, native)| native.interfaces.iter().copied().chain([class])).collect()
}

/// The superinterfaces of an interface, of the package that is being linked or another one.
fn extended_by(
    code: &Code,
    own: Option<&[Option<LoadedClass>]>,
    interface: ClassId,
) -> Vec<ClassId> {
    let loaded = match own {
        Some(linked) => linked.get(usize::from(interface.index())).and_then(Option::as_ref),
        None => code.loaded_class(interface),
    };
    match loaded {
        Some(loaded) => loaded.supertypes.clone(),
        None => code.api_class(interface).map_or_else(Vec::new, |found| found.interfaces.to_vec()),
    }
}

fn ascending(mut classes: Vec<ClassId>) -> Vec<ClassId> {
    classes.sort_unstable();
    classes.dedup();
    classes
}
