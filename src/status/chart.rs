//! Small pictures for the page, as SVG within it: no file, no script, no style sheet is needed.

use super::overview::Step;
use std::fmt::Write;

const BAR: usize = 8;
const HEIGHT: u64 = 32;
const WIDTH: u64 = 96;

/// A bar for each step.
pub fn histogram(steps: &[Step]) -> String {
    let most = steps.iter().map(|step| step.calls).max().unwrap_or(0).max(1);
    let width = steps.len() * BAR;
    let mut picture = format!(
        "<svg width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"Calls by their time\" \
         fill=\"currentColor\">"
    );
    for (number, step) in steps.iter().enumerate() {
        // What there is shows, however little it is.
        let height = if step.calls == 0 { 0 } else { (step.calls * HEIGHT / most).max(1) };
        let _ = write!(
            picture,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\"><title>{}: {}</title></rect>",
            number * BAR,
            HEIGHT - height,
            BAR - 1,
            title(steps, number),
            step.calls,
        );
    }
    // The axis.
    let _ =
        write!(picture, "<rect y=\"{}\" width=\"{width}\" height=\"1\" opacity=\"0.4\"/></svg>", HEIGHT - 1);
    picture
}

/// How much of `most` it is.
pub fn share(value: u64, most: u64) -> String {
    let length = value.saturating_mul(WIDTH) / most.max(1);
    format!(
        "<svg width=\"{WIDTH}\" height=\"10\" aria-hidden=\"true\" fill=\"currentColor\">\
         <rect width=\"{WIDTH}\" height=\"10\" opacity=\"0.15\"/><rect width=\"{length}\" height=\"10\"/></svg>"
    )
}

fn title(steps: &[Step], number: usize) -> String {
    match (
        number.checked_sub(1).and_then(|before| steps[before].at_most_seconds),
        steps[number].at_most_seconds,
    ) {
        (None, Some(most)) => format!("at most {}", duration(most)),
        (Some(least), Some(most)) => format!("{} to {}", duration(least), duration(most)),
        (Some(least), None) => format!("longer than {}", duration(least)),
        (None, None) => "all".to_owned(),
    }
}

/// Seconds, for people.
pub fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds >= 1.0 => format!("{} s", rounded(seconds)),
        _ if seconds >= 1e-3 => format!("{} ms", rounded(seconds * 1e3)),
        _ => format!("{} \u{b5}s", rounded(seconds * 1e6)),
    }
}

/// Three figures.
fn rounded(number: f64) -> String {
    let digits = match number {
        _ if number >= 100.0 => 0,
        _ if number >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{number:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(calls: [u64; 3]) -> Vec<Step> {
        let bounds = [Some(0.001), Some(0.25), None];
        bounds
            .into_iter()
            .zip(calls)
            .map(|(at_most_seconds, calls)| Step { at_most_seconds, calls })
            .collect()
    }

    #[test]
    fn bars_are_as_high_as_their_share() {
        let picture = histogram(&steps([1000, 500, 1]));
        for (height, title) in
            [(32, "at most 1 ms: 1000"), (16, "1 ms to 250 ms: 500"), (1, "longer than 250 ms: 1")]
        {
            assert!(picture.contains(&format!("height=\"{height}\"><title>{title}<")), "{picture}");
        }
    }

    #[test]
    fn without_calls_there_is_an_empty_picture() {
        assert!(histogram(&steps([0, 0, 0])).contains("height=\"0\""));
        assert!(histogram(&[]).contains("width=\"0\""));
    }

    #[test]
    fn durations_have_three_figures() {
        for (seconds, text) in [
            (0.0, "0 \u{b5}s"),
            (0.000_25, "250 \u{b5}s"),
            (0.002_5, "2.5 ms"),
            (0.012_34, "12.3 ms"),
            (10.0, "10 s"),
            (1234.5, "1234 s"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
