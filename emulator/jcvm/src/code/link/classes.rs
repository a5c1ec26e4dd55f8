//! Classes: their places in the hierarchy, their cells, their tables of methods [JCVM 3.0.5 §6.9].

mod supertypes;

use std::collections::BTreeMap;

use capfile::component::{ClassComponent, ClassInfo, ClassRef, InterfaceInfo, MethodLocation};

use super::{LinkError, Resolver, own_class};
use crate::{
    api::MethodKind,
    code::{
        Code, LoadedClass, LoadedPackage,
        class::{Implementation, VirtualMethod},
    },
    ident::{ClassId, MethodId},
    limits::{HIERARCHY_MAX, INSTANCE_CELLS_MAX, SUPERTYPES_MAX},
};

/// Links all classes of a package, superclasses first.
pub(super) fn link(code: &Code, package: &mut LoadedPackage) -> Result<(), LinkError> {
    let cap = package.cap.clone();
    let mut linked: Vec<Option<LoadedClass>> = vec![None; package.class_offsets.len()];
    for info in &cap.class.interfaces {
        let index = own_class(package, info.offset)?.index();
        place(&mut linked, index, interface(code, package, info)?)?;
    }
    let mut supertypes = supertypes::of_interfaces(code, package.id, &mut linked)?;
    for info in superclasses_first(&cap.class)? {
        let superclass = superclass(code, package, info)?;
        let class = class(code, package, info, superclass, &linked)?;
        supertypes += class.supertypes.len();
        if supertypes > SUPERTYPES_MAX {
            return Err(supertypes::TOO_MANY);
        }
        place(&mut linked, own_class(package, info.offset)?.index(), class)?;
    }
    package.classes = linked.into_iter().flatten().collect();
    Ok(())
}

/// The classes such that each comes after its superclass.
fn superclasses_first(component: &ClassComponent) -> Result<Vec<&ClassInfo>, LinkError> {
    let mut ordered = Vec::new();
    let mut depths: BTreeMap<u16, usize> = BTreeMap::new();
    for info in &component.classes {
        let mut chain = Vec::new();
        let mut next = Some(info);
        let mut depth = 0;
        while let Some(class) = next {
            if let Some(known) = depths.get(&class.offset) {
                depth = *known;
                break;
            }
            chain.push(class);
            if chain.len() > PACKAGE_HIERARCHY_MAX {
                return Err(TOO_DEEP);
            }
            next = match class.superclass {
                Some(ClassRef::Internal(offset)) => component.class_at(offset),
                _ => None,
            };
        }
        for class in chain.into_iter().rev() {
            depth += 1;
            depths.insert(class.offset, depth);
            ordered.push(class);
        }
        if depth > PACKAGE_HIERARCHY_MAX {
            return Err(TOO_DEEP);
        }
    }
    Ok(ordered)
}

fn place(
    linked: &mut [Option<LoadedClass>],
    index: u16,
    class: LoadedClass,
) -> Result<(), LinkError> {
    let slot = linked.get_mut(usize::from(index));
    *slot.ok_or(LinkError::Malformed("too many classes"))? = Some(class);
    Ok(())
}

fn interface(
    code: &Code,
    package: &LoadedPackage,
    info: &InterfaceInfo,
) -> Result<LoadedClass, LinkError> {
    let resolver = Resolver { code, package };
    let supers: Result<Vec<Implementation>, LinkError> = info
        .superinterfaces
        .iter()
        .map(|class| Ok(Implementation { interface: resolver.class(*class)?, tokens: Vec::new() }))
        .collect();
    Ok(LoadedClass {
        offset: info.offset,
        is_interface: true,
        shareable: info.shareable,
        superclass: None,
        interfaces: supers?,
        supertypes: Vec::new(),
        search: 0,
        first_cell: 0,
        cells: 0,
        virtual_methods: Vec::new(),
        package_methods: Vec::new(),
    })
}

fn superclass(
    code: &Code,
    package: &LoadedPackage,
    info: &ClassInfo,
) -> Result<Option<ClassId>, LinkError> {
    let resolver = Resolver { code, package };
    let superclass = info.superclass.map(|class| resolver.class(class)).transpose()?;
    match superclass {
        Some(class) if class.package() == package.id => {
            let Some(ClassRef::Internal(offset)) = info.superclass else {
                return Err(LinkError::Malformed("a package imports itself"));
            };
            let is_class = package.cap.class.class_at(offset).is_some();
            if is_class { Ok(superclass) } else { Err(INTERFACE_EXTENDED) }
        }
        Some(class) if code.is_interface(class) => Err(INTERFACE_EXTENDED),
        Some(class) if code.hierarchy(class).count() > PACKAGE_HIERARCHY_MAX => Err(TOO_DEEP),
        // Only java.lang.Object has none, and that is native here.
        None => Ok(Some(ClassId::OBJECT)),
        other => Ok(other),
    }
}

/// Longest chain of superclasses in a package, and outside of it.
const PACKAGE_HIERARCHY_MAX: usize = HIERARCHY_MAX / 2;
const TOO_DEEP: LinkError = LinkError::Malformed("too many superclasses, or a circle of them");
const INTERFACE_EXTENDED: LinkError = LinkError::Malformed("a class extends an interface");

