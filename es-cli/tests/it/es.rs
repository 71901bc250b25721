//! Running the command.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use es_tests::places::{Kind, Place};
use tempfile::TempDir;

/// Nine events, with ids and times that stay.
pub(crate) const BANK: &str = include_str!("bank.ndjson");

/// The servers' and the file: what every verb is run against.
pub(crate) const KINDS: [Kind; 3] = [Kind::Sqlite, Kind::Postgres, Kind::MessageDb];

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

/// A folder to run in, and a store.
pub(crate) struct Es {
    folder: TempDir,
    place: Option<Place>,
    uri: String,
    program: PathBuf,
}

impl Es {
    /// An empty store, which is there.
    pub(crate) async fn empty(kind: Kind) -> Self {
        let place = Place::new(kind).await.unwrap();
        let uri = place.uri().unwrap();
        Self::at(Some(place), uri)
    }

    fn at(place: Option<Place>, uri: String) -> Self {
        let es = Self {
            folder: tempfile::tempdir().unwrap(),
            place,
            uri,
            program: PathBuf::from(env!("CARGO_BIN_EXE_es")),
        };
        es.run(["store", "migrate"]).succeeded();
        es
    }

    /// A store at this URI with the events of [`BANK`].
    pub(crate) fn bank_at(uri: &str) -> Self {
        let es = Self::at(None, uri.to_owned());
        es.run_on(BANK, ["events", "import", "-"]).succeeded();
        es
    }

    /// A store with the events of [`BANK`].
    pub(crate) async fn bank(kind: Kind) -> Self {
        let es = Self::empty(kind).await;
        es.file("bank.ndjson", BANK);
        es.run(["events", "import", "bank.ndjson"]).succeeded();
        es
    }

    /// The same store, by the program that knows its types.
    pub(crate) fn knowing(mut self) -> Self {
        let built = self.program.parent().unwrap();
        self.program = built.join("examples").join("es-bank");
        self
    }

    pub(crate) fn uri(&self) -> String {
        self.uri.clone()
    }

    /// The file of a SQLite store, as somebody opens it who is not this program.
    pub(crate) fn sqlite(&self) -> rusqlite::Connection {
        let path = self.uri.trim_start_matches("sqlite://");
        let path = path.split('?').next().unwrap();
        rusqlite::Connection::open(path).unwrap()
    }

    pub(crate) fn place(&self) -> &Place {
        self.place.as_ref().unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    pub(crate) fn file(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// The command with its arguments, in the folder, where no setting of a person's is left.
    pub(crate) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.path());
        command.env("TZ", "UTC").env("ES_STORE_URI", self.uri());
        for variable in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "PAGER", "ES_ENV"] {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// With a text on standard input.
    pub(crate) fn run_on<'a>(
        &self,
        input: &str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Ran {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Ran::of(&child.wait_with_output().unwrap())
    }

    /// What several runs print, as somebody sees it who types them.
    pub(crate) fn transcript(&self, lines: &[&str]) -> String {
        let mut transcript = String::new();
        for line in lines {
            let ran = self.run(words(line).iter().map(String::as_str));
            transcript.extend(["$ es ", line, "\n", &ran.out]);
            for line in ran.err.lines() {
                transcript.extend(["! ", line, "\n"]);
            }
            if ran.code != 0 {
                transcript.extend(["[", &ran.code.to_string(), "]\n"]);
            }
            transcript.push('\n');
        }
        transcript
    }
}

impl Ran {
    fn of(output: &std::process::Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It ended with this code, and said so in one line that begins an error, and one of help.
    pub(crate) fn refused(self, code: i32, told: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(told), "expected was {told:?}: {self:?}");
        assert!(self.err.starts_with("error: "), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
    }
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    Ran::of(&command.output().unwrap())
}

/// Words as a shell has them, with single quotes.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}
