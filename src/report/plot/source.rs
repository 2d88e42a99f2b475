//! The stored results of a run, as figures need them.
//!
//! Read by name: unknown quantities and columns are skipped, missing quantities are empty, so that
//! results of other versions can still be drawn as far as they go.

use crate::node::OperationKind;
use serde_json::Value;
use std::collections::BTreeMap;

/// What figures are drawn from: the files of one result, read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The scenario's name.
    pub scenario: String,
    /// The protocol's name.
    pub protocol: String,
    /// The seed.
    pub seed: u64,
    /// `metrics.json`.
    pub metrics: Value,
    /// `series.csv`: x is the time in seconds at which a bucket begins.
    pub series: Tidy,
    /// `distributions.csv`.
    pub distributions: Tidy,
}

/// A curve: pairs of x and y, in the order of the file.
pub type Curve = Vec<(f64, f64)>;

/// A tidy table: curves by quantity and label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tidy {
    curves: BTreeMap<(String, String), Curve>,
}

/// A file of a result that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct Unreadable {
    /// Its name.
    pub file: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// The texts of a result's files.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// `manifest.json`
    pub manifest: &'a str,
    /// `metrics.json`
    pub metrics: &'a str,
    /// `series.csv`
    pub series: &'a str,
    /// `distributions.csv`
    pub distributions: &'a str,
}

impl Source {
    /// Reads the files' texts.
    ///
    /// # Errors
    /// The first file that isn't what it should be.
    pub fn read(texts: Texts<'_>) -> Result<Self, Unreadable> {
        const MANIFEST: &str = "manifest.json";
        let manifest = json(MANIFEST, texts.manifest)?;
        let text = |key: &str| {
            let missing = || unreadable(MANIFEST, format!("`{key}` is missing"));
            manifest[key].as_str().map(str::to_owned).ok_or_else(missing)
        };
        let seed = manifest["seed"].as_u64();
        Ok(Self {
            scenario: text("name")?,
            protocol: text("protocol")?,
            seed: seed.ok_or_else(|| unreadable(MANIFEST, "`seed` is missing".into()))?,
            metrics: json("metrics.json", texts.metrics)?,
            series: Tidy::read("series.csv", texts.series, ["time_s", "value"])?,
            distributions: Tidy::read("distributions.csv", texts.distributions, ["x", "share"])?,
        })
    }

    /// A number of `metrics.json`, by the keys that lead to it; `None` if it is missing or null.
    pub fn metric(&self, path: &[&str]) -> Option<f64> {
        path.iter().try_fold(&self.metrics, |value, key| value.get(key))?.as_f64()
    }

    /// How many operations of a kind succeeded, and how many were issued; `None` if none were.
    pub fn answered(&self, kind: OperationKind) -> Option<(f64, f64)> {
        let count = |what| self.metric(&["operations", kind.name(), what]);
        let issued = count("issued").filter(|&issued| issued > 0.0)?;
        Some((count("ok")?, issued))
    }

    /// The end of the run in seconds, the drain included.
    pub fn end_s(&self) -> f64 {
        self.metric(&["simulated_s"]).unwrap_or(0.0).max(self.series.last_x())
    }

    /// The part of a run called `name` ("warmup", "drain"): from when to when, in seconds.
    pub fn phase(&self, name: &str) -> Option<(f64, f64)> {
        let &(start, length) = self.series.curve("phase", name).first()?;
        Some((start, start + length))
    }
}

impl Tidy {
    /// Reads a table with the columns `quantity`, `label` and the two named ones, in any order.
    /// Rows without a value are left out.
    fn read(file: &'static str, text: &str, xy: [&str; 2]) -> Result<Self, Unreadable> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let broken = |error: csv::Error| unreadable(file, error.to_string());
        let headers = reader.headers().map_err(broken)?.clone();
        let column = |name: &str| {
            let missing = || unreadable(file, format!("the column `{name}` is missing"));
            headers.iter().position(|header| header == name).ok_or_else(missing)
        };
        let [quantity, label] = [column("quantity")?, column("label")?];
        let [x, y] = [column(xy[0])?, column(xy[1])?];
        let mut curves: BTreeMap<(String, String), Curve> = BTreeMap::new();
        for (index, record) in reader.records().enumerate() {
            let record = record.map_err(broken)?;
            if record[y].is_empty() {
                continue;
            }
            let number = |column: usize| match record[column].parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number),
                _ => {
                    let (line, text) = (index + 2, &record[column]);
                    Err(unreadable(file, format!("line {line}: `{text}` isn't a number")))
                }
            };
            let key = (record[quantity].to_owned(), record[label].to_owned());
            curves.entry(key).or_default().push((number(x)?, number(y)?));
        }
        Ok(Self { curves })
    }

    /// The curve of a quantity and label; empty if there is none.
    pub fn curve(&self, quantity: &str, label: &str) -> &[(f64, f64)] {
        let key = (quantity.to_owned(), label.to_owned());
        self.curves.get(&key).map_or(&[], Vec::as_slice)
    }

    fn last_x(&self) -> f64 {
        self.curves.values().flatten().map(|point| point.0).fold(0.0, f64::max)
    }
}

fn json(file: &'static str, text: &str) -> Result<Value, Unreadable> {
    serde_json::from_str(text).map_err(|error| unreadable(file, error.to_string()))
}

fn unreadable(file: &'static str, reason: String) -> Unreadable {
    Unreadable { file, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"name": "churn", "protocol": "clippee", "seed": 7}"#;

    fn texts<'a>(series: &'a str, distributions: &'a str) -> Texts<'a> {
        let metrics = r#"{"simulated_s": 90.0, "operations": {"read": {"issued": 4, "ok": 3}}}"#;
        Texts { manifest: MANIFEST, metrics, series, distributions }
    }

    #[test]
    fn tables_are_read_by_the_names_of_their_columns() {
        let series = "label,value,time_s,unknown,quantity\n\
                      warmup,30,0,a,phase\n,200,0,b,peers_alive\n\
                      ,,1,b,peers_alive\n,199,2,b,peers_alive\n";
        let source = Source::read(texts(series, "quantity,label,x,share\n")).unwrap();
        assert_eq!(source.series.curve("peers_alive", ""), [(0.0, 200.0), (2.0, 199.0)]);
        assert_eq!(source.phase("warmup"), Some((0.0, 30.0)));
        assert_eq!((source.phase("drain"), source.end_s()), (None, 90.0));
        assert!(source.distributions.curve("hops", "").is_empty());
        assert_eq!(source.answered(OperationKind::Read), Some((3.0, 4.0)));
        assert_eq!(source.answered(OperationKind::Update), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |series, distributions| {
            Source::read(texts(series, distributions)).unwrap_err().to_string()
        };
        let series = "time_s,quantity,label,value\n";
        assert_eq!(
            error(series, "quantity,label,x\n"),
            "distributions.csv: the column `share` is missing"
        );
        assert_eq!(
            error("time_s,quantity,label,value\n0,a,b,NaN\n", ""),
            "series.csv: line 2: `NaN` isn't a number"
        );
        let texts = Texts { manifest: "{}", ..texts(series, series) };
        let error = Source::read(texts).unwrap_err().to_string();
        assert_eq!(error, "manifest.json: `name` is missing");
    }
}
