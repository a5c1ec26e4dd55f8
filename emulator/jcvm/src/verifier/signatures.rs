//! Signatures: from the tables of native packages, from Descriptor components, or as much of them as code and headers tell.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use capfile::{
    component::{ClassRef, MethodDescriptor, MethodLocation},
    instruction::Opcode,
};

use super::{
    budget::Budget,
    declared_fields::FieldFacts,
    error::Reason,
    hierarchy::Hierarchy,
    tokens::Callee,
    type_system::{Type, Value},
};
use crate::{
    api::{ApiMethod, MethodKind, ReturnKind},
    code::{
        LoadedPackage,
        link::Resolver,
        op::{Op, Width},
    },
    ident::{ClassId, MethodId, PackageId},
};

/// Flag of a method descriptor: a static method.
const ACC_STATIC: u8 = 0x08;
/// Flag of a method descriptor: a constructor.
const ACC_INIT: u8 = 0x80;

/// What a method takes, without `this`, and returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) arguments: Box<[Value]>,
    pub(super) returns: Returns,
}

/// What a method returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returns {
    Nothing,
    Value(Value),
    /// It never does: no return instruction can be reached.
    Never,
    /// Nobody knows.
    Unknown,
}

/// What the Descriptor tells of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) class: ClassId,
    pub(super) kind: Kind,
    pub(super) signature: Rc<Signature>,
    /// Bytes of code.
    pub(super) length: u16,
}

/// Kinds of methods, as callers have to tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Static,
    Constructor,
    Instance,
}

/// A method of a loaded package, with that package.
#[derive(Clone, Copy)]
pub(super) struct Loaded<'a> {
    pub(super) package: &'a LoadedPackage,
    pub(super) location: MethodLocation,
    pub(super) nargs: u8,
}

/// All signatures that the package can see.
pub(super) struct Signatures<'a> {
    pub(super) hierarchy: Hierarchy<'a>,
    pub(super) budget: Budget,
    /// Native classes by name.
    pub(super) names: HashMap<&'static str, ClassId>,
    /// Methods of this package that the Descriptor tells of.
    own: HashMap<MethodLocation, Rc<Declared>>,
    native: RefCell<HashMap<u16, Rc<Signature>>>,
    /// What calls that were seen before call.
    pub(super) known_callees: RefCell<HashMap<(Opcode, u16), Rc<Callee>>>,
    /// Instance fields that were seen before.
    pub(super) known_fields: RefCell<HashMap<u16, FieldFacts>>,
}

impl Signature {
    /// Cells of the arguments.
    pub(super) fn cells(&self) -> usize {
        self.arguments.iter().map(|argument| argument.cells()).sum()
    }

    /// So many cells of which nothing is known.
    pub(super) fn unknown(cells: usize, returns: Returns) -> Self {
        Self { arguments: vec![Value::Any; cells].into(), returns }
    }
}

impl<'a> Signatures<'a> {
    pub(super) fn new(hierarchy: Hierarchy<'a>) -> Result<Self, (MethodLocation, Reason)> {
        let mut signatures = Self {
            hierarchy,
            budget: Budget::of(&hierarchy.package.cap),
            names: names(&hierarchy),
            own: HashMap::new(),
            native: RefCell::default(),
            known_callees: RefCell::default(),
            known_fields: RefCell::default(),
        };
        signatures.own = signatures.declarations(hierarchy.package)?;
        Ok(signatures)
    }

    /// What the Descriptor of this package tells, once for each method.
    fn declarations(
        &self,
        package: &'a LoadedPackage,
    ) -> Result<HashMap<MethodLocation, Rc<Declared>>, (MethodLocation, Reason)> {
        let mut all: HashMap<MethodLocation, Rc<Declared>> = HashMap::new();
        let Some(descriptor) = &package.cap.descriptor else { return Ok(all) };
        for (class, method) in descriptor.methods() {
            let location = method.location;
            let failed = |reason| (location, reason);
            let Some(index) = package.method_at(location) else { continue };
            let declared = self
                .declare(package, class.class, method)
                .ok_or_else(|| failed(Reason::Descriptor))?;
            let wanted = package.methods.get(usize::from(index)).map_or(0, |found| found.nargs);
            check_cells(&declared, wanted).map_err(failed)?;
            let declared = Rc::new(declared);
            let before = all.insert(location, declared.clone());
            if before.is_some_and(|before| before != declared) {
                return Err(failed(Reason::Descriptor));
            }
        }
        let mut methods = package.methods.iter().map(|method| method.location);
        match methods.find(|location| !all.contains_key(location)) {
            Some(location) => Err((location, Reason::Descriptor)),
            None => Ok(all),
        }
    }

