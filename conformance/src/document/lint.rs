//! Lints: rules that a document is held against, one a clause.

use super::{
    Content, Document,
    certificate::Certificate,
    crl::Crl,
    node::Node,
    ocsp::{BasicResponse, Ocsp},
};
use crate::verdict::{Grade, Verdict};

/// What a lint looks at.
#[derive(Clone, Copy, Debug)]
pub enum Lint {
    /// A document of any kind.
    Any(fn(&Document<'_>) -> Verdict),
    /// A certificate.
    Certificate(fn(&Certificate<'_>) -> Verdict),
    /// A certificate and its issuer's.
    Issued(fn(&Certificate<'_>, &Certificate<'_>) -> Verdict),
    /// A certificate at a time, in seconds since 1970.
    CertificateAt(fn(&Certificate<'_>, u64) -> Verdict),
    /// A list of revoked certificates.
    Crl(fn(&Crl<'_>) -> Verdict),
    /// A list and its issuer's certificate.
    CrlIssued(fn(&Crl<'_>, &Certificate<'_>) -> Verdict),
    /// A list at a time, in seconds since 1970.
    CrlAt(fn(&Crl<'_>, u64) -> Verdict),
    /// An OCSP response.
    Ocsp(fn(&Ocsp<'_>) -> Verdict),
    /// The answer in an OCSP response.
    Answer(fn(&BasicResponse<'_>) -> Verdict),
    /// The answer in an OCSP response, and the certificate of the authority that it is about.
    AnswerIssued(fn(&BasicResponse<'_>, &Certificate<'_>) -> Verdict),
    /// The answer in an OCSP response at a time, in seconds since 1970.
    AnswerAt(fn(&BasicResponse<'_>, u64) -> Verdict),
}

impl Lint {
    /// Judges a document; nothing when the lint is about another kind.
    #[must_use]
    pub fn judge(self, document: &Document<'_>) -> Option<Verdict> {
        let issuer = document.issuer.as_ref();
        Some(match (&document.content, self) {
            (_, Self::Any(judge)) => judge(document),
            (Content::Certificate(certificate), lint) => {
                lint.certificate(certificate, issuer, document.now)?
            }
            (Content::Crl(revocations), lint) => lint.crl(revocations, issuer, document.now)?,
            (Content::Ocsp(response), lint) => lint.ocsp(response, issuer, document.now)?,
        })
    }

    fn certificate(
        self,
        certificate: &Certificate<'_>,
        issuer: Option<&Certificate<'_>>,
        now: u64,
    ) -> Option<Verdict> {
        Some(match self {
            Self::Certificate(judge) => judge(certificate),
            Self::CertificateAt(judge) => judge(certificate, now),
            // A root is its own issuer.
            Self::Issued(judge) => {
                match issuer.or_else(|| certificate.is_self_issued().then_some(certificate)) {
                    Some(issuer) => judge(certificate, issuer),
                    None => no_issuer(),
                }
            }
            _ => return None,
        })
    }

    fn crl(self, list: &Crl<'_>, issuer: Option<&Certificate<'_>>, now: u64) -> Option<Verdict> {
        Some(match self {
            Self::Crl(judge) => judge(list),
            Self::CrlAt(judge) => judge(list, now),
            Self::CrlIssued(judge) => issuer.map_or_else(no_issuer, |issuer| judge(list, issuer)),
            _ => return None,
        })
    }

    fn ocsp(
        self,
        response: &Ocsp<'_>,
        issuer: Option<&Certificate<'_>>,
        now: u64,
    ) -> Option<Verdict> {
        let answer = |judge: &dyn Fn(&BasicResponse<'_>) -> Verdict| {
            response.basic.as_ref().map_or_else(|| absent("answer in the response"), judge)
        };
        Some(match self {
            Self::Ocsp(judge) => judge(response),
            Self::Answer(judge) => answer(&judge),
            Self::AnswerAt(judge) => answer(&|basic| judge(basic, now)),
            Self::AnswerIssued(judge) => {
                answer(&|basic| issuer.map_or_else(no_issuer, |issuer| judge(basic, issuer)))
            }
            _ => return None,
        })
    }
}

fn no_issuer() -> Verdict {
    Grade::Blocked.because("the issuer's certificate is not given")
}

/// A rule is about something that is not there.
#[must_use]
pub fn absent(what: &str) -> Verdict {
    Grade::NotApplicable.because(format!("no {what}"))
}

/// A rule cannot be judged, because what it is about cannot be read; another rule says so.
#[must_use]
pub fn unreadable(what: &str) -> Verdict {
    Grade::Blocked.because(format!("{what} cannot be read"))
}

/// Fails with the first flaw, else passes.
#[must_use]
pub fn flawless(flaw: Option<String>) -> Verdict {
    flaw.map_or_else(Verdict::pass, |flaw| Grade::Fail.because(flaw))
}

/// A finding with where it is.
#[must_use]
pub fn at(node: &Node<'_>, what: &str) -> String {
    format!("{what} at offset {}", node.offset)
}
