//! Chrome's trace events: the JSON that `chrome://tracing` and Perfetto read.

use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};

/// One event. Times are microseconds; all numbers are exact to the nanosecond up to 100 days.
#[derive(Debug, Default, Serialize)]
pub struct Event<'a> {
    /// What it is: X a slice, M metadata, s and f the ends of a flow, b and e those of a span.
    #[serde(rename = "ph")]
    pub phase: &'static str,
    pub name: &'a str,
    #[serde(rename = "cat", skip_serializing_if = "str::is_empty")]
    pub category: &'static str,
    #[serde(rename = "ts")]
    pub at_us: f64,
    #[serde(rename = "dur", skip_serializing_if = "Option::is_none")]
    pub duration_us: Option<f64>,
    /// Which group of tracks.
    pub pid: u32,
    /// Which track.
    pub tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// A flow ends in the slice around its end, not in the next one.
    #[serde(rename = "bp", skip_serializing_if = "Option::is_none")]
    pub binding: Option<&'static str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub args: Value,
}

/// Nanoseconds as microseconds.
pub fn us(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}

/// Writes events as the list that the format wants, one a line.
pub struct Events<W> {
    out: W,
    any: bool,
}

impl<W: Write> Events<W> {
    pub fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
        Ok(Self { out, any: false })
    }

    pub fn write(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.out.write_all(if self.any { b",\n" } else { b"\n" })?;
        self.any = true;
        Ok(serde_json::to_writer(&mut self.out, event)?)
    }

    pub fn end(mut self) -> io::Result<()> {
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()
    }
}
