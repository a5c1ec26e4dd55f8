//! Object identifiers that the lints know, under the names of their documents.

use const_oid::{ObjectIdentifier, db::DB};

/// One row an identifier: name, arcs.
macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $arcs:literal;)*) => {
        $($(#[$doc])* #[doc = concat!("`", stringify!($name), "`: ", $arcs, ".")] pub const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($arcs);)*
    };
}

// Extensions of certificates [RFC 5280 §4.2].
identifiers! {
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    KEY_USAGE = "2.5.29.15";
    CERTIFICATE_POLICIES = "2.5.29.32";
    POLICY_MAPPINGS = "2.5.29.33";
    SUBJECT_ALT_NAME = "2.5.29.17";
    ISSUER_ALT_NAME = "2.5.29.18";
    SUBJECT_DIRECTORY_ATTRIBUTES = "2.5.29.9";
    BASIC_CONSTRAINTS = "2.5.29.19";
    NAME_CONSTRAINTS = "2.5.29.30";
    POLICY_CONSTRAINTS = "2.5.29.36";
    EXTENDED_KEY_USAGE = "2.5.29.37";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    INHIBIT_ANY_POLICY = "2.5.29.54";
    FRESHEST_CRL = "2.5.29.46";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    SUBJECT_INFO_ACCESS = "1.3.6.1.5.5.7.1.11";
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16";
}

// Extensions of lists and of their entries [RFC 5280 §5.2, §5.3].
identifiers! {
    CRL_NUMBER = "2.5.29.20";
    DELTA_CRL_INDICATOR = "2.5.29.27";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    REASON_CODE = "2.5.29.21";
    INVALIDITY_DATE = "2.5.29.24";
    CERTIFICATE_ISSUER = "2.5.29.29";
}

// Policies, purposes and access methods [RFC 5280 §4.2.1.4, §4.2.1.12, §4.2.2.1].
identifiers! {
    ANY_POLICY = "2.5.29.32.0";
    QUALIFIER_CPS = "1.3.6.1.5.5.7.2.1";
    QUALIFIER_USER_NOTICE = "1.3.6.1.5.5.7.2.2";
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    ACCESS_OCSP = "1.3.6.1.5.5.7.48.1";
    ACCESS_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
}

// OCSP [RFC 6960 §4.2, §4.4].
identifiers! {
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    OCSP_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6";
    OCSP_CRL_REFERENCE = "1.3.6.1.5.5.7.48.1.3";
    OCSP_EXTENDED_REVOKE = "1.3.6.1.5.5.7.48.1.9";
}

// Keys and signatures [RFC 4055 §1.2, RFC 5480 §2.1, RFC 5758 §3.2, RFC 8410 §3].
identifiers! {
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
    MD2_WITH_RSA = "1.2.840.113549.1.1.2";
    MD5_WITH_RSA = "1.2.840.113549.1.1.4";
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5";
    RSASSA_PSS = "1.2.840.113549.1.1.10";
    SHA224_WITH_RSA = "1.2.840.113549.1.1.14";
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11";
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12";
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13";
    MGF1 = "1.2.840.113549.1.1.8";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1";
    ECDSA_WITH_SHA1 = "1.2.840.10045.4.1";
    ECDSA_WITH_SHA224 = "1.2.840.10045.4.3.1";
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
    ECDSA_WITH_SHA512 = "1.2.840.10045.4.3.4";
    P256 = "1.2.840.10045.3.1.7";
    P384 = "1.3.132.0.34";
    P521 = "1.3.132.0.35";
    X25519 = "1.3.101.110";
    X448 = "1.3.101.111";
    ED25519 = "1.3.101.112";
    ED448 = "1.3.101.113";
    SHA1 = "1.3.14.3.2.26";
    SHA256 = "2.16.840.1.101.3.4.2.1";
    SHA384 = "2.16.840.1.101.3.4.2.2";
    SHA512 = "2.16.840.1.101.3.4.2.3";
}

// Attributes of names [RFC 5280 Appendix A.1].
identifiers! {
    COMMON_NAME = "2.5.4.3";
    SURNAME = "2.5.4.4";
    SERIAL_NUMBER = "2.5.4.5";
    COUNTRY = "2.5.4.6";
    LOCALITY = "2.5.4.7";
    STATE = "2.5.4.8";
    ORGANIZATION = "2.5.4.10";
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    TITLE = "2.5.4.12";
    NAME = "2.5.4.41";
    GIVEN_NAME = "2.5.4.42";
    INITIALS = "2.5.4.43";
    GENERATION_QUALIFIER = "2.5.4.44";
    DN_QUALIFIER = "2.5.4.46";
    PSEUDONYM = "2.5.4.65";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";
}

/// The name of an identifier where it has one, else its arcs.
#[must_use]
pub fn describe(oid: &ObjectIdentifier) -> String {
    DB.by_oid(oid).map_or_else(|| oid.to_string(), str::to_owned)
}
