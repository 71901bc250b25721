//! Files of lines, plain or compressed by gzip: written page by page, each of which is whole.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use es_core::record::Page;
use flate2::Compression;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use flate2::write::GzEncoder;

use super::line;
use crate::failure::Failure;
use crate::output::Output;

/// A page read from a file holds so many events and bytes.
const PAGE_EVENTS: usize = 2_000;
const PAGE_BYTES: usize = 1 << 20;

/// The first bytes of what gzip writes.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads events from a file, or from standard input.
pub(crate) struct Reader {
    name: String,
    lines: Box<dyn BufRead + Send>,
    number: u64,
    line: Vec<u8>,
}

impl Reader {
    /// Opens a file, `-` for standard input.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let (name, input): (_, Box<dyn Read + Send>) = match path == Path::new("-") {
            true => ("standard input".to_owned(), Box::new(io::stdin())),
            false => {
                let name = format!("`{}`", path.display());
                let file = File::open(path).map_err(|error| {
                    Failure::usage(format!("{name} can not be opened: {error}"))
                        .help("name a file that `es events export` wrote, or `-`")
                })?;
                (name, Box::new(file))
            }
        };
        let mut input = BufReader::with_capacity(1 << 16, input);
        let head = input.fill_buf();
        let head = head.map_err(|error| Failure::io(format!("{name} can not be read"), &error))?;
        let lines: Box<dyn BufRead + Send> = match head.starts_with(&GZIP) {
            true => Box::new(BufReader::with_capacity(
                1 << 16,
                MultiGzDecoder::new(input),
            )),
            false => Box::new(input),
        };
        Ok(Self {
            name,
            lines,
            number: 0,
            line: Vec::new(),
        })
    }

    /// Fills the page; answers whether there was anything. A line that is no event comes behind the
    /// page with those before it.
    pub(crate) fn next_page(&mut self, page: &mut Page) -> Result<bool, Failure> {
        page.clear();
        while page.len() < PAGE_EVENTS && page.size_bytes() < PAGE_BYTES {
            if self.line.is_empty() && !self.next_line()? {
                break;
            }
            let text = self.line.trim_ascii();
            if !text.is_empty()
                && let Err(problem) = line::read(text, page)
            {
                if !page.is_empty() {
                    return Ok(true);
                }
                return Err(self.refused(&problem));
            }
            self.line.clear();
        }
        Ok(!page.is_empty())
    }

    fn next_line(&mut self) -> Result<bool, Failure> {
        self.number += 1;
        match self.lines.read_until(b'\n', &mut self.line) {
            Ok(bytes) => Ok(bytes > 0),
            Err(error) => {
                let told = format!("{} can not be read at line {}", self.name, self.number);
                Err(Failure::io(told, &error)
                    .help("what came before is imported; mend the file and run this again"))
            }
        }
    }

    fn refused(&self, problem: &str) -> Failure {
        Failure::failed(format!(
            "line {} of {} is no event: {problem}",
            self.number, self.name
        ))
        .help("what came before is imported; mend the line, or export again, and run this again")
    }
}

/// Where an export goes.
pub(crate) struct Writer {
    to: To,
    gzip: bool,
    lines: Vec<u8>,
}

enum To {
    StandardOutput,
    File { file: File, path: PathBuf },
}

/// What stands in a file already.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) events: u64,
    /// The version and the position of the last event.
    pub(crate) last: Option<(u64, u64)>,
}

impl Writer {
    pub(crate) fn standard_output(gzip: bool) -> Self {
        Self {
            to: To::StandardOutput,
            gzip,
            lines: Vec::new(),
        }
    }

