//! From declarations to components.

use super::{
    AssembleError, Assembled, Package,
    constants::{Index, Ordered, Pool},
    declare::{Class, Method, MethodKind},
    depth, descriptor,
    emit::{self, Catch, Emitted},
    members, reference,
    scope::{Layout, Scope},
    types,
};
use crate::{
    component::{
        Applet, AppletComponent, CapFile, ClassComponent, ClassInfo, Constant, ConstantPool,
        Directory, Export, ExportedClass, Handler, Header, ImplementedInterface, Import,
        ImportedPackage, InterfaceInfo, MethodBlock, MethodComponent, MethodLocation,
        PublicPackage, ReferenceBlock, ReferenceLocation, StaticResource, StaticResources, tag,
    },
    instruction::{ConstantOperand, Instruction},
    reader::Writer,
};
use iso7816::Aid;

/// A method that has a body or a header, with the position of its class and its own.
pub(crate) struct Body {
    pub(crate) class: usize,
    pub(crate) method: usize,
    pub(crate) emitted: Emitted,
    header: Vec<u8>,
    pub(crate) block: u8,
    pub(crate) location: MethodLocation,
    pub(crate) length: u16,
    pub(crate) first_handler: u16,
    pub(crate) handler_count: u16,
}

impl Body {
    /// Bytes of the method's header.
    pub(crate) const fn header_length(&self) -> usize {
        self.header.len()
    }
}

/// All methods in their places.
pub(crate) struct Placed {
    pub(crate) bodies: Vec<Body>,
}

impl Placed {
    pub(crate) fn method(&self, class: usize, method: usize) -> Option<&Body> {
        self.bodies.iter().find(|body| body.class == class && body.method == method)
    }
}

/// Assembles the package.
pub(crate) fn link(package: &Package) -> Result<Assembled, AssembleError> {
    let scope = Scope::new(package)?;
    let mut pool = Pool::default();
    pool.add_raw(package);
    let mut placed = Placed { bodies: emit_all(&scope, &mut pool)? };
    let order = pool.order();
    let (method, reference_location) = place(&scope, &order, &mut placed)?;
    let entries = order.resolve(|class, method| Some(placed.method(class, method)?.location))?;
    let mut file = CapFile {
        header: header(&scope, &placed)?,
        directory: Directory::default(),
        applet: applets(&scope, &placed)?,
        import: imports(package)?,
        constant_pool: constant_pool(&entries),
        class: classes(&scope, &placed)?,
        method,
        static_field: scope.statics.clone(),
        reference_location,
        export: exports(&scope, &placed)?,
        descriptor: None,
        static_resources: resources(package),
    };
    if package.described {
        file.descriptor = Some(descriptor::describe(&scope, &order, &placed)?);
    }
    let mut components = file.components();
    replace_constants(&mut components, &entries);
    file.directory = directory(&file, &components);
    Ok(Assembled::new(&scope, &order, &placed, &file, components))
}

fn place_of(class: &Class, method: &Method) -> String {
    format!("{}.{}{}", class.name, method.name, method.descriptor)
}

fn emit_all(scope: &Scope<'_>, pool: &mut Pool) -> Result<Vec<Body>, AssembleError> {
    let mut bodies = Vec::new();
    for (index, class) in
        scope.package.classes.iter().enumerate().filter(|(_, class)| !class.interface)
    {
        for (position, method) in class.methods.iter().enumerate() {
            let place = place_of(class, method);
            let emitted = emit::emit(scope, pool, &place, &method.code)?;
            let signature = types::parse(scope, &place, &method.descriptor)?;
            let receiver = u8::from(method.kind != MethodKind::Static);
            let nargs = method.nargs.unwrap_or(signature.parameters.saturating_add(receiver));
            let locals = method.locals.unwrap_or(emitted.locals.saturating_sub(nargs));
            let max_stack = method.max_stack.unwrap_or_else(|| depth::max_stack(&emitted));
            bodies.push(Body {
                class: index,
                method: position,
                header: method_header(method, max_stack, nargs, locals),
                block: if scope.package.extended { method.block } else { 0 },
                location: MethodLocation { block: 0, offset: 0 },
                length: u16::try_from(emitted.bytes.len())
                    .map_err(|_| AssembleError::new(place, "the method is too long"))?,
                first_handler: 0,
                handler_count: 0,
                emitted: Emitted { int: emitted.int | signature.int, ..emitted },
            });
        }
    }
    Ok(bodies)
}

fn method_header(method: &Method, max_stack: u8, nargs: u8, locals: u8) -> Vec<u8> {
    let flags = if method.is_abstract { 0x40 } else { 0 };
    if method.extended_header || max_stack > 15 || nargs > 15 || locals > 15 {
        return vec![flags | 0x80, max_stack, nargs, locals];
    }
    vec![flags | max_stack, nargs << 4 | locals]
}

