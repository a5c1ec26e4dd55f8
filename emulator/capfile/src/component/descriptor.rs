//! Descriptor component [JCVM 3.0.5 §6.14].

use super::{ClassRef, MethodLocation};
use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// Types of classes, fields, methods and constants.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Descriptor {
    /// Classes and interfaces.
    pub classes: Vec<ClassDescriptor>,
    /// Extended format: how many of `classes` belong to each package, the public ones first. Empty in the compact format.
    pub package_class_counts: Vec<u8>,
    /// For each entry of the constant pool the offset of its type in `type_table`, or `FFFF` for a class.
    pub constant_types: Vec<u16>,
    /// The type descriptors, as they stand in the file from the beginning of the `type_descriptor_info` (`constant_pool_count` is at
    /// offset 0, so that offsets of types can be used as they are).
    pub type_table: Vec<u8>,
}

/// A class or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassDescriptor {
    /// Class token; FF when not exported.
    pub token: u8,
    /// 01 public, 10 final, 40 interface, 80 abstract.
    pub flags: u8,
    /// The class described: always internal.
    pub class: ClassRef,
    /// Interfaces.
    pub interfaces: Vec<ClassRef>,
    /// Fields.
    pub fields: Vec<FieldDescriptor>,
    /// Methods.
    pub methods: Vec<MethodDescriptor>,
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldDescriptor {
    /// Token.
    pub token: u8,
    /// 01 public, 02 private, 04 protected, 08 static, 10 final.
    pub flags: u8,
    /// Offset in the static image of a static field, or cell of an instance field.
    pub position: u16,
    /// The class of the reference to an instance field, as it stands in the file: that of the descriptor it is in, but at least one
    /// converter writes other things, so that nothing can be made of it. 0 for a static field.
    pub class_ref: u16,
    /// 8002 boolean, 8003 byte, 8004 short, 8005 int, or the offset of a reference type in the type table.
    pub field_type: u16,
}

/// A method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodDescriptor {
    /// Token.
    pub token: u8,
    /// 01 public, 02 private, 04 protected, 08 static, 10 final, 40 abstract, 80 init.
    pub flags: u8,
    /// Where it is.
    pub location: MethodLocation,
    /// Offset of its signature in the type table.
    pub type_offset: u16,
    /// Number of bytes of code.
    pub bytecode_count: u16,
    /// Number of exception handlers.
    pub handler_count: u16,
    /// Index of the first of them.
    pub first_handler: u16,
}

/// A type or signature: its nibbles [JCVM 3.0.5 §6.14.4].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeNibbles(pub Vec<u8>);

/// Flag of an interface.
const ACC_INTERFACE: u8 = 0x40;
/// Flag of a static field.
const ACC_STATIC: u8 = 0x08;

impl Descriptor {
    pub(crate) fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        let packages = if extended { reader.u1()? } else { 1 };
        let mut descriptor = Self::default();
        for _ in 0..packages {
            let count = reader.u1()?;
            if extended {
                descriptor.package_class_counts.push(count);
            }
            let classes = reader
                .list(usize::from(count), |reader| ClassDescriptor::parse(reader, extended))?;
            descriptor.classes.extend(classes);
        }
        descriptor.type_table = reader.clone().rest().to_vec();
        let count = usize::from(reader.u2()?);
        descriptor.constant_types = reader.list(count, Reader::u2)?;
        while !reader.is_empty() {
            let nibbles = usize::from(reader.u1()?);
            reader.take(nibbles.div_ceil(2))?;
        }
        Ok(descriptor)
    }

    pub(crate) fn write(&self, writer: &mut Writer, extended: bool) {
        if extended {
            writer.count1(self.package_class_counts.len());
            let mut classes = self.classes.iter();
            for count in &self.package_class_counts {
                writer.u1(*count);
                classes
                    .by_ref()
                    .take(usize::from(*count))
                    .for_each(|class| class.write(writer, extended));
            }
        } else {
            writer.count1(self.classes.len());
            self.classes.iter().for_each(|class| class.write(writer, extended));
        }
        writer.bytes(&self.type_table);
    }

    /// Offset in the type table of the first type.
    #[must_use]
    pub fn first_type(&self) -> usize {
        2 + 2 * self.constant_types.len()
    }

    /// The type or signature at this offset of the type table; `None` where the table has none.
    #[must_use]
    pub fn type_at(&self, offset: u16) -> Option<TypeNibbles> {
        let start = usize::from(offset);
        if start < self.first_type() {
            return None;
        }
        let count = usize::from(*self.type_table.get(start)?);
        let bytes = self.type_table.get(start + 1..)?.get(..count.div_ceil(2))?;
        let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
        Some(TypeNibbles(nibbles.take(count).collect()))
    }

    /// The type of the constant with this index; `None` for classes.
    #[must_use]
    pub fn constant_type(&self, index: u16) -> Option<TypeNibbles> {
        self.type_at(*self.constant_types.get(usize::from(index))?)
    }

    /// All methods that have code or a header: those of classes, not of interfaces.
    pub fn methods(&self) -> impl Iterator<Item = (&ClassDescriptor, &MethodDescriptor)> {
        let classes = self.classes.iter().filter(|class| !class.is_interface());
        classes.flat_map(|class| class.methods.iter().map(move |method| (class, method)))
    }

    /// The method at this place.
    #[must_use]
    pub fn method_at(&self, location: MethodLocation) -> Option<&MethodDescriptor> {
        self.methods().map(|(_, method)| method).find(|method| method.location == location)
    }
}

