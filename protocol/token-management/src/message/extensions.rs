//! The extensions of BEGIN_OP: a list of names and values inside one field.

use super::{Dialect, encoding};

/// Most extensions that are kept; the rest is ignored.
pub const EXTENSIONS_MAX: usize = 32;

/// One row an extension: accessor, name, use.
macro_rules! extensions {
    ($($(#[$doc:meta])* $accessor:ident, $constant:ident = $name:literal;)*) => {
        impl Extensions {
            $(
                #[doc = concat!("Name of the extension `", $name, "`.")]
                pub const $constant: &str = $name;

                $(#[$doc])*
                #[must_use]
                pub fn $accessor(&self) -> Option<&str> {
                    self.value(Self::$constant)
                }
            )*
        }
    };
}

/// What a client says of itself, of the card and of its wishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(Vec<(String, String)>);

extensions! {
    /// The kind of token the user wants; chooses the profile.
    token_type, TOKEN_TYPE = "tokenType";
    /// The client's version, `ESC 1.0.1` from ESC.
    client_version, CLIENT_VERSION = "clientVersion";
    /// The card's ATR, upper-case hexadecimal.
    token_atr, TOKEN_ATR = "tokenATR";
    /// The card's key set, where the client knows it.
    key_set, KEY_SET = "keySet";
    /// Language of the texts that the user sees.
    locale, LOCALE = "locale";
}

impl Extensions {
    /// Name of the extension that asks for status updates.
    pub const STATUS_UPDATE: &str = "statusUpdate";
    /// Name of the extension that asks for the extended login.
    pub const EXTENDED_LOGIN: &str = "extendedLoginRequest";

    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The value of an extension.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Whether the client wants status updates: only the value `true` says so.
    #[must_use]
    pub fn status_update(&self) -> bool {
        self.value(Self::STATUS_UPDATE) == Some("true")
    }

    /// Whether the client wants EXTENDED_LOGIN_REQUEST instead of LOGIN_REQUEST: the mere presence says so.
    #[must_use]
    pub fn extended_login(&self) -> bool {
        self.value(Self::EXTENDED_LOGIN).is_some()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the field, leniently: what is no pair is dropped, bytes that are no text are replaced.
    pub(super) fn decode(field: &[u8]) -> Self {
        let text = String::from_utf8_lossy(field);
        // With several extensions tpsclient puts a second '%' before the escaped '&'.
        let field = text.replace("%%26", "%26");
        let list = String::from_utf8_lossy(&encoding::decode(field.as_bytes())).into_owned();
        let pairs = list.split('&').filter(|item| !item.is_empty());
        Self(
            pairs
                .map(|item| item.split_once('=').unwrap_or((item, "")))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .take(EXTENSIONS_MAX)
                .collect(),
        )
    }

    /// Appends the field's value. ESC ends every item with `&`, also the last.
    pub(super) fn append(&self, to: &mut Vec<u8>, dialect: Dialect) {
        let items = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        match dialect {
            Dialect::Esc => {
                let list: String = items.map(|item| item + "&").collect();
                encoding::append_esc(to, list.as_bytes());
            }
            Dialect::TpsClient => {
                let list = items.collect::<Vec<_>>().join("&");
                encoding::append_tpsclient(to, list.as_bytes());
            }
        }
    }
}
