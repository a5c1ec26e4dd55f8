//! The classes of a package laid out: tokens, cells, offsets.

use super::{
    AssembleError, FRAMEWORK, LANG, Package,
    declare::{Class, MethodKind},
    statics,
};
use crate::component::{ClassRef, StaticField};

/// Most interfaces of a class or interface: the count has four bits.
const INTERFACE_COUNT_MAX: usize = 15;

/// Names resolved.
pub(crate) struct Scope<'a> {
    pub(crate) package: &'a Package,
    /// One for each class and interface of the package, in their order.
    pub(crate) layouts: Vec<Layout>,
    pub(crate) statics: StaticField,
    /// Whether a field is an int.
    pub(crate) int: bool,
}

/// A class or interface laid out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// Offset in the Class component.
    pub(crate) offset: u16,
    /// The superclass, where it is of the package.
    pub(crate) parent: Option<usize>,
    /// Cells of the declared fields.
    pub(crate) size: u8,
    pub(crate) first_reference: Option<u8>,
    pub(crate) reference_count: u8,
    /// Cell of each declared field.
    pub(crate) fields: Vec<u8>,
    /// Offset in the static image of each declared static field.
    pub(crate) statics: Vec<u16>,
    /// Token of each declared method that has one.
    pub(crate) tokens: Vec<u8>,
    pub(crate) public_base: u8,
    /// Number of public virtual tokens, inherited ones included.
    pub(crate) public_total: u8,
    pub(crate) package_base: u8,
    /// Number of package-visible virtual tokens, inherited ones included.
    pub(crate) package_total: u8,
    /// Interfaces, inherited ones included, each with the token for each of its methods.
    pub(crate) interfaces: Vec<(String, Vec<u8>)>,
    pub(crate) shareable: bool,
    done: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(package: &'a Package) -> Result<Self, AssembleError> {
        let layouts = vec![Layout::default(); package.classes.len()];
        let mut scope = Self { package, layouts, statics: StaticField::default(), int: false };
        scope.lay_out_tokens()?;
        scope.lay_out_interfaces()?;
        scope.lay_out_offsets()?;
        scope.lay_out_fields()?;
        scope.statics = statics::lay_out(&mut scope)?;
        Ok(scope)
    }

    /// The declared class or interface of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.package.classes.iter().position(|class| class.name == name)
    }

    pub(crate) fn class(&self, index: usize) -> Option<(&'a Class, &Layout)> {
        self.package.classes.get(index).zip(self.layouts.get(index))
    }

    /// What an alias stands for, or the name itself.
    pub(crate) fn expand<'b>(&'b self, name: &'b str) -> &'b str {
        let alias = self.package.aliases.iter().find(|(alias, _)| alias == name);
        alias.map_or(name, |(_, reference)| reference)
    }

    /// The class of a name, an alias, or `import:token`.
    pub(crate) fn class_ref(&self, name: &str) -> Option<ClassRef> {
        let name = self.expand(name);
        if let Some((import, token)) = name.rsplit_once(':') {
            let package = self.package.imports.iter().position(|known| known.alias == import)?;
            return Some(ClassRef::External {
                package: u8::try_from(package).ok()?,
                class: token.parse().ok()?,
            });
        }
        let index = self.find(name)?;
        self.layouts.get(index).map(|layout| ClassRef::Internal(layout.offset))
    }

    /// The class and its superclasses as far as they are of the package, by index.
    pub(crate) fn chain(&self, index: usize) -> Vec<usize> {
        let next = |index: &usize| self.layouts.get(*index).and_then(|layout| layout.parent);
        // Superclasses were found to form no circle when tokens were laid out.
        core::iter::successors(Some(index), next).take(self.layouts.len()).collect()
    }

    fn is_import(&self, class: ClassRef, aid: &[u8], tokens: &[u8]) -> bool {
        let ClassRef::External { package, class } = class else { return false };
        let import = self.package.imports.get(usize::from(package));
        import.is_some_and(|import| import.aid == aid) && tokens.contains(&class)
    }

    /// Gives tokens to the methods, superclasses first.
    fn lay_out_tokens(&mut self) -> Result<(), AssembleError> {
        for (index, class) in self.package.classes.iter().enumerate() {
            let parent = class.superclass.as_deref().map(|name| self.expand(name).to_owned());
            let parent = parent.and_then(|name| self.find(&name));
            self.update(index, |layout| layout.parent = parent);
        }
        for _ in 0..self.layouts.len() {
            for (index, class) in self.package.classes.iter().enumerate() {
                let (done, parent) = self
                    .layouts
                    .get(index)
                    .map_or((true, None), |layout| (layout.done, layout.parent));
                let ready = parent.is_none_or(|parent| {
                    self.layouts.get(parent).is_some_and(|parent| parent.done)
                });
                if !done && ready {
                    let layout = self.tokens(class, parent)?;
                    self.update(index, |old| *old = layout);
                }
            }
        }
        let undone =
            self.package.classes.iter().zip(&self.layouts).find(|(_, layout)| !layout.done);
        match undone {
            Some((class, _)) => Err(AssembleError::new(&*class.name, "extends itself")),
            None => Ok(()),
        }
    }

    fn update(&mut self, index: usize, change: impl FnOnce(&mut Layout)) {
        if let Some(layout) = self.layouts.get_mut(index) {
            change(layout);
        }
    }

    fn tokens(&self, class: &Class, parent: Option<usize>) -> Result<Layout, AssembleError> {
        let mut layout = Layout { parent, done: true, ..Layout::default() };
        if class.interface {
            let inherited = self.inherited_methods(class, 0).len();
            let base = usize::from(class.inherited_tokens.unwrap_or_default()) + inherited;
            let tokens = (base..).map(|token| u8::try_from(token).unwrap_or(u8::MAX));
            layout.tokens = class.methods.iter().zip(tokens).map(|(_, token)| token).collect();
            return Ok(layout);
        }
        let inherited = parent.and_then(|parent| self.layouts.get(parent));
        layout.public_total = match inherited {
            Some(parent) => parent.public_total,
            None => self.inherited_from_import(class)?,
        };
        layout.package_total = inherited.map_or(0, |parent| parent.package_total);
        let (mut public_base, mut package_base) = (u8::MAX, u8::MAX);
        let mut exact = 0;
        for method in &class.methods {
            let (total, base) = match method.kind {
                MethodKind::PackageVirtual => (&mut layout.package_total, &mut package_base),
                MethodKind::Virtual => (&mut layout.public_total, &mut public_base),
                _ => {
                    layout.tokens.push(exact);
                    exact = exact.saturating_add(1);
                    continue;
                }
            };
            let overridden = parent.and_then(|parent| {
                self.overridden(parent, method.kind, &method.name, &method.descriptor)
            });
            let token = method.token.or(overridden).unwrap_or(*total);
            *total = (*total).max(token.saturating_add(1));
            *base = (*base).min(token);
            layout.tokens.push(token);
        }
        layout.public_base = public_base.min(layout.public_total);
        layout.package_base = package_base.min(layout.package_total);
        Ok(layout)
    }

    /// The token of the inherited method that one of this name overrides.
    pub(crate) fn overridden(
        &self,
        parent: usize,
        kind: MethodKind,
        name: &str,
        descriptor: &str,
    ) -> Option<u8> {
        self.chain(parent).into_iter().find_map(|index| {
            let (class, layout) = self.class(index)?;
            let same = class.methods.iter().position(|method| {
                method.kind == kind && method.name == name && method.descriptor == descriptor
            });
            layout.tokens.get(same?).copied()
        })
    }

    fn inherited_from_import(&self, class: &Class) -> Result<u8, AssembleError> {
        let Some(name) = &class.superclass else { return Ok(0) };
        let superclass = self
            .class_ref(name)
            .ok_or_else(|| AssembleError::new(&*class.name, format!("no class `{name}`")))?;
        let all: Vec<u8> = (0..=u8::MAX).collect();
        let known = if self.is_import(superclass, LANG, &all) {
            Some(1)
        } else if self.is_import(superclass, FRAMEWORK, &[3]) {
            Some(8)
        } else if self.is_import(superclass, FRAMEWORK, &[4, 5, 7, 11, 12, 13, 14, 15]) {
            Some(3)
        } else {
            None
        };
        class.inherited_tokens.or(known).ok_or_else(|| {
            let message = format!("say by inherited_tokens how many virtual methods `{name}` has");
            AssembleError::new(&*class.name, message)
        })
    }

    /// The methods of the superinterfaces of the package, in the order of their tokens: name and descriptor.
    fn inherited_methods(&self, class: &Class, depth: usize) -> Vec<(&'a str, &'a str)> {
        if depth > self.layouts.len() {
            return Vec::new();
        }
        let supers = class.interfaces.iter().filter_map(|(name, _)| self.find(name));
        let supers = supers.filter_map(|index| self.package.classes.get(index));
        supers.flat_map(|interface| self.interface_methods(interface, depth + 1)).collect()
    }

    fn interface_methods(&self, interface: &'a Class, depth: usize) -> Vec<(&'a str, &'a str)> {
        let mut methods = self.inherited_methods(interface, depth);
        methods.extend(interface.methods.iter().map(|method| (&*method.name, &*method.descriptor)));
        methods
    }

    /// Finds the interfaces of each class and interface, and the tokens that implement their methods.
    fn lay_out_interfaces(&mut self) -> Result<(), AssembleError> {
        for (index, class) in self.package.classes.iter().enumerate() {
            let mut interfaces = Vec::new();
            self.collect_interfaces(index, class, 0, &mut interfaces)?;
            if interfaces.len() > INTERFACE_COUNT_MAX {
                return Err(AssembleError::new(&*class.name, "more than 15 interfaces"));
            }
            let parent = self.layouts.get(index).and_then(|layout| layout.parent);
            let inherited = parent.and_then(|parent| self.package.classes.get(parent));
            let shareable = class.shareable
                || inherited.is_some_and(|parent| parent.shareable)
                || interfaces.iter().any(|(name, _)| self.is_shareable(name));
            self.update(index, |layout| {
                layout.interfaces = interfaces;
                layout.shareable = shareable;
            });
        }
        Ok(())
    }

    fn is_shareable(&self, name: &str) -> bool {
        match self.find(name).and_then(|index| self.package.classes.get(index)) {
            Some(interface) => {
                interface.shareable
                    || interface.interfaces.iter().any(|(name, _)| self.is_shareable(name))
            }
            None => {
                self.class_ref(name).is_some_and(|class| self.is_import(class, FRAMEWORK, &[2]))
            }
        }
    }

    fn collect_interfaces(
        &self,
        index: usize,
        class: &Class,
        depth: usize,
        found: &mut Vec<(String, Vec<u8>)>,
    ) -> Result<(), AssembleError> {
        for (name, tokens) in &class.interfaces {
            if depth > self.layouts.len() || found.iter().any(|(known, _)| known == name) {
                continue;
            }
            let interface = self.find(name).and_then(|found| self.package.classes.get(found));
            let tokens = match (tokens, interface) {
                (Some(tokens), _) => tokens.clone(),
                (None, Some(interface)) => self.implementing_tokens(index, interface)?,
                (None, None) => Vec::new(),
            };
            found.push((name.clone(), tokens));
            if let Some(interface) = interface {
                self.collect_interfaces(index, interface, depth + 1, found)?;
            }
        }
        Ok(())
    }

    /// The virtual tokens with which a class implements an interface of the package; none for an interface.
    fn implementing_tokens(
        &self,
        index: usize,
        interface: &'a Class,
    ) -> Result<Vec<u8>, AssembleError> {
        let Some((class, _)) = self.class(index).filter(|(class, _)| !class.interface) else {
            return Ok(Vec::new());
        };
        let token = |(name, descriptor): (&str, &str)| {
            self.overridden(index, MethodKind::Virtual, name, descriptor).ok_or_else(|| {
                let message = format!("does not implement {}.{name}{descriptor}", interface.name);
                AssembleError::new(&*class.name, message)
            })
        };
        self.interface_methods(interface, 0).into_iter().map(token).collect()
    }

    /// Gives offsets in the Class component: interfaces, then classes.
    fn lay_out_offsets(&mut self) -> Result<(), AssembleError> {
        let format = self.package.format.minor;
        let mut offset = if format >= 2 { 2 } else { 0 };
        for interfaces in [true, false] {
            for (index, class) in self.package.classes.iter().enumerate() {
                if class.interface != interfaces {
                    continue;
                }
                let here = u16::try_from(offset).ok().filter(|offset| offset & 0x8000 == 0);
                let here =
                    here.ok_or_else(|| AssembleError::new(&*class.name, "too many classes"))?;
                self.update(index, |layout| layout.offset = here);
                offset += self.layouts.get(index).map_or(0, |layout| {
                    if class.interface {
                        layout.interface_size()
                    } else {
                        layout.class_size(self.package)
                    }
                });
            }
        }
        Ok(())
    }

    /// Gives cells to the instance fields: primitive ones first, for references follow each other.
    fn lay_out_fields(&mut self) -> Result<(), AssembleError> {
        for (index, class) in self.package.classes.iter().enumerate() {
            let types = class
                .fields
                .iter()
                .map(|field| super::types::parse(self, &class.name, &field.descriptor))
                .collect::<Result<Vec<_>, _>>()?;
            let mut cells = vec![0; types.len()];
            let mut size = 0_u8;
            let mut first_reference = None;
            for references in [false, true] {
                for (cell, field) in cells.iter_mut().zip(&types) {
                    if field.is_reference() == references {
                        *cell = size;
                        size = size.saturating_add(field.result);
                        first_reference = first_reference.or(references.then_some(*cell));
                    }
                }
            }
            self.int |= types.iter().any(|field| field.int);
            let count = types.iter().filter(|field| field.is_reference()).count();
            self.update(index, |layout| {
                layout.fields = cells;
                layout.size = size;
                layout.first_reference = first_reference;
                layout.reference_count = u8::try_from(count).unwrap_or(u8::MAX);
            });
        }
        Ok(())
    }
}

impl Layout {
    fn interface_size(&self) -> usize {
        1 + 2 * self.interfaces.len()
    }

    fn class_size(&self, package: &Package) -> usize {
        let entries = usize::from(self.public_total.saturating_sub(self.public_base))
            + usize::from(self.package_total.saturating_sub(self.package_base));
        let entry = if package.extended { 3 } else { 2 };
        let interfaces: usize = self.interfaces.iter().map(|(_, tokens)| 3 + tokens.len()).sum();
        let mapping =
            if package.format.minor >= 3 { usize::from(self.public_total) + 1 } else { 0 };
        10 + entry * entries + interfaces + mapping
    }
}
