//! Tables that are written while they are read: the first rows tell how wide the columns are.

use std::io;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Output;
pub(crate) use super::paint::Look;

/// So many rows are looked at before the first is written.
const LOOK_AT: usize = 200;

/// A column that gives way keeps so many letters.
const NARROWEST: usize = 3;

/// Between two columns.
const GAP: usize = 2;

/// A column, and what happens to it where the line is too short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    heading: &'static str,
    look: Look,
    right: bool,
    /// It gives way down to so many letters.
    least: Option<usize>,
}

impl Column {
    /// Text, which keeps its width.
    pub(crate) const fn text(heading: &'static str) -> Self {
        Self {
            heading,
            look: Look::Plain,
            right: false,
            least: None,
        }
    }

    /// A number, at the right.
    pub(crate) const fn number(heading: &'static str) -> Self {
        Self {
            right: true,
            ..Self::text(heading)
        }
    }

    /// Text that may be cut down to so many letters.
    pub(crate) const fn gives_way(self, least: usize) -> Self {
        Self {
            least: Some(least),
            ..self
        }
    }

    pub(crate) const fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }
}

/// A table.
pub(crate) struct Table {
    columns: Vec<Column>,
    waiting: Vec<Row>,
    widths: Option<Vec<usize>>,
}

struct Row {
    cells: Vec<String>,
    below: Option<String>,
}

impl Table {
    pub(crate) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
            waiting: Vec::new(),
            widths: None,
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, out: &mut Output, cells: Vec<String>) -> io::Result<()> {
        self.row_with(out, cells, None)
    }

    /// Adds a row with text below it.
    pub(crate) fn row_with(
        &mut self,
        out: &mut Output,
        cells: Vec<String>,
        below: Option<String>,
    ) -> io::Result<()> {
        let cells = cells.into_iter().map(|cell| one_line(&cell)).collect();
        let row = Row { cells, below };
        if self.widths.is_some() {
            return self.write(out, &row);
        }
        self.waiting.push(row);
        match self.waiting.len() >= LOOK_AT {
            true => self.flush(out),
            false => Ok(()),
        }
    }

    /// Writes what waits to be looked at.
    pub(crate) fn flush(&mut self, out: &mut Output) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.widths.is_none() {
            self.widths = Some(self.measure(out.width()));
            let headings = self.columns.iter().map(|column| column.heading.to_owned());
            let line = self.format(out, &headings.collect::<Vec<_>>(), Some(Look::Heading));
            out.line(line)?;
        }
        for row in std::mem::take(&mut self.waiting) {
            self.write(out, &row)?;
        }
        Ok(())
    }

    fn write(&self, out: &mut Output, row: &Row) -> io::Result<()> {
        let line = self.format(out, &row.cells, None);
        out.line(line)?;
        match &row.below {
            Some(below) => out.line(below),
            None => Ok(()),
        }
    }

    /// As wide as the widest cell; where that does not fit, the widest that gives way gives way.
    fn measure(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths = Vec::with_capacity(self.columns.len());
        for (index, column) in self.columns.iter().enumerate() {
            let cells = self.waiting.iter().filter_map(|row| row.cells.get(index));
            let widest = cells.map(|cell| cell.width()).max().unwrap_or(0);
            widths.push(widest.max(column.heading.width()));
        }
        let Some(width) = width else {
            return widths;
        };
        let room = width.saturating_sub(GAP * widths.len().saturating_sub(1));
        // Down to what still tells something, and where even that is too wide, further.
        self.shrink(&mut widths, room, usize::MAX);
        self.shrink(&mut widths, room, NARROWEST);
        widths
    }

    fn shrink(&self, widths: &mut [usize], room: usize, at_most: usize) {
        while widths.iter().sum::<usize>() > room {
            let giving = self.columns.iter().zip(&mut *widths);
            let widest = giving
                .filter_map(|(column, width)| {
                    let least = column.least?.min(at_most);
                    (*width > least).then_some(width)
                })
                .max_by_key(|width| **width);
            match widest {
                Some(widest) => *widest -= 1,
                None => break,
            }
        }
    }

    fn format(&self, out: &Output, cells: &[String], look: Option<Look>) -> String {
        let widths = self.widths.as_deref().unwrap_or_default();
        let mut line = String::new();
        let last = cells.len().saturating_sub(1);
        for (index, ((column, cell), width)) in
            self.columns.iter().zip(cells).zip(widths).enumerate()
        {
            if index > 0 {
                line.push_str("  ");
            }
            let cell = match out.width() {
                Some(_) => cut(cell, *width),
                None => cell.clone(),
            };
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            let painted = out.paint().look(look.unwrap_or(column.look), &cell);
            match (column.right, index == last) {
                (true, _) => line.extend([blanks, painted]),
                (false, true) => line.push_str(&painted),
                (false, false) => line.extend([painted, blanks]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// A cell does not break its row.
fn one_line(cell: &str) -> String {
    match cell.chars().any(char::is_control) {
        true => cell.chars().flat_map(shown).collect(),
        false => cell.to_owned(),
    }
}

fn shown(letter: char) -> impl Iterator<Item = char> {
    let escaped = letter.is_control().then(|| letter.escape_default());
    let plain = escaped.is_none().then_some(letter);
    escaped.into_iter().flatten().chain(plain)
}

/// Cuts a text to so many columns: the middle goes, since what tells streams apart is at the end.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let (front, back) = match text.contains("::") {
        true => (room - room / 3, room / 3),
        false => (room, 0),
    };
    let front = take(text.chars(), front);
    let mut tail = take(text.chars().rev(), back)
        .chars()
        .rev()
        .collect::<String>();
    tail.insert(0, '…');
    format!("{front}{tail}")
}

fn take(letters: impl Iterator<Item = char>, width: usize) -> String {
    let mut used = 0;
    let fits = letters.take_while(|letter| {
        used += letter.width().unwrap_or(0);
        used <= width
    });
    fits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_in_its_middle_and_other_text_at_its_end() {
        assert_eq!(cut("bank::account-0192", 12), "bank::ac…192");
        assert_eq!(cut("a long text", 6), "a lon…");
        assert_eq!(cut("short", 6), "short");
        assert_eq!(cut("日本語日本語", 7), "日本語…");
    }
}
