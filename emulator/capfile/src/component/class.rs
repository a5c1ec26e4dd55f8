//! Class component [JCVM 3.0.5 §6.9].

use super::{Header, MethodLocation};
use crate::{
    error::{CapError, CapErrorKind},
    reader::{Reader, Writer},
};

/// A class or interface, here or elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClassRef {
    /// Offset in the Class component's `info`.
    Internal(u16),
    /// Of an imported package.
    External {
        /// Package token (bit 8 cleared).
        package: u8,
        /// Class token.
        class: u8,
    },
}

/// Classes and interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClassComponent {
    /// The signature pool of remote methods (format 2.2 and later), unparsed.
    pub signature_pool: Vec<u8>,
    /// Interfaces, ascending by offset.
    pub interfaces: Vec<InterfaceInfo>,
    /// Classes, ascending by offset.
    pub classes: Vec<ClassInfo>,
}

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// Where it is in `info`.
    pub offset: u16,
    /// Whether it is `Shareable` or extends it.
    pub shareable: bool,
    /// Whether it is remote.
    pub remote: bool,
    /// All superinterfaces, direct or not.
    pub superinterfaces: Vec<ClassRef>,
    /// Name of a remote interface, as it stands in the file.
    pub name: Vec<u8>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassInfo {
    /// Where it is in `info`.
    pub offset: u16,
    /// Whether it implements a shareable interface.
    pub shareable: bool,
    /// Whether it is remote.
    pub remote: bool,
    /// The superclass; none for `java.lang.Object`.
    pub superclass: Option<ClassRef>,
    /// Cells of 16 bits that the class itself declares.
    pub declared_instance_size: u8,
    /// Token of the first declared field that is a reference.
    pub first_reference_token: Option<u8>,
    /// Number of reference fields, which follow each other.
    pub reference_count: u8,
    /// First token of the public table.
    pub public_base: u8,
    /// Public and protected virtual methods; `None` is one inherited from another package.
    pub public_table: Vec<Option<MethodLocation>>,
    /// First token of the package-visible table.
    pub package_base: u8,
    /// Package-visible virtual methods.
    pub package_table: Vec<Option<MethodLocation>>,
    /// Interfaces that the class implements.
    pub interfaces: Vec<ImplementedInterface>,
    /// Remote information of a remote class, unparsed.
    pub remote_info: Vec<u8>,
    /// Format 2.3: mapping of public virtual method tokens; empty before.
    pub token_mapping: Vec<u8>,
    /// Format 2.3: `CAP22_inheritable_public_method_token_count`.
    pub cap22_inheritable_count: Option<u8>,
}

/// How a class implements an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImplementedInterface {
    /// The interface.
    pub interface: ClassRef,
    /// Virtual method tokens of the class, by interface method token.
    pub tokens: Vec<u8>,
}

/// Flag of an interface.
const ACC_INTERFACE: u8 = 0x8;
/// Flag of what is shareable.
const ACC_SHAREABLE: u8 = 0x4;
/// Flag of what is remote.
const ACC_REMOTE: u8 = 0x2;
/// An entry of a method table that a class of another package provides; also the superclass of `Object`.
const NOTHING: u16 = 0xFFFF;
/// Bit 15 of a class reference: the class is in another package [JCVM 3.0.5 §6.8.1].
const EXTERNAL: u16 = 0x8000;

impl ClassRef {
    /// The class of the two bytes of a reference.
    #[must_use]
    pub const fn from_u2(value: u16) -> Self {
        let [package, class] = value.to_be_bytes();
        if value & EXTERNAL == 0 {
            Self::Internal(value)
        } else {
            Self::External { package: package & 0x7F, class }
        }
    }

    /// The two bytes of a reference.
    #[must_use]
    pub const fn to_u2(self) -> u16 {
        match self {
            Self::Internal(offset) => offset,
            Self::External { package, class } => u16::from_be_bytes([package, class]) | EXTERNAL,
        }
    }
}

