//! Verification of the structure: sizes and counts agree, and what refers to something refers to something that is there.
//!
//! It is as strict as the files of real converters allow, and does not judge code: an undefined bytecode, a branch into the middle
//! of an instruction or an index beyond the constant pool is the bytecode verifier's business.

mod classes;
mod constants;
mod described;
mod directory;
mod methods;
mod statics;

use std::collections::BTreeSet;

use crate::{
    component::{CapFile, ClassRef, MethodLocation, tag},
    error::{CapError, CapErrorKind},
};

type Outcome = Result<(), CapError>;

impl CapFile {
    /// Verifies what the syntax alone does not show [JCVM 3.0.5 §6.2 to §6.14].
    ///
    /// # Errors
    /// [`CapError`]: the first thing that is wrong, with its component. Where an entry of a table is wrong, the offset is that of what
    /// the entry refers to, or the entry's index.
    pub fn verify_structure(&self) -> Result<(), CapError> {
        let checker = Checker::new(self);
        checker.directory()?;
        checker.static_image()?;
        checker.applets()?;
        checker.classes()?;
        checker.constants()?;
        checker.exports()?;
        checker.described()?;
        checker.handlers()?;
        checker.methods()
    }
}

/// A file with what is looked up often.
pub(crate) struct Checker<'a> {
    pub(crate) file: &'a CapFile,
    /// Where methods begin, when the Descriptor tells.
    methods: Option<BTreeSet<MethodLocation>>,
}

impl<'a> Checker<'a> {
    fn new(file: &'a CapFile) -> Self {
        let methods = file
            .descriptor
            .as_ref()
            .map(|descriptor| descriptor.methods().map(|(_, method)| method.location).collect());
        Self { file, methods }
    }

    /// Whether an import exists.
    fn import(&self, component: u8, package: u8) -> Outcome {
        match self.file.import.packages.get(usize::from(package)) {
            Some(_) => Ok(()),
            None => Err(CapErrorKind::NoImport(package).at(component, usize::from(package))),
        }
    }

    /// Whether a class or interface exists.
    fn class_or_interface(&self, component: u8, class: ClassRef) -> Outcome {
        match class {
            ClassRef::External { package, .. } => self.import(component, package),
            ClassRef::Internal(offset) => {
                let classes = &self.file.class;
                let found =
                    classes.class_at(offset).is_some() || classes.interface_at(offset).is_some();
                if found { Ok(()) } else { Err(no_class(component, offset)) }
            }
        }
    }

    /// Whether a class exists, and no interface is meant.
    fn class(&self, component: u8, class: ClassRef) -> Outcome {
        match class {
            ClassRef::External { package, .. } => self.import(component, package),
            ClassRef::Internal(offset) => match self.file.class.class_at(offset) {
                Some(_) => Ok(()),
                None => Err(no_class(component, offset)),
            },
        }
    }

    /// Whether an interface exists, and no class is meant.
    fn interface(&self, component: u8, class: ClassRef) -> Outcome {
        match class {
            ClassRef::External { package, .. } => self.import(component, package),
            ClassRef::Internal(offset) => match self.file.class.interface_at(offset) {
                Some(_) => Ok(()),
                None => Err(no_class(component, offset)),
            },
        }
    }

    /// Whether a method begins at a location: one of those described, or without Descriptor a place where one can.
    fn method(&self, component: u8, location: MethodLocation) -> Outcome {
        let MethodLocation { block, offset } = location;
        let begins = match &self.methods {
            Some(methods) => methods.contains(&location),
            None => self.file.method.block(block).and_then(|block| block.header(offset)).is_some(),
        };
        if begins {
            return Ok(());
        }
        Err(CapErrorKind::NoMethod { block, offset }.at(component, usize::from(offset)))
    }

    /// Whether an offset is inside of the static image.
    fn static_field(&self, component: u8, offset: u16) -> Outcome {
        if offset < self.file.static_field.image_size {
            return Ok(());
        }
        Err(CapErrorKind::NoStaticField(offset).at(component, usize::from(offset)))
    }

    fn applets(&self) -> Outcome {
        // The specification wants applets of the package's provider; converters do not, and cards load what they make.
        let mut applets = self.file.applet.iter().flat_map(|applet| &applet.applets);
        applets.try_for_each(|applet| self.method(tag::APPLET, applet.install))
    }

    fn exports(&self) -> Outcome {
        let Some(export) = &self.file.export else { return Ok(()) };
        let packages = self.file.header.packages.len();
        if export.package_class_counts.len() != packages {
            return Err(CapErrorKind::Count(packages).at(tag::EXPORT, 0));
        }
        for class in &export.classes {
            self.class_or_interface(tag::EXPORT, ClassRef::Internal(class.class))?;
            class
                .static_fields
                .iter()
                .try_for_each(|offset| self.static_field(tag::EXPORT, *offset))?;
            class
                .static_methods
                .iter()
                .try_for_each(|location| self.method(tag::EXPORT, *location))?;
        }
        Ok(())
    }
}

fn no_class(component: u8, offset: u16) -> CapError {
    CapErrorKind::NoClass(offset).at(component, usize::from(offset))
}
