//! Declarations of classes, interfaces and their members.

/// What a method is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodKind {
    Static,
    Constructor,
    Private,
    Virtual,
    PackageVirtual,
    Interface,
}

impl MethodKind {
    /// Whether calls name it through a `CONSTANT_StaticMethodref`.
    pub(crate) const fn is_exact(self) -> bool {
        matches!(self, Self::Static | Self::Constructor | Self::Private)
    }
}

/// A class or interface that is being declared.
#[derive(Clone, Debug)]
pub struct Class {
    pub(crate) name: String,
    pub(crate) interface: bool,
    pub(crate) superclass: Option<String>,
    pub(crate) inherited_tokens: Option<u8>,
    pub(crate) interfaces: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) shareable: bool,
    pub(crate) is_abstract: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) statics: Vec<Static>,
    pub(crate) methods: Vec<Method>,
}

/// An instance field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) descriptor: String,
}

/// A static field.
#[derive(Clone, Debug)]
pub(crate) struct Static {
    pub(crate) name: String,
    pub(crate) descriptor: String,
    pub(crate) initial: Initial,
}

/// With what a static field begins.
#[derive(Clone, Debug)]
pub(crate) enum Initial {
    Default,
    Value(i32),
    Array(Vec<u8>),
}

impl Class {
    pub(crate) fn new(name: &str, interface: bool) -> Self {
        Self {
            name: name.to_owned(),
            interface,
            superclass: (!interface).then(|| "lang:0".to_owned()),
            inherited_tokens: None,
            interfaces: Vec::new(),
            shareable: false,
            is_abstract: false,
            fields: Vec::new(),
            statics: Vec::new(),
            methods: Vec::new(),
        }
    }

    /// Sets the superclass of a class, or adds a superinterface to an interface.
    pub fn extends(&mut self, name: &str) -> &mut Self {
        if self.interface {
            self.interfaces.push((name.to_owned(), None));
        } else {
            self.superclass = Some(name.to_owned());
        }
        self
    }

    /// Makes the class one without superclass, as only `java.lang.Object` is.
    pub fn without_superclass(&mut self) -> &mut Self {
        self.superclass = None;
        self
    }

    /// Tells how many public virtual method tokens the superclass, a class of another package, has: new methods take the following
    /// ones. Known for `Object` (1) and `Applet` (8); for an interface it is the number of methods of superinterfaces elsewhere.
    pub fn inherited_tokens(&mut self, count: u8) -> &mut Self {
        self.inherited_tokens = Some(count);
        self
    }

    /// Adds an interface of the package that the class implements; the tokens are found by name and descriptor.
    pub fn implements(&mut self, name: &str) -> &mut Self {
        self.interfaces.push((name.to_owned(), None));
        self
    }

    /// Adds an interface, of another package or not, with the virtual method token for each of its methods.
    pub fn implements_with(&mut self, name: &str, tokens: &[u8]) -> &mut Self {
        self.interfaces.push((name.to_owned(), Some(tokens.to_vec())));
        self
    }

    /// Marks the class or interface as shareable. Whoever extends or implements something shareable of the package is it in any case.
    pub fn shareable(&mut self) -> &mut Self {
        self.shareable = true;
        self
    }

    /// Marks the class as abstract.
    pub fn is_abstract(&mut self) -> &mut Self {
        self.is_abstract = true;
        self
    }

    /// Adds an instance field.
    pub fn field(&mut self, name: &str, descriptor: &str) -> &mut Self {
        self.fields.push(Field { name: name.to_owned(), descriptor: descriptor.to_owned() });
        self
    }

    /// Adds a static field that begins as zero or null.
    pub fn static_field(&mut self, name: &str, descriptor: &str) -> &mut Self {
        self.add_static(name, descriptor, Initial::Default)
    }

    /// Adds a static field of a primitive type that begins with a value.
    pub fn static_value(&mut self, name: &str, descriptor: &str, value: i32) -> &mut Self {
        self.add_static(name, descriptor, Initial::Value(value))
    }

    /// Adds a static array that begins with these elements, big-endian.
    pub fn static_array(&mut self, name: &str, descriptor: &str, elements: &[u8]) -> &mut Self {
        self.add_static(name, descriptor, Initial::Array(elements.to_vec()))
    }

    fn add_static(&mut self, name: &str, descriptor: &str, initial: Initial) -> &mut Self {
        let (name, descriptor) = (name.to_owned(), descriptor.to_owned());
        self.statics.push(Static { name, descriptor, initial });
        self
    }

