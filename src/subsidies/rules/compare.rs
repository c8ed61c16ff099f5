//! What changed between two submitted versions.

use entity::subsidies::application_section::Section;
use poem_openapi::Object;

use super::sections::{Application, Content, form};

/// What differs between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Object)]
#[oai(rename = "DifferenceItem")]
pub struct Difference {
    pub section: Section,
    /// Wording key of the text; none for a row.
    #[oai(skip)]
    pub label: Option<&'static str>,
    // Empty when it is new.
    pub old: String,
    // Empty when it is gone.
    pub new: String,
}

/// The differences in the order of the form. Rows are compared in their order; a row that only
/// moved is no difference.
pub fn compare(old: &Application, new: &Application) -> Vec<Difference> {
    let empty = Content::default();
    let mut found = Vec::new();
    for section in Section::ALL.iter().copied() {
        let before = old.get(section.as_str()).unwrap_or(&empty);
        let after = new.get(section.as_str()).unwrap_or(&empty);
        for text in form(section).texts {
            let (old, new) = (before.text(text.name), after.text(text.name));
            if old != new {
                let (old, new) = (old.to_owned(), new.to_owned());
                found.push(Difference { section, label: Some(text.label), old, new });
            }
        }

        let mut gone: Vec<&Vec<String>> = before.rows.iter().collect();
        let mut come: Vec<&Vec<String>> = Vec::new();
        for row in &after.rows {
            match gone.iter().position(|old| *old == row) {
                Some(at) => {
                    gone.remove(at);
                }
                None => come.push(row),
            }
        }

        for at in 0..gone.len().max(come.len()) {
            let line =
                |rows: &[&Vec<String>]| rows.get(at).map(|row| row.join(" / ")).unwrap_or_default();
            found.push(Difference { section, label: None, old: line(&gone), new: line(&come) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(title: &str, rows: &[&str]) -> Application {
        let mut basics = Content::default();
        basics.texts.insert("title".to_owned(), title.to_owned());
        let rows = rows.iter().map(|row| row.split(' ').map(str::to_owned).collect()).collect();
        let budget = Content { rows, ..Content::default() };
        [("basics".to_owned(), basics), ("budget".to_owned(), budget)].into()
    }

    #[test]
    fn two_versions_are_compared_text_by_text_and_row_by_row() {
        let old = application("教室", &["謝金 講師 100", "会場 使用料 50"]);
        let new = application("スマホ教室", &["会場 使用料 50", "謝金 講師 80", "印刷 ちらし 20"]);
        let found = compare(&old, &new);
        let lines: Vec<(&str, &str, &str)> = found
            .iter()
            .map(|difference| {
                (difference.section.as_str(), difference.old.as_str(), difference.new.as_str())
            })
            .collect();
        assert_eq!(
            lines,
            [
                ("basics", "教室", "スマホ教室"),
                ("budget", "謝金 / 講師 / 100", "謝金 / 講師 / 80"),
                ("budget", "", "印刷 / ちらし / 20"),
            ]
        );
        assert_eq!(compare(&new, &new), []);
    }
}
