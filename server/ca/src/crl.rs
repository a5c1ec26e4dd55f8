//! The list of revoked certificates [RFC 5280 §5].

use core::time::Duration;

use const_oid::AssociatedOid;
use der::{
    Encode,
    asn1::{OctetString, Uint},
};
use jiff::Timestamp;
use keys::KeyProvider;
use store::ca::{RevocationList, Revocations, RevokedCertificate};
use token_management::subsystem::ca::RevocationReason;
use x509_cert::{
    Version,
    crl::{RevokedCert, TbsCertList},
    ext::{
        Extension,
        pkix::{CrlNumber, CrlReason},
    },
    serial_number::SerialNumber,
};

use crate::{
    certificate::time,
    error::CaError,
    extension,
    hierarchy::{ISSUING_KEY, Issuer},
    signature,
};

/// Makes and signs the list with this number.
pub(crate) fn make(
    keys: &impl KeyProvider,
    issuer: &Issuer,
    number: u64,
    revocations: &Revocations,
    now: Timestamp,
    validity: Duration,
) -> Result<RevocationList, CaError> {
    let next_update = now.checked_add(validity).map_err(|_| CaError::TimeOutOfRange)?;
    let entries = revocations.entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let list: TbsCertList = TbsCertList {
        version: Version::V2,
        signature: signature::algorithm(keys, ISSUING_KEY)?,
        issuer: issuer.name.clone(),
        this_update: time(now)?,
        next_update: Some(time(next_update)?),
        // An empty list of entries is left out [RFC 5280 §5.1.2.6].
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        crl_extensions: Some(vec![
            extension::authority_key_identifier(&issuer.key)?,
            not_critical(&CrlNumber(Uint::new(&number.to_be_bytes())?))?,
        ]),
    };
    let der = signature::sign(keys, ISSUING_KEY, &list.to_der()?)?;
    Ok(RevocationList { number, covers: revocations.count, this_update: now, next_update, der })
}

/// Whether a list still serves: nothing was revoked since, and more than a quarter of its time is left.
pub(crate) fn still_serves(list: &RevocationList, revocation_count: u64, now: Timestamp) -> bool {
    let whole = list.next_update.as_second() - list.this_update.as_second();
    let left = list.next_update.as_second() - now.as_second();
    list.covers == revocation_count && left * 4 > whole
}

fn entry(revoked: &RevokedCertificate) -> Result<RevokedCert, CaError> {
    // "Unspecified" is said by leaving the reason out [RFC 5280 §5.3.1].
    let reason = match revoked.revocation.reason {
        RevocationReason::Unspecified => None,
        RevocationReason::KeyCompromise => Some(CrlReason::KeyCompromise),
        RevocationReason::AffiliationChanged => Some(CrlReason::AffiliationChanged),
        RevocationReason::Superseded => Some(CrlReason::Superseded),
        RevocationReason::CessationOfOperation => Some(CrlReason::CessationOfOperation),
        RevocationReason::CertificateHold => Some(CrlReason::CertificateHold),
    };
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&revoked.serial)?,
        revocation_date: time(revoked.revocation.at)?,
        crl_entry_extensions: reason
            .map(|reason| not_critical(&reason).map(|one| vec![one]))
            .transpose()?,
    })
}

fn not_critical<E: Encode + AssociatedOid>(value: &E) -> Result<Extension, CaError> {
    Ok(Extension {
        extn_id: E::OID,
        critical: false,
        extn_value: OctetString::new(value.to_der()?)?,
    })
}
