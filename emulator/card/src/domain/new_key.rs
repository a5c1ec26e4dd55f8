//! Keys that PUT KEY and STORE DATA bring: whether their components make a key [GPCS 2.3.1 §11.8.2.3, §11.11.4].

use faults::Fault;
use globalplatform::{
    data::{Curve, KeyAttributes, dgi::PlainComponent},
    key::{Key, KeyAlgorithm},
};
use iso7816::StatusWord;

use crate::{
    card::Card,
    state::{Component, Domain, StoredKey, key_sets},
};

/// Types of components [GPCS 2.3.1 §11.1.8].
mod kind {
    pub(super) const DES: core::ops::RangeInclusive<u8> = 0x80..=0x84;
    pub(super) const AES: u8 = 0x88;
    pub(super) const EC_POINT: u8 = 0xB0;
    pub(super) const EC_SCALAR: u8 = 0xB1;
    pub(super) const EC_PARAMETERS: core::ops::RangeInclusive<u8> = 0xB2..=0xB7;
    pub(super) const EC_FIELD: u8 = 0xB2;
    pub(super) const EC_REFERENCE: u8 = 0xF0;
}

/// References of curves that a domain has been given itself [GPCS 2.3.1 §B.4.2, table B-2].
const LOCAL_REFERENCES: core::ops::RangeInclusive<u8> = 0x60..=0x7F;
/// First byte of an uncompressed point [SEC 1 §2.3.3].
const UNCOMPRESSED: u8 = 0x04;
/// Longest number of an RSA key, in bytes: 4096 bits.
const RSA_LENGTH_MAX: usize = 512;
/// Shortest modulus, in bytes: 512 bits.
const RSA_LENGTH_MIN: usize = 64;
/// Longest number of an elliptic curve, in bytes: 521 bits and some.
const EC_LENGTH_MAX: usize = 72;

/// What an asymmetric key is made of: components that it must have, and those that it may have.
struct Form {
    required: &'static [u8],
    optional: &'static [u8],
}

/// One table of all forms [GPCS 2.3.1 §11.8.2.3, tables 11-72 to 11-77].
const FORMS: [Form; 9] = [
    form(&[0xA1, 0xA0], &[]),
    form(&[0xA1, 0xA3], &[0xA0]),
    form(&[0xA2, 0xA3], &[0xA0]),
    form(&[0xA4, 0xA5, 0xA6, 0xA7, 0xA8], &[0xA0, 0xA1, 0xA2]),
    form(&[0xB0, 0xF0], &[]),
    form(&[0xB1, 0xF0], &[]),
    form(&[0xB0, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6], &[0xB7]),
    form(&[0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6], &[0xB7]),
    form(&[0xF0, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6], &[0xB7]),
];

const fn form(required: &'static [u8], optional: &'static [u8]) -> Form {
    Form { required, optional }
}

impl Form {
    fn fits(&self, kinds: &[u8]) -> bool {
        self.required.iter().all(|kind| kinds.contains(kind))
            && kinds.iter().all(|kind| self.required.contains(kind) || self.optional.contains(kind))
    }
}

/// A key as it came, its components plain.
pub(super) struct NewKey<'a> {
    pub(super) id: u8,
    /// In the order in which they came.
    pub(super) parts: Vec<PlainComponent>,
    /// May be empty.
    pub(super) check_value: &'a [u8],
    pub(super) attributes: Option<KeyAttributes>,
}

