//! The static image [JCVM 3.0.5 §6.11].

use super::{Checker, Outcome};
use crate::{component::tag, error::CapErrorKind};

impl Checker<'_> {
    pub(super) fn static_image(&self) -> Outcome {
        let statics = &self.file.static_field;
        let sum = 2 * usize::from(statics.reference_count)
            + usize::from(statics.default_value_count)
            + statics.non_default_values.len();
        let arrays = statics.arrays.len();
        if sum != usize::from(statics.image_size) || arrays > usize::from(statics.reference_count) {
            return Err(CapErrorKind::StaticImage.at(tag::STATIC_FIELD, 0));
        }
        for (index, array) in statics.arrays.iter().enumerate() {
            let element = match array.element_type {
                2 | 3 => 1,
                4 => 2,
                5 => 4,
                _ => 0,
            };
            if element == 0 || array.values.len() % element != 0 {
                return Err(CapErrorKind::StaticArray.at(tag::STATIC_FIELD, index));
            }
        }
        Ok(())
    }
}
