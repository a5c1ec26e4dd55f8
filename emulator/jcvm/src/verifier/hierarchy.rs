//! Questions to classes, those of the package that is being verified included.

use crate::{
    api::ApiClass,
    code::{Code, LoadedClass, LoadedPackage},
    ident::{ClassId, PackageId},
};

/// Longest chain of superclasses that is followed.
const HIERARCHY_MAX: usize = 256;

/// All classes that the package can see.
#[derive(Clone, Copy)]
pub(super) struct Hierarchy<'a> {
    pub(super) code: &'a Code,
    pub(super) package: &'a LoadedPackage,
}

impl<'a> Hierarchy<'a> {
    /// A loaded package: this one, or one that was loaded before.
    pub(super) fn package(&self, id: PackageId) -> Option<&'a LoadedPackage> {
        if id == self.package.id { Some(self.package) } else { self.code.package(id) }
    }

    /// A class of a loaded package, with that package.
    pub(super) fn loaded(&self, id: ClassId) -> Option<(&'a LoadedPackage, &'a LoadedClass)> {
        let package = self.package(id.package())?;
        Some((package, package.classes.get(usize::from(id.index()))?))
    }

    /// A native class.
    pub(super) fn native(&self, id: ClassId) -> Option<&'static ApiClass> {
        self.code.api_class(id)
    }

    pub(super) fn is_interface(&self, id: ClassId) -> bool {
        match self.loaded(id) {
            Some((_, class)) => class.is_interface,
            None => self.native(id).is_some_and(|class| class.is_interface),
        }
    }

    /// What every reference may be used as.
    pub(super) fn is_object_or_interface(&self, id: ClassId) -> bool {
        id == ClassId::OBJECT || self.is_interface(id)
    }

    pub(super) fn superclass(&self, id: ClassId) -> Option<ClassId> {
        match self.loaded(id) {
            Some((_, class)) => class.superclass,
            None => self.native(id)?.superclass,
        }
    }

    /// The class and its superclasses, nearest first.
    pub(super) fn lineage(&self, id: ClassId) -> impl Iterator<Item = ClassId> + use<'_, 'a> {
        core::iter::successors(Some(id), |class| self.superclass(*class)).take(HIERARCHY_MAX)
    }

    pub(super) fn is_subclass(&self, class: ClassId, target: ClassId) -> bool {
        class == target || target == ClassId::OBJECT || self.lineage(class).any(|up| up == target)
    }

    /// The nearest class of which both are; `Object` when one is an interface.
    pub(super) fn common(&self, one: ClassId, two: ClassId) -> ClassId {
        let (depth, other) = (self.lineage(one).count(), self.lineage(two).count());
        let level = depth.min(other);
        let pairs =
            self.lineage(one).skip(depth - level).zip(self.lineage(two).skip(other - level));
        pairs.into_iter().find(|(one, two)| one == two).map_or(ClassId::OBJECT, |pair| pair.0)
    }
}
