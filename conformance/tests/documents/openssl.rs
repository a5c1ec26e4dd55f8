//! An authority that the openssl program plays.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// Extensions of a root.
const ROOT: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature";

/// An authority in a folder of its own.
pub(crate) struct Authority {
    folder: TempDir,
    /// Its certificate, in DER.
    pub(crate) certificate: Vec<u8>,
    serial: Cell<u32>,
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Makes a key by a short name of its kind.
fn make_key(folder: &Path, kind: &str, file: &str) {
    let options: &[&str] = match kind {
        "ec" => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "ec:explicit" => &[
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-pkeyopt",
            "ec_param_enc:explicit",
        ],
        "rsa" => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "rsa:1024" => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
        "rsa:e3" => &[
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-pkeyopt",
            "rsa_keygen_pubexp:3",
        ],
        "ed25519" => &["-algorithm", "ED25519"],
        other => panic!("kind of key {other}"),
    };
    openssl(folder, &[&["genpkey", "-out", file], options].concat());
}

impl Authority {
    /// An authority with a usual root.
    pub(crate) fn new(key: &str) -> Self {
        Self::with(key, ROOT)
    }

    /// An authority whose root has these extensions, and key identifiers.
    pub(crate) fn with(key: &str, extensions: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        make_key(path, key, "ca.key");
        let configuration = format!(
            "[req]\ndistinguished_name=name\nx509_extensions=root\nprompt=no\n[name]\nC=DE\nO=Example\nCN=Root\n\
             [root]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n{extensions}\n\
             [ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=30\n\
             private_key=ca.key\ncertificate=ca.pem\n[list]\n"
        );
        fs::write(path.join("ca.cnf"), configuration).unwrap();
        openssl(
            path,
            &[
                "req", "-x509", "-new", "-key", "ca.key", "-config", "ca.cnf", "-days", "3650",
                "-out", "ca.pem",
            ],
        );
        openssl(path, &["x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der"]);
        let certificate = fs::read(path.join("ca.der")).unwrap();
        Self { folder, certificate, serial: Cell::new(0x11) }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) {
        openssl(self.folder.path(), arguments);
    }

    /// A certificate for a new key on P-256.
    pub(crate) fn issue(&self, subject: &str, extensions: &str, options: &[&str]) -> Vec<u8> {
        self.issue_for("ec", subject, extensions, options)
    }

    /// A certificate for a new key of some kind; later options win over earlier ones.
    pub(crate) fn issue_for(
        &self,
        key: &str,
        subject: &str,
        extensions: &str,
        options: &[&str],
    ) -> Vec<u8> {
        let name = format!("{}.key", key.replace(':', "-"));
        if !self.file(&name).exists() {
            make_key(self.folder.path(), key, &name);
        }
        fs::write(self.file("extensions.cnf"), extensions).unwrap();
        fs::write(self.file("empty.cnf"), "[req]\ndistinguished_name=name\n[name]\n").unwrap();
        self.run(&[
            "req",
            "-new",
            "-key",
            &name,
            "-config",
            "empty.cnf",
            "-utf8",
            "-subj",
            subject,
            "-out",
            "request.pem",
        ]);
        let serial = format!("{}", self.serial.get());
        let usual = [
            "x509",
            "-req",
            "-in",
            "request.pem",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-extfile",
            "extensions.cnf",
            "-outform",
            "DER",
            "-out",
            "entity.der",
        ];
        let mut arguments = usual.to_vec();
        let given = |name: &str| options.contains(&name);
        if !given("-set_serial") {
            arguments.extend(["-set_serial", &serial]);
        }
        if !given("-days") {
            arguments.extend(["-days", "365"]);
        }
        arguments.extend(options);
        self.run(&arguments);
        fs::read(self.file("entity.der")).unwrap()
    }

    /// A certificate for a public key, in DER, whose private one nobody has.
    #[allow(dead_code)] // not every test has such a key
    pub(crate) fn issue_for_public_key(
        &self,
        key: &[u8],
        subject: &str,
        extensions: &str,
    ) -> Vec<u8> {
        self.issue(subject, extensions, &[]);
        fs::write(self.file("public.der"), key).unwrap();
        self.run(&[
            "pkey",
            "-pubin",
            "-inform",
            "DER",
            "-in",
            "public.der",
            "-pubout",
            "-out",
            "public.pem",
        ]);
        self.run(&[
            "x509",
            "-req",
            "-in",
            "request.pem",
            "-force_pubkey",
            "public.pem",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-extfile",
            "extensions.cnf",
            "-set_serial",
            "17",
            "-days",
            "365",
            "-outform",
            "DER",
            "-out",
            "forced.der",
        ]);
        fs::read(self.file("forced.der")).unwrap()
    }

