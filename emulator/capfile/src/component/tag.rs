//! Tags of components, and what follows from them [JCVM 3.0.5 §6.2, table 6-1].

/// Header.
pub const HEADER: u8 = 1;
/// Directory.
pub const DIRECTORY: u8 = 2;
/// Applet.
pub const APPLET: u8 = 3;
/// Import.
pub const IMPORT: u8 = 4;
/// Constant pool.
pub const CONSTANT_POOL: u8 = 5;
/// Class.
pub const CLASS: u8 = 6;
/// Method.
pub const METHOD: u8 = 7;
/// Static field.
pub const STATIC_FIELD: u8 = 8;
/// Reference location.
pub const REFERENCE_LOCATION: u8 = 9;
/// Export.
pub const EXPORT: u8 = 10;
/// Descriptor.
pub const DESCRIPTOR: u8 = 11;
/// Debug: never on a card.
pub const DEBUG: u8 = 12;
/// Static resources.
pub const STATIC_RESOURCES: u8 = 13;
/// First tag of custom components.
pub const CUSTOM_MIN: u8 = 128;

/// The order in which components are loaded [JCVM 3.0.5 §6.3]; Debug never is.
pub const LOAD_ORDER: [u8; 12] = [
    HEADER,
    DIRECTORY,
    IMPORT,
    APPLET,
    CLASS,
    METHOD,
    STATIC_FIELD,
    EXPORT,
    CONSTANT_POOL,
    REFERENCE_LOCATION,
    STATIC_RESOURCES,
    DESCRIPTOR,
];

/// Name in the specification and name of the member of the archive, by tag from 1.
const NAMES: [(&str, &str); 13] = [
    ("Header", "Header"),
    ("Directory", "Directory"),
    ("Applet", "Applet"),
    ("Import", "Import"),
    ("Constant Pool", "ConstantPool"),
    ("Class", "Class"),
    ("Method", "Method"),
    ("Static Field", "StaticField"),
    ("Reference Location", "RefLocation"),
    ("Export", "Export"),
    ("Descriptor", "Descriptor"),
    ("Debug", "Debug"),
    ("Static Resources", "StaticResources"),
];

fn names(tag: u8) -> Option<(&'static str, &'static str)> {
    if tag >= CUSTOM_MIN {
        return Some(("custom", "Custom"));
    }
    NAMES.get(usize::from(tag).checked_sub(1)?).copied()
}

/// Name of a component in the specification; `None` where no component has the tag.
#[must_use]
pub fn name(tag: u8) -> Option<&'static str> {
    names(tag).map(|(name, _)| name)
}

/// Name of a component's member in an archive, without its extension.
#[must_use]
pub fn member(tag: u8) -> Option<&'static str> {
    names(tag).map(|(_, member)| member)
}

/// The tag of a member's name without extension, in any case; `None` for what is no known component.
#[must_use]
pub fn of_member(stem: &str) -> Option<u8> {
    (1..).zip(NAMES).find(|(_, (_, member))| member.eq_ignore_ascii_case(stem)).map(|(tag, _)| tag)
}

/// Number of bytes of a component's size: four for long components of the extended format and for static resources.
#[must_use]
pub const fn size_length(tag: u8, extended: bool) -> usize {
    match tag {
        STATIC_RESOURCES => 4,
        METHOD | REFERENCE_LOCATION | DESCRIPTOR | DEBUG | CUSTOM_MIN.. if extended => 4,
        _ => 2,
    }
}
