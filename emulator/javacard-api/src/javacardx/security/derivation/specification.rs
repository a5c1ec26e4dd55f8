//! What a derivation function is told, by asking the objects that implement its specification.

use cryptography::{
    CryptoError, DigestAlgorithm, SignatureAlgorithm,
    derivation::{
        Iteration, IterationMode, OUTPUT_LENGTH_MAX, Prf, ansi_x963, hkdf, hkdf_expand_label,
        icao_mrtd, ieee1363, tls11, tls12,
    },
};
use jcvm::{ClassId, Reference, Trap};
use zeroize::Zeroizing;

use super::{Algorithm, Call, KeyObject, OrThrow, classes, reason, throw};

type Bytes = Zeroizing<Vec<u8>>;

/// Where output comes from.
pub(super) enum Source {
    /// All of it is there.
    Whole(Bytes),
    /// It has no end: secret and seed of a function of TLS.
    Tls(Algorithm, Bytes, Bytes),
}

impl Source {
    /// A part of the output.
    ///
    /// # Errors
    /// [`CryptoError::IllegalUse`] where there is not so much.
    pub(super) fn bytes(&self, position: usize, length: usize) -> Result<Bytes, CryptoError> {
        let end = position.saturating_add(length);
        let derived;
        let whole = match self {
            Self::Whole(bytes) => bytes,
            Self::Tls(..) if end > OUTPUT_LENGTH_MAX => return Err(CryptoError::IllegalUse),
            Self::Tls(Algorithm::Tls11, secret, seed) => {
                derived = tls11(secret, seed, end)?;
                &derived
            }
            Self::Tls(_, secret, seed) => {
                derived = tls12(DigestAlgorithm::Sha256, secret, seed, end)?;
                &derived
            }
        };
        let bytes = whole.get(position..end).ok_or(CryptoError::IllegalUse)?;
        Ok(Zeroizing::new(bytes.to_vec()))
    }
}

/// A specification that is asked through its interface.
struct Specification {
    object: Reference,
    interface: ClassId,
}

impl Specification {
    fn ask(&self, call: &mut Call<'_, '_>, token: u8) -> Result<i32, Trap> {
        let (vm, mut api) = call.split();
        vm.call_interface(&mut api, self.object, (self.interface, token), &[])
    }

    /// Bytes of an array; none where it is null.
    fn bytes(&self, call: &mut Call<'_, '_>, token: u8) -> Result<Bytes, Trap> {
        let array = Reference::from_cell(self.ask(call, token)?);
        if array.is_null() {
            return Ok(Zeroizing::default());
        }
        Ok(Zeroizing::new(call.vm.all_bytes(array)?.to_vec()))
    }

    /// A length.
    fn length(&self, call: &mut Call<'_, '_>, token: u8) -> Result<usize, Trap> {
        let length = self.ask(call, token)?;
        match usize::try_from(length) {
            Ok(length) => Ok(length),
            Err(_) => throw(call, reason::ILLEGAL_VALUE),
        }
    }

    /// A digest, by its own constant or that of its HMAC; they do not overlap.
    fn digest(&self, call: &mut Call<'_, '_>) -> Result<DigestAlgorithm, Trap> {
        let constant = u8::try_from(self.ask(call, 0)?).unwrap_or(0);
        let of_mac = || match SignatureAlgorithm::from_constant(constant) {
            Some(SignatureAlgorithm::Hmac(digest)) => Some(digest),
            _ => None,
        };
        match DigestAlgorithm::from_constant(constant).or_else(of_mac) {
            Some(digest) => Ok(digest),
            None => throw(call, reason::NO_SUCH_ALGORITHM),
        }
    }

    fn key(&self, call: &mut Call<'_, '_>, token: u8) -> Result<KeyObject, Trap> {
        let key = Reference::from_cell(self.ask(call, token)?);
        match KeyObject::find(call, key)? {
            Some(key) => Ok(key),
            None => throw(call, reason::ILLEGAL_VALUE),
        }
    }

    /// A function with its key.
    fn function(&self, call: &mut Call<'_, '_>) -> Result<Prf, Trap> {
        let constant = u8::try_from(self.ask(call, 0)?).unwrap_or(0);
        let key = self.key(call, 1)?;
        let key = key.working(call)?;
        Prf::from_constant(constant, key).or_throw(call)
    }
}

/// Length of a counter in bits, which is given in bits or bytes.
const fn counter_bits(length: usize) -> usize {
    if length <= 4 { 8 * length } else { length }
}

