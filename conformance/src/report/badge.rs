//! A badge: a small SVG that says how many cases pass and how many do not, coloured by the worst of them.

use std::io::{self, Write};

use super::{Input, Kind};
use crate::verdict::Grade;

const LABEL: &str = "conformance";
/// Width of a character of the badge's font on average, in tenths of a pixel.
const CHARACTER_WIDTH: usize = 66;
/// Room beside a text, in pixels.
const PADDING: usize = 12;
/// Nothing is wrong; the harness failed; the card is to blame; nothing was judged.
const COLOURS: [&str; 4] = ["#1a7f37", "#9a6700", "#b3261e", "#57606a"];

/// Writes the badge of all runs together.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
    let grades = input.runs.iter().flat_map(|run| &run.cases).map(|case| case.grade);
    let (text, colour) = summary(grades);
    let (left, right) = (width(LABEL), width(&text));
    let (total, middle, end) = (left + right, left / 2, left + right / 2);
    write!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img" aria-label="{LABEL}: {text}">
<title>{LABEL}: {text}</title>
<clipPath id="r"><rect width="{total}" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#3b4048"/><rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{middle}" y="14" textLength="{}">{LABEL}</text>
<text x="{end}" y="14" textLength="{}">{text}</text>
</g>
</svg>
"##,
        left - PADDING,
        right - PADDING,
    )
}

const fn width(text: &str) -> usize {
    text.len() * CHARACTER_WIDTH / 10 + PADDING
}

/// What the badge says, and its colour.
fn summary(grades: impl Iterator<Item = Grade>) -> (String, &'static str) {
    let [mut passed, mut failed, mut broken] = [0_usize; 3];
    for grade in grades {
        match Kind::of(grade) {
            Kind::Passed => passed += 1,
            Kind::Failed => failed += 1,
            Kind::Broken => broken += 1,
            Kind::DidNotRun => {}
        }
    }
    let [good, doubtful, bad, nothing] = COLOURS;
    let colour = match (passed, failed, broken) {
        (_, 1.., _) => bad,
        (_, _, 1..) => doubtful,
        (0, _, _) => nothing,
        _ => good,
    };
    let mut text = format!("{passed} pass");
    for (count, name) in [(failed, "fail"), (broken, "harness error")] {
        if count > 0 {
            text = format!("{text}, {count} {name}");
        }
    }
    (text, colour)
}

#[cfg(test)]
mod tests {
    use super::{COLOURS, summary};
    use crate::verdict::Grade;

    #[test]
    fn the_worst_case_colours_the_badge() {
        let of = |grades: &[Grade]| summary(grades.iter().copied());
        let [good, doubtful, bad, nothing] = COLOURS;
        assert_eq!(of(&[Grade::Pass, Grade::ConceptuallyPass]), ("2 pass".to_owned(), good));
        assert_eq!(of(&[Grade::Pass, Grade::Fail]), ("1 pass, 1 fail".to_owned(), bad));
        let broken = of(&[Grade::Pass, Grade::HarnessError]);
        assert_eq!(broken, ("1 pass, 1 harness error".to_owned(), doubtful));
        assert_eq!(of(&[Grade::NotApplicable]), ("0 pass".to_owned(), nothing));
    }
}