    /// A new file.
    pub(crate) fn create(path: &Path, replace: bool) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.write(true);
        match replace {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let file = options.open(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::usage(format!("`{}` is there already", path.display()))
                    .help("`--resume` goes on at its end, `--force` replaces it")
            }
            _ => Failure::io(format!("`{}` can not be made", path.display()), &error),
        })?;
        Ok(Self::to(file, path))
    }

    /// Goes on at the end of a file; what is half written there is cut off.
    pub(crate) fn resume(path: &Path) -> Result<(Self, Written), Failure> {
        let failed = |error: io::Error| {
            Failure::io(
                format!("`{}` can not be gone on with", path.display()),
                &error,
            )
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = file.map_err(failed)?;
        let mut writer = Self::to(file.try_clone().map_err(failed)?, path);
        let (end, written) = match writer.gzip {
            true => whole_members(file).map_err(failed)?,
            false => whole_lines(file).map_err(failed)?,
        };
        let written = written.map_err(|problem| {
            Failure::failed(format!("`{}` is no export: {problem}", path.display()))
                .help("name another file")
        })?;
        if let To::File { file, .. } = &mut writer.to {
            file.set_len(end).map_err(failed)?;
            file.seek(SeekFrom::Start(end)).map_err(failed)?;
        }
        Ok((writer, written))
    }

    fn to(file: File, path: &Path) -> Self {
        Self {
            to: To::File {
                file,
                path: path.to_owned(),
            },
            gzip: path.extension().is_some_and(|extension| extension == "gz"),
            lines: Vec::new(),
        }
    }

    /// Writes a page whole.
    pub(crate) fn write(&mut self, page: &Page, out: &mut Output) -> Result<(), Failure> {
        self.lines.clear();
        for event in page.iter() {
            line::write(&event, &mut self.lines);
        }
        let packed;
        let bytes = match self.gzip {
            true => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(&self.lines)?;
                packed = encoder.finish()?;
                &packed
            }
            false => &self.lines,
        };
        match &mut self.to {
            To::StandardOutput => Ok(out.raw(bytes)?),
            To::File { file, path } => file.write_all(bytes).map_err(|error| {
                Failure::io(format!("`{}` can not be written", path.display()), &error)
                    .help("make room, and go on by `--resume`")
            }),
        }
    }

    /// On the disk.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.to {
            To::StandardOutput => Ok(()),
            To::File { file, path } => file.sync_all().map_err(|error| {
                Failure::io(format!("`{}` can not be written", path.display()), &error)
            }),
        }
    }
}

type Found = io::Result<(u64, Result<Written, String>)>;

/// Where the last whole line ends.
fn whole_lines(file: File) -> Found {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut end, mut written, mut line) = (0, Written::default(), Vec::new());
    let mut last = Vec::new();
    loop {
        line.clear();
        let bytes = reader.read_until(b'\n', &mut line)?;
        if bytes == 0 || !line.ends_with(b"\n") {
            break;
        }
        end += bytes as u64;
        written.events += 1;
        std::mem::swap(&mut line, &mut last);
    }
    Ok((end, written.with_last(&last)))
}

/// Where the last whole member of gzip ends: each holds a page.
fn whole_members(file: File) -> Found {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let (mut end, mut written) = (0, Written::default());
    let (mut text, mut last) = (Vec::new(), Vec::new());
    while !reader.fill_buf()?.is_empty() {
        text.clear();
        if GzDecoder::new(&mut reader).read_to_end(&mut text).is_err() {
            break;
        }
        end = reader.stream_position()?;
        written.events += text.split_inclusive(|byte| *byte == b'\n').count() as u64;
        if let Some(line) = text.trim_ascii_end().rsplit(|byte| *byte == b'\n').next() {
            last = line.to_vec();
        }
    }
    Ok((end, written.with_last(&last)))
}

impl Written {
    fn with_last(mut self, line: &[u8]) -> Result<Self, String> {
        if line.trim_ascii().is_empty() {
            return Ok(self);
        }
        let mut page = Page::new();
        line::read(line.trim_ascii(), &mut page)?;
        let last = page.last();
        self.last = last.map(|last| (last.version.get(), last.position.get()));
        Ok(self)
    }
}
