//! `es new`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use es_core::stream::DomainName;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Outcome;
use crate::session::Session;

/// Begins a project: a domain, its tests, and its `domain.toml`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es new shop && cd shop && cargo test
  es new cargo-shipping --folder work/shipping --crates ../es

What is made builds and passes its tests without a network, with what was
downloaded to build `es`.")]
pub(crate) struct New {
    /// The project's name, as Cargo has it: `cargo-shipping`
    name: String,
    /// The folder, named after the project unless told otherwise
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// The folder of the crates `es-core`, `es-stores` and `es-cli`; the one that `es` was built in
    /// unless told otherwise, else the released versions
    #[arg(long, value_name = "FOLDER")]
    crates: Option<PathBuf>,
}

/// What is made: where, and of what.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("../starter/Cargo.toml.txt")),
    ("README.md", include_str!("../starter/README.md.txt")),
    ("domain.toml", include_str!("../starter/domain.toml.txt")),
    ("src/lib.rs", include_str!("../starter/lib.rs.txt")),
    ("src/main.rs", include_str!("../starter/main.rs.txt")),
    (
        "tests/order.rs",
        include_str!("../starter/order_test.rs.txt"),
    ),
];

const IGNORED: &str = "/target\n/*.db\n/*.db-shm\n/*.db-wal\n";

impl New {
    pub(crate) fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let domain = self.domain()?;
        let folder = self
            .folder
            .clone()
            .unwrap_or_else(|| PathBuf::from(&self.name));
        let shown = folder.display();
        if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(
                Failure::usage(format!("`{shown}` is there already, and not empty"))
                    .help("name another folder by `--folder`"),
            );
        }
        let crates = self.crates()?;
        let failed = |error| Failure::io(format!("`{shown}` can not be written"), &error);
        for (file, text) in FILES {
            let path = folder.join(file);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(failed)?;
            }
            fs::write(path, self.fill(text, &domain, crates.as_deref())).map_err(failed)?;
        }
        fs::write(folder.join(".gitignore"), IGNORED).map_err(failed)?;
        if let Some(lock) = crates.as_deref().map(|crates| crates.join("Cargo.lock"))
            && lock.exists()
        {
            // The versions that are there: so nothing is to be downloaded.
            fs::copy(lock, folder.join("Cargo.lock")).map_err(failed)?;
        }
        if !session.out.json() {
            session
                .out
                .line(format!("made the domain `{domain}` in {shown}"))?;
            session
                .out
                .line(format!("next: cd {shown} && cargo test"))?;
        }
        let files = FILES.map(|(file, _)| file);
        Ok(Outcome::of(json!({
            "folder": folder,
            "domain": domain.as_str(),
            "files": files,
        })))
    }

    /// `cargo-shipping` is the domain `cargo_shipping`.
    fn domain(&self) -> Result<DomainName, Failure> {
        let name = DomainName::new(self.name.replace('-', "_"));
        name.map_err(|_| {
            Failure::usage(format!("`{}` is no name of a project", self.name))
                .help("write lower-case letters, digits and `-`, as in `cargo-shipping`")
        })
    }

    fn crates(&self) -> Result<Option<PathBuf>, Failure> {
        let has_them = |folder: &Path| folder.join("es-core/Cargo.toml").exists();
        let Some(crates) = &self.crates else {
            let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
            return Ok(built_in
                .filter(|folder| has_them(folder))
                .map(Path::to_owned));
        };
        if !has_them(crates) {
            return Err(
                Failure::usage(format!("there is no `es-core` in `{}`", crates.display()))
                    .help("name the folder that holds `es-core`, `es-stores` and `es-cli`"),
            );
        }
        let absolute = std::path::absolute(crates);
        Ok(Some(absolute.unwrap_or_else(|_| crates.clone())))
    }

    fn fill(&self, text: &str, domain: &DomainName, crates: Option<&Path>) -> String {
        let mut text = text
            .replace("{name}", &self.name)
            .replace("{domain}", domain.as_str())
            .replace("{crate}", domain.as_str());
        for name in ["es-cli", "es-core", "es-stores"] {
            let from = match crates {
                // A literal of TOML, in which a path is as it is written.
                Some(crates) => format!("path = '{}'", crates.join(name).display()),
                None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
            };
            text = text.replace(&format!("{{{name}}}"), &from);
        }
        text
    }
}
