//! Which cases claim which fault: `conformance/mutants.toml`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use faults::Fault;
use serde::{Deserialize, Serialize};

/// The table of claims: a fault, and the cases that must blame a card that has it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// By name of the fault, the numbers of cases.
    pub killed_by: BTreeMap<String, BTreeSet<String>>,
    /// By name of the fault, why no case claims it.
    #[serde(default)]
    pub unclaimed: BTreeMap<String, String>,
}

impl Claims {
    /// Reads the table.
    ///
    /// # Errors
    /// When it is no such table, names a fault or a case that there is not, or has no word about a fault.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let claims: Self = toml::from_str(text).context("table of mutants")?;
        for fault in claims.killed_by.keys().chain(claims.unclaimed.keys()) {
            fault.parse::<Fault>().map_err(|_| anyhow::anyhow!("there is no fault '{fault}'"))?;
        }
        for number in claims.killed_by.values().flatten() {
            super::case(number).with_context(|| format!("there is no case {number}"))?;
        }
        for fault in Fault::ALL.iter().map(|fault| fault.name()) {
            anyhow::ensure!(
                claims.killed_by.contains_key(fault) != claims.unclaimed.contains_key(fault),
                "'{fault}' must be either claimed or unclaimed"
            );
        }
        Ok(claims)
    }
}