    fn declare(
        &self,
        package: &LoadedPackage,
        class: ClassRef,
        method: &MethodDescriptor,
    ) -> Option<Declared> {
        let descriptor = package.cap.descriptor.as_ref()?;
        let class = Resolver { code: self.hierarchy.code, package }.class(class).ok()?;
        let kind = if method.flags & ACC_STATIC != 0 {
            Kind::Static
        } else if method.flags & ACC_INIT != 0 {
            Kind::Constructor
        } else {
            Kind::Instance
        };
        let signature = self.in_nibbles(package, &descriptor.type_at(method.type_offset)?)?;
        Some(Declared { class, kind, signature: Rc::new(signature), length: method.bytecode_count })
    }

    /// What the Descriptor tells of a method.
    pub(super) fn declared(&self, method: Loaded<'a>) -> Option<Rc<Declared>> {
        if method.package.id == self.hierarchy.package.id {
            return self.own.get(&method.location).cloned();
        }
        let descriptor = method.package.cap.descriptor.as_ref()?;
        let mut all = descriptor.methods();
        let (class, found) = all.find(|(_, found)| found.location == method.location)?;
        let declared = self.declare(method.package, class.class, found)?;
        check_cells(&declared, method.nargs).ok()?;
        Some(Rc::new(declared))
    }

    /// The signature of a native method.
    pub(super) fn native(&self, row: &ApiMethod) -> Rc<Signature> {
        if let Some(known) = self.native.borrow().get(&row.native) {
            return known.clone();
        }
        let this = usize::from(row.kind != MethodKind::Static);
        let cells = usize::from(row.nargs).saturating_sub(this);
        let parsed = self.in_descriptor(row.descriptor).filter(|found| found.cells() == cells);
        let signature = Rc::new(parsed.unwrap_or_else(|| by_row(row, cells)));
        self.native.borrow_mut().insert(row.native, signature.clone());
        signature
    }

    /// The signature of a loaded method, with whatever can be known of it.
    pub(super) fn loaded(&self, method: Loaded<'a>, this: bool) -> Rc<Signature> {
        if let Some(declared) = self.declared(method) {
            return declared.signature.clone();
        }
        let cells = usize::from(method.nargs).saturating_sub(usize::from(this));
        Rc::new(Signature::unknown(cells, derived_returns(method)))
    }

    /// What a method returns by its number; nothing can be said of native ones here.
    pub(super) fn returns_of(&self, method: MethodId) -> Returns {
        let (package, index) = method.parts();
        let found = self.hierarchy.package(package).filter(|_| method.as_native().is_none());
        let Some((package, found)) =
            found.and_then(|package| Some((package, package.methods.get(usize::from(index))?)))
        else {
            return Returns::Unknown;
        };
        let method = Loaded { package, location: found.location, nargs: found.nargs };
        self.loaded(method, true).returns
    }
}

fn check_cells(declared: &Declared, wanted: u8) -> Result<(), Reason> {
    let found = declared.signature.cells() + usize::from(declared.kind != Kind::Static);
    let wanted = usize::from(wanted);
    if found == wanted { Ok(()) } else { Err(Reason::ArgumentCells { wanted, found }) }
}

/// What a method returns by its return instructions.
fn derived_returns(method: Loaded<'_>) -> Returns {
    let found = method.package.method_at(method.location);
    let Some(found) = found.and_then(|index| method.package.methods.get(usize::from(index))) else {
        return Returns::Unknown;
    };
    if found.is_abstract {
        return Returns::Unknown;
    }
    let code = method.package.ops.get(found.entry as usize..found.end as usize);
    let mut returns = code.unwrap_or_default().iter().filter_map(|op| match op {
        Op::ReturnVoid => Some(Returns::Nothing),
        Op::Return(Width::Reference) => Some(Returns::Value(Value::Reference(Type::Unknown))),
        Op::Return(Width::Int) => Some(Returns::Value(Value::Int)),
        Op::Return(_) => Some(Returns::Value(Value::Short)),
        _ => None,
    });
    returns.next().unwrap_or(Returns::Never)
}

/// What the row of a native method tells when its descriptor is of no use.
fn by_row(row: &ApiMethod, cells: usize) -> Signature {
    let returns = match row.returns {
        ReturnKind::Void => Returns::Nothing,
        ReturnKind::Short => Returns::Value(Value::Short),
        ReturnKind::Int => Returns::Value(Value::Int),
        ReturnKind::Reference => Returns::Value(Value::Reference(Type::Unknown)),
    };
    Signature::unknown(cells, returns)
}

/// Native classes by name.
fn names(hierarchy: &Hierarchy<'_>) -> HashMap<&'static str, ClassId> {
    let packages = hierarchy.code.api().packages.iter().zip(0_u8..);
    packages
        .flat_map(|(package, id)| {
            let id = PackageId(id);
            let classes = package.classes.iter();
            classes.map(move |class| (class.name, ClassId::new(id, u16::from(class.token))))
        })
        .collect()
}
