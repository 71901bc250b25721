//! `es man`.

use std::fs;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _};
use clap_mangen::Man as Page;
use serde_json::json;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::{Outcome, counted};
use crate::session::Session;

/// Prints the manual, or writes a page for each verb
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  es man | man -l -
  es man --folder ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Writes all pages into this folder, which is made where it is missing
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, session: &mut Session) -> Result<Outcome, Failure> {
        let mut command = Arguments::command();
        command.build();
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            Page::new(command).render(&mut page)?;
            let text = String::from_utf8_lossy(&page);
            if !session.out.json() {
                session.out.raw(&page)?;
            }
            return Ok(Outcome::of(json!({ "page": text })));
        };
        let failed =
            |error| Failure::io(format!("`{}` can not be written", folder.display()), &error);
        fs::create_dir_all(&folder).map_err(failed)?;
        clap_mangen::generate_to(command, &folder).map_err(failed)?;
        let mut pages = Vec::new();
        for page in fs::read_dir(&folder).map_err(failed)? {
            let page = page.map_err(failed)?.file_name();
            let page = page.to_string_lossy().into_owned();
            if page.starts_with("es") && page.ends_with(".1") {
                pages.push(page);
            }
        }
        pages.sort_unstable();
        if !session.out.json() {
            let written = counted(pages.len() as u64, "page");
            session
                .out
                .line(format!("wrote {written} to {}", folder.display()))?;
        }
        Ok(Outcome::of(json!({ "folder": folder, "pages": pages })))
    }
}
