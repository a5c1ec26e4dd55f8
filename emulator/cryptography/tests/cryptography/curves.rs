//! Curves: the table of named ones, points, and parameters that are none.

use cryptography::{
    CryptoError, Curve, CurveParameters, NamedCurve,
    ec::{EcKeyPair, EcPrivateKey, EcPublicKey},
};
use hex_literal::hex;

use crate::support::rng;

/// Counts down by one.
fn less_one(number: &[u8]) -> Vec<u8> {
    let mut number = number.to_vec();
    *number.last_mut().unwrap() -= 1;
    number
}

/// The base point has the order stated: one less of it is its inverse.
#[test]
fn base_points_have_their_order() {
    for named in NamedCurve::ALL {
        let (curve, parameters) = (named.curve().unwrap(), named.parameters());
        let length = curve.field_length();
        assert_eq!(length, usize::from(named.bits()).div_ceil(8), "{named:?}");
        let last = EcPrivateKey::new(curve.clone(), &less_one(parameters.n)).unwrap();
        let inverse = last.public().unwrap();
        assert_eq!(inverse[..=length], parameters.g[..=length], "{named:?}");
        assert_ne!(inverse, parameters.g);
        // Together they are the point at infinity, which is none.
        let sum = EcPrivateKey::new(curve.clone(), &[1]).unwrap().map(&inverse);
        assert_eq!(sum.err(), Some(CryptoError::IllegalValue), "{named:?}");
        let one = EcPrivateKey::new(curve, &[1]).unwrap();
        assert_eq!(one.public().unwrap(), parameters.g);
    }
}

#[test]
fn lengths_of_keys_have_curves() {
    for bits in [112, 128, 160, 192, 224, 256, 384, 521] {
        assert_eq!(NamedCurve::of_length(bits).unwrap().bits(), bits);
    }
    assert_eq!(NamedCurve::of_length(255), None);
}

/// Multiples of the base point of P-256 [NIST, "Mathematical routines for the NIST prime elliptic curves", 2010, §4.3].
#[test]
fn multiples_of_a_base_point() {
    for (scalar, x, y) in [
        (
            &hex!("02")[..],
            hex!("7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"),
            hex!("07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"),
        ),
        (
            &hex!("018ebbb95eed0e13"),
            hex!("339150844ec15234807fe862a86be77977dbfb3ae3d96f4c22795513aeaab82f"),
            hex!("b1c14ddfdc8ec1b2583f51e85a5eb3a155840f2034730e9b5ada38b674336a21"),
        ),
    ] {
        let curve = NamedCurve::Secp256r1.curve().unwrap();
        let point = EcPrivateKey::new(curve, scalar).unwrap().public().unwrap();
        assert_eq!(point, [&[4][..], &x, &y].concat());
    }
}

#[test]
fn points_are_decoded_from_either_form() {
    for named in NamedCurve::ALL {
        let curve = named.curve().unwrap();
        let point = EcKeyPair::generate(&mut rng(), &curve).unwrap().public.clone();
        let length = curve.field_length();
        let compressed = [&[2 + (point[2 * length] & 1)], &point[1..=length]].concat();
        assert_eq!(curve.decode(&compressed).unwrap(), point, "{named:?}");
        let other = [&[3 - (point[2 * length] & 1)], &point[1..=length]].concat();
        let other = curve.decode(&other).unwrap();
        assert_eq!(other[..=length], point[..=length]);
        assert_ne!(other, point);
        assert_eq!(curve.decode(&point).unwrap(), point);
    }
}

#[test]
fn points_of_no_curve_are_refused() {
    let named = NamedCurve::Secp256r1;
    let curve = named.curve().unwrap();
    let base = named.parameters().g;
    let mut off = base.to_vec();
    off[64] ^= 1;
    let mut hybrid = base.to_vec();
    hybrid[0] = 7;
    let beyond = [&[4][..], named.parameters().p, &base[33..]].concat();
    // No point of P-256 has this x.
    let no_root = [&[2][..], &[0; 31], &[1]].concat();
    for point in [&off[..], &hybrid, &beyond, &no_root, &base[..64], &[0], &[], &[4; 66], &[2; 32]]
    {
        let refused = EcPublicKey::new(curve.clone(), point).err();
        assert_eq!(refused, Some(CryptoError::IllegalValue), "{point:02X?}");
    }
}

#[test]
fn private_numbers_are_below_the_order() {
    let named = NamedCurve::Secp160r1;
    let order = named.parameters().n;
    let key = |scalar: &[u8]| EcPrivateKey::new(named.curve().unwrap(), scalar).err();
    assert_eq!(key(order), Some(CryptoError::IllegalValue));
    assert_eq!(key(&[]), Some(CryptoError::IllegalValue));
    assert_eq!(key(&[0; 30]), Some(CryptoError::IllegalValue));
    assert_eq!(key(&[0xFF; 21]), Some(CryptoError::IllegalValue));
    assert_eq!(key(&[0xFF; 80]), Some(CryptoError::IllegalValue));
    assert_eq!(key(&less_one(order)), None);
    assert_eq!(key(&[&[0; 9], &less_one(order)[..]].concat()), None);
}

#[test]
fn parameters_that_are_none_are_refused() {
    let good = NamedCurve::Secp192r1.parameters();
    let even = less_one(good.p);
    let long = [0xFF; 73];
    let cases = [
        CurveParameters { p: &[], ..good },
        CurveParameters { p: &even, ..good },
        CurveParameters { p: &long, ..good },
        CurveParameters { a: good.p, ..good },
        CurveParameters { b: &long, ..good },
        CurveParameters { b: &[1], ..good },
        CurveParameters { g: &[], ..good },
        CurveParameters { g: &[0], ..good },
        CurveParameters { n: &[], ..good },
        CurveParameters { n: &[1; 7], ..good },
        CurveParameters { n: &even, ..good },
        CurveParameters { n: &long, ..good },
        // y² = x³, singular, with the point (1, 1).
        CurveParameters {
            a: &[],
            b: &[],
            g: &hex!(
                "04 000000000000000000000000000000000000000000000001 000000000000000000000000000000000000000000000001"
            ),
            ..good
        },
    ];
    for (case, parameters) in cases.into_iter().enumerate() {
        assert_eq!(Curve::new(parameters).err(), Some(CryptoError::IllegalValue), "{case}");
    }
}

/// With a cofactor: secp128r2, whose base point has a fourth of the points [SEC 2 v1 §2.3.2].
#[test]
fn a_cofactor_multiplies() {
    let curve = Curve::new(CurveParameters {
        p: &hex!("fffffffdffffffffffffffffffffffff"),
        a: &hex!("d6031998d1b3bbfebf59cc9bbff9aee1"),
        b: &hex!("5eeefca380d02919dc2c6558bb6d8a5d"),
        g: &hex!("027b6aa5d85e572983e6fb32a7cdebc140"),
        n: &hex!("3fffffff7fffffffbe0024720613b5a3"),
        h: 4,
    })
    .unwrap();
    let pair = |curve: &Curve| {
        let pair = EcKeyPair::generate(&mut rng(), curve).unwrap();
        (EcPrivateKey::new(curve.clone(), &pair.private).unwrap(), pair.public.clone())
    };
    let ((first, _), (_, point)) = (pair(&curve), pair(&curve));
    let four = EcPrivateKey::new(curve, &[4]).unwrap();
    let plain = first.agree(&point, false).unwrap();
    assert_eq!(first.agree(&point, true).unwrap(), four.agree(&plain, false).unwrap());
}
