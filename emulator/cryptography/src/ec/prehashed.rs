//! A digest of 64 bytes that was made elsewhere, in the shape that Ed25519ph takes one.

use digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update, consts::U64};

/// Such a digest.
#[derive(Clone, Default)]
pub(super) struct Prehashed(Output<Self>);

impl Prehashed {
    pub(super) fn new(digest: &[u8]) -> Option<Self> {
        digest.try_into().ok().map(Self)
    }
}

impl HashMarker for Prehashed {}

impl OutputSizeUser for Prehashed {
    type OutputSize = U64;
}

impl Update for Prehashed {
    /// Nothing more is digested.
    fn update(&mut self, _: &[u8]) {}
}

impl FixedOutput for Prehashed {
    fn finalize_into(self, output: &mut Output<Self>) {
        *output = self.0;
    }
}
