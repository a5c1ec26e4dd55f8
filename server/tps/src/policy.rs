//! The policy of a token: what its holder may do with it.

use core::fmt;

/// The policy of one token: what its holder may do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // six independent switches, as the policy string has them
pub struct Policy {
    /// An active token may be enrolled again.
    pub re_enroll: bool,
    /// Certificates may be renewed.
    pub renew: bool,
    /// Every enrolment formats the token first.
    pub force_format: bool,
    /// The PIN may be reset.
    pub pin_reset: bool,
    /// A PIN reset takes the right to the next one away.
    pub reset_pin_reset_to_no: bool,
    /// Renewal keeps the old encryption certificates.
    pub renew_keep_old_enc_certs: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            re_enroll: true,
            renew: false,
            force_format: false,
            pin_reset: true,
            reset_pin_reset_to_no: false,
            renew_keep_old_enc_certs: true,
        }
    }
}

/// A policy string that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("item {0} of the token policy is not NAME=YES or NAME=NO with a known name")]
pub struct PolicyError(pub usize);

impl Policy {
    /// The policy in `text`, e.g. `PIN_RESET=YES;FORCE_FORMAT=NO`; what it does not name is as in `base`.
    ///
    /// # Errors
    /// [`PolicyError`] with the index of the item that is not understood.
    pub fn parse(text: &str, base: Self) -> Result<Self, PolicyError> {
        let mut policy = base;
        let items = text.split(';').map(str::trim).enumerate().filter(|(_, item)| !item.is_empty());
        for (index, item) in items {
            let (name, value) = item.split_once('=').ok_or(PolicyError(index))?;
            let value = match value.trim() {
                "YES" => true,
                "NO" => false,
                _ => return Err(PolicyError(index)),
            };
            *policy.switch(name.trim()).ok_or(PolicyError(index))? = value;
        }
        Ok(policy)
    }

    fn switch(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "RE_ENROLL" => &mut self.re_enroll,
            "RENEW" => &mut self.renew,
            "FORCE_FORMAT" => &mut self.force_format,
            "PIN_RESET" => &mut self.pin_reset,
            "RESET_PIN_RESET_TO_NO" => &mut self.reset_pin_reset_to_no,
            "RENEW_KEEP_OLD_ENC_CERTS" => &mut self.renew_keep_old_enc_certs,
            _ => return None,
        })
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |on: bool| if on { "YES" } else { "NO" };
        write!(
            f,
            "RE_ENROLL={};RENEW={};FORCE_FORMAT={};PIN_RESET={};RESET_PIN_RESET_TO_NO={};RENEW_KEEP_OLD_ENC_CERTS={}",
            word(self.re_enroll),
            word(self.renew),
            word(self.force_format),
            word(self.pin_reset),
            word(self.reset_pin_reset_to_no),
            word(self.renew_keep_old_enc_certs),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_over_its_base_and_written_in_full() {
        let base = Policy { pin_reset: false, ..Policy::default() };
        let policy = Policy::parse("PIN_RESET=YES; RESET_PIN_RESET_TO_NO=YES", base).unwrap();
        assert!(policy.pin_reset && policy.reset_pin_reset_to_no && policy.re_enroll);
        assert_eq!(
            policy.to_string(),
            "RE_ENROLL=YES;RENEW=NO;FORCE_FORMAT=NO;PIN_RESET=YES;RESET_PIN_RESET_TO_NO=YES;RENEW_KEEP_OLD_ENC_CERTS=YES"
        );
        assert_eq!(Policy::parse(&policy.to_string(), base), Ok(policy));
        assert_eq!(Policy::parse("PIN_RESET=YES;X=YES", base), Err(PolicyError(1)));
        assert_eq!(Policy::parse("PIN_RESET=MAYBE", base), Err(PolicyError(0)));
    }
}
