//! How a private key travels: under a fresh key that only the card and DRM can open.

use aws_lc_rs::key_wrap::{AES_128, AesBlockCipher, AesKek, KeyWrapPadded};
use cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use keys::random::Randomness;
use token_management::subsystem::tks::TransportAlgorithm;
use zeroize::Zeroizing;

use crate::error::DrmError;

/// A private key on its way.
pub(crate) struct Wrapped {
    pub(crate) private_key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
}

/// Wraps a private key under the transport key.
pub(crate) fn wrap(
    algorithm: TransportAlgorithm,
    transport_key: &[u8],
    random: &impl Randomness,
    private_key: &[u8],
) -> Result<Wrapped, DrmError> {
    match algorithm {
        TransportAlgorithm::Des3Cbc => {
            let mut iv = [0; 8];
            random.fill(&mut iv)?;
            let key = three_key_form(transport_key)?;
            let cipher = cbc::Encryptor::<des::TdesEde3>::new_from_slices(&*key, &iv)
                .map_err(|_| DrmError::TransportKeyMisfit)?;
            Ok(Wrapped {
                private_key: cipher.encrypt_padded_vec::<Pkcs7>(private_key),
                iv: iv.to_vec(),
            })
        }
        TransportAlgorithm::AesCbc => {
            // The token applets that know this algorithm take an IV of zeros whatever is sent; the key is used once.
            let iv = [0; 16];
            let cipher = cbc::Encryptor::<aes::Aes128>::new_from_slices(transport_key, &iv)
                .map_err(|_| DrmError::TransportKeyMisfit)?;
            Ok(Wrapped {
                private_key: cipher.encrypt_padded_vec::<Pkcs7>(private_key),
                iv: iv.to_vec(),
            })
        }
        TransportAlgorithm::AesKeyWrapPadded => {
            let private_key = wrap_padded(&AES_128, transport_key, private_key)?;
            // Key wrap has no IV; the field that carries one must not be empty.
            Ok(Wrapped { private_key, iv: vec![0; 8] })
        }
    }
}

/// AES key wrap with padding [RFC 5649].
pub(crate) fn wrap_padded(
    cipher: &'static AesBlockCipher,
    key: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, DrmError> {
    let kek = AesKek::new(cipher, key).map_err(|_| DrmError::TransportKeyMisfit)?;
    // The wrapped form has 8 bytes more than the padded plain one [RFC 5649 §4.1].
    let mut output = vec![0; plain.len() + 16];
    let length = kek.wrap_with_padding(plain, &mut output).map_err(|_| DrmError::Wrapping)?.len();
    output.truncate(length);
    Ok(output)
}

/// A two-key triple DES key as K1 K2 K1; TKS may send either form.
fn three_key_form(key: &[u8]) -> Result<Zeroizing<[u8; 24]>, DrmError> {
    let first = key.first_chunk::<16>().ok_or(DrmError::TransportKeyMisfit)?;
    if key.len() != 16 && key.len() != 24 {
        return Err(DrmError::TransportKeyMisfit);
    }
    let mut three = Zeroizing::new([0; 24]);
    let third = key.get(16..).filter(|rest| !rest.is_empty()).unwrap_or(first);
    three.iter_mut().zip(first.iter().chain(third)).for_each(|(to, from)| *to = *from);
    Ok(three)
}
