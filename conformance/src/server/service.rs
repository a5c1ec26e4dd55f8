//! Services behind a token processing system: forms that are posted, and answers of names and values or of XML.

use std::time::Duration;

use globalplatform::KeySet;
use token_management::message::encoding;

use super::{
    Address, Tls, connect,
    http::{Head, Http, HttpError},
};
use crate::session::{EXCHANGES_MAX, Exchange};

/// A token key service, an authority or a recovery manager.
pub struct Service {
    /// Where it is; the path is the one before the names of its forms.
    pub address: Address,
    /// How it is reached, and as whom.
    pub tls: Tls,
    /// How long it may be silent.
    pub patience: Duration,
    /// The keys of the card that the requests are about.
    pub card_keys: KeySet,
    /// What went to and fro; of answers only the names of the fields.
    pub transcript: Vec<Exchange>,
}

/// What a service answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body. It may hold wrapped keys, so nothing shows it.
    body: Vec<u8>,
}

impl Service {
    /// Posts a form; `form` is its path under the service's.
    ///
    /// # Errors
    /// When the service cannot be reached or does not answer.
    pub fn post(&mut self, form: &str, fields: &str) -> anyhow::Result<Answer> {
        let base = self.address.path.trim_end_matches('/');
        let mut http = Http::new(connect(&self.address, &self.tls, self.patience)?);
        let head = format!(
            "POST {base}/{form} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{fields}",
            self.address.authority(),
            fields.len(),
        );
        http.send(head.as_bytes())?;
        let (head, body) = read(&mut http)?;
        let answer = Answer { status: head.status, body };
        if self.transcript.len() < EXCHANGES_MAX {
            let names: Vec<String> = answer.fields().into_iter().map(|(name, _)| name).collect();
            let response = format!("{} {}", head.status, names.join(" "));
            self.transcript.push(Exchange {
                command: format!("POST {form}"),
                response,
                opened: None,
            });
        }
        Ok(answer)
    }
}

fn read(http: &mut Http) -> Result<(Head, Vec<u8>), HttpError> {
    let head = http.head()?;
    let body = http.body(&head)?;
    Ok((head, body))
}

impl Answer {
    /// The fields, in order, values still escaped: a value may hold `=`.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.body);
        let pairs = text.trim().split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// A field as it stands.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.fields().into_iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The bytes of a field.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        Some(encoding::decode(self.text(name)?.as_bytes()).to_vec())
    }

    /// What is between the tags of an XML element without attributes; the first one of that name.
    #[must_use]
    pub fn element(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inside, _)| inside.to_owned())
    }

    /// The status in the body, of either form.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        let text = self.text("status").or_else(|| self.element("Status"))?;
        text.trim().parse().ok()
    }

    /// Whether the service did what it was asked.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.status == 200 && self.code() == Some(0)
    }

    /// Whether the body holds these bytes, plain or escaped.
    #[must_use]
    pub fn shows(&self, secret: &[u8]) -> bool {
        let within =
            |bytes: &[u8]| bytes.windows(secret.len().max(1)).any(|window| window == secret);
        within(&self.body)
            || self.fields().iter().any(|(_, value)| within(&encoding::decode(value.as_bytes())))
    }
}

/// Bytes as these forms take them: `#XX` each.
#[must_use]
pub fn hashed(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + "#" + &hex::encode_upper([*byte]))
}