impl ClassComponent {
    /// The class at this offset.
    #[must_use]
    pub fn class_at(&self, offset: u16) -> Option<&ClassInfo> {
        let index = self.classes.binary_search_by_key(&offset, |class| class.offset).ok()?;
        self.classes.get(index)
    }

    /// The interface at this offset.
    #[must_use]
    pub fn interface_at(&self, offset: u16) -> Option<&InterfaceInfo> {
        let index = self.interfaces.binary_search_by_key(&offset, |info| info.offset).ok()?;
        self.interfaces.get(index)
    }

    pub(crate) fn parse(reader: &mut Reader<'_>, header: &Header) -> Result<Self, CapError> {
        let mut component = Self::default();
        if header.format_at_least(2) {
            let length = usize::from(reader.u2()?);
            component.signature_pool = reader.take(length)?.to_vec();
        }
        while !reader.is_empty() {
            let start = reader.position();
            // Offsets have 15 bits: a class beyond could not be referred to.
            let offset = u16::try_from(start).ok().filter(|offset| offset & EXTERNAL == 0);
            let offset = offset.ok_or(reader.error(CapErrorKind::TooLong))?;
            let bitfield = reader.u1()?;
            if bitfield >> 4 & ACC_INTERFACE != 0 {
                component.interfaces.push(InterfaceInfo::parse(reader, offset, bitfield)?);
            } else {
                component.classes.push(ClassInfo::parse(reader, offset, bitfield, header)?);
            }
        }
        Ok(component)
    }

    pub(crate) fn write(&self, writer: &mut Writer, header: &Header) {
        if header.format_at_least(2) {
            writer.count2(self.signature_pool.len());
            writer.bytes(&self.signature_pool);
        }
        // Interfaces come first, but nothing forbids a file to mix them.
        let mut classes = self.classes.iter().peekable();
        for interface in &self.interfaces {
            while let Some(class) = classes.next_if(|class| class.offset < interface.offset) {
                class.write(writer, header);
            }
            interface.write(writer);
        }
        classes.for_each(|class| class.write(writer, header));
    }
}

fn bitfield(interface: bool, shareable: bool, remote: bool, count: usize) -> u8 {
    let mut flags = if interface { ACC_INTERFACE } else { 0 };
    flags |= if shareable { ACC_SHAREABLE } else { 0 };
    flags |= if remote { ACC_REMOTE } else { 0 };
    flags << 4 | u8::try_from(count & 0x0F).unwrap_or_default()
}

impl InterfaceInfo {
    fn parse(reader: &mut Reader<'_>, offset: u16, bitfield: u8) -> Result<Self, CapError> {
        let flags = bitfield >> 4;
        let remote = flags & ACC_REMOTE != 0;
        let superinterfaces = reader.list(usize::from(bitfield & 0x0F), Reader::class_ref)?;
        let name = if remote { reader.short_bytes()?.to_vec() } else { Vec::new() };
        let shareable = flags & ACC_SHAREABLE != 0;
        Ok(Self { offset, shareable, remote, superinterfaces, name })
    }

    fn write(&self, writer: &mut Writer) {
        writer.u1(bitfield(true, self.shareable, self.remote, self.superinterfaces.len()));
        self.superinterfaces.iter().for_each(|class| writer.class_ref(*class));
        if self.remote {
            writer.short_bytes(&self.name);
        }
    }
}

impl ClassInfo {
    /// The method of a public or protected virtual method token, where this class has it in its table.
    #[must_use]
    pub fn public_method(&self, token: u8) -> Option<MethodLocation> {
        let index = usize::from(token.checked_sub(self.public_base)?);
        self.public_table.get(index).copied().flatten()
    }

    /// The method of a package-visible virtual method token (bit 7 cleared), where this class has it in its table.
    #[must_use]
    pub fn package_method(&self, token: u8) -> Option<MethodLocation> {
        let index = usize::from(token.checked_sub(self.package_base)?);
        self.package_table.get(index).copied().flatten()
    }