/// What a class takes over from its superclass.
#[derive(Default)]
struct Inherited {
    cells: usize,
    virtual_methods: Vec<VirtualMethod>,
    package_methods: Vec<VirtualMethod>,
    supertypes: Vec<ClassId>,
    search: u16,
}

fn class(
    code: &Code,
    package: &LoadedPackage,
    info: &ClassInfo,
    superclass: Option<ClassId>,
    linked: &[Option<LoadedClass>],
) -> Result<LoadedClass, LinkError> {
    let inherited = match superclass {
        None => Inherited::default(),
        Some(class) => inherited(code, package, class, linked),
    };
    let resolver = Resolver { code, package };
    let interfaces: Vec<Implementation> = info
        .interfaces
        .iter()
        .map(|known| {
            let interface = resolver.class(known.interface)?;
            Ok(Implementation { interface, tokens: known.tokens.clone() })
        })
        .collect::<Result<_, LinkError>>()?;
    let cells = inherited.cells + usize::from(info.declared_instance_size);
    let search = usize::from(inherited.search) + 1 + interfaces.len();
    if cells > INSTANCE_CELLS_MAX {
        return Err(LinkError::Malformed("too many fields"));
    }
    let table = |base, table: &[Option<MethodLocation>], inherited: Vec<VirtualMethod>| {
        methods(package, base, table, inherited)
    };
    Ok(LoadedClass {
        offset: info.offset,
        is_interface: false,
        shareable: info.shareable,
        superclass,
        supertypes: supertypes::of_class(code, package, inherited.supertypes, &interfaces, linked),
        interfaces,
        search: u16::try_from(search).unwrap_or(u16::MAX),
        first_cell: inherited.cells,
        cells,
        virtual_methods: table(info.public_base, &info.public_table, inherited.virtual_methods)?,
        package_methods: table(info.package_base, &info.package_table, inherited.package_methods)?,
    })
}

fn inherited(
    code: &Code,
    package: &LoadedPackage,
    class: ClassId,
    linked: &[Option<LoadedClass>],
) -> Inherited {
    let own = class.package() == package.id;
    let loaded = if own {
        linked.get(usize::from(class.index())).and_then(Option::as_ref)
    } else {
        code.loaded_class(class)
    };
    let Some(loaded) = loaded else {
        return Inherited {
            cells: code.instance_cells(class),
            virtual_methods: native_methods(code, class),
            supertypes: supertypes::of_native(code, class),
            ..Inherited::default()
        };
    };
    let mut supertypes = loaded.supertypes.clone();
    supertypes.push(class);
    Inherited {
        cells: loaded.cells,
        virtual_methods: loaded.virtual_methods.clone(),
        // Those of another package are not to be seen here.
        package_methods: if own { loaded.package_methods.clone() } else { Vec::new() },
        supertypes,
        search: loaded.search,
    }
}

/// Virtual methods of a native class by token.
fn native_methods(code: &Code, class: ClassId) -> Vec<VirtualMethod> {
    let Some(class) = code.api_class(class) else { return Vec::new() };
    let mut methods = Vec::new();
    for row in class.methods.iter().filter(|row| row.kind == MethodKind::Virtual) {
        let index = usize::from(row.token);
        if methods.len() <= index {
            methods.resize(index + 1, VirtualMethod { method: None, nargs: 1 });
        }
        if let Some(slot) = methods.get_mut(index) {
            let method = (!row.is_abstract).then(|| MethodId::native(row.native));
            *slot = VirtualMethod { method, nargs: row.nargs };
        }
    }
    methods
}

/// A table of methods: what is inherited below `base`, then the class's own. With a newer and longer native superclass the tokens
/// overlap; then those of the class win, for it was converted against the shorter one.
fn methods(
    package: &LoadedPackage,
    base: u8,
    table: &[Option<MethodLocation>],
    mut inherited: Vec<VirtualMethod>,
) -> Result<Vec<VirtualMethod>, LinkError> {
    let base = usize::from(base);
    let from_above = inherited.split_off(base.min(inherited.len()));
    inherited.resize(base, VirtualMethod { method: None, nargs: 1 });
    for (index, entry) in table.iter().enumerate() {
        let method = match entry {
            Some(location) => own_method(package, *location)?,
            None => *from_above
                .get(index)
                .ok_or(LinkError::Malformed("an inherited method that nobody has"))?,
        };
        inherited.push(method);
    }
    Ok(inherited)
}

fn own_method(
    package: &LoadedPackage,
    location: MethodLocation,
) -> Result<VirtualMethod, LinkError> {
    let missing = LinkError::Malformed("a method that is not there");
    let index = package.method_at(location).ok_or_else(|| missing.clone())?;
    let method = package.methods.get(usize::from(index)).ok_or(missing)?;
    let id = (!method.is_abstract).then(|| MethodId::loaded(package.id, index));
    Ok(VirtualMethod { method: id, nargs: method.nargs })
}
