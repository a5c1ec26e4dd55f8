//! An assembled package: its bytes, where everything is, and how to damage it.

use super::{
    constants::Ordered,
    link::{self, Body, Placed},
    scope::Scope,
};
use crate::{
    component::{CapFile, MethodLocation, tag},
    container,
    error::CapError,
    reader::Writer,
};

/// A package that was assembled.
#[derive(Clone, Debug)]
pub struct Assembled {
    extended: bool,
    folder: String,
    components: Vec<(u8, Vec<u8>)>,
    classes: Vec<(String, u16)>,
    statics: Vec<(String, u16)>,
    fields: Vec<(String, u8)>,
    methods: Vec<MethodSymbol>,
    constants: Vec<(String, u16)>,
}

#[derive(Clone, Debug)]
struct MethodSymbol {
    name: String,
    descriptor: String,
    location: MethodLocation,
    token: u8,
    labels: Vec<(String, u16)>,
}

impl Assembled {
    pub(crate) fn new(
        scope: &Scope<'_>,
        order: &Ordered,
        placed: &Placed,
        file: &CapFile,
        components: Vec<(u8, Vec<u8>)>,
    ) -> Self {
        let mut assembled = Self {
            extended: scope.package.extended,
            folder: scope.package.name.clone(),
            components,
            classes: Vec::new(),
            statics: Vec::new(),
            fields: Vec::new(),
            methods: Vec::new(),
            constants: order.raw_names(),
        };
        let mut directory = Writer::default();
        file.directory.write(&mut directory, &file.header);
        assembled.replace(tag::DIRECTORY, &directory.bytes);
        for index in 0..scope.package.classes.len() {
            assembled.add_class(scope, placed, index);
        }
        assembled
    }

    fn add_class(&mut self, scope: &Scope<'_>, placed: &Placed, index: usize) {
        let Some((class, layout)) = scope.class(index) else { return };
        let path = |member: &str| format!("{}.{member}", class.name);
        self.classes.push((class.name.clone(), layout.offset));
        let statics = class.statics.iter().zip(&layout.statics);
        self.statics.extend(statics.map(|(field, offset)| (path(&field.name), *offset)));
        let fields = class.fields.iter().zip(&layout.fields);
        self.fields.extend(fields.map(|(field, cell)| (path(&field.name), *cell)));
        for (position, (method, token)) in class.methods.iter().zip(&layout.tokens).enumerate() {
            let body = placed.method(index, position);
            self.methods.push(MethodSymbol {
                name: path(&method.name),
                descriptor: method.descriptor.clone(),
                location: body.map_or(MethodLocation { block: 0, offset: 0 }, |body| body.location),
                token: *token,
                labels: body.map(labels).unwrap_or_default(),
            });
        }
    }

    /// The stream of the components: an `.ijc` file, and what LOAD carries.
    #[must_use]
    pub fn ijc(&self) -> Vec<u8> {
        container::write_stream(self.borrowed(), self.extended)
    }

    /// A `.cap` archive.
    #[must_use]
    pub fn zip(&self) -> Vec<u8> {
        let folder = if self.folder.is_empty() { "package" } else { &self.folder };
        container::write_archive(folder, self.borrowed(), self.extended)
    }

    fn borrowed(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.components.iter().map(|(tag, info)| (*tag, info.as_slice()))
    }

    /// The CAP file, parsed and verified.
    ///
    /// # Errors
    /// [`CapError`]: of a package that is malformed, on purpose or not.
    pub fn cap(&self) -> Result<CapFile, CapError> {
        CapFile::parse(&self.ijc())
    }

    /// The CAP file, parsed without verification of the structure.
    ///
    /// # Errors
    /// [`CapError`] of the syntax.
    pub fn cap_unverified(&self) -> Result<CapFile, CapError> {
        CapFile::parse_unverified(&self.ijc())
    }

    /// The `info` of a component; `None` when there is none.
    #[must_use]
    pub fn component(&self, tag: u8) -> Option<&[u8]> {
        self.borrowed().find(|(known, _)| *known == tag).map(|(_, info)| info)
    }

    /// Puts `info` in place of a component's, or adds the component. The directory stays as it is: see [`Assembled::fix_directory`].
    pub fn replace(&mut self, tag: u8, info: &[u8]) -> &mut Self {
        match self.components.iter_mut().find(|(known, _)| *known == tag) {
            Some((_, old)) => *old = info.to_vec(),
            None => self.components.push((tag, info.to_vec())),
        }
        self
    }

    /// Overwrites bytes of a component's `info`, as far as they lie inside of it.
    pub fn patch(&mut self, tag: u8, offset: usize, bytes: &[u8]) -> &mut Self {
        let component = self.components.iter_mut().find(|(known, _)| *known == tag);
        if let Some((_, info)) = component {
            info.iter_mut().skip(offset).zip(bytes).for_each(|(old, new)| *old = *new);
        }
        self
    }

    /// Takes a component away.
    pub fn remove(&mut self, tag: u8) -> &mut Self {
        self.components.retain(|(known, _)| *known != tag);
        self
    }

    /// Computes the directory anew, as far as the components can still be parsed.
    pub fn fix_directory(&mut self) -> &mut Self {
        if let Ok(file) = self.cap_unverified() {
            let mut directory = Writer::default();
            link::directory(&file, &self.components).write(&mut directory, &file.header);
            self.replace(tag::DIRECTORY, &directory.bytes);
        }
        self
    }

    /// Offset of a class or interface in the Class component.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<u16> {
        find(&self.classes, name)
    }

    /// Offset of a static field (`Demo.count`) in the static image.
    #[must_use]
    pub fn static_field(&self, path: &str) -> Option<u16> {
        find(&self.statics, path)
    }

    /// Cell of an instance field (`Demo.count`) among those that its class declares.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<u8> {
        find(&self.fields, path)
    }

    /// Index of a constant that the package declared.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<u16> {
        find(&self.constants, name)
    }

    /// Where a method is: `Demo.add`, or `Demo.add(SS)S` where there are several.
    #[must_use]
    pub fn method(&self, path: &str) -> Option<MethodLocation> {
        self.symbol(path).map(|symbol| symbol.location)
    }

    /// Token of a method: of a virtual one, or the position among static methods and constructors.
    #[must_use]
    pub fn token(&self, path: &str) -> Option<u8> {
        self.symbol(path).map(|symbol| symbol.token)
    }

    /// Offset of a label of a method, in the `info` of the method's block.
    #[must_use]
    pub fn label(&self, method: &str, label: &str) -> Option<u16> {
        find(&self.symbol(method)?.labels, label)
    }

    fn symbol(&self, path: &str) -> Option<&MethodSymbol> {
        let (name, descriptor) = match path.find('(') {
            Some(position) => (path.get(..position)?, path.get(position..)),
            None => (path, None),
        };
        self.methods.iter().find(|symbol| {
            symbol.name == name && descriptor.is_none_or(|wanted| symbol.descriptor == wanted)
        })
    }
}

/// The labels of a method, with their offsets in the block.
fn labels(body: &Body) -> Vec<(String, u16)> {
    let start = usize::from(body.location.offset) + body.header_length();
    let labels = body.emitted.labels.iter();
    labels
        .map(|(label, at)| (label.clone(), u16::try_from(start + at).unwrap_or(u16::MAX)))
        .collect()
}

fn find<T: Copy>(symbols: &[(String, T)], name: &str) -> Option<T> {
    symbols.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
}
