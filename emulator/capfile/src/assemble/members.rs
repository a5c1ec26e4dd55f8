//! From a reference and the instruction that has it to an entry of the constant pool.

use super::{
    AssembleError,
    constants::Symbol,
    declare::{Method, MethodKind},
    reference::{Member, Reference},
    scope::Scope,
    types::{self, Type},
};
use crate::{
    component::{ClassRef, Constant, StaticFieldRef, StaticMethodRef},
    instruction::Opcode,
};

/// Signature of a method of another package that is named without one.
const NO_SIGNATURE: &str = "()V";

/// What an instruction refers to.
pub(crate) struct Resolved {
    pub(crate) symbol: Symbol,
    pub(crate) entry_type: Type,
}

/// The member that an instruction refers to. `superclass`: the call begins its lookup there.
pub(crate) fn resolve(
    scope: &Scope<'_>,
    place: &str,
    opcode: Opcode,
    reference: &Reference,
    superclass: bool,
) -> Result<Resolved, AssembleError> {
    let mnemonic = opcode.mnemonic();
    match opcode {
        Opcode::Invokevirtual => virtual_method(scope, place, reference, false),
        Opcode::Invokespecial if superclass => virtual_method(scope, place, reference, true),
        Opcode::Invokespecial | Opcode::Invokestatic => exact_method(scope, place, reference),
        _ if mnemonic.starts_with("getstatic") || mnemonic.starts_with("putstatic") => {
            static_field(scope, place, mnemonic, reference)
        }
        _ => instance_field(scope, place, mnemonic, reference),
    }
}

fn missing(place: &str, reference: &Reference) -> AssembleError {
    let member = match &reference.member {
        Some(Member::Name(name)) => name.clone(),
        Some(Member::Token(token)) => token.to_string(),
        None => String::new(),
    };
    let descriptor = reference.descriptor.as_deref().unwrap_or_default();
    AssembleError::new(place, format!("no such member, or several: `{member}{descriptor}`"))
}

/// The declared method that a name means: in the class or, for virtual methods, its superclasses.
pub(crate) fn find_method<'a>(
    scope: &Scope<'a>,
    reference: &Reference,
    wanted: impl Fn(MethodKind) -> bool,
) -> Option<(usize, usize, &'a Method)> {
    let Some(Member::Name(name)) = &reference.member else { return None };
    let matches = |method: &&Method| {
        let descriptor = reference.descriptor.as_ref();
        method.name == *name
            && wanted(method.kind)
            && descriptor.is_none_or(|descriptor| *descriptor == method.descriptor)
    };
    scope.chain(reference.index?).into_iter().find_map(|index| {
        let (class, _) = scope.class(index)?;
        let mut found = class.methods.iter().enumerate().filter(|(_, method)| matches(method));
        let (position, method) = found.next()?;
        found.next().is_none().then_some((index, position, method))
    })
}

fn signature(scope: &Scope<'_>, place: &str, reference: &Reference) -> Result<Type, AssembleError> {
    types::parse(scope, place, reference.descriptor.as_deref().unwrap_or(NO_SIGNATURE))
}

fn virtual_method(
    scope: &Scope<'_>,
    place: &str,
    reference: &Reference,
    superclass: bool,
) -> Result<Resolved, AssembleError> {
    let class = reference.class;
    let (token, package_visible, entry_type) = if let Some(Member::Token(token)) = reference.member
    {
        (token, false, signature(scope, place, reference)?)
    } else {
        let virtuals = |kind| matches!(kind, MethodKind::Virtual | MethodKind::PackageVirtual);
        let (index, position, method) =
            find_method(scope, reference, virtuals).ok_or_else(|| missing(place, reference))?;
        let layout = scope.class(index).map(|(_, layout)| layout);
        let token = layout.and_then(|layout| layout.tokens.get(position)).copied();
        let entry_type = types::parse(scope, place, &method.descriptor)?;
        let package_visible = method.kind == MethodKind::PackageVirtual;
        (token.unwrap_or_default(), package_visible, entry_type)
    };
    let constant = if superclass {
        Constant::SuperMethod { class, token, package_visible }
    } else {
        Constant::VirtualMethod { class, token, package_visible }
    };
    Ok(Resolved { symbol: Symbol::Known(constant), entry_type })
}

