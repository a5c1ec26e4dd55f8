//! `list`: readers, cards and what is on them.

use super::{arguments::ListArguments, output::print_line, prompt::printable, readers};
use crate::{
    ClientError,
    token::{self, AppletReport, CertificateReport, TokenReport},
};

pub(super) fn list(arguments: &ListArguments) -> Result<(), ClientError> {
    let mut readers = readers::all(&arguments.reader)?;
    let reports: Vec<TokenReport> =
        readers.iter_mut().map(|reader| token::report(&mut **reader)).collect();
    if arguments.json {
        let text = serde_json::to_string_pretty(&reports)
            .map_err(|error| ClientError::Output(error.into()))?;
        return print_line(&text);
    }
    if reports.is_empty() {
        return print_line("no readers");
    }
    reports.iter().try_for_each(|report| print_line(&describe(report)))
}

/// A card in some lines of text.
fn describe(report: &TokenReport) -> String {
    let mut lines = vec![format!("{}: {}", report.reader, report.state())];
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            lines.push(format!("  {name:<12} {}", printable(value)));
        }
    };
    line("ATR", report.atr.as_deref());
    line("CUID", report.cuid.as_deref());
    line("problem", report.problem.as_deref());
    if let Some(applet) = &report.applet {
        line("applet", applet.version.as_deref());
        line("life cycle", applet.life_cycle.as_deref());
        line("issuer", applet.issuer.as_deref());
        line("token", applet.token_name.as_deref());
        line("objects", Some(&objects(applet)));
        lines.extend(applet.certificates.iter().flat_map(certificate));
    }
    lines.join("\n")
}

fn objects(applet: &AppletReport) -> String {
    let one = |object: &token::ObjectReport| match object.size {
        Some(size) => format!("{} ({size} bytes)", object.id),
        None => object.id.clone(),
    };
    let all: Vec<String> = applet.objects.iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn certificate(certificate: &CertificateReport) -> Vec<String> {
    let CertificateReport { id, label, subject, issuer, serial, not_before, not_after } =
        certificate;
    let text = |value: &Option<String>| printable(value.as_deref().unwrap_or("?"));
    vec![
        format!("  certificate {id}: {}", text(label)),
        format!("    subject    {}", text(subject)),
        format!("    issuer     {}", text(issuer)),
        format!("    serial     {}", text(serial)),
        format!("    valid      {} to {}", text(not_before), text(not_after)),
    ]
}
