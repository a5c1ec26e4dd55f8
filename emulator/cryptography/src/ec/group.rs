//! A curve with its base point, in arithmetic of one width.

use crypto_bigint::{
    NonZero, Odd, Uint,
    modular::{FixedMontyForm, FixedMontyParams},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    curve::CurveParameters,
    point::{Coefficients, Element, Point},
    root::square_root,
};
use crate::number::{fit, trim};

/// First bytes of an encoded point [SEC 1 §2.3.3].
mod form {
    pub(super) const COMPRESSED_EVEN: u8 = 2;
    pub(super) const COMPRESSED_ODD: u8 = 3;
    pub(super) const UNCOMPRESSED: u8 = 4;
}

/// What a curve does, whatever the width of its arithmetic. Points are uncompressed encodings, numbers as long as the order; what fails is
/// `None`, for want of a point or an inverse.
pub(super) trait Operations: Send + Sync {
    /// Length of an element of the field, in bytes.
    fn field_length(&self) -> usize;
    /// Length of the order, in bytes.
    fn order_length(&self) -> usize;
    /// Length of the order, in bits.
    fn order_bits(&self) -> usize;
    /// The cofactor.
    fn cofactor(&self) -> u32;
    /// A point in its uncompressed encoding, from any.
    fn decode(&self, encoded: &[u8]) -> Option<Vec<u8>>;
    /// A number between zero and the order, both excluded, from any encoding.
    fn scalar(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
    /// The multiple of a point, or of the base point.
    fn multiply(&self, scalar: &[u8], point: Option<&[u8]>) -> Option<Zeroizing<Vec<u8>>>;
    /// The sum of two points.
    fn add(&self, first: &[u8], second: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
    /// The two numbers of a signature [SEC 1 §4.1.3], from a private number, a digest brought to the order's length, and a nonce.
    fn sign(&self, private: &[u8], digest: &[u8], nonce: &[u8]) -> Option<[Zeroizing<Vec<u8>>; 2]>;
    /// Whether the two numbers are a signature [SEC 1 §4.1.4].
    fn verify(&self, public: &[u8], digest: &[u8], signature: [&[u8]; 2]) -> Option<bool>;
}

/// A curve with its base point.
pub(super) struct Group<const LIMBS: usize> {
    field: FixedMontyParams<LIMBS>,
    order: FixedMontyParams<LIMBS>,
    coefficients: Coefficients<LIMBS>,
    base: Point<LIMBS>,
    cofactor: u32,
}

impl<const LIMBS: usize> Group<LIMBS> {
    /// A curve whose numbers are known to fit.
    pub(super) fn new(parameters: CurveParameters<'_>) -> Option<Self> {
        let modulus =
            |bytes| Odd::new(uint(bytes)?).into_option().map(FixedMontyParams::new_vartime);
        let (field, order) = (modulus(parameters.p)?, modulus(parameters.n)?);
        let element =
            |bytes| below(uint(bytes)?, &field).map(|number| Element::new(&number, &field));
        let (a, b) = (element(parameters.a)?, element(parameters.b)?);
        let coefficients = Coefficients { a, b, triple_b: b.double().add(&b) };
        // The base point is decoded with the curve, so it is not there yet.
        let zero = Element::zero(&field);
        let base = Point { x: zero, y: zero, z: zero };
        let mut group = Self { field, order, coefficients, base, cofactor: parameters.h.max(1) };
        group.base = group.point(parameters.g)?;
        (!group.is_singular()).then_some(group)
    }

    /// Whether 4a³ + 27b² is zero.
    fn is_singular(&self) -> bool {
        let Coefficients { a, triple_b, .. } = &self.coefficients;
        let cube = a.square().mul(a).double().double();
        let square = triple_b.square();
        cube.add(&square.double()).add(&square) == Element::zero(&self.field)
    }

    /// A point from any encoding [SEC 1 §2.3.4].
    fn point(&self, encoded: &[u8]) -> Option<Point<LIMBS>> {
        let (form, coordinates) = encoded.split_first()?;
        let length = self.field_length();
        let element = |bytes| {
            let number = below(uint(bytes)?, &self.field)?;
            Some(Element::new(&number, &self.field))
        };
        let (x, y) = match *form {
            form::UNCOMPRESSED if coordinates.len() == 2 * length => {
                let (x, y) = coordinates.split_at_checked(length)?;
                (element(x)?, element(y)?)
            }
            form::COMPRESSED_EVEN | form::COMPRESSED_ODD if coordinates.len() == length => {
                let x = element(coordinates)?;
                let y = square_root(&self.coefficients.right_side(&x))?;
                let is_odd = bool::from(y.retrieve().is_odd());
                (x, if is_odd == (*form == form::COMPRESSED_ODD) { y } else { y.neg() })
            }
            _ => return None,
        };
        let on_curve = y.square() == self.coefficients.right_side(&x);
        on_curve.then_some(Point { x, y, z: Element::one(&self.field) })
    }

    /// The affine coordinates of a point other than that at infinity.
    fn affine(&self, point: &Point<LIMBS>) -> Option<[Uint<LIMBS>; 2]> {
        let inverse = point.z.invert().into_option()?;
        let (x, y) = (point.x.mul(&inverse), point.y.mul(&inverse));
        // Where the field is none, what comes out may be on no curve: that is not given away.
        let on_curve = y.square() == self.coefficients.right_side(&x);
        on_curve.then(|| [x.retrieve(), y.retrieve()])
    }

    fn encode(&self, mut point: Point<LIMBS>) -> Option<Zeroizing<Vec<u8>>> {
        let [mut x, mut y] = self.affine(&point)?;
        point.zeroize();
        let length = self.field_length();
        let mut encoded = Zeroizing::new(Vec::with_capacity(1 + 2 * length));
        encoded.push(form::UNCOMPRESSED);
        encoded.extend_from_slice(&bytes(&x, length));
        encoded.extend_from_slice(&bytes(&y, length));
        x.zeroize();
        y.zeroize();
        Some(encoded)
    }

    /// A number modulo the order, from one of any size.
    fn residue(&self, number: &Uint<LIMBS>) -> FixedMontyForm<LIMBS> {
        let order: &NonZero<Uint<LIMBS>> = self.order.modulus().as_nz_ref();
        FixedMontyForm::new(&number.rem(order), &self.order)
    }
}

impl<const LIMBS: usize> Operations for Group<LIMBS> {
    fn field_length(&self) -> usize {
        self.field.modulus().as_ref().bits_vartime().div_ceil(8) as usize
    }

    fn order_length(&self) -> usize {
        self.order_bits().div_ceil(8)
    }

    fn order_bits(&self) -> usize {
        self.order.modulus().as_ref().bits_vartime() as usize
    }

    fn cofactor(&self) -> u32 {
        self.cofactor
    }

    fn decode(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        let point = self.encode(self.point(encoded)?)?;
        Some(point.to_vec())
    }

    fn scalar(&self, bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut number = below(uint(bytes)?, &self.order)?;
        let scalar = self::bytes(&number, self.order_length());
        let is_zero = bool::from(number.is_zero());
        number.zeroize();
        (!is_zero).then_some(scalar)
    }

    fn multiply(&self, scalar: &[u8], point: Option<&[u8]>) -> Option<Zeroizing<Vec<u8>>> {
        let point = point.map_or(Some(self.base), |point| self.point(point))?;
        self.encode(self.coefficients.multiply(scalar, &point))
    }

    fn add(&self, first: &[u8], second: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.encode(self.coefficients.add(&self.point(first)?, &self.point(second)?))
    }

    fn sign(&self, private: &[u8], digest: &[u8], nonce: &[u8]) -> Option<[Zeroizing<Vec<u8>>; 2]> {
        let [x, _] = self.affine(&self.coefficients.multiply(nonce, &self.base))?;
        let r = self.residue(&x);
        let [mut private, digest, mut nonce] =
            [uint(private)?, uint(digest)?, uint(nonce)?].map(|number| self.residue(&number));
        let mut inverse = nonce.invert().into_option()?;
        let s = r.mul(&private).add(&digest).mul(&inverse);
        private.as_montgomery_mut().zeroize();
        nonce.as_montgomery_mut().zeroize();
        inverse.as_montgomery_mut().zeroize();
        let zero = FixedMontyForm::zero(&self.order);
        let length = self.order_length();
        (r != zero && s != zero).then(|| [r, s].map(|number| bytes(&number.retrieve(), length)))
    }

    fn verify(&self, public: &[u8], digest: &[u8], [r, s]: [&[u8]; 2]) -> Option<bool> {
        let expected = below(uint(r)?, &self.order)?;
        let [r, s] = [expected, below(uint(s)?, &self.order)?].map(|number| self.residue(&number));
        if r == FixedMontyForm::zero(&self.order) {
            return Some(false);
        }
        let inverse = s.invert().into_option()?;
        let [first, second] = [self.residue(&uint(digest)?), r]
            .map(|number| bytes(&number.mul(&inverse).retrieve(), self.order_length()));
        let sum = self.coefficients.add(
            &self.coefficients.multiply(&first, &self.base),
            &self.coefficients.multiply(&second, &self.point(public)?),
        );
        let [x, _] = self.affine(&sum)?;
        Some(self.residue(&x).retrieve() == expected)
    }
}

/// The number, where it fits.
fn uint<const LIMBS: usize>(bytes: &[u8]) -> Option<Uint<LIMBS>> {
    let bytes = trim(bytes);
    let length = Uint::<LIMBS>::BITS as usize / 8;
    (bytes.len() <= length).then(|| Uint::from_be_slice(&fit(bytes, length)))
}

/// The number, where it is below a modulus.
fn below<const LIMBS: usize>(
    number: Uint<LIMBS>,
    modulus: &FixedMontyParams<LIMBS>,
) -> Option<Uint<LIMBS>> {
    (number < *modulus.modulus().as_ref()).then_some(number)
}

/// The last `length` bytes of a number.
fn bytes<const LIMBS: usize>(number: &Uint<LIMBS>, length: usize) -> Zeroizing<Vec<u8>> {
    fit(&Zeroizing::new(number.to_be_bytes().as_ref().to_vec()), length)
}