fn exact_method(
    scope: &Scope<'_>,
    place: &str,
    reference: &Reference,
) -> Result<Resolved, AssembleError> {
    if let (ClassRef::External { package, class }, Some(Member::Token(token))) =
        (reference.class, &reference.member)
    {
        let method = StaticMethodRef::External { package, class, token: *token };
        let symbol = Symbol::Known(Constant::StaticMethod(method));
        return Ok(Resolved { symbol, entry_type: signature(scope, place, reference)? });
    }
    let (index, position, method) = find_method(scope, reference, MethodKind::is_exact)
        .ok_or_else(|| missing(place, reference))?;
    let entry_type = types::parse(scope, place, &method.descriptor)?;
    Ok(Resolved { symbol: Symbol::Method(index, position), entry_type })
}

fn static_field(
    scope: &Scope<'_>,
    place: &str,
    mnemonic: &str,
    reference: &Reference,
) -> Result<Resolved, AssembleError> {
    let (field, entry_type) = match (reference.class, &reference.member) {
        (ClassRef::External { package, class }, Some(Member::Token(token))) => {
            let field = StaticFieldRef::External { package, class, token: *token };
            (field, types::of_suffix(mnemonic))
        }
        (_, Some(Member::Name(name))) => {
            let found = scope.chain(reference.index.unwrap_or(usize::MAX)).into_iter();
            let found = found.filter_map(|index| scope.class(index)).find_map(|(class, layout)| {
                let position = class.statics.iter().position(|field| field.name == *name)?;
                Some((class.statics.get(position)?, *layout.statics.get(position)?))
            });
            let (field, offset) = found.ok_or_else(|| missing(place, reference))?;
            let entry_type = types::parse(scope, place, &field.descriptor)?;
            (StaticFieldRef::Internal { offset }, entry_type)
        }
        (ClassRef::Internal(_), Some(Member::Token(token))) => {
            let offset = u16::from(*token);
            (StaticFieldRef::Internal { offset }, types::of_suffix(mnemonic))
        }
        (_, None) => return Err(missing(place, reference)),
    };
    Ok(Resolved { symbol: Symbol::Known(Constant::StaticField(field)), entry_type })
}

fn instance_field(
    scope: &Scope<'_>,
    place: &str,
    mnemonic: &str,
    reference: &Reference,
) -> Result<Resolved, AssembleError> {
    let (class, token, entry_type) = match &reference.member {
        Some(Member::Token(token)) => (reference.class, *token, types::of_suffix(mnemonic)),
        Some(Member::Name(name)) => {
            let found = scope.chain(reference.index.unwrap_or(usize::MAX)).into_iter();
            let found = found.filter_map(|index| scope.class(index)).find_map(|(class, layout)| {
                let position = class.fields.iter().position(|field| field.name == *name)?;
                Some((class.fields.get(position)?, *layout.fields.get(position)?, layout.offset))
            });
            let (field, token, offset) = found.ok_or_else(|| missing(place, reference))?;
            let entry_type = types::parse(scope, place, &field.descriptor)?;
            (ClassRef::Internal(offset), token, entry_type)
        }
        None => return Err(missing(place, reference)),
    };
    let constant = Constant::InstanceField { class, token };
    Ok(Resolved { symbol: Symbol::Known(constant), entry_type })
}

/// The interface method that a reference names: its token and signature.
pub(crate) fn interface_method(
    scope: &Scope<'_>,
    place: &str,
    reference: &Reference,
) -> Result<(u8, Type), AssembleError> {
    if let Some(Member::Token(token)) = reference.member {
        return Ok((token, signature(scope, place, reference)?));
    }
    let (index, position, method) =
        find_method(scope, reference, |kind| kind == MethodKind::Interface)
            .ok_or_else(|| missing(place, reference))?;
    let layout = scope.class(index).map(|(_, layout)| layout);
    let token = layout.and_then(|layout| layout.tokens.get(position)).copied();
    Ok((token.unwrap_or_default(), types::parse(scope, place, &method.descriptor)?))
}
