//! Certificate authority: issuance, revocation, CRL.
