//! Points in projective coordinates, and their sum.
//!
//! One formula serves for all pairs of points where the order is odd: Renes, Costello, Batina, "Complete addition formulas for prime order
//! elliptic curves", 2016, algorithm 1.

use crypto_bigint::{Choice, CtAssign, CtEq as _, modular::FixedMontyForm};
use zeroize::Zeroize;

/// An element of the field.
pub(super) type Element<const LIMBS: usize> = FixedMontyForm<LIMBS>;

/// Bits of a number that are taken at a time in a multiplication.
const WINDOW_BITS: u32 = 4;
/// Points that are prepared for it.
const TABLE_LENGTH: usize = 1 << WINDOW_BITS;

/// A point (x / z, y / z), or the point at infinity, of which z is zero.
#[derive(Clone, Copy)]
pub(super) struct Point<const LIMBS: usize> {
    pub(super) x: Element<LIMBS>,
    pub(super) y: Element<LIMBS>,
    pub(super) z: Element<LIMBS>,
}

impl<const LIMBS: usize> Zeroize for Point<LIMBS> {
    fn zeroize(&mut self) {
        self.x.as_montgomery_mut().zeroize();
        self.y.as_montgomery_mut().zeroize();
        self.z.as_montgomery_mut().zeroize();
    }
}

impl<const LIMBS: usize> CtAssign for Point<LIMBS> {
    fn ct_assign(&mut self, other: &Self, choice: Choice) {
        // The parameters of all are the same: only the numbers need to be looked at.
        self.x.as_montgomery_mut().ct_assign(other.x.as_montgomery(), choice);
        self.y.as_montgomery_mut().ct_assign(other.y.as_montgomery(), choice);
        self.z.as_montgomery_mut().ct_assign(other.z.as_montgomery(), choice);
    }
}

/// What the formulas need to know of a curve.
#[derive(Clone, Copy)]
pub(super) struct Coefficients<const LIMBS: usize> {
    pub(super) a: Element<LIMBS>,
    pub(super) b: Element<LIMBS>,
    pub(super) triple_b: Element<LIMBS>,
}

impl<const LIMBS: usize> Coefficients<LIMBS> {
    fn infinity(&self) -> Point<LIMBS> {
        let parameters = self.a.params();
        let zero = Element::zero(parameters);
        Point { x: zero, y: Element::one(parameters), z: zero }
    }

    /// x³ + ax + b.
    pub(super) fn right_side(&self, x: &Element<LIMBS>) -> Element<LIMBS> {
        x.square().add(&self.a).mul(x).add(&self.b)
    }

    pub(super) fn add(&self, p: &Point<LIMBS>, q: &Point<LIMBS>) -> Point<LIMBS> {
        let (xx, yy, zz) = (p.x.mul(&q.x), p.y.mul(&q.y), p.z.mul(&q.z));
        let cross = |p: [&Element<LIMBS>; 2], q: [&Element<LIMBS>; 2], products: [_; 2]| {
            let [first, second] = products;
            p[0].add(p[1]).mul(&q[0].add(q[1])).sub(first).sub(second)
        };
        let xy = cross([&p.x, &p.y], [&q.x, &q.y], [&xx, &yy]);
        let xz = cross([&p.x, &p.z], [&q.x, &q.z], [&xx, &zz]);
        let yz = cross([&p.y, &p.z], [&q.y, &q.z], [&yy, &zz]);
        self.combine([xx, yy, zz], [xy, xz, yz])
    }

    pub(super) fn double(&self, p: &Point<LIMBS>) -> Point<LIMBS> {
        let squares = [p.x.square(), p.y.square(), p.z.square()];
        let cross = [p.x.mul(&p.y).double(), p.x.mul(&p.z).double(), p.y.mul(&p.z).double()];
        self.combine(squares, cross)
    }

    fn combine(
        &self,
        [xx, yy, zz]: [Element<LIMBS>; 3],
        [xy, xz, yz]: [Element<LIMBS>; 3],
    ) -> Point<LIMBS> {
        let a_zz = self.a.mul(&zz);
        let shift = self.triple_b.mul(&zz).add(&self.a.mul(&xz));
        let (minus, plus) = (yy.sub(&shift), yy.add(&shift));
        let slope = xx.double().add(&xx).add(&a_zz);
        let rest = self.triple_b.mul(&xz).add(&self.a.mul(&xx.sub(&a_zz)));
        Point {
            x: xy.mul(&minus).sub(&yz.mul(&rest)),
            y: minus.mul(&plus).add(&slope.mul(&rest)),
            z: yz.mul(&plus).add(&xy.mul(&slope)),
        }
    }

    /// The multiple of a point by a number of fixed length, big-endian.
    pub(super) fn multiply(&self, scalar: &[u8], point: &Point<LIMBS>) -> Point<LIMBS> {
        let mut table = [self.infinity(); TABLE_LENGTH];
        let mut multiple = self.infinity();
        for entry in &mut table {
            *entry = multiple;
            multiple = self.add(&multiple, point);
        }
        let mut sum = self.infinity();
        for digit in scalar.iter().flat_map(|byte| [byte >> WINDOW_BITS, byte & 0x0F]) {
            for _ in 0..WINDOW_BITS {
                sum = self.double(&sum);
            }
            let mut chosen = self.infinity();
            for (index, entry) in (0_u8..).zip(&table) {
                chosen.ct_assign(entry, index.ct_eq(&digit));
            }
            sum = self.add(&sum, &chosen);
            chosen.zeroize();
        }
        sum
    }
}
