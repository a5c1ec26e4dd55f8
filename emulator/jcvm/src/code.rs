//! Packages after linking: classes, methods and instructions that refer to them directly.

mod class;
pub(crate) mod link;
mod lookup;
pub(crate) mod op;
mod package;
pub(crate) mod translate;

pub use self::{
    class::LoadedClass,
    link::LinkError,
    package::{HandlerRange, LoadedPackage, Method},
};
use crate::{
    api::ApiTable,
    ident::{MethodId, PackageId},
};

/// All packages: native ones by their tables, loaded ones.
#[derive(Debug)]
pub struct Code {
    pub(crate) api: &'static ApiTable,
    pub(crate) packages: Vec<Option<LoadedPackage>>,
}

impl Code {
    pub(crate) const fn new(api: &'static ApiTable) -> Self {
        Self { api, packages: Vec::new() }
    }

    /// A loaded package.
    #[must_use]
    pub fn package(&self, id: PackageId) -> Option<&LoadedPackage> {
        self.packages.get(id.slot()?)?.as_ref()
    }

    /// The loaded packages.
    pub fn packages(&self) -> impl Iterator<Item = &LoadedPackage> {
        self.packages.iter().flatten()
    }

    /// A loaded method with its package.
    #[inline]
    pub(crate) fn method(&self, id: MethodId) -> Option<(&LoadedPackage, &Method)> {
        let (package, index) = id.parts();
        let package = self.package(package)?;
        Some((package, package.methods.get(usize::from(index))?))
    }

    /// Native packages.
    #[must_use]
    pub const fn api(&self) -> &'static ApiTable {
        self.api
    }
}
