//! Tables that people open in a spreadsheet: CSV in UTF-8 with its mark, lines ending in CR LF.

use poem::Response;
use poem::http::header;

use crate::platform::{Error, Result};

/// A CSV file to be saved as `name` (ASCII). One header row, one row a line; line breaks inside a
/// cell become spaces, for a cell is one line (行政データにおける機械可読性に関するルール L1-14).
///
/// # Errors
/// `Internal` when a row is not as long as the header.
pub fn csv(name: &str, header: &[&str], rows: &[Vec<String>]) -> Result<Response> {
    Ok(Response::builder()
        .content_type("text/csv; charset=utf-8")
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
        .body(text(header, rows)?))
}

fn text(header: &[&str], rows: &[Vec<String>]) -> Result<String> {
    let mut out =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(header).map_err(Error::internal)?;
    for row in rows {
        out.write_record(row.iter().map(|cell| plain(cell))).map_err(Error::internal)?;
    }
    let bytes = out.into_inner().map_err(Error::internal)?;
    let text = String::from_utf8(bytes).map_err(Error::internal)?;
    Ok(format!("\u{feff}{text}"))
}

/// A cell that a spreadsheet takes for text: what begins like a formula gets an apostrophe.
fn plain(cell: &str) -> String {
    let lines = cell.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join(" ");
    let number = line.parse::<f64>().is_ok();
    if !number && line.starts_with(['=', '+', '-', '@', '\t']) { format!("'{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_begins_with_its_mark_and_runs_no_formula() {
        let rows = [
            vec!["=1+2".to_owned(), "一行目\n二行目".to_owned()],
            vec!["-3".into(), "a,\"b　c".into()],
        ];
        let got = text(&["番号", "備考"], &rows).expect("rows as long as the header");
        assert_eq!(got, "\u{feff}番号,備考\r\n'=1+2,一行目 二行目\r\n-3,\"a,\"\"b　c\"\r\n");
        assert!(text(&["番号"], &rows).is_err());
    }
}
