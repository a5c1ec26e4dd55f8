//! Times in documents [RFC 5280 §4.1.2.5].

use der::{
    DateTime, Decode as _,
    asn1::{GeneralizedTime, UtcTime},
};

use super::node::{Node, tag};

/// The first second that only GeneralizedTime can say: 1 January 2050.
pub const YEAR_2050: u64 = 2_524_608_000;

/// A UTCTime or GeneralizedTime.
#[derive(Clone, Copy, Debug)]
pub struct Time<'a> {
    /// The element.
    pub node: Node<'a>,
    /// Seconds since 1970; missing when it is not written in the one form that is allowed, or there is no such day.
    pub seconds: Option<u64>,
}

impl<'a> Time<'a> {
    /// Reads a time.
    #[must_use]
    pub fn read(node: Node<'a>) -> Self {
        let date: Option<DateTime> = match node.tag {
            tag::UTC_TIME => UtcTime::from_der(node.encoded).ok().map(|time| time.to_date_time()),
            tag::GENERALIZED_TIME => {
                GeneralizedTime::from_der(node.encoded).ok().map(|time| time.to_date_time())
            }
            _ => None,
        };
        Self { node, seconds: date.map(|date| date.unix_duration().as_secs()) }
    }

    /// The characters, for findings.
    #[must_use]
    pub fn text(&self) -> String {
        self.node.content.escape_ascii().to_string()
    }

    /// What is wrong with how it is written.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        let name = match self.node.tag {
            tag::UTC_TIME => "UTCTime",
            tag::GENERALIZED_TIME => "GeneralizedTime",
            _ => {
                return Some(format!(
                    "neither UTCTime nor GeneralizedTime at offset {}",
                    self.node.offset
                ));
            }
        };
        self.seconds
            .is_none()
            .then(|| format!("{name} '{}' at offset {}", self.text(), self.node.offset))
    }

    /// Whether the type is the one for the year: UTCTime through 2049, then GeneralizedTime.
    #[must_use]
    pub fn has_type_of_its_year(&self) -> Option<bool> {
        let late = self.seconds? >= YEAR_2050;
        Some(late == (self.node.tag == tag::GENERALIZED_TIME))
    }
}