    /// A list with these serial numbers revoked and the usual extensions, or others.
    pub(crate) fn crl(&self, revoked: &[&str], extensions: &str) -> Vec<u8> {
        let usual = "authorityKeyIdentifier=keyid\n";
        let lines = revoked.iter().fold(String::new(), |all, serial| {
            all + "R\t491231235959Z\t240102030405Z\t" + serial + "\tunknown\t/CN=x\n"
        });
        if extensions.is_empty() {
            self.make_list(&lines, usual, true)
        } else {
            self.make_list(&lines, extensions, false)
        }
    }

    /// A list with one revoked certificate, a number, and these extensions.
    pub(crate) fn crl_numbered(&self, extensions: &str) -> Vec<u8> {
        self.make_list("R\t491231235959Z\t240102030405Z\t01\tunknown\t/CN=x\n", extensions, true)
    }

    /// A list with a revoked certificate and the reason.
    pub(crate) fn crl_with_reason(&self, serial: &str, reason: &str) -> Vec<u8> {
        let line = format!("R\t491231235959Z\t240102030405Z,{reason}\t{serial}\tunknown\t/CN=x\n");
        self.make_list(&line, "authorityKeyIdentifier=keyid\n", true)
    }

    fn make_list(&self, index: &str, extensions: &str, numbered: bool) -> Vec<u8> {
        fs::write(self.file("index.txt"), index).unwrap();
        fs::write(self.file("number"), "0A\n").unwrap();
        let configuration = fs::read_to_string(self.file("ca.cnf")).unwrap() + extensions;
        let configuration =
            if numbered { configuration } else { configuration.replace("crlnumber=number\n", "") };
        fs::write(self.file("list.cnf"), configuration).unwrap();
        self.run(&["ca", "-gencrl", "-config", "list.cnf", "-crlexts", "list", "-out", "list.pem"]);
        self.run(&["crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der"]);
        fs::read(self.file("list.der")).unwrap()
    }

    /// A response about a certificate, by the authority itself.
    pub(crate) fn ocsp(&self, certificate: &[u8], options: &[&str]) -> Vec<u8> {
        self.respond(certificate, "ca.pem", "ca.key", options)
    }

    /// A response by a delegate with these extensions.
    pub(crate) fn ocsp_by(&self, subject: &str, extensions: &str, certificate: &[u8]) -> Vec<u8> {
        let more = format!(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{extensions}\n"
        );
        let delegate = self.issue(subject, &more, &["-set_serial", "99"]);
        fs::write(self.file("delegate.der"), delegate).unwrap();
        self.run(&["x509", "-inform", "DER", "-in", "delegate.der", "-out", "delegate.pem"]);
        self.respond(certificate, "delegate.pem", "ec.key", &[])
    }

    fn respond(&self, certificate: &[u8], signer: &str, key: &str, options: &[&str]) -> Vec<u8> {
        fs::write(self.file("subject.der"), certificate).unwrap();
        self.run(&["x509", "-inform", "DER", "-in", "subject.der", "-out", "subject.pem"]);
        fs::write(self.file("ocsp.txt"), "V\t491231235959Z\t\t11\tunknown\t/CN=x\n").unwrap();
        self.run(&["ocsp", "-issuer", "ca.pem", "-cert", "subject.pem", "-reqout", "request.der"]);
        let usual = [
            "ocsp",
            "-index",
            "ocsp.txt",
            "-rsigner",
            signer,
            "-rkey",
            key,
            "-CA",
            "ca.pem",
            "-reqin",
            "request.der",
            "-respout",
            "response.der",
            "-ndays",
            "7",
        ];
        self.run(&[&usual[..], options].concat());
        fs::read(self.file("response.der")).unwrap()
    }

    /// A responder of the authority on a port of this machine, for twenty requests.
    #[allow(dead_code)] // not every test asks one
    pub(crate) fn responder(&self) -> (String, std::process::Child) {
        fs::write(self.file("ocsp.txt"), "V\t491231235959Z\t\t11\tunknown\t/CN=x\n").unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let port_text = port.to_string();
        let mut process = Command::new("openssl")
            .current_dir(self.folder.path())
            .args([
                "ocsp", "-port", &port_text, "-index", "ocsp.txt", "-rsigner", "ca.pem", "-rkey",
                "ca.key", "-CA", "ca.pem",
            ])
            .args(["-ndays", "1", "-nrequest", "20", "-ignore_err"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // It says when it is ready; a connection without a request would make it wait for one.
        let mut lines =
            std::io::BufRead::lines(std::io::BufReader::new(process.stderr.take().unwrap()));
        assert!(lines.any(|line| line.unwrap().contains("waiting")), "the responder ended");
        std::thread::spawn(move || lines.count());
        (format!("http://127.0.0.1:{port}/"), process)
    }
}
