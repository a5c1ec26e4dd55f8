//! References of the code to classes and members.

use super::{AssembleError, scope::Scope};
use crate::component::ClassRef;

/// What stands after `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) class: ClassRef,
    /// Position of the class, where it is of the package.
    pub(crate) index: Option<usize>,
    pub(crate) member: Option<Member>,
    pub(crate) descriptor: Option<String>,
}

/// A member, by its name or its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Name(String),
    Token(u8),
}

/// A reference to a class.
pub(crate) fn class(
    scope: &Scope<'_>,
    place: &str,
    name: &str,
) -> Result<Reference, AssembleError> {
    let class = scope
        .class_ref(name)
        .ok_or_else(|| AssembleError::new(place, format!("no class `{name}`")))?;
    let index = scope.find(scope.expand(name));
    Ok(Reference { class, index, member: None, descriptor: None })
}

/// A reference to a member: `Class.name`, `Class.name(S)V`, `import:class.token(S)V`, or an alias of one.
pub(crate) fn member(
    scope: &Scope<'_>,
    place: &str,
    text: &str,
) -> Result<Reference, AssembleError> {
    let (path, descriptor) = cut(text);
    let (path, implied) = cut(scope.expand(path));
    let descriptor = descriptor.or(implied);
    let (name, member) = path
        .rsplit_once('.')
        .ok_or_else(|| AssembleError::new(place, format!("`{text}` names no member")))?;
    let reference = class(scope, place, name)?;
    let member = match member.parse() {
        Ok(token) => Member::Token(token),
        Err(_) => Member::Name(member.to_owned()),
    };
    let descriptor = descriptor.map(str::to_owned);
    if reference.index.is_none() && matches!(member, Member::Name(_)) {
        let message = format!("`{text}`: a member of another package goes by its token");
        return Err(AssembleError::new(place, message));
    }
    Ok(Reference { member: Some(member), descriptor, ..reference })
}

fn cut(text: &str) -> (&str, Option<&str>) {
    match text.find('(') {
        Some(position) => (
            text.get(..position).unwrap_or_default(),
            Some(text.get(position..).unwrap_or_default()),
        ),
        None => (text, None),
    }
}
