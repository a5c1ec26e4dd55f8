//! Signatures: from the tables of native packages, from Descriptor components, or as much of them as code and headers tell.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use capfile::component::{ClassRef, MethodDescriptor, MethodLocation, TypeNibbles};

use super::{
    error::Reason,
    hierarchy::Hierarchy,
    type_system::{Element, Type, Value},
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
    /// Native classes by name.
    names: HashMap<&'static str, ClassId>,
    /// Methods of this package that the Descriptor tells of.
    own: HashMap<MethodLocation, Rc<Declared>>,
    native: RefCell<HashMap<u16, Rc<Signature>>>,
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
            names: names(&hierarchy),
            own: HashMap::new(),
            native: RefCell::new(HashMap::new()),
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
        Ok(all)
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
        let signature = self.from_nibbles(package, &descriptor.type_at(method.type_offset)?)?;
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
        let parsed = self.from_descriptor(row.descriptor).filter(|found| found.cells() == cells);
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
        Rc::new(Signature::unknown(cells, self.derived_returns(method)))
    }

    /// What a method returns by its return instructions.
    fn derived_returns(&self, method: Loaded<'a>) -> Returns {
        let found = method.package.method_at(method.location);
        let Some(found) = found.and_then(|index| method.package.methods.get(usize::from(index)))
        else {
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

    /// The signature in a descriptor of a native method.
    fn from_descriptor(&self, descriptor: &str) -> Option<Signature> {
        let (arguments, returns) = descriptor.strip_prefix('(')?.split_once(')')?;
        let mut values = Vec::new();
        let mut rest = arguments;
        while !rest.is_empty() {
            let (value, after) = self.next_type(rest)?;
            values.push(value);
            rest = after;
        }
        let returns = match returns {
            "V" => Returns::Nothing,
            other => Returns::Value(self.next_type(other)?.0),
        };
        Some(Signature { arguments: values.into(), returns })
    }

    /// The first type of a descriptor, and what follows it.
    fn next_type<'t>(&self, text: &'t str) -> Option<(Value, &'t str)> {
        if let Some(rest) = text.strip_prefix('[') {
            let (element, rest) = self.next_type(rest)?;
            let is_boolean = text.starts_with("[Z");
            let array = match element {
                Value::Byte if is_boolean => Type::Array(Element::Boolean),
                Value::Byte => Type::Array(Element::Byte),
                Value::Short => Type::Array(Element::Short),
                Value::Int => Type::Array(Element::Int),
                Value::Reference(Type::Class(class)) => Type::Array(Element::Class(class)),
                Value::Any | Value::Reference(_) => Type::Unknown,
            };
            return Some((Value::Reference(array), rest));
        }
        if let Some(rest) = text.strip_prefix('L') {
            let (name, rest) = rest.split_once(';')?;
            let class = self.names.get(name).map_or(Type::Unknown, |class| Type::Class(*class));
            return Some((Value::Reference(class), rest));
        }
        let value = match text.chars().next()? {
            'B' | 'Z' => Value::Byte,
            'S' => Value::Short,
            'I' => Value::Int,
            _ => return None,
        };
        Some((value, text.get(1..)?))
    }

    /// The signature in a Descriptor component.
    pub(super) fn from_nibbles(
        &self,
        package: &LoadedPackage,
        nibbles: &TypeNibbles,
    ) -> Option<Signature> {
        let mut values = Vec::new();
        let mut rest = nibbles.0.as_slice();
        while !rest.is_empty() {
            let (value, after) = self.next_nibbles(package, rest)?;
            values.push(value);
            rest = after;
        }
        let returns = values.pop()?.map_or(Returns::Nothing, Returns::Value);
        // Only the result can be void.
        let arguments = values.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Signature { arguments: arguments.into(), returns })
    }

    /// The type of a field in a Descriptor component: `80` and a primitive type, or a place in the type table.
    pub(super) fn field(&self, package: &LoadedPackage, field_type: u16) -> Option<Value> {
        if field_type & PRIMITIVE != 0 {
            return match field_type & !PRIMITIVE {
                2 | 3 => Some(Value::Byte),
                4 => Some(Value::Short),
                5 => Some(Value::Int),
                _ => None,
            };
        }
        let nibbles = package.cap.descriptor.as_ref()?.type_at(field_type)?;
        self.next_nibbles(package, &nibbles.0)?.0
    }

    /// The first type (`None` for void), and what follows it [JCVM 3.0.5 §6.14.4].
    fn next_nibbles<'n>(
        &self,
        package: &LoadedPackage,
        nibbles: &'n [u8],
    ) -> Option<(Option<Value>, &'n [u8])> {
        let (first, rest) = nibbles.split_first()?;
        let reference = |found| Some((Some(Value::Reference(found)), rest));
        match first {
            1 => Some((None, rest)),
            2 | 3 => Some((Some(Value::Byte), rest)),
            4 => Some((Some(Value::Short), rest)),
            5 => Some((Some(Value::Int), rest)),
            10 => reference(Type::Array(Element::Boolean)),
            11 => reference(Type::Array(Element::Byte)),
            12 => reference(Type::Array(Element::Short)),
            13 => reference(Type::Array(Element::Int)),
            6 | 14 => {
                let (digits, rest) = rest.split_first_chunk::<4>()?;
                let number = digits.iter().fold(0, |sum, digit| sum << 4 | u16::from(*digit));
                let resolver = Resolver { code: self.hierarchy.code, package };
                let found = match resolver.class(ClassRef::from_u2(number)) {
                    Ok(class) if *first == 14 => Type::Array(Element::Class(class)),
                    Ok(class) => Type::Class(class),
                    Err(_) => Type::Unknown,
                };
                Some((Some(Value::Reference(found)), rest))
            }
            _ => None,
        }
    }
}

/// Bit of a field type that is a primitive one.
const PRIMITIVE: u16 = 0x8000;

fn check_cells(declared: &Declared, wanted: u8) -> Result<(), Reason> {
    let found = declared.signature.cells() + usize::from(declared.kind != Kind::Static);
    let wanted = usize::from(wanted);
    if found == wanted { Ok(()) } else { Err(Reason::ArgumentCells { wanted, found }) }
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
    let packages = (0_u8..).zip(hierarchy.code.api().packages);
    packages
        .flat_map(|(id, package)| {
            let id = PackageId(id);
            let classes = package.classes.iter();
            classes.map(move |class| (class.name, ClassId::new(id, u16::from(class.token))))
        })
        .collect()
}