    /// Adds a static method.
    pub fn static_method(&mut self, name: &str, descriptor: &str) -> &mut Method {
        self.add_method(name, descriptor, MethodKind::Static)
    }

    /// Adds a constructor; its name is `<init>`.
    pub fn constructor(&mut self, descriptor: &str) -> &mut Method {
        self.add_method("<init>", descriptor, MethodKind::Constructor)
    }

    /// Adds a constructor without arguments that only calls the one of the superclass, which must be its first in another package.
    pub fn default_constructor(&mut self) -> &mut Method {
        let superclass = self.superclass.clone().unwrap_or_default();
        let member = if superclass.contains(':') { "0" } else { "<init>" };
        let code = format!("aload_0; invokespecial @{superclass}.{member}()V; return");
        self.constructor("()V").code(&code)
    }

    /// Adds a private instance method: `invokespecial` calls it.
    pub fn private_method(&mut self, name: &str, descriptor: &str) -> &mut Method {
        self.add_method(name, descriptor, MethodKind::Private)
    }

    /// Adds a public virtual method, in a class of the package an override where name and descriptor are those of an inherited one.
    pub fn virtual_method(&mut self, name: &str, descriptor: &str) -> &mut Method {
        self.add_method(name, descriptor, MethodKind::Virtual)
    }

    /// Adds a package-visible virtual method.
    pub fn package_method(&mut self, name: &str, descriptor: &str) -> &mut Method {
        self.add_method(name, descriptor, MethodKind::PackageVirtual)
    }

    /// Adds a method to an interface.
    pub fn interface_method(&mut self, name: &str, descriptor: &str) -> &mut Method {
        self.add_method(name, descriptor, MethodKind::Interface)
    }

    #[allow(clippy::indexing_slicing)] // the method was just added
    fn add_method(&mut self, name: &str, descriptor: &str, kind: MethodKind) -> &mut Method {
        self.methods.push(Method::new(name, descriptor, kind));
        let last = self.methods.len() - 1;
        &mut self.methods[last]
    }
}

/// A method that is being declared.
#[derive(Clone, Debug)]
pub struct Method {
    pub(crate) name: String,
    pub(crate) descriptor: String,
    pub(crate) kind: MethodKind,
    pub(crate) token: Option<u8>,
    pub(crate) is_abstract: bool,
    pub(crate) code: String,
    pub(crate) max_stack: Option<u8>,
    pub(crate) locals: Option<u8>,
    pub(crate) nargs: Option<u8>,
    pub(crate) extended_header: bool,
    pub(crate) block: u8,
}

impl Method {
    fn new(name: &str, descriptor: &str, kind: MethodKind) -> Self {
        Self {
            name: name.to_owned(),
            descriptor: descriptor.to_owned(),
            kind,
            token: None,
            is_abstract: false,
            code: String::new(),
            max_stack: None,
            locals: None,
            nargs: None,
            extended_header: false,
            block: 0,
        }
    }

    /// Appends to the code: see the [module](super).
    pub fn code(&mut self, text: &str) -> &mut Self {
        self.code.push_str(text);
        self.code.push('\n');
        self
    }

    /// Sets the virtual method token: that of the method of another package's class which this one overrides.
    pub fn token(&mut self, token: u8) -> &mut Self {
        self.token = Some(token);
        self
    }

    /// Marks the method as abstract: it has a header and no code.
    pub fn is_abstract(&mut self) -> &mut Self {
        self.is_abstract = true;
        self
    }

    /// Sets the depth of the operand stack instead of computing it.
    pub fn max_stack(&mut self, cells: u8) -> &mut Self {
        self.max_stack = Some(cells);
        self
    }

    /// Sets the cells of local variables beyond the arguments instead of computing them.
    pub fn locals(&mut self, cells: u8) -> &mut Self {
        self.locals = Some(cells);
        self
    }

    /// Sets the cells of the arguments instead of computing them.
    pub fn nargs(&mut self, cells: u8) -> &mut Self {
        self.nargs = Some(cells);
        self
    }

    /// Gives the method an extended header even where a short one would do.
    pub fn extended_header(&mut self) -> &mut Self {
        self.extended_header = true;
        self
    }

    /// Puts the method into this block of the Method component (extended format).
    pub fn block(&mut self, block: u8) -> &mut Self {
        self.block = block;
        self
    }
}
