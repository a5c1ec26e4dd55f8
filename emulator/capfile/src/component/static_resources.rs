//! Static resources component of format 2.3 [JCVM 3.2 §6.16].

/// Resources that code can read through the API.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StaticResources {
    /// In the order of the file.
    pub resources: Vec<StaticResource>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticResource {
    /// Number by which it is found.
    pub id: u16,
    /// Content.
    pub bytes: Vec<u8>,
}
