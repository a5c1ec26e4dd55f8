//! The static image [JCVM 3.0.5 §6.11].

use super::{
    AssembleError,
    declare::{Initial, Static},
    scope::Scope,
    types::{self, Type},
};
use crate::component::{ArrayInit, StaticField};

/// The segments of the image, in their order: initialised arrays, references, default values, other values.
const SEGMENTS: usize = 4;

/// Gives each static field its offset, and makes the component.
pub(crate) fn lay_out(scope: &mut Scope<'_>) -> Result<StaticField, AssembleError> {
    let mut component = StaticField::default();
    let mut offset = 0_u16;
    for segment in 0..SEGMENTS {
        for (index, class) in scope.package.classes.iter().enumerate() {
            for (position, field) in class.statics.iter().enumerate() {
                let place = format!("{}.{}", class.name, field.name);
                let field_type = types::parse(scope, &place, &field.descriptor)?;
                scope.int |= field_type.int;
                if segment_of(field, &field_type) != segment {
                    continue;
                }
                if let Some(layout) = scope.layouts.get_mut(index) {
                    layout.statics.resize(class.statics.len(), 0);
                    if let Some(place) = layout.statics.get_mut(position) {
                        *place = offset;
                    }
                }
                add(&mut component, &place, field, &field_type)?;
                offset = offset
                    .checked_add(field_type.static_size())
                    .ok_or_else(|| AssembleError::new(place, "the static image is full"))?;
            }
        }
    }
    component.image_size = offset;
    Ok(component)
}

fn segment_of(field: &Static, field_type: &Type) -> usize {
    match field.initial {
        Initial::Array(_) => 0,
        _ if field_type.is_reference() => 1,
        Initial::Default => 2,
        Initial::Value(_) => 3,
    }
}

fn add(
    component: &mut StaticField,
    place: &str,
    field: &Static,
    field_type: &Type,
) -> Result<(), AssembleError> {
    match &field.initial {
        Initial::Array(values) => {
            let element_type = field_type
                .element_type()
                .ok_or_else(|| AssembleError::new(place, "no array of a primitive type"))?;
            component.reference_count += 1;
            component.arrays.push(ArrayInit { element_type, values: values.clone() });
        }
        _ if field_type.is_reference() => component.reference_count += 1,
        Initial::Default => component.default_value_count += field_type.static_size(),
        Initial::Value(value) => {
            let bytes = value.to_be_bytes();
            let start = bytes.len().saturating_sub(usize::from(field_type.static_size()));
            component.non_default_values.extend(bytes.iter().skip(start));
        }
    }
    Ok(())
}