/// Lays the methods out block by block, and fills constant pool indices in.
fn place(
    scope: &Scope<'_>,
    order: &Ordered,
    placed: &mut Placed,
) -> Result<(MethodComponent, ReferenceLocation), AssembleError> {
    let last = placed.bodies.iter().map(|body| body.block).max().unwrap_or_default();
    let mut blocks = Vec::new();
    let mut references = Vec::new();
    for block in 0..=last {
        let bodies = placed.bodies.iter_mut().filter(|body| body.block == block).collect();
        let (block, reference) = place_block(scope, order, bodies)?;
        blocks.push(block);
        references.push(reference);
    }
    let mut references = references.into_iter();
    let first = references.next().unwrap_or_default();
    let reference_location = ReferenceLocation {
        one_byte: first.one_byte,
        two_byte: first.two_byte,
        further_blocks: references.collect(),
    };
    Ok((MethodComponent { blocks }, reference_location))
}

fn place_block(
    scope: &Scope<'_>,
    order: &Ordered,
    bodies: Vec<&mut Body>,
) -> Result<(MethodBlock, ReferenceBlock), AssembleError> {
    let count: usize = bodies.iter().map(|body| body.emitted.catches.len()).sum();
    let first_method = 1 + 8 * count;
    let full = || AssembleError::new("Method component", "too many handlers or too much code");
    let mut references = ReferenceBlock::default();
    let mut code = Vec::new();
    let mut handlers: Vec<Handler> = Vec::new();
    for body in bodies {
        let offset = u16::try_from(first_method + code.len()).map_err(|_| full())?;
        body.location = MethodLocation { block: body.block, offset };
        code.extend(&body.header);
        let start = first_method + code.len();
        let filled = filled(scope, order, body)?;
        for constant in constant_uses(body, &filled) {
            let at = u32::try_from(start + constant.offset).map_err(|_| full())?;
            if constant.wide { &mut references.two_byte } else { &mut references.one_byte }
                .push(at);
        }
        code.extend(filled);
        body.first_handler = u16::try_from(handlers.len()).map_err(|_| full())?;
        let of_method = method_handlers(order, &body.emitted.catches, start).ok_or_else(full)?;
        body.handler_count = u16::try_from(of_method.len()).map_err(|_| full())?;
        if of_method.is_empty() {
            body.first_handler = 0;
        }
        handlers.extend(of_method);
    }
    let caught = handlers.iter().enumerate().filter(|(_, handler)| handler.catch_type != 0);
    let caught: Vec<u32> =
        caught.filter_map(|(index, _)| u32::try_from(7 + 8 * index).ok()).collect();
    references.two_byte.splice(0..0, caught);
    let mut writer = Writer::default();
    writer.u1(u8::try_from(count).map_err(|_| full())?);
    for handler in &handlers {
        handler.write(&mut writer);
    }
    writer.bytes(&code);
    Ok((MethodBlock { handlers, info: writer.bytes, first_method }, references))
}

/// Where constant pool indices stand in the code: those of raw bytes too, where all of the code can be decoded.
fn constant_uses(body: &Body, code: &[u8]) -> Vec<ConstantOperand> {
    let mut uses = Vec::new();
    let mut offset = 0;
    while offset < code.len() {
        let Ok(instruction) = Instruction::decode(code, offset) else {
            let declared = body.emitted.constants.iter();
            return declared
                .map(|known| ConstantOperand { offset: known.offset, index: 0, wide: known.wide })
                .collect();
        };
        uses.extend(instruction.constant());
        offset = instruction.end();
    }
    uses
}

/// The code with the indices of the constants it uses.
fn filled(scope: &Scope<'_>, order: &Ordered, body: &Body) -> Result<Vec<u8>, AssembleError> {
    let mut bytes = body.emitted.bytes.clone();
    for constant in &body.emitted.constants {
        let index = order.index(constant.index);
        let [high, low] = index.to_be_bytes();
        let value: &[u8] = if constant.wide { &[high, low] } else { &[low] };
        if !constant.wide && high != 0 {
            let class = scope.package.classes.get(body.class);
            let place =
                class.and_then(|class| Some(place_of(class, class.methods.get(body.method)?)));
            let message = format!("the constant {index} needs the wide form");
            return Err(AssembleError::new(place.unwrap_or_default(), message));
        }
        if let Some(place) = bytes.get_mut(constant.offset..constant.offset + value.len()) {
            place.copy_from_slice(value);
        }
    }
    Ok(bytes)
}