impl Card {
    /// The key in the form in which it is kept: its components are those of a key, its check value is right, and its curve is known.
    ///
    /// A key on a curve that the domain, or one above it, was given gets the parameters of the curve with it.
    pub(super) fn checked_key(
        &self,
        domain: Domain,
        new: NewKey<'_>,
    ) -> Result<StoredKey, StatusWord> {
        let NewKey { id, parts, check_value, attributes } = new;
        if let [part] = parts.as_slice() {
            let key = symmetric(part.key_type, &part.value)?;
            let wrong = key.verify_check_value(check_value).is_err();
            if wrong && !faults::active(Fault::CheckValueNotChecked) {
                return Err(StatusWord::SECURITY_STATUS);
            }
            return Ok(StoredKey::symmetric(id, &key).with_attributes(attributes));
        }
        let kinds: Vec<u8> = parts.iter().map(|part| part.key_type).collect();
        let mut kinds_so_far = kinds.iter().enumerate();
        let twice = kinds_so_far.any(|(at, kind)| kinds.iter().take(at).any(|known| known == kind));
        if twice || !check_value.is_empty() || !FORMS.iter().any(|form| form.fits(&kinds)) {
            return Err(StatusWord::WRONG_DATA);
        }
        let component =
            |part: PlainComponent| Component { kind: part.key_type, value: part.value.to_vec() };
        let mut key = StoredKey::of(id, parts.into_iter().map(component).collect());
        self.complete_curve(domain, &mut key)?;
        if key.components.iter().all(|component| has_length(component, &key)) {
            Ok(key.with_attributes(attributes))
        } else {
            Err(StatusWord::WRONG_DATA)
        }
    }

    /// Looks up the curve that a key refers to [GPCS 2.3.1 §11.11.4.2.2.2].
    fn complete_curve(&self, domain: Domain, key: &mut StoredKey) -> Result<(), StatusWord> {
        let Some(reference) = key.component(kind::EC_REFERENCE) else { return Ok(()) };
        let &[reference] = reference else { return Err(StatusWord::WRONG_DATA) };
        if is_curve(key) {
            // Curves that everybody knows are not given anew.
            let local = LOCAL_REFERENCES.contains(&reference);
            return if local { Ok(()) } else { Err(StatusWord::WRONG_DATA) };
        }
        if Curve::from_reference(reference).is_some() {
            return Ok(());
        }
        let given = self.registry.line(domain).into_iter().find_map(|domain| {
            let sets = key_sets(&self.log, domain);
            sets.flat_map(|set| set.keys().to_vec()).find(|known| {
                is_curve(known) && known.component(kind::EC_REFERENCE) == Some(&[reference])
            })
        });
        let given = given.ok_or(StatusWord::WRONG_DATA)?;
        let parameters = given.components.iter().filter(|part| is_parameter(part)).cloned();
        key.components.extend(parameters);
        Ok(())
    }
}

fn is_parameter(component: &Component) -> bool {
    kind::EC_PARAMETERS.contains(&component.kind)
}

/// Whether these are the parameters of a curve and no key on it.
fn is_curve(key: &StoredKey) -> bool {
    let of_a_key =
        |component: &Component| matches!(component.kind, kind::EC_POINT | kind::EC_SCALAR);
    key.components.iter().any(is_parameter) && !key.components.iter().any(of_a_key)
}

fn symmetric(kind: u8, value: &[u8]) -> Result<Key, StatusWord> {
    let key = match kind {
        kind::AES => Key::aes(value),
        kind if kind::DES.contains(&kind) => Key::new(KeyAlgorithm::Des3, value),
        _ => return Err(StatusWord::WRONG_DATA),
    };
    key.map_err(|_| StatusWord::WRONG_DATA)
}

/// Length of the numbers of the curve of a key, in bytes.
fn field_length(key: &StoredKey) -> usize {
    let own = key.component(kind::EC_FIELD).map(<[u8]>::len);
    own.unwrap_or_else(|| {
        let reference = key.component(kind::EC_REFERENCE).and_then(<[u8]>::first);
        let curve = reference.and_then(|reference| Curve::from_reference(*reference));
        curve.map_or(0, Curve::field_length)
    })
}

/// Whether a component can be what it is said to be.
fn has_length(component: &Component, key: &StoredKey) -> bool {
    let (length, field) = (component.value.len(), field_length(key));
    match component.kind {
        0xA1 | 0xA2 => (RSA_LENGTH_MIN..=RSA_LENGTH_MAX).contains(&length),
        0xA0 | 0xA3..=0xA8 => (1..=RSA_LENGTH_MAX).contains(&length),
        // Some hosts leave the first byte of a point away.
        kind::EC_POINT | 0xB5 => {
            length == 2 * field
                || length == 2 * field + 1 && component.value.first() == Some(&UNCOMPRESSED)
        }
        kind::EC_REFERENCE => length == 1,
        _ => (1..=field.min(EC_LENGTH_MAX) + 1).contains(&length),
    }
}
