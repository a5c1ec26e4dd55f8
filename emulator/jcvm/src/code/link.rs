//! Linking: imports, classes, methods [JCVM 3.0.5 §4.3].

mod classes;
mod error;
mod resolve;

use std::sync::Arc;

use capfile::{
    CapFile,
    component::{ArrayInit, Constant, MethodLocation, StaticField, StaticMethodRef},
};

use faults::Fault as Planted;

pub use self::error::LinkError;
pub(crate) use self::resolve::{Resolver, StaticPlace};
use super::{Code, LoadedPackage, Method, translate};
use crate::{
    ident::{ClassId, PackageId},
    limits::ARRAY_LENGTH_MAX,
    reference::Reference,
};

/// Most instructions, targets of switches and handlers that a package, or a method, may have for each byte of code: what overlaps is
/// cheap to write and dear to translate.
pub(crate) const SIZE_PER_BYTE_MAX: usize = 4;

/// `javacard.framework`: what a fault takes for a package that is not there.
const FRAMEWORK: PackageId = PackageId(1);

impl Code {
    /// Links a package that will be known as `id`. Nothing changes here until [`Code::insert`].
    ///
    /// # Errors
    /// [`LinkError`] with what is missing or malformed.
    pub(crate) fn link(
        &self,
        id: PackageId,
        cap: Arc<CapFile>,
    ) -> Result<LoadedPackage, LinkError> {
        let imports = self.imports(&cap)?;
        check_statics(&cap.static_field)?;
        let mut package = LoadedPackage {
            id,
            aid: cap.header.aid,
            version: (cap.header.version.major, cap.header.version.minor),
            verified: false,
            imports,
            class_offsets: class_offsets(&cap),
            classes: Vec::new(),
            methods: methods(&cap)?,
            statics: Reference::NULL,
            static_reference_bytes: 2 * usize::from(cap.static_field.reference_count),
            ops: Vec::new(),
            offsets: Vec::new(),
            switches: Vec::new(),
            handlers: Vec::new(),
            cap,
        };
        classes::link(self, &mut package)?;
        self.translate_all(&mut package)?;
        Ok(package)
    }

    /// Makes a linked package known.
    pub(crate) fn insert(&mut self, package: LoadedPackage) {
        let Some(slot) = package.id.slot() else { return };
        if self.packages.len() <= slot {
            self.packages.resize_with(slot + 1, || None);
        }
        if let Some(place) = self.packages.get_mut(slot) {
            *place = Some(package);
        }
    }

    /// The first free identifier.
    pub(crate) fn free_id(&self) -> Option<PackageId> {
        let slot = self.packages.iter().position(Option::is_none).unwrap_or(self.packages.len());
        if slot >= PackageId::LOADED_MAX {
            return None;
        }
        Some(PackageId(PackageId::FIRST_LOADED + u8::try_from(slot).ok()?))
    }

    fn imports(&self, cap: &CapFile) -> Result<Vec<PackageId>, LinkError> {
        cap.import
            .packages
            .iter()
            .map(|import| {
                let wanted = (import.version.major, import.version.minor);
                let loaded = self.packages().find(|package| package.aid == import.aid);
                let native = self.api.find(import.aid.as_bytes());
                let (id, name, present) = match (native, loaded) {
                    (Some((id, package)), _) => (id, Some(package.name), package.version),
                    (None, Some(package)) => (package.id, None, package.version),
                    (None, None) if faults::active(Planted::ImportNotChecked) => {
                        return Ok(FRAMEWORK);
                    }
                    (None, None) => {
                        return Err(LinkError::PackageMissing { aid: import.aid, wanted });
                    }
                };
                if present.0 != wanted.0 || present.1 < wanted.1 {
                    return Err(LinkError::PackageVersion {
                        aid: import.aid,
                        name,
                        wanted,
                        present,
                    });
                }
                Ok(id)
            })
            .collect()
    }

