//! Reports of runs: JSON lines to keep and hand on, JUnit XML and TAP for CI, Markdown, HTML and text for people, a badge, and APDU scripts.
//!
//! Every format is a function of [`record::Run`]: what was judged just now, or what [`json_lines::read`] reads back.

pub mod apdu;
pub mod badge;
pub mod clauses;
pub mod command;
pub mod comparison;
pub mod html;
pub mod json_lines;
pub mod junit;
pub mod markdown;
pub mod mask;
pub mod record;
#[cfg(test)]
mod samples;
pub mod tap;
pub mod text;
mod transcript;

use core::{fmt, str::FromStr};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use self::{clauses::Clause, record::Run};
use crate::verdict::{Blame, Grade};

/// What a report is made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Input<'a> {
    /// The runs, one a subject.
    pub runs: &'a [Run],
    /// The clauses that the suite tracks, for the account of what is covered; may be empty.
    pub clauses: &'a [Clause],
}

type Writer = fn(&mut dyn Write, &Input<'_>) -> io::Result<()>;

/// The formats; one table gives each its name, the ending of its files, what it is for and what writes it.
macro_rules! formats {
    ($($(#[$doc:meta])* $format:ident = $name:literal, $ending:literal, $about:literal, $write:path;)*) => {
        /// A format of reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format { $($(#[$doc])* $format,)* }

        impl Format {
            /// All formats.
            pub const ALL: &[Self] = &[$(Self::$format),*];

            /// Its name on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$format => $name),* }
            }

            /// How the names of its files end.
            #[must_use]
            pub const fn ending(self) -> &'static str {
                match self { $(Self::$format => $ending),* }
            }

            /// What it is for.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$format => $about),* }
            }

            const fn writer(self) -> Writer {
                match self { $(Self::$format => $write),* }
            }
        }
    };
}

formats! {
    /// JSON lines: the form in which runs are kept.
    Json = "json", "jsonl", "JSON lines, to keep and to make other reports from", json_lines::write;
    /// JUnit XML.
    Junit = "junit", "xml", "JUnit XML, for CI systems", junit::write;
    /// TAP 14.
    Tap = "tap", "tap", "TAP 14, for test harnesses", tap::write;
    /// A summary in Markdown.
    Markdown = "markdown", "md", "a summary in Markdown", markdown::write;
    /// A page in HTML.
    Html = "html", "html", "one page with everything, for a browser", html::write;
    /// A badge.
    Badge = "badge", "svg", "a small picture with the tally", badge::write;
    /// APDU scripts of what failed.
    Apdu = "apdu", "apdu", "what failed, as an APDU script to play", apdu::write;
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl clap::ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.name()).help(self.about()))
    }
}

impl Format {
    /// Writes a report.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(self, out: &mut dyn Write, input: &Input<'_>) -> io::Result<()> {
        self.writer()(out, input)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?;
        Self::ALL.iter().copied().find(|format| ending == format.ending())
    }
}

/// A report that is asked for: `FORMAT=FILE`, or a file whose ending tells the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The format.
    pub format: Format,
    /// Where it goes.
    pub path: PathBuf,
}

impl FromStr for Request {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((name, path)) = text.split_once('=')
            && let Some(format) = Format::named(name)
            && !path.is_empty()
        {
            return Ok(Self { format, path: path.into() });
        }
        let path = PathBuf::from(text);
        let format = Format::of_file(&path).ok_or_else(|| {
            let names: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("a report is FORMAT=FILE; the formats are {}", names.join(", "))
        })?;
        Ok(Self { format, path })
    }
}

/// Writes all reports that are asked for.
///
/// # Errors
/// When a file cannot be written; those after it are not.
pub fn write_all(requests: &[Request], input: &Input<'_>) -> anyhow::Result<()> {
    requests.iter().try_for_each(|Request { format, path }| {
        let write = || {
            let mut out = BufWriter::new(File::create(path)?);
            format.write(&mut out, input)?;
            out.flush()
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    })
}

/// How many there are of each grade; grades that did not occur are left out.
#[must_use]
pub fn tally(grades: impl IntoIterator<Item = Grade>) -> BTreeMap<Grade, usize> {
    grades.into_iter().fold(BTreeMap::new(), |mut tally, grade| {
        *tally.entry(grade).or_default() += 1;
        tally
    })
}

/// The grades as test harnesses know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It ran, and nothing is wrong.
    Passed,
    /// The case says nothing of the card.
    DidNotRun,
    /// The harness or the reader failed.
    Broken,
    /// The card broke a rule.
    Failed,
}

impl Kind {
    pub(crate) const fn of(grade: Grade) -> Self {
        match (grade.blame(), grade) {
            (Blame::Card, _) => Self::Failed,
            (Blame::Harness, _) => Self::Broken,
            (_, Grade::Pass | Grade::PassWithObservation | Grade::ConceptuallyPass) => Self::Passed,
            _ => Self::DidNotRun,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Request};

    #[test]
    fn a_report_is_asked_for_by_name_or_ending() {
        let request = |text: &str| text.parse::<Request>();
        for format in Format::ALL {
            let named = request(&format!("{format}=a=b")).unwrap();
            assert_eq!((named.format, named.path.to_str()), (*format, Some("a=b")));
            let file = request(&format!("dir/out.{}", format.ending())).unwrap();
            assert_eq!(file.format, *format);
        }
        for text in ["", "html", "html=", "pdf=a", "a.pdf"] {
            assert!(request(text).unwrap_err().contains("markdown"), "{text}");
        }
    }
}
