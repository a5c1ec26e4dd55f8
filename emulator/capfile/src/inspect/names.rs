//! Names of classes, members and constants.

use std::collections::BTreeMap;

use super::{MemberKind, Names, signature};
use crate::component::{
    CapFile, ClassRef, Constant, MethodLocation, StaticFieldRef, StaticMethodRef, TypeNibbles,
};

/// Flag of a static method in the Descriptor.
const STATIC: u8 = 0x08;
/// Flag of a constructor in the Descriptor.
const INIT: u8 = 0x80;
/// Bit of the token of a package-visible virtual method in the Descriptor.
const PACKAGE_VISIBLE: u8 = 0x80;
/// Token of what has none.
const NO_TOKEN: u8 = 0xFF;

/// Names everything that a CAP file refers to.
pub struct Resolver<'a> {
    pub(crate) file: &'a CapFile,
    names: &'a dyn Names,
    methods: BTreeMap<MethodLocation, String>,
}

impl<'a> Resolver<'a> {
    /// A resolver for a file.
    #[must_use]
    pub fn new(file: &'a CapFile, names: &'a dyn Names) -> Self {
        let mut resolver = Self { file, names, methods: BTreeMap::new() };
        resolver.methods = resolver.name_methods();
        resolver
    }

    /// A class: its name, or its place.
    #[must_use]
    pub fn class(&self, class: ClassRef) -> String {
        match class {
            ClassRef::Internal(offset) => format!("class@{offset}"),
            ClassRef::External { package, class } => self
                .aid(package)
                .and_then(|aid| self.names.class(aid, class))
                .unwrap_or_else(|| format!("package{package}.class{class}")),
        }
    }

    fn aid(&self, package: u8) -> Option<&[u8]> {
        self.file.import.packages.get(usize::from(package)).map(|import| import.aid.as_bytes())
    }

    /// A member of a class of another package, where its name is known.
    fn imported(&self, package: u8, class: u8, kind: MemberKind, token: u8) -> Option<String> {
        self.names.member(self.aid(package)?, class, kind, token)
    }

    /// The name of an inherited virtual method: that of the first superclass in another package, if it has one of this token.
    fn inherited(&self, class: ClassRef, token: u8) -> Option<String> {
        let mut class = class;
        // As many steps as there are classes lead out of the package, or in a circle.
        for _ in 0..=self.file.class.classes.len() {
            match class {
                ClassRef::External { package, class } => {
                    return self.imported(package, class, MemberKind::Virtual, token);
                }
                ClassRef::Internal(offset) => {
                    class = self.file.class.class_at(offset)?.superclass?;
                }
            }
        }
        None
    }

    /// A method of the package: with a Descriptor by its class, kind, token and signature, without by its place.
    #[must_use]
    pub fn method(&self, location: MethodLocation) -> String {
        self.methods.get(&location).cloned().unwrap_or_else(|| {
            let MethodLocation { block, offset } = location;
            if block == 0 { format!("method@{offset}") } else { format!("method@{block}:{offset}") }
        })
    }

    fn name_methods(&self) -> BTreeMap<MethodLocation, String> {
        let mut methods = BTreeMap::new();
        for class in &self.file.class.classes {
            for token in 0..=u8::MAX {
                if let Some(location) = class.public_method(token) {
                    let name =
                        self.virtual_method(ClassRef::Internal(class.offset), token, false, "");
                    methods.entry(location).or_insert(name);
                }
            }
        }
        let Some(descriptor) = &self.file.descriptor else { return methods };
        for (class, method) in descriptor.methods() {
            let text = descriptor.type_at(method.type_offset);
            let text = text.map(|text| self.signature(&text, true)).unwrap_or_default();
            let owner = self.class(class.class);
            let name = if method.flags & INIT != 0 {
                format!("{owner}.<init>{text}")
            } else if method.flags & STATIC != 0 {
                match method.token {
                    NO_TOKEN => format!("{owner}.static@{}{text}", method.location.offset),
                    token => format!("{owner}.static{token}{text}"),
                }
            } else if method.token == NO_TOKEN {
                format!("{owner}.private@{}{text}", method.location.offset)
            } else {
                let token = method.token & !PACKAGE_VISIBLE;
                self.virtual_method(class.class, token, method.token & PACKAGE_VISIBLE != 0, &text)
            };
            methods.insert(method.location, name);
        }
        methods
    }

    /// Types and signatures of the file.
    pub(crate) fn signature(&self, nibbles: &TypeNibbles, method: bool) -> String {
        signature(nibbles, method, |class| self.class(class))
    }

    fn virtual_method(
        &self,
        class: ClassRef,
        token: u8,
        package_visible: bool,
        text: &str,
    ) -> String {
        let owner = self.class(class);
        if package_visible {
            return format!("{owner}.package{token}{text}");
        }
        match self.inherited(class, token) {
            Some(name) => format!("{owner}.{name}"),
            None => format!("{owner}.virtual{token}{text}"),
        }
    }

    fn member(&self, class: ClassRef, kind: MemberKind, token: u8, otherwise: &str) -> String {
        let known = match class {
            ClassRef::External { package, class } => self.imported(package, class, kind, token),
            ClassRef::Internal(_) => None,
        };
        let name = known.unwrap_or_else(|| format!("{otherwise}{token}"));
        format!("{}.{name}", self.class(class))
    }

    /// An interface method.
    #[must_use]
    pub fn interface_method(&self, interface: ClassRef, token: u8) -> String {
        self.member(interface, MemberKind::Interface, token, "method")
    }

    /// The constant of an index, as text; `None` outside of the pool.
    #[must_use]
    pub fn constant(&self, index: u16) -> Option<String> {
        let constant = self.file.constant_pool.get(index)?;
        let described = self.file.descriptor.as_ref();
        let nibbles = described.and_then(|descriptor| descriptor.constant_type(index));
        let text = |method| nibbles.as_ref().map(|nibbles| self.signature(nibbles, method));
        let field = || text(false).map(|text| format!(" {text}")).unwrap_or_default();
        let method = || text(true).unwrap_or_default();
        Some(match constant {
            Constant::Class(class) => self.class(class),
            Constant::InstanceField { class, token } => {
                self.typed(self.member(class, MemberKind::InstanceField, token, "field"), &field())
            }
            Constant::VirtualMethod { class, token, package_visible }
            | Constant::SuperMethod { class, token, package_visible } => {
                let name = self.virtual_method(class, token, package_visible, &method());
                let superclass = matches!(constant, Constant::SuperMethod { .. });
                if superclass { format!("super {name}") } else { name }
            }
            Constant::StaticField(StaticFieldRef::Internal { offset }) => {
                format!("static@{offset}{}", field())
            }
            Constant::StaticField(StaticFieldRef::External { package, class, token }) => {
                let class = ClassRef::External { package, class };
                self.typed(self.member(class, MemberKind::StaticField, token, "static"), &field())
            }
            Constant::StaticMethod(StaticMethodRef::Internal(location)) => self.method(location),
            Constant::StaticMethod(StaticMethodRef::External { package, class, token }) => {
                let class = ClassRef::External { package, class };
                self.typed(self.member(class, MemberKind::Static, token, "static"), &method())
            }
        })
    }

    /// A name with its type, unless it has one already.
    #[allow(clippy::unused_self)] // reads as the other steps do
    fn typed(&self, name: String, text: &str) -> String {
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.contains('(') || last.contains(' ') { name } else { name + text }
    }
}
