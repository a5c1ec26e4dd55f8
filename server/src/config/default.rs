//! The configuration file that `init` writes: what holds anyway, with comments.

const TEXT: &str = include_str!("default.toml");

/// The text of a configuration file with every setting at its default.
#[must_use]
pub const fn default_text() -> &'static str {
    TEXT
}

#[cfg(test)]
mod tests {
    use toml::Value;

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_default_text_says_what_holds_anyway() {
        let config = Config::parse(default_text()).unwrap();
        config.validate().unwrap();
        let written = toml::to_string(&config).unwrap();
        assert_eq!(written, toml::to_string(&Config::default()).unwrap());
    }

    #[test]
    fn the_default_text_has_every_setting() {
        let text: Value = toml::from_str(default_text()).unwrap();
        let defaults = Value::try_from(Config::default()).unwrap();
        assert_eq!(missing(&text, &defaults, ""), Vec::<String>::new());
    }

    fn missing(text: &Value, defaults: &Value, path: &str) -> Vec<String> {
        match (text, defaults) {
            (Value::Table(text), Value::Table(defaults)) => defaults
                .iter()
                .flat_map(|(name, value)| {
                    let path = format!("{path}.{name}");
                    text.get(name).map_or_else(
                        || vec![path.clone()],
                        |written| missing(written, value, &path),
                    )
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}
