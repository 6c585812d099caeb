//! A table of text: names to the left, figures to the right, columns as wide as they must be.

use unicode_width::UnicodeWidthStr;

/// Rows of cells under a heading.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

/// A heading: what the names are, and what each figure is.
pub(super) fn columns(names: &str, figures: &[&str]) -> Vec<String> {
    std::iter::once(&names).chain(figures).map(|word| (*word).to_owned()).collect()
}

impl Table {
    pub(super) fn new(heading: &[String]) -> Self {
        Self { rows: vec![heading.to_vec()] }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether there is nothing under the heading.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }

    pub(super) fn text(&self) -> String {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let space = " ".repeat(width - cell.width());
                line += &if column == 0 { format!("{cell}{space}") } else { format!("  {space}{cell}") };
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_left_and_figures_right() {
        let mut table = Table::new(&columns("name", &["rows", "held"]));
        assert!(table.is_empty());
        table.row(vec!["a long name".into(), "7".into(), "12345".into()]);
        table.row(vec!["b".into(), String::new()]);
        assert_eq!(table.text(), "name         rows   held\na long name     7  12345\nb\n");
    }
}