fn method_handlers(order: &Ordered, catches: &[Catch], start: usize) -> Option<Vec<Handler>> {
    let mut sorted: Vec<&Catch> = catches.iter().collect();
    sorted.sort_by_key(|catch| catch.handler);
    let mut handlers = Vec::new();
    for (index, catch) in sorted.iter().enumerate() {
        let covered_again = sorted
            .iter()
            .skip(index + 1)
            .any(|later| later.start < catch.end && catch.start < later.end);
        handlers.push(Handler {
            start: u16::try_from(start + catch.start).ok()?,
            length: u16::try_from(catch.end.checked_sub(catch.start)?).ok()?,
            stop: !covered_again,
            handler: u16::try_from(start + catch.handler).ok()?,
            catch_type: catch.class.map_or(0, |class: Index| order.index(class)),
        });
    }
    Some(handlers)
}

fn aid(place: &str, bytes: &[u8]) -> Result<Aid, AssembleError> {
    Aid::new(bytes).map_err(|_| AssembleError::new(place, "an AID has 5 to 16 bytes"))
}

fn header(scope: &Scope<'_>, placed: &Placed) -> Result<Header, AssembleError> {
    let package = scope.package;
    let int = package.int || scope.int || placed.bodies.iter().any(|body| body.emitted.int);
    let mut flags = if int { Header::ACC_INT } else { 0 };
    flags |= if package.exports.is_empty() { 0 } else { Header::ACC_EXPORT };
    flags |= if package.applets.is_empty() { 0 } else { Header::ACC_APPLET };
    flags |= if package.extended { Header::ACC_EXTENDED } else { 0 };
    let aid = aid("package", &package.aid)?;
    let public = PublicPackage { version: package.version, aid, name: package.name.clone() };
    Ok(Header {
        format: package.format,
        flags,
        version: package.version,
        aid,
        name: (package.format.minor >= 2 && !package.extended).then(|| package.name.clone()),
        packages: if package.extended { vec![public] } else { Vec::new() },
    })
}

/// The place of the static method, constructor or private method of this path.
fn located(
    scope: &Scope<'_>,
    placed: &Placed,
    path: &str,
) -> Result<MethodLocation, AssembleError> {
    let found = reference::member(scope, path, path)?;
    let method = members::find_method(scope, &found, MethodKind::is_exact);
    method
        .and_then(|(class, method, _)| placed.method(class, method))
        .map(|body| body.location)
        .ok_or_else(|| AssembleError::new(path, "no such method"))
}

fn applets(scope: &Scope<'_>, placed: &Placed) -> Result<Option<AppletComponent>, AssembleError> {
    let mut applets = Vec::new();
    for (bytes, install) in &scope.package.applets {
        applets
            .push(Applet { aid: aid(install, bytes)?, install: located(scope, placed, install)? });
    }
    Ok((!applets.is_empty()).then_some(AppletComponent { applets }))
}

fn imports(package: &Package) -> Result<Import, AssembleError> {
    let mut packages = Vec::new();
    for import in &package.imports {
        packages.push(ImportedPackage {
            version: import.version,
            aid: aid(&import.alias, &import.aid)?,
        });
    }
    Ok(Import { packages })
}

/// The typed constants. Raw ones with an undefined tag stand as a class here, and as they are in the component.
fn constant_pool(entries: &[[u8; 4]]) -> ConstantPool {
    let undefined = Constant::Class(crate::component::ClassRef::Internal(0));
    let constants = entries.iter().map(|entry| Constant::from_bytes(*entry).unwrap_or(undefined));
    ConstantPool { entries: constants.collect() }
}

fn replace_constants(components: &mut [(u8, Vec<u8>)], entries: &[[u8; 4]]) {
    let mut writer = Writer::default();
    writer.count2(entries.len());
    for entry in entries {
        writer.bytes(entry);
    }
    let pool = components.iter_mut().find(|(tag, _)| *tag == tag::CONSTANT_POOL);
    if let Some((_, info)) = pool {
        *info = writer.bytes;
    }
}

fn classes(scope: &Scope<'_>, placed: &Placed) -> Result<ClassComponent, AssembleError> {
    let mut component = ClassComponent::default();
    for (index, class) in scope.package.classes.iter().enumerate() {
        let Some((_, layout)) = scope.class(index) else { continue };
        let missing = |name: &str| AssembleError::new(&*class.name, format!("no class `{name}`"));
        let mut interfaces = Vec::new();
        for (name, tokens) in &layout.interfaces {
            let interface = scope.class_ref(name).ok_or_else(|| missing(name))?;
            interfaces.push(ImplementedInterface { interface, tokens: tokens.clone() });
        }
        if class.interface {
            component.interfaces.push(InterfaceInfo {
                offset: layout.offset,
                shareable: layout.shareable,
                remote: false,
                superinterfaces: interfaces.iter().map(|interface| interface.interface).collect(),
                name: Vec::new(),
            });
            continue;
        }
        let superclass = match &class.superclass {
            Some(name) => Some(scope.class_ref(name).ok_or_else(|| missing(name))?),
            None => None,
        };
        let mut info = class_info(scope, placed, index, layout);
        info.superclass = superclass;
        info.interfaces = interfaces;
        component.classes.push(info);
    }
    Ok(component)
}

