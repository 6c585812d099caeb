//! Tables for spreadsheets (RFC 4180).

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// A table as a file of a name.
pub(super) fn csv_named(name: &str, table: String) -> Response {
    let named = format!("attachment; filename=\"{name}.csv\"");
    let kind = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, named)];
    (kind, table).into_response()
}

/// A cell of a table (RFC 4180). A sign that a spreadsheet would take for the beginning of a formula is made plain text.
pub(super) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = if formula { format!("'{text}") } else { text.to_owned() };
    if plain.contains([',', '"', '\r', '\n']) { format!("\"{}\"", plain.replace('"', "\"\"")) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_name_is_one_cell_and_no_formula() {
        let cells = ["Sam", "Lee, J", "say \"hi\"", "=1+1", "-2", "@x"].map(cell);
        assert_eq!(cells, ["Sam", "\"Lee, J\"", "\"say \"\"hi\"\"\"", "'=1+1", "'-2", "'@x"]);
    }
}
