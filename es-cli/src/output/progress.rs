//! How far a long run is: a bar where somebody looks at it, nothing where nobody does.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// A bar with a rate, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: std::time::Instant,
    done: u64,
}

impl Progress {
    /// Of `total` events, where it is known.
    pub(crate) fn of(what: &'static str, total: Option<u64>) -> Self {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr_with_hz(10)),
            false => ProgressBar::hidden(),
        };
        let template = match total {
            Some(_) => "{msg} {bar:30} {human_pos}/{human_len} events  {rate}  {eta} left",
            None => "{msg} {spinner} {human_pos} events  {rate}",
        };
        let style = ProgressStyle::with_template(template).expect("the template is a constant");
        let style = style.with_key(
            "rate",
            |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                let rate = state.per_sec().max(0.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a rate is shown in whole events"
                )]
                let rate = rate as u64;
                let _ = write!(out, "{}/s", HumanCount(rate));
            },
        );
        bar.set_style(style);
        bar.set_message(what);
        Self {
            bar,
            started: std::time::Instant::now(),
            done: 0,
        }
    }

    /// So many more events are done.
    pub(crate) fn advance(&mut self, events: u64) {
        self.done += events;
        self.bar.inc(events);
    }

    /// Takes the bar away; answers how long it took.
    pub(crate) fn finish(self) -> Duration {
        self.bar.finish_and_clear();
        self.started.elapsed()
    }
}

/// `9,503 events in 1.2 s (7,919/s)`.
pub(crate) fn rate(events: u64, took: Duration) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a rate is shown in whole events"
    )]
    let per_second = (events as f64 / took.as_secs_f64().max(1e-6)) as u64;
    format!(
        "{} in {:.1} s ({}/s)",
        super::counted(events, "event"),
        took.as_secs_f64(),
        super::grouped(per_second)
    )
}
