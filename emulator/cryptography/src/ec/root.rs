//! Square roots in prime fields [SEC 1 §2.3.4]: Tonelli and Shanks, in variable time, for encoded points are public.

use crypto_bigint::{Uint, modular::FixedMontyForm};

/// Numbers that are tried in search of one that is no square; every second is none where the modulus is a prime.
const CANDIDATES: u32 = 128;

/// A square root of an element, where it has one. Where the modulus is no prime, what is found may be none.
pub(super) fn square_root<const LIMBS: usize>(
    square: &FixedMontyForm<LIMBS>,
) -> Option<FixedMontyForm<LIMBS>> {
    let parameters = square.params();
    let before = parameters.modulus().as_ref().wrapping_sub(&Uint::ONE);
    let twos = before.trailing_zeros_vartime();
    let odd = before.wrapping_shr_vartime(twos);
    let half = odd.wrapping_shr_vartime(1);
    let one = FixedMontyForm::one(parameters);
    if *square == FixedMontyForm::zero(parameters) {
        return Some(*square);
    }
    // Invariant: root² = square · error, and the order of error is a power of two.
    let power = square.pow_vartime(&half);
    let mut root = power.mul(square);
    let mut error = root.mul(&power);
    let mut generator = non_square(square, &before)?.pow_vartime(&odd);
    let mut order = twos;
    while error != one {
        let steps = (1..order).scan(error, |power, step| {
            *power = power.square();
            Some((step, *power))
        });
        let step = steps.into_iter().find(|(_, power)| *power == one)?.0;
        let factor = generator.square_repeat_vartime(order.checked_sub(step)?.checked_sub(1)?);
        generator = factor.square();
        root = root.mul(&factor);
        error = error.mul(&generator);
        order = step;
    }
    Some(root)
}

fn non_square<const LIMBS: usize>(
    like: &FixedMontyForm<LIMBS>,
    before: &Uint<LIMBS>,
) -> Option<FixedMontyForm<LIMBS>> {
    let parameters = like.params();
    let one = FixedMontyForm::one(parameters);
    let half = before.wrapping_shr_vartime(1);
    let mut candidate = one;
    (0..CANDIDATES).find_map(|_| {
        candidate = candidate.add(&one);
        (candidate.pow_vartime(&half) == one.neg()).then_some(candidate)
    })
}
