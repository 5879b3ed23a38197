//! `tow.yaml` with the line of every key. Values are typed here; whether they are right, the key's kind says.

use super::layers::{Draft, TextFile};
use super::{ConfigProblem, Origin, SECRETS, Setting, keys};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

/// Takes every key of the file into the draft.
pub fn read(file: &TextFile, draft: &mut Draft) {
    let at = |line| Origin::File { path: file.path.clone(), line };
    match MarkedYaml::load_from_str(&file.text).as_deref() {
        Ok([]) => {}
        Ok([document]) => Walk { file, draft }.section("", document),
        Ok([_, second, ..]) => {
            let message = "There is a second document (after ---) in this file; only one is read.";
            draft.lose_file(ConfigProblem::new(at(second.span.start.line()), "", message));
        }
        Err(error) => {
            let message = format!("This is not valid YAML: {}.", error.info());
            draft.lose_file(ConfigProblem::new(at(error.marker().line()), "", message));
        }
    }
}

struct Walk<'a> {
    file: &'a TextFile,
    draft: &'a mut Draft,
}

impl Walk<'_> {
    fn section(&mut self, prefix: &str, node: &MarkedYaml<'_>) {
        let map = match &node.data {
            YamlData::Mapping(map) => map,
            YamlData::Value(Scalar::Null) => return,
            _ => {
                let what = if prefix.is_empty() { "This file" } else { prefix };
                let message = format!("{what} must hold keys, each with its value, and holds something else.");
                return self.refuse(node.span.start.line(), prefix, message, None);
            }
        };
        for (key, value) in map {
            let line = key.span.start.line();
            let Some(name) = key.data.as_str() else {
                let message = "A key must be a word.".to_owned();
                self.refuse(line, prefix, message, None);
                continue;
            };
            let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            self.entry(&path, value, line);
        }
    }

    fn entry(&mut self, path: &str, value: &MarkedYaml<'_>, line: usize) {
        if let Some(key) = keys::find(path) {
            let origin = self.at(line);
            let checked = match setting(value) {
                Ok(Setting::Unset) if key.is_optional() => Ok(Setting::Unset),
                Ok(setting) => key.kind.accept(setting),
                Err(why) => Err(why),
            };
            self.draft.set(key, checked, origin);
        } else if keys::SECTIONS.iter().any(|(section, _)| *section == path) {
            self.section(path, value);
        } else {
            self.unknown(path, line);
        }
    }

    fn unknown(&mut self, path: &str, line: usize) {
        let name = path.rsplit('.').next().unwrap_or(path);
        match SECRETS.iter().find(|secret| secret.name.eq_ignore_ascii_case(name)) {
            Some(secret) => {
                let name = secret.name;
                let message = format!(
                    "{path} is a secret, and secrets do not stand in this file: set {name} or {name}_FILE in the environment or in .env, and change the secret if others have seen this file."
                );
                self.refuse(line, path, message, None);
            }
            None => self.refuse(line, path, format!("{path} is not a known key."), keys::nearest(path)),
        }
    }

    fn refuse(&mut self, line: usize, key: &str, message: String, nearest: Option<String>) {
        let problem = ConfigProblem::new(self.at(line), key, message).nearest(nearest);
        self.draft.problems.push(problem);
    }

    fn at(&self, line: usize) -> Origin {
        Origin::File { path: self.file.path.clone(), line }
    }
}

fn setting(node: &MarkedYaml<'_>) -> Result<Setting, String> {
    match &node.data {
        YamlData::Value(Scalar::Null) => Ok(Setting::Unset),
        YamlData::Value(Scalar::Boolean(value)) => Ok(Setting::Bool(*value)),
        YamlData::Value(Scalar::Integer(value)) => Ok(Setting::Int(*value)),
        YamlData::Value(Scalar::FloatingPoint(value)) => Err(format!("is the number {value}")),
        YamlData::Value(Scalar::String(text)) => Ok(Setting::Text(text.to_string())),
        YamlData::Sequence(items) => {
            let text = |item: &MarkedYaml<'_>| item.data.as_str().map(str::to_owned);
            items
                .iter()
                .map(text)
                .collect::<Option<_>>()
                .map(Setting::List)
                .ok_or("has an entry that is not text".into())
        }
        YamlData::Mapping(_) => Err("holds keys of its own".into()),
        _ => Err("cannot be read".into()),
    }
}
