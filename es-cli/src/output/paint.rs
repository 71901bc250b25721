//! Colours, where somebody sees them.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Paints text, or leaves it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

/// What a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    #[default]
    Plain,
    Heading,
    Type,
    Quiet,
    Good,
    Bad,
}

impl Paint {
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    /// As the terminal, `NO_COLOR`, `CLICOLOR` and `TERM` have it.
    pub(crate) fn of_standard_output() -> Self {
        Self::new(AutoStream::choice(&std::io::stdout()) != ColorChoice::Never)
    }

    /// The same of standard error.
    pub(crate) fn of_standard_error() -> Self {
        Self::new(AutoStream::choice(&std::io::stderr()) != ColorChoice::Never)
    }

    pub(crate) fn look(self, look: Look, text: &str) -> String {
        let style = match look {
            Look::Plain => Style::new(),
            Look::Heading => Style::new().bold(),
            Look::Type => AnsiColor::Cyan.on_default(),
            Look::Quiet => Style::new().dimmed(),
            Look::Good => AnsiColor::Green.on_default(),
            Look::Bad => AnsiColor::Red.on_default().bold(),
        };
        match self.on && look != Look::Plain {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }

    pub(crate) fn heading(self, text: &str) -> String {
        self.look(Look::Heading, text)
    }

    pub(crate) fn kind(self, text: &str) -> String {
        self.look(Look::Type, text)
    }

    pub(crate) fn quiet(self, text: &str) -> String {
        self.look(Look::Quiet, text)
    }

    pub(crate) fn good(self, text: &str) -> String {
        self.look(Look::Good, text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.look(Look::Bad, text)
    }
}