    fn translate_all(&self, package: &mut LoadedPackage) -> Result<(), LinkError> {
        let bytes: usize = package.cap.method.blocks.iter().map(|block| block.info.len()).sum();
        let limit = SIZE_PER_BYTE_MAX * bytes + 16;
        let mut size = 0;
        for index in 0..package.methods.len() {
            size += translate::translate(self, package, index)?;
            if size > limit {
                return Err(translate::OVERLAP);
            }
        }
        package.ops.shrink_to_fit();
        package.offsets.shrink_to_fit();
        Ok(())
    }
}

/// All methods that something refers to.
fn methods(cap: &CapFile) -> Result<Vec<Method>, LinkError> {
    let mut locations: Vec<MethodLocation> = Vec::new();
    for class in &cap.class.classes {
        locations.extend(class.public_table.iter().chain(&class.package_table).flatten());
    }
    locations.extend(cap.applet.iter().flat_map(|all| &all.applets).map(|applet| applet.install));
    locations.extend(cap.constant_pool.entries.iter().filter_map(|constant| match constant {
        Constant::StaticMethod(StaticMethodRef::Internal(location)) => Some(*location),
        _ => None,
    }));
    let exported = cap.export.iter().flat_map(|export| &export.classes);
    locations.extend(exported.flat_map(|class| &class.static_methods));
    locations.extend(described(cap));
    locations.sort_unstable();
    locations.dedup();
    if locations.len() > usize::from(u16::MAX) {
        return Err(LinkError::Malformed("too many methods"));
    }
    locations.into_iter().map(|location| method(cap, location)).collect()
}

/// Methods that the Descriptor names: also those that nothing calls. Those of interfaces have no place in the Method component.
fn described(cap: &CapFile) -> impl Iterator<Item = MethodLocation> {
    const ACC_INTERFACE: u8 = 0x40;
    let classes = cap.descriptor.iter().flat_map(|descriptor| &descriptor.classes);
    classes
        .filter(|class| class.flags & ACC_INTERFACE == 0)
        .flat_map(|class| &class.methods)
        .map(|method| method.location)
        .filter(|location| {
            cap.method
                .block(location.block)
                .and_then(|block| block.header(location.offset))
                .is_some()
        })
}

fn method(cap: &CapFile, location: MethodLocation) -> Result<Method, LinkError> {
    let block = cap.method.block(location.block);
    let header = block.and_then(|block| block.header(location.offset));
    let header = header.ok_or(LinkError::Malformed("a method outside of the Method component"))?;
    Ok(Method {
        location,
        nargs: header.nargs,
        locals: u16::from(header.nargs) + u16::from(header.max_locals),
        max_stack: header.max_stack,
        is_abstract: header.is_abstract,
        entry: 0,
        end: 0,
        handlers: (0, 0),
    })
}

/// Static fields must fit in records, or they would not come back.
fn check_statics(fields: &StaticField) -> Result<(), LinkError> {
    let bytes = usize::from(fields.default_value_count) + fields.non_default_values.len();
    let count = usize::from(fields.reference_count);
    let elements = |array: &ArrayInit| match array.element_type {
        4 => array.values.len() / 2,
        5 => array.values.len() / 4,
        _ => array.values.len(),
    };
    if fields.arrays.iter().any(|array| elements(array) > ARRAY_LENGTH_MAX) {
        return Err(LinkError::Malformed("a static array that is too long"));
    }
    if bytes > usize::from(u16::MAX) || count > ARRAY_LENGTH_MAX || fields.arrays.len() > count {
        return Err(LinkError::Malformed("too many static fields"));
    }
    Ok(())
}

fn class_offsets(cap: &CapFile) -> Vec<u16> {
    let interfaces = cap.class.interfaces.iter().map(|interface| interface.offset);
    let mut offsets: Vec<u16> =
        interfaces.chain(cap.class.classes.iter().map(|class| class.offset)).collect();
    offsets.sort_unstable();
    offsets
}

/// The identifier of a class of the package that is being linked.
pub(crate) fn own_class(package: &LoadedPackage, offset: u16) -> Result<ClassId, LinkError> {
    let index = package
        .class_offsets
        .binary_search(&offset)
        .map_err(|_| LinkError::Malformed("a reference to a class that is not there"))?;
    let index = u16::try_from(index).map_err(|_| LinkError::Malformed("too many classes"))?;
    Ok(ClassId::new(package.id, index))
}
