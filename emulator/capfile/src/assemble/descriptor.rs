//! The Descriptor component of an assembled package.

use super::{
    AssembleError, Package,
    constants::{Ordered, Symbol},
    declare::{Class, MethodKind},
    link::Placed,
    scope::{Layout, Scope},
    types::{self, TypeTable},
};
use crate::component::{
    ClassDescriptor, ClassRef, Constant, Descriptor, FieldDescriptor, MethodDescriptor,
    MethodLocation,
};

const PUBLIC: u8 = 0x01;
const PRIVATE: u8 = 0x02;
const STATIC: u8 = 0x08;
const ABSTRACT: u8 = 0x40;
const INIT: u8 = 0x80;
const INTERFACE_CLASS: u8 = 0x40;
const ABSTRACT_CLASS: u8 = 0x80;
/// Token of what has none.
const NO_TOKEN: u8 = 0xFF;

/// Describes the package.
pub(crate) fn describe(
    scope: &Scope<'_>,
    pool: &Ordered,
    placed: &Placed,
) -> Result<Descriptor, AssembleError> {
    let mut table = TypeTable::new(pool.entries.len());
    let constant_types: Vec<u16> = pool
        .entries
        .iter()
        .map(|(symbol, entry_type)| match (symbol, entry_type) {
            (Symbol::Known(Constant::Class(_)) | Symbol::Raw([1, ..]), _) => u16::MAX,
            (_, Some(entry_type)) => table.offset(&entry_type.nibbles),
            (_, None) => table.offset(&[1]),
        })
        .collect();
    let mut classes = Vec::new();
    for (index, class) in scope.package.classes.iter().enumerate() {
        let Some((_, layout)) = scope.class(index) else { continue };
        classes.push(ClassDescriptor {
            token: exported(scope.package, class),
            flags: class_flags(class),
            class: ClassRef::Internal(layout.offset),
            interfaces: if class.interface { Vec::new() } else { interfaces(scope, layout) },
            fields: fields(scope, &mut table, class, layout)?,
            methods: methods(scope, &mut table, index, placed)?,
        });
    }
    let package_class_counts = if scope.package.extended {
        vec![u8::try_from(classes.len()).unwrap_or(u8::MAX)]
    } else {
        Vec::new()
    };
    let type_table = table.finish(&constant_types);
    Ok(Descriptor { classes, package_class_counts, constant_types, type_table })
}

fn exported(package: &Package, class: &Class) -> u8 {
    let token = package.exports.iter().position(|name| *name == class.name);
    token.and_then(|token| u8::try_from(token).ok()).unwrap_or(NO_TOKEN)
}

fn class_flags(class: &Class) -> u8 {
    if class.interface {
        PUBLIC | INTERFACE_CLASS | ABSTRACT_CLASS
    } else if class.is_abstract || class.methods.iter().any(|method| method.is_abstract) {
        PUBLIC | ABSTRACT_CLASS
    } else {
        PUBLIC
    }
}

fn interfaces(scope: &Scope<'_>, layout: &Layout) -> Vec<ClassRef> {
    layout.interfaces.iter().filter_map(|(name, _)| scope.class_ref(name)).collect()
}

fn fields(
    scope: &Scope<'_>,
    table: &mut TypeTable,
    class: &Class,
    layout: &Layout,
) -> Result<Vec<FieldDescriptor>, AssembleError> {
    let mut fields = Vec::new();
    for (token, (field, offset)) in class.statics.iter().zip(&layout.statics).enumerate() {
        let field_type = types::parse(scope, &class.name, &field.descriptor)?;
        fields.push(FieldDescriptor {
            token: u8::try_from(token).unwrap_or(NO_TOKEN),
            flags: PUBLIC | STATIC,
            position: *offset,
            class_ref: 0,
            field_type: table.field(&field_type),
        });
    }
    for (field, cell) in class.fields.iter().zip(&layout.fields) {
        let field_type = types::parse(scope, &class.name, &field.descriptor)?;
        fields.push(FieldDescriptor {
            token: *cell,
            flags: PUBLIC,
            position: u16::from(*cell),
            class_ref: layout.offset,
            field_type: table.field(&field_type),
        });
    }
    Ok(fields)
}

fn methods(
    scope: &Scope<'_>,
    table: &mut TypeTable,
    index: usize,
    placed: &Placed,
) -> Result<Vec<MethodDescriptor>, AssembleError> {
    let Some((class, layout)) = scope.class(index) else { return Ok(Vec::new()) };
    let mut methods = Vec::new();
    for (position, (method, token)) in class.methods.iter().zip(&layout.tokens).enumerate() {
        let signature = types::parse(scope, &class.name, &method.descriptor)?;
        let flags = match method.kind {
            MethodKind::Static => PUBLIC | STATIC,
            MethodKind::Constructor => PUBLIC | INIT,
            MethodKind::Private => PRIVATE,
            MethodKind::Virtual => PUBLIC,
            MethodKind::PackageVirtual => 0,
            MethodKind::Interface => PUBLIC | ABSTRACT,
        };
        let token = match method.kind {
            MethodKind::PackageVirtual => token | 0x80,
            MethodKind::Private => NO_TOKEN,
            _ => *token,
        };
        let body = placed.method(index, position);
        methods.push(MethodDescriptor {
            token,
            flags: flags | if method.is_abstract { ABSTRACT } else { 0 },
            location: body.map_or(MethodLocation { block: 0, offset: 0 }, |body| body.location),
            type_offset: table.offset(&signature.nibbles),
            bytecode_count: body.map_or(0, |body| body.length),
            handler_count: body.map_or(0, |body| body.handler_count),
            first_handler: body.map_or(0, |body| body.first_handler),
        });
    }
    Ok(methods)
}
