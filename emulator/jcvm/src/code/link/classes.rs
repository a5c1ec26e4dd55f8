//! Classes: their places in the hierarchy, their cells, their tables of methods [JCVM 3.0.5 §6.9].

use capfile::component::{ClassInfo, ClassRef, InterfaceInfo, MethodLocation};

use super::{LinkError, Resolver, own_class};
use crate::{
    api::MethodKind,
    code::{
        Code, LoadedClass, LoadedPackage,
        class::{Implementation, VirtualMethod},
    },
    ident::{ClassId, MethodId},
};

/// Links all classes of a package, superclasses first.
pub(super) fn link(code: &Code, package: &mut LoadedPackage) -> Result<(), LinkError> {
    let cap = package.cap.clone();
    let count = cap.class.interfaces.len() + cap.class.classes.len();
    let mut linked: Vec<Option<LoadedClass>> = vec![None; count];
    for info in &cap.class.interfaces {
        let index = own_class(package, info.offset)?.index();
        place(&mut linked, index, interface(code, package, info)?)?;
    }
    let mut waiting: Vec<&ClassInfo> = cap.class.classes.iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for info in waiting {
            let superclass = superclass(code, package, info)?;
            let own_super = superclass.filter(|class| class.package() == package.id);
            let ready = match own_super {
                Some(class) => linked.get(usize::from(class.index())).is_some_and(Option::is_some),
                None => true,
            };
            if ready {
                let class = class(code, package, info, superclass, &linked)?;
                place(&mut linked, own_class(package, info.offset)?.index(), class)?;
            } else {
                later.push(info);
            }
        }
        if later.len() == before {
            return Err(LinkError::Malformed("classes extend each other in a circle"));
        }
        waiting = later;
    }
    package.classes = linked.into_iter().flatten().collect();
    Ok(())
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
            let is_class = package.cap.class.classes.iter().any(|other| other.offset == offset);
            if is_class { Ok(superclass) } else { Err(INTERFACE_EXTENDED) }
        }
        Some(class) if code.is_interface(class) => Err(INTERFACE_EXTENDED),
        // Only java.lang.Object has none, and that is native here.
        None => Ok(Some(ClassId::OBJECT)),
        other => Ok(other),
    }
}

const INTERFACE_EXTENDED: LinkError = LinkError::Malformed("a class extends an interface");

/// What a class takes over from its superclass.
#[derive(Default)]
struct Inherited {
    cells: usize,
    virtual_methods: Vec<VirtualMethod>,
    package_methods: Vec<VirtualMethod>,
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
    let interfaces: Result<Vec<Implementation>, LinkError> = info
        .interfaces
        .iter()
        .map(|known| {
            let interface = resolver.class(known.interface)?;
            Ok(Implementation { interface, tokens: known.tokens.clone() })
        })
        .collect();
    let table = |base, table: &[Option<MethodLocation>], inherited: Vec<VirtualMethod>| {
        methods(package, base, table, inherited)
    };
    Ok(LoadedClass {
        offset: info.offset,
        is_interface: false,
        shareable: info.shareable,
        superclass,
        interfaces: interfaces?,
        first_cell: inherited.cells,
        cells: inherited.cells + usize::from(info.declared_instance_size),
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
    if class.package() == package.id {
        let class = linked.get(usize::from(class.index())).and_then(Option::as_ref);
        return class.map_or_else(Inherited::default, |class| Inherited {
            cells: class.cells,
            virtual_methods: class.virtual_methods.clone(),
            package_methods: class.package_methods.clone(),
        });
    }
    let cells = code.instance_cells(class);
    if let Some(loaded) = code.loaded_class(class) {
        let virtual_methods = loaded.virtual_methods.clone();
        return Inherited { cells, virtual_methods, package_methods: Vec::new() };
    }
    Inherited { cells, virtual_methods: native_methods(code, class), package_methods: Vec::new() }
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
