//! An inspection as text.

use core::fmt;

use super::{InspectedClass, InspectedMethod, InspectedPackage, Inspection};

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_header(f)?;
        self.write_components(f)?;
        writeln!(f, "\nconstant pool")?;
        for (index, constant) in self.constants.iter().enumerate() {
            writeln!(f, "  #{index:<5} {constant}")?;
        }
        writeln!(f, "\nclasses")?;
        self.classes.iter().try_for_each(|class| write_class(f, class))?;
        writeln!(f, "\nmethods")?;
        self.methods.iter().try_for_each(|method| write_method(f, method))?;
        match &self.failure {
            Some(failure) => writeln!(f, "  not to be read: {failure}"),
            None => Ok(()),
        }
    }
}

impl Inspection {
    fn write_header(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "CAP format {}.{} {}",
            self.format.major,
            self.format.minor,
            self.flags.join(" ")
        )?;
        for package in &self.packages {
            write_package(f, "package", package)?;
        }
        for (index, package) in self.imports.iter().enumerate() {
            write_package(f, &format!("import {index:<3}"), package)?;
        }
        for (aid, install) in &self.applets {
            writeln!(f, "applet {aid}  install {install}")?;
        }
        for (token, export) in self.exports.iter().enumerate() {
            writeln!(f, "export {token:<3} {export}")?;
        }
        Ok(())
    }

    fn write_components(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\ncomponents, in bytes")?;
        for (name, size) in &self.components {
            writeln!(f, "  {name:<20} {size:>7}")?;
        }
        let (size, references, arrays) = self.static_image;
        writeln!(
            f,
            "static image {size} bytes, {references} references, {arrays} arrays with values"
        )?;
        for (id, size) in &self.resources {
            writeln!(f, "static resource {id:04X}  {size} bytes")?;
        }
        Ok(())
    }
}

fn write_package(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    package: &InspectedPackage,
) -> fmt::Result {
    let InspectedPackage { aid, version, name } = package;
    let line = format!("{what} {aid:<32} {}.{:<3} {name}", version.major, version.minor);
    writeln!(f, "{}", line.trim_end())
}

fn write_class(f: &mut fmt::Formatter<'_>, class: &InspectedClass) -> fmt::Result {
    write!(f, "  {} {}", class.kind, class.name)?;
    if let Some(superclass) = &class.superclass {
        write!(f, " extends {superclass}")?;
    }
    writeln!(f)?;
    for interface in &class.interfaces {
        writeln!(f, "    implements {interface}")?;
    }
    if let (size @ 1.., first, count) = class.fields {
        match first {
            Some(first) => writeln!(f, "    {size} cells, {count} references from {first}")?,
            None => writeln!(f, "    {size} cells")?,
        }
    }
    class.methods.iter().try_for_each(|method| writeln!(f, "    {method}"))
}

fn write_method(f: &mut fmt::Formatter<'_>, method: &InspectedMethod) -> fmt::Result {
    let header = method.header;
    let block = method.location.block;
    let place = if block == 0 { String::new() } else { format!("{block}:") };
    writeln!(
        f,
        "  {} @{place}{}: {}stack {}, arguments {}, locals {}, {} bytes",
        method.name,
        method.location.offset,
        if header.is_abstract { "abstract, " } else { "" },
        header.max_stack,
        header.nargs,
        header.max_locals,
        method.length
    )?;
    for line in &method.instructions {
        let text = format!("    {:>5} {:<18} {}", line.offset, line.mnemonic, line.operands);
        writeln!(f, "{}", text.trim_end())?;
    }
    if let Some(failure) = &method.failure {
        writeln!(f, "    not to be disassembled at {failure}")?;
    }
    for caught in &method.handlers {
        let handler = caught.handler;
        writeln!(
            f,
            "    from {} to {} catch {} -> {}",
            handler.start,
            handler.end(),
            caught.catches,
            handler.handler
        )?;
    }
    Ok(())
}
