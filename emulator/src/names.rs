//! Names of API packages, classes and members, for looking into CAP files.

use capfile::inspect::{MemberKind, Names};
use javacard_api::TABLE;
use jcvm::{ApiClass, MethodKind};

/// Names of the Java Card and GlobalPlatform API.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApiNames;

fn class(aid: &[u8], token: u8) -> Option<&'static ApiClass> {
    let (_, package) = TABLE.find(aid)?;
    package.classes.iter().find(|class| class.token == token)
}

impl Names for ApiNames {
    fn package(&self, aid: &[u8]) -> Option<String> {
        TABLE.find(aid).map(|(_, package)| package.name.replace('.', "/"))
    }

    fn class(&self, aid: &[u8], token: u8) -> Option<String> {
        class(aid, token).map(|class| class.name.to_owned())
    }

    /// Fields have no names here: the API's are constants, which a converter puts into the code.
    fn member(&self, aid: &[u8], token: u8, kind: MemberKind, member: u8) -> Option<String> {
        let kind = match kind {
            MemberKind::Virtual => MethodKind::Virtual,
            MemberKind::Static => MethodKind::Static,
            MemberKind::Interface => MethodKind::Interface,
            MemberKind::StaticField | MemberKind::InstanceField => return None,
        };
        let method = class(aid, token)?.method(kind, member)?;
        Some(format!("{}{}", method.name, method.descriptor))
    }
}