fn class_info(scope: &Scope<'_>, placed: &Placed, index: usize, layout: &Layout) -> ClassInfo {
    let table = |kind, base, total| {
        (base..total).map(|token| inherited(scope, placed, index, kind, token)).collect()
    };
    let mapped = scope.package.format.minor >= 3;
    ClassInfo {
        offset: layout.offset,
        shareable: layout.shareable,
        remote: false,
        superclass: None,
        declared_instance_size: layout.size,
        first_reference_token: layout.first_reference,
        reference_count: layout.reference_count,
        public_base: layout.public_base,
        public_table: table(MethodKind::Virtual, layout.public_base, layout.public_total),
        package_base: layout.package_base,
        package_table: table(MethodKind::PackageVirtual, layout.package_base, layout.package_total),
        interfaces: Vec::new(),
        remote_info: Vec::new(),
        token_mapping: if mapped { (0..layout.public_total).collect() } else { Vec::new() },
        cap22_inheritable_count: mapped.then_some(layout.public_total),
    }
}

/// The method of a token, in the class or its superclasses in the package.
fn inherited(
    scope: &Scope<'_>,
    placed: &Placed,
    index: usize,
    kind: MethodKind,
    token: u8,
) -> Option<MethodLocation> {
    scope.chain(index).into_iter().find_map(|index| {
        let (class, layout) = scope.class(index)?;
        let mut methods = class.methods.iter().zip(&layout.tokens).enumerate();
        let (position, _) =
            methods.find(|(_, (method, known))| method.kind == kind && **known == token)?;
        placed.method(index, position).map(|body| body.location)
    })
}

fn exports(scope: &Scope<'_>, placed: &Placed) -> Result<Option<Export>, AssembleError> {
    let mut classes = Vec::new();
    for name in &scope.package.exports {
        let index = scope.find(name).and_then(|index| Some((index, scope.class(index)?)));
        let (index, (class, layout)) =
            index.ok_or_else(|| AssembleError::new("export", format!("no class `{name}`")))?;
        let public =
            |method: &Method| matches!(method.kind, MethodKind::Static | MethodKind::Constructor);
        let methods = class.methods.iter().enumerate().filter(|(_, method)| public(method));
        classes.push(ExportedClass {
            class: layout.offset,
            static_fields: layout.statics.clone(),
            static_methods: methods
                .filter_map(|(position, _)| Some(placed.method(index, position)?.location))
                .collect(),
        });
    }
    let count = u8::try_from(classes.len()).unwrap_or(u8::MAX);
    let package_class_counts = if scope.package.extended { vec![count] } else { Vec::new() };
    Ok((!classes.is_empty()).then_some(Export { classes, package_class_counts }))
}

fn resources(package: &Package) -> Option<StaticResources> {
    let resources = package.resources.iter();
    let resources: Vec<_> =
        resources.map(|(id, bytes)| StaticResource { id: *id, bytes: bytes.clone() }).collect();
    (!resources.is_empty()).then_some(StaticResources { resources })
}

/// The directory of these components, which may be other ones than the file would write.
pub(crate) fn directory(file: &CapFile, components: &[(u8, Vec<u8>)]) -> Directory {
    let array_sizes = file.static_field.arrays.iter().map(|array| array.values.len());
    let mut directory = Directory {
        component_sizes: Vec::new(),
        static_image_size: file.static_field.image_size,
        array_init_count: cut(file.static_field.arrays.len()),
        array_init_size: cut(array_sizes.sum()),
        import_count: u8::try_from(file.import.packages.len()).unwrap_or(u8::MAX),
        applet_count: file
            .applet
            .as_ref()
            .map_or(0, |applet| u8::try_from(applet.applets.len()).unwrap_or(u8::MAX)),
        method_block_count: file
            .header
            .extended()
            .then(|| u8::try_from(file.method.blocks.len()).unwrap_or(u8::MAX)),
        custom: Vec::new(),
    };
    // The directory lists its own size too, which depends on the format only.
    let mut own = Writer::default();
    directory.write(&mut own, &file.header);
    directory.component_sizes = (1..=Directory::last_tag(&file.header))
        .map(|tag| {
            let info = components.iter().find(|(known, _)| *known == tag);
            let size = if tag == tag::DIRECTORY {
                own.bytes.len()
            } else {
                info.map_or(0, |(_, info)| info.len())
            };
            u32::try_from(size).unwrap_or(u32::MAX)
        })
        .collect();
    directory
}

fn cut(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
