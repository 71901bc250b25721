//! A picture of the race: how much of the limit each scenario reaches.

use std::fmt::Write as _;

use es_bench_race::Role;

use super::{Report, groups, ratio};

const LEFT: f64 = 450.0;
const WIDTH: f64 = 420.0;
const LINE: f64 = 22.0;
/// Bars end here, with their figure beside them.
const MOST: f64 = 1.5;

/// An SVG: for each scenario with a limit, a bar of ours and a thinner one of the best peer, both in
/// parts of the fastest limit.
pub fn plot(report: &Report) -> String {
    let mut body = String::new();
    let mut y = 64.0;
    let mut venue = None;
    for group in groups(&report.race) {
        let (Some(ours), Some(limit)) = (group.best(Role::Ours), group.best(Role::Limit)) else {
            continue;
        };
        if venue != Some(group.venue) {
            y += 14.0;
            text(&mut body, 16.0, y, "b", &group.venue.to_string());
            y += LINE;
            venue = Some(group.venue);
        }
        text(&mut body, 32.0, y, "t", &group.scenario.to_string());
        bar(&mut body, y - 11.0, 9.0, "o", ratio(ours, limit));
        if let Some(peer) = group.best(Role::Peer) {
            bar(&mut body, y - 1.0, 4.0, "p", ratio(peer, limit));
        }
        y += LINE;
    }
    let height = y + 8.0;
    let mut svg = String::new();
    let total = LEFT + WIDTH + 70.0;
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total:.0} {height:.0}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n\
         <style>.b{{font-weight:600}}.t,.b{{fill:#222}}.n{{fill:#555;font-size:10px}}.o{{fill:#2563eb}}\
         .p{{fill:#f59e0b}}.g{{stroke:#ccc}}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    text(
        &mut svg,
        16.0,
        24.0,
        "b",
        "Speed in parts of the raw driver's, which does the same work without a framework",
    );
    text(
        &mut svg,
        16.0,
        42.0,
        "t",
        "blue: this framework; orange: the fastest peer",
    );
    for tenth in [0, 5, 10, 15] {
        let x = LEFT + WIDTH * f64::from(tenth) / (10.0 * MOST);
        let _ = writeln!(
            svg,
            "<line class=\"g\" x1=\"{x:.0}\" x2=\"{x:.0}\" y1=\"58\" y2=\"{height:.0}\"/>"
        );
        text(&mut svg, x - 10.0, 54.0, "n", &format!("{} %", tenth * 10));
    }
    svg.push_str(&body);
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text class=\"{class}\" x=\"{x:.0}\" y=\"{y:.0}\">{text}</text>"
    );
}

fn bar(svg: &mut String, y: f64, height: f64, class: &str, part: f64) {
    let width = WIDTH * part.min(MOST) / MOST;
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"{height}\"/>"
    );
    if class == "o" {
        let figure = format!("{:.0} %", 100.0 * part);
        text(svg, LEFT + width + 4.0, y + 9.0, "n", &figure);
    }
}
