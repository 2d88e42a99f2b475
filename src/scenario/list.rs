//! Keys that take a list of tables, all of one kind.

use super::kind::Refusal;
use super::reader::{Session, Table};
use super::source::{DEFAULTS, Place};
use super::tree::Value;

impl Table<'_> {
    /// A key that takes a list of tables, each read by `read`, which is told the table's place among
    /// them. Left out, the list is empty. It stays out of the resolved scenario.
    pub fn tables<T>(
        &mut self,
        s: &mut Session<'_>,
        name: &'static str,
        mut read: impl FnMut(&mut Table<'_>, &mut Session<'_>) -> T,
    ) -> Vec<T> {
        let path = self.path(name);
        if s.is_survey() {
            let nowhere = Place { source: DEFAULTS, start: 0, end: 0 };
            read(&mut Table::new(path, nowhere, &[]), s);
            return Vec::new();
        }
        let Some(entry) = self.entry(name) else { return Vec::new() };
        let Value::List(items) = &entry.node.value else {
            let message = format!("`{path}` {}", Refusal::kind(&entry.node.value).what);
            let help = format!("write `[[{path}]]` over each of them");
            s.tell_at(entry.node.place, message, "expected a list of tables", help);
            return Vec::new();
        };
        let mut values = Vec::new();
        for item in items {
            if let Value::Table(entries) = &item.value {
                let mut table = Table::new(path.clone(), item.place, entries);
                values.push(read(&mut table, s));
                table.close(s);
            } else {
                let message = format!("an entry of `{path}` {}", Refusal::kind(&item.value).what);
                s.tell_at(item.place, message, "expected a table", None);
            }
        }
        values
    }
}
