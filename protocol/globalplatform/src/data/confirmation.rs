//! Confirmations of delegated management, and what their receipts sign [GPCS 2.3.1 §11.1.6, §C.5].

use iso7816::{Aid, ParseError, ParseErrorKind};

use super::Privileges;
use crate::command::{Reader, push_long_lv, push_lv};

/// The answer where no receipt is made: one byte 00 [GPCS 2.3.1 §11.1.6].
pub const NO_CONFIRMATION: u8 = 0x00;

/// Confirmation data: which operation of which card a receipt is for [GPCS 2.3.1 §11.1.6].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// Confirmation counter: one more for each receipt, never wrapping.
    pub counter: u16,
    /// What tells the security domain from all others: values of its objects 42 and 45, concatenated; at most 255 bytes.
    pub unique_data: Vec<u8>,
    /// Identifier of the token that allowed the operation; at most 255 bytes.
    pub token_id: Option<Vec<u8>>,
    /// Digest of that token; at most 255 bytes.
    pub token_digest: Option<Vec<u8>>,
}

impl Confirmation {
    /// The confirmation data. An identifier that is missing where a digest follows has length 0.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_lv(&mut bytes, &self.counter.to_be_bytes());
        push_lv(&mut bytes, &self.unique_data);
        if self.token_id.is_some() || self.token_digest.is_some() {
            push_lv(&mut bytes, self.token_id.as_deref().unwrap_or_default());
        }
        if let Some(digest) = &self.token_digest {
            push_lv(&mut bytes, digest);
        }
        bytes
    }

    /// Reads confirmation data.
    ///
    /// # Errors
    /// `LengthMismatch` for a counter of other than two bytes; `Truncated`, `TrailingBytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let confirmation = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(confirmation)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let at = reader.offset();
        let counter = reader.lv()?.try_into().map_err(|_| ParseErrorKind::LengthMismatch.at(at))?;
        let unique_data = reader.lv()?.to_vec();
        let mut optional = || -> Result<Option<Vec<u8>>, ParseError> {
            let value = if reader.is_empty() { &[] } else { reader.lv()? };
            Ok((!value.is_empty()).then(|| value.to_vec()))
        };
        let (token_id, token_digest) = (optional()?, optional()?);
        Ok(Self { counter: u16::from_be_bytes(counter), unique_data, token_id, token_digest })
    }

    /// What a card answers to DELETE, INSTALL or the last LOAD: its length, the receipt, the confirmation data.
    #[must_use]
    pub fn to_response(&self, receipt: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        push_long_lv(&mut body, receipt);
        body.extend(self.to_bytes());
        let mut response = Vec::new();
        push_long_lv(&mut response, &body);
        response
    }

    /// Reads what a card answered: the receipt and the confirmation data, `None` where it made no receipt. Some cards leave the byte
    /// that says so away.
    ///
    /// # Errors
    /// `Truncated`, `TrailingBytes`, or as [`Confirmation::parse`].
    pub fn parse_response(response: &[u8]) -> Result<Option<(Vec<u8>, Self)>, ParseError> {
        if matches!(response, [] | [NO_CONFIRMATION]) {
            return Ok(None);
        }
        let mut reader = Reader::new(response);
        let body = reader.long_lv()?;
        reader.finish()?;
        let mut reader = Reader::new(body);
        let receipt = reader.long_lv()?.to_vec();
        let confirmation = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(Some((receipt, confirmation)))
    }
}

/// What a receipt signs beside the confirmation data [GPCS 2.3.1 §C.5].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptData<'a> {
    /// LOAD: the load file, the security domain it belongs to.
    Load {
        /// Load file.
        load_file: Aid,
        /// Security domain.
        security_domain: Aid,
    },
    /// INSTALL [for install], [for make selectable] or both.
    Install {
        /// Load file that the application comes from.
        load_file: Aid,
        /// The application.
        instance: Aid,
    },
    /// INSTALL [for extradition].
    Extradition {
        /// Security domain that the application belonged to.
        from: Aid,
        /// The application or load file.
        application: Aid,
        /// Security domain that it belongs to now.
        to: Aid,
    },
    /// DELETE.
    Delete {
        /// What was deleted.
        aid: Aid,
    },
    /// INSTALL [for registry update].
    RegistryUpdate {
        /// Security domain that the application belonged to, if it moved.
        from: Option<Aid>,
        /// The application; `None` for the card.
        application: Option<Aid>,
        /// Security domain that it belongs to now, if it moved.
        to: Option<Aid>,
        /// New privileges, if they changed.
        privileges: Option<Privileges>,
        /// The parameters field of the command.
        parameters: &'a [u8],
    },
    /// The combined load, install and make selectable process.
    Combined {
        /// Load file.
        load_file: Aid,
        /// The application.
        instance: Aid,
        /// Security domain.
        security_domain: Aid,
    },
}

impl ReceiptData<'_> {
    /// The bytes that the receipt is a signature over: the confirmation data, then each field with its length.
    #[must_use]
    pub fn to_bytes(&self, confirmation: &Confirmation) -> Vec<u8> {
        let mut bytes = confirmation.to_bytes();
        for aid in self.aids() {
            push_lv(&mut bytes, aid.as_ref().map_or(&[], Aid::as_bytes));
        }
        if let Self::RegistryUpdate { privileges, parameters, .. } = self {
            let privileges = privileges.map(Privileges::to_bytes);
            push_lv(&mut bytes, privileges.as_ref().map_or(&[], <[u8; 3]>::as_slice));
            push_long_lv(&mut bytes, parameters);
        }
        bytes
    }

    fn aids(&self) -> Vec<Option<Aid>> {
        match *self {
            Self::Load { load_file, security_domain } => {
                vec![Some(load_file), Some(security_domain)]
            }
            Self::Install { load_file, instance } => vec![Some(load_file), Some(instance)],
            Self::Extradition { from, application, to } => {
                vec![Some(from), Some(application), Some(to)]
            }
            Self::Delete { aid } => vec![Some(aid)],
            Self::RegistryUpdate { from, application, to, .. } => vec![from, application, to],
            Self::Combined { load_file, instance, security_domain } => {
                vec![Some(load_file), Some(instance), Some(security_domain)]
            }
        }
    }
}
