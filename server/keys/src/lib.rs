//! KeyProvider: software keys sealed at rest.
