//! `org.globalplatform.securechannel.provider`: secure channels that an applet operates with keys of its own.

use iso7816::StatusWord;
use jcvm::Trap;

use super::refuse;
use crate::{Call, registry::Natives};

pub(crate) const NATIVES: Natives = &[(
    "org/globalplatform/securechannel/provider/SecureChannelProvider.createNewInstance(S[BSSS)\
     Lorg/globalplatform/securechannel/SecureChannelProtocol;",
    create,
)];

/// The card has none of these protocols to offer: 6A81, as for any function that is not supported.
fn create(call: &mut Call<'_, '_>) -> Result<i32, Trap> {
    refuse(call, StatusWord::FUNCTION_NOT_SUPPORTED)
}
