//! The only place that asks "which httpd" and "which Python".
//!
//! httpd: `$APXS`, else `apxs` or `apxs2` on PATH. Python: `$PYO3_PYTHON`, which
//! `.cargo/config.toml` sets to a chooser when the environment does not name one.
//! Whatever is missing ends the build with one sentence that names the package.

use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// Package names on (Debian and Ubuntu, Fedora and RHEL, Alpine).
struct Packages(&'static str, &'static str, &'static str);

const HTTPD: Packages = Packages("apache2-dev", "httpd-devel", "apache2-dev");
const PYTHON: Packages = Packages("python3-dev", "python3-devel", "python3-dev");
const CLANG: Packages = Packages("libclang-dev", "clang-devel", "clang-dev");

const OLDEST_PYTHON: (u32, u32) = (3, 10);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/ffi/httpd.h");
    println!("cargo::rerun-if-changed=src/ffi/python.h");
    for name in ["APXS", "PYO3_PYTHON", "PYTHON", "PATH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }

    let httpd = Httpd::find();
    let python = Python::find();
    require_libclang();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    httpd.bind(&out);
    python.bind(&out);
    python.link();
    python.describe();
}

struct Httpd {
    include: Vec<String>,
    flags: Vec<String>,
}

impl Httpd {
    fn find() -> Self {
        let candidates: Vec<String> = match env::var("APXS") {
            Ok(apxs) if !apxs.is_empty() => vec![apxs],
            _ => vec!["apxs".into(), "apxs2".into()],
        };
        let Some(apxs) = candidates.iter().find(|name| run(name, &["-q", "INCLUDEDIR"]).is_some()) else {
            fail(missing(
                &format!("apxs, httpd's build tool, was not found ({})", candidates.join(", ")),
                &HTTPD,
            ))
        };
        let ask = |name: &str| run(apxs, &["-q", name]).unwrap_or_default();
        let include =
            ["INCLUDEDIR", "APR_INCLUDEDIR", "APU_INCLUDEDIR"].iter().map(|name| ask(name)).collect();
        let flags = ask("EXTRA_CPPFLAGS").split_whitespace().map(str::to_owned).collect();
        let httpd = Httpd { include, flags };
        for header in ["httpd.h", "apr.h", "apu.h"] {
            if !httpd.include.iter().any(|dir| Path::new(dir).join(header).is_file()) {
                fail(missing(&format!("the header {header} is not in {}", httpd.include.join(", ")), &HTTPD))
            }
        }
        httpd
    }

    fn bind(&self, out: &Path) {
        let builder = bindgen::Builder::default()
            .header("src/ffi/httpd.h")
            .clang_args(self.include.iter().map(|dir| format!("-I{dir}")))
            .clang_args(&self.flags)
            .allowlist_function("(ap|apr)_.*")
            .allowlist_type("(ap|apr)_.*|command_rec|module|request_rec|server_rec|conn_rec")
            .allowlist_var("(AP|APR|APLOG|HTTP|M|MODULE_MAGIC|OR|RSRC|ACCESS|EXEC|REQUEST|NOT_IN|REMOTE|PROXYREQ|AUTH|AUTHN|AUTHZ|SSI)_.*")
            .allowlist_type("auth[nz]_(provider|status)|include_ctx_t|include_handler_fn_t")
            .allowlist_var("OK|DECLINED|DONE|SUSPENDED|ap_server_conf|ap_listeners|ap_server_root|ap_conftree|ap_scoreboard_image")
            .allowlist_var("(CGI|DIR|INCLUDES)_MAGIC_TYPE3?")
            .allowlist_var("apr?_bucket_type_(eos|error|flush)")
            // libm and libc types that the allow-list would otherwise pull in.
            .blocklist_type("sockaddr.*|in6?_addr.*")
            .raw_line("use libc::{in6_addr, in_addr, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, sockaddr_un};")
            .default_enum_style(bindgen::EnumVariation::Consts)
            .prepend_enum_name(false)
            .layout_tests(true)
            .derive_debug(false);
        write(builder, &out.join("httpd.rs"), &HTTPD);
    }
}

struct Python {
    program: String,
    version: (u32, u32),
    include: Vec<String>,
    library_dir: PathBuf,
    executable: String,
}

impl Python {
    fn find() -> Self {
        let program = env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".into());
        // base_prefix first: a Python that was moved still names its old LIBDIR.
        let script = "import os, sys, sysconfig\n\
            get = sysconfig.get_config_var\n\
            name = get('INSTSONAME') or ''\n\
            dirs = [os.path.join(sys.base_prefix, 'lib'), get('LIBDIR') or '']\n\
            libdir = next((d for d in dirs if name and os.path.exists(os.path.join(d, name))), get('LIBDIR') or '')\n\
            include = sysconfig.get_path('include'), sysconfig.get_path('platinclude')\n\
            based = [p.replace(get('installed_base'), sys.base_prefix, 1) for p in include]\n\
            print(sys.version_info.major, sys.version_info.minor, get('Py_ENABLE_SHARED') or 0, sep='\\n')\n\
            print(libdir, get('LDLIBRARY') or '', *(b if os.path.isdir(b) else p for b, p in zip(based, include)), sep='\\n')\n\
            print(getattr(sys, '_base_executable', sys.executable))";
        let Some(answer) = run(&program, &["-I", "-c", script]) else {
            fail(missing(&format!("no usable Python: `{program}` could not be run"), &PYTHON))
        };
        let line: Vec<&str> = answer.lines().collect();
        let number = |index: usize| line.get(index).and_then(|text| text.parse().ok()).unwrap_or(0);
        let text = |index: usize| line.get(index).map_or(String::new(), |text| (*text).to_owned());
        let version = (number(0), number(1));
        let shown = format!("Python {}.{} ({program})", version.0, version.1);
        if version < OLDEST_PYTHON {
            fail(format!(
                "{shown} is too old: mod_python needs Python 3.10 or later; name another with PYO3_PYTHON."
            ))
        }
        let library_dir = PathBuf::from(text(3));
        if number(2) == 0 && !text(4).contains(".so") {
            fail(missing(&format!("{shown} was built without a shared libpython (--enable-shared)"), &PYTHON))
        }
        if !library_dir.join(format!("libpython{}.{}.so", version.0, version.1)).exists() {
            fail(missing(&format!("{shown} has no {} in {}", text(4), library_dir.display()), &PYTHON))
        }
        let include = vec![text(5), text(6)];
        if !include.iter().any(|dir| Path::new(dir).join("Python.h").is_file()) {
            fail(missing(&format!("{shown} has no Python.h in {}", include[0]), &PYTHON))
        }
        Python { program, version, include, library_dir, executable: text(7) }
    }

    /// Sizes and offsets of the structs that pyo3-ffi declares by hand, as the
    /// headers of this Python have them; src/ffi/layout.rs compares.
    fn bind(&self, out: &Path) {
        let builder = bindgen::Builder::default()
            .header("src/ffi/python.h")
            .clang_args(self.include.iter().map(|dir| format!("-I{dir}")))
            .allowlist_var("MPY_.*")
            .default_enum_style(bindgen::EnumVariation::Consts)
            .prepend_enum_name(false);
        write(builder, &out.join("python_layout.rs"), &PYTHON);
    }

    fn link(&self) {
        let (major, minor) = self.version;
        println!("cargo::rustc-check-cfg=cfg(Py_3_11, Py_3_12, Py_3_13, Py_3_14)");
        for supported in 11..=minor.min(14) {
            println!("cargo::rustc-cfg=Py_3_{supported}");
        }
        println!("cargo::rustc-link-search=native={}", self.library_dir.display());
        println!("cargo::rustc-link-lib=dylib=python{major}.{minor}");
        // The dynamic linker finds a system libpython by itself.
        if !["/usr/lib", "/lib"].iter().any(|system| self.library_dir.starts_with(system)) {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-rpath,{}", self.library_dir.display());
        }
    }

    fn describe(&self) {
        println!("cargo::rustc-env=MPY_PYTHON_VERSION={}.{}", self.version.0, self.version.1);
        println!("cargo::rustc-env=MPY_PYTHON_EXECUTABLE={}", self.executable);
        // pyo3-ffi was built before us, for the same program unless PYTHON was
        // changed in between, which its build script does not watch.
        let built_for = env::var("DEP_PYTHON_PYO3_CONFIG").unwrap_or_default();
        let ours = format!("version={}.{}", self.version.0, self.version.1);
        let theirs = decode_hex(&built_for);
        if !theirs.is_empty() && !theirs.contains(&ours) {
            fail(format!(
                "PYTHON was changed since the last build ({} is now {ours}): run `cargo clean -p pyo3-ffi -p mod_python` once.",
                self.program
            ))
        }
    }
}

fn decode_hex(text: &str) -> String {
    let bytes = text.as_bytes().chunks(2).filter_map(|pair| {
        let digits = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(digits, 16).ok()
    });
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}

fn require_libclang() {
    // bindgen panics with a page of text when it finds no libclang; ask first.
    let loaded = std::panic::catch_unwind(bindgen::clang_version);
    if loaded.is_err() {
        fail(missing("libclang, which reads httpd's headers, was not found", &CLANG))
    }
}

fn write(builder: bindgen::Builder, path: &Path, packages: &Packages) {
    let bindings = builder.generate().unwrap_or_else(|error| {
        let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
        fail(missing(&format!("the headers could not be read ({reason})"), packages))
    });
    if let Err(error) = bindings.write_to_file(path) {
        fail(format!("{} could not be written: {error}", path.display()))
    }
}

/// What the program prints, or None if it cannot be run or fails.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn missing(what: &str, packages: &Packages) -> String {
    let Packages(debian, fedora, alpine) = packages;
    format!("{what}: install {debian} (Debian, Ubuntu), {fedora} (Fedora, RHEL) or {alpine} (Alpine).")
}

fn fail(sentence: impl Display) -> ! {
    println!("cargo::error={sentence}");
    exit(1)
}