impl ClassDescriptor {
    /// Whether it is an interface, whose methods have no bodies.
    #[must_use]
    pub const fn is_interface(&self) -> bool {
        self.flags & ACC_INTERFACE != 0
    }

    fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        let token = reader.u1()?;
        let flags = reader.u1()?;
        let class = reader.class_ref()?;
        let interfaces = usize::from(reader.u1()?);
        let fields = usize::from(reader.u2()?);
        let methods = usize::from(reader.u2()?);
        Ok(Self {
            token,
            flags,
            class,
            interfaces: reader.list(interfaces, Reader::class_ref)?,
            fields: reader.list(fields, FieldDescriptor::parse)?,
            methods: reader.list(methods, |reader| MethodDescriptor::parse(reader, extended))?,
        })
    }

    fn write(&self, writer: &mut Writer, extended: bool) {
        writer.u1(self.token);
        writer.u1(self.flags);
        writer.class_ref(self.class);
        writer.count1(self.interfaces.len());
        writer.count2(self.fields.len());
        writer.count2(self.methods.len());
        self.interfaces.iter().for_each(|interface| writer.class_ref(*interface));
        self.fields.iter().for_each(|field| field.write(writer));
        self.methods.iter().for_each(|method| method.write(writer, extended));
    }
}

impl FieldDescriptor {
    /// Whether the field is static.
    #[must_use]
    pub const fn is_static(self) -> bool {
        self.flags & ACC_STATIC != 0
    }

    fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        let token = reader.u1()?;
        let flags = reader.u1()?;
        let start = reader.position();
        let (class_ref, position) = if flags & ACC_STATIC != 0 {
            if reader.u1()? != 0 {
                return Err(reader.error_at(start, CapErrorKind::ForeignPackageMember));
            }
            (0, reader.u2()?)
        } else {
            (reader.u2()?, u16::from(reader.u1()?))
        };
        Ok(Self { token, flags, position, class_ref, field_type: reader.u2()? })
    }

    fn write(self, writer: &mut Writer) {
        writer.u1(self.token);
        writer.u1(self.flags);
        if self.is_static() {
            writer.u1(0);
            writer.u2(self.position);
        } else {
            writer.u2(self.class_ref);
            writer.u1(u8::try_from(self.position).unwrap_or(u8::MAX));
        }
        writer.u2(self.field_type);
    }
}

impl MethodDescriptor {
    fn parse(reader: &mut Reader<'_>, extended: bool) -> Result<Self, CapError> {
        Ok(Self {
            token: reader.u1()?,
            flags: reader.u1()?,
            location: reader.location(extended)?,
            type_offset: reader.u2()?,
            bytecode_count: reader.u2()?,
            handler_count: reader.u2()?,
            first_handler: reader.u2()?,
        })
    }

    fn write(&self, writer: &mut Writer, extended: bool) {
        writer.u1(self.token);
        writer.u1(self.flags);
        writer.location(extended, self.location);
        writer.u2(self.type_offset);
        writer.u2(self.bytecode_count);
        writer.u2(self.handler_count);
        writer.u2(self.first_handler);
    }
}