    fn parse(
        reader: &mut Reader<'_>,
        offset: u16,
        bitfield: u8,
        header: &Header,
    ) -> Result<Self, CapError> {
        let flags = bitfield >> 4;
        let remote = flags & ACC_REMOTE != 0;
        let superclass = reader.u2()?;
        let declared_instance_size = reader.u1()?;
        let first_reference_token = reader.u1()?;
        let reference_count = reader.u1()?;
        let public_base = reader.u1()?;
        let public_count = reader.u1()?;
        let package_base = reader.u1()?;
        let package_count = reader.u1()?;
        let extended = header.extended();
        let public_table = parse_table(reader, public_count, extended)?;
        let package_table = parse_table(reader, package_count, extended)?;
        let interfaces = reader.list(usize::from(bitfield & 0x0F), ImplementedInterface::parse)?;
        let remote_info = if remote { parse_remote(reader)? } else { Vec::new() };
        let mapped = header.format_at_least(3);
        let tokens = usize::from(public_base) + usize::from(public_count);
        Ok(Self {
            offset,
            shareable: flags & ACC_SHAREABLE != 0,
            remote,
            superclass: (superclass != NOTHING).then_some(ClassRef::from_u2(superclass)),
            declared_instance_size,
            first_reference_token: (first_reference_token != u8::MAX)
                .then_some(first_reference_token),
            reference_count,
            public_base,
            public_table,
            package_base,
            package_table,
            interfaces,
            remote_info,
            token_mapping: reader.take(if mapped { tokens } else { 0 })?.to_vec(),
            cap22_inheritable_count: if mapped { Some(reader.u1()?) } else { None },
        })
    }

    fn write(&self, writer: &mut Writer, header: &Header) {
        writer.u1(bitfield(false, self.shareable, self.remote, self.interfaces.len()));
        writer.u2(self.superclass.map_or(NOTHING, ClassRef::to_u2));
        writer.u1(self.declared_instance_size);
        writer.u1(self.first_reference_token.unwrap_or(u8::MAX));
        writer.u1(self.reference_count);
        writer.u1(self.public_base);
        writer.count1(self.public_table.len());
        writer.u1(self.package_base);
        writer.count1(self.package_table.len());
        for entry in self.public_table.iter().chain(&self.package_table) {
            let nothing = MethodLocation { block: u8::MAX, offset: NOTHING };
            writer.location(header.extended(), entry.unwrap_or(nothing));
        }
        for interface in &self.interfaces {
            writer.class_ref(interface.interface);
            writer.short_bytes(&interface.tokens);
        }
        writer.bytes(&self.remote_info);
        if header.format_at_least(3) {
            writer.bytes(&self.token_mapping);
            writer.u1(self.cap22_inheritable_count.unwrap_or_default());
        }
    }
}

fn parse_table(
    reader: &mut Reader<'_>,
    count: u8,
    extended: bool,
) -> Result<Vec<Option<MethodLocation>>, CapError> {
    reader.list(usize::from(count), |reader| {
        let location = reader.location(extended)?;
        Ok((location.offset != NOTHING).then_some(location))
    })
}

/// The remote information of a class, as it stands in the file [JCVM 3.0.5 §6.9.4].
fn parse_remote(reader: &mut Reader<'_>) -> Result<Vec<u8>, CapError> {
    let mut end = reader.clone();
    let start = end.position();
    let methods = usize::from(end.u1()?);
    end.take(5 * methods)?;
    end.short_bytes()?;
    end.short_bytes()?;
    let interfaces = usize::from(end.u1()?);
    end.take(2 * interfaces)?;
    reader.take(end.position() - start).map(<[u8]>::to_vec)
}

impl ImplementedInterface {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, CapError> {
        Ok(Self { interface: reader.class_ref()?, tokens: reader.short_bytes()?.to_vec() })
    }
}