/// Asks a specification, which has to be the one of the algorithm.
///
/// # Errors
/// `CryptoException`; what the specification throws.
pub(super) fn read(
    call: &mut Call<'_, '_>,
    algorithm: Algorithm,
    object: Reference,
) -> Result<Source, Trap> {
    let interface = match algorithm {
        Algorithm::Counter => classes::KDF_COUNTER_MODE_SPEC,
        Algorithm::DoublePipeline => classes::KDF_DOUBLE_PIPELINE_ITERATION_MODE_SPEC,
        Algorithm::Feedback => classes::KDF_FEEDBACK_MODE_SPEC,
        Algorithm::Tls11 | Algorithm::Tls12 => classes::TLS_PSEUDO_RANDOM_FUNCTION_SPEC,
        Algorithm::Ieee1363 => classes::KDF_IEEE1363_SPEC,
        Algorithm::IcaoMrtd => classes::KDF_ICAO_MRTD_SPEC,
        Algorithm::AnsiX963 => classes::KDF_ANSI_X963_SPEC,
        Algorithm::Hkdf => classes::KDF_HMAC_SPEC,
        Algorithm::HkdfExpandLabel => classes::TLSKDF_EXPAND_LABEL_SPEC,
    };
    if !call.vm.is_instance(object, interface) {
        return throw(call, reason::ILLEGAL_VALUE);
    }
    let specification = Specification { object, interface };
    match algorithm {
        Algorithm::Counter | Algorithm::DoublePipeline | Algorithm::Feedback => {
            iterated(call, algorithm, &specification)
        }
        Algorithm::Tls11 | Algorithm::Tls12 => {
            let secret = specification.key(call, 0)?;
            let secret = secret.secret_bytes(call)?;
            Ok(Source::Tls(algorithm, secret, specification.bytes(call, 1)?))
        }
        _ => digested(call, algorithm, &specification).map(Source::Whole),
    }
}

/// The functions that iterate a function with a key.
fn iterated(
    call: &mut Call<'_, '_>,
    algorithm: Algorithm,
    specification: &Specification,
) -> Result<Source, Trap> {
    let function = specification.function(call)?;
    let data = specification.bytes(call, 2)?;
    let (second, next) = match algorithm {
        Algorithm::DoublePipeline => (Zeroizing::default(), 3),
        _ => (specification.bytes(call, 3)?, 4),
    };
    let length = specification.length(call, next)?;
    let counter_bits = counter_bits(specification.length(call, next + 1)?);
    let mode = match algorithm {
        Algorithm::Counter => IterationMode::Counter { before: &data, after: &second },
        Algorithm::Feedback => IterationMode::Feedback { vector: &second, data: &data },
        _ => IterationMode::DoublePipeline { data: &data },
    };
    let iteration = Iteration { prf: &function, mode, counter_bits };
    iteration.derive(length).or_throw(call).map(Source::Whole)
}

/// The functions of a digest.
fn digested(
    call: &mut Call<'_, '_>,
    algorithm: Algorithm,
    specification: &Specification,
) -> Result<Bytes, Trap> {
    let digest = specification.digest(call)?;
    let secret = specification.bytes(call, 1)?;
    match algorithm {
        Algorithm::Ieee1363 => Ok(ieee1363(digest, &secret, &specification.bytes(call, 2)?)),
        Algorithm::IcaoMrtd => Ok(icao_mrtd(digest, &secret, &specification.bytes(call, 2)?)),
        Algorithm::AnsiX963 => {
            let shared = specification.bytes(call, 2)?;
            let length = specification.length(call, 3)?;
            ansi_x963(digest, &secret, &shared, length).or_throw(call)
        }
        Algorithm::Hkdf => {
            let (information, salt) =
                (specification.bytes(call, 2)?, specification.bytes(call, 3)?);
            let length = specification.length(call, 4)?;
            hkdf(digest, [&secret, &salt, &information], length).or_throw(call)
        }
        _ => {
            let prefix: &[u8] = match specification.ask(call, 2)? {
                1 => b"tls13 ",
                2 => b"dtls13",
                _ => return throw(call, reason::ILLEGAL_VALUE),
            };
            let (label, context) = (specification.bytes(call, 3)?, specification.bytes(call, 4)?);
            let length = specification.length(call, 5)?;
            hkdf_expand_label(digest, &secret, [prefix, &label, &context], length).or_throw(call)
        }
    }
}
