//! Which texts and columns each section has.

use entity::subsidies::application_section::Section;

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line of words.
    Line,
    /// Several lines of words.
    Long,
    /// Whole yen.
    Yen,
    /// A number with up to three decimals.
    Figure,
    /// A whole number of people.
    Count,
    /// A date.
    Day,
    /// A month with its year.
    Month,
}

/// A text of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    pub name: &'static str,
    /// Wording key of its label; the hint is `<label>.hint`.
    pub label: &'static str,
    pub kind: Kind,
    /// Most characters.
    pub max: usize,
    /// Without it the section is not done.
    pub required: bool,
}

/// A column of a section's rows; the same shape as a text.
pub type Column = Text;

/// The form of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub section: Section,
    pub texts: &'static [Text],
    pub columns: &'static [Column],
    /// So many rows make it done.
    pub min_rows: usize,
}

const fn text(name: &'static str, label: &'static str, kind: Kind, max: usize) -> Text {
    Text { name, label, kind, max, required: true }
}

const fn optional(name: &'static str, label: &'static str, kind: Kind, max: usize) -> Text {
    Text { name, label, kind, max, required: false }
}

/// The forms in the order of the application.
pub const FORMS: &[Form] = &[
    Form {
        section: Section::Basics,
        texts: &[
            text("title", "apply.title", Kind::Line, 60),
            text("summary", "apply.summary", Kind::Long, 200),
            text("starts_on", "apply.starts_on", Kind::Day, 20),
            text("ends_on", "apply.ends_on", Kind::Day, 20),
            text("contact", "apply.contact", Kind::Line, 60),
        ],
        columns: &[],
        min_rows: 0,
    },
    Form {
        section: Section::Problem,
        texts: &[text("body", "apply.problem", Kind::Long, 600)],
        columns: &[
            text("what", "apply.figure.what", Kind::Line, 60),
            text("value", "apply.figure.value", Kind::Line, 30),
            text("source", "apply.figure.source", Kind::Line, 100),
        ],
        min_rows: 1,
    },
    Form {
        section: Section::People,
        texts: &[
            text("who", "apply.who", Kind::Long, 300),
            text("count", "apply.count", Kind::Count, 12),
        ],
        columns: &[],
        min_rows: 0,
    },
    Form {
        section: Section::Partners,
        texts: &[],
        columns: &[
            text("name", "apply.partner.name", Kind::Line, 60),
            text("role", "apply.partner.role", Kind::Line, 100),
        ],
        min_rows: 1,
    },
    Form {
        section: Section::Plan,
        texts: &[],
        columns: &[
            text("month", "apply.plan.month", Kind::Month, 20),
            text("what", "apply.plan.what", Kind::Line, 120),
        ],
        min_rows: 1,
    },
    Form {
        section: Section::Budget,
        texts: &[
            text("own_yen", "apply.own_yen", Kind::Yen, 20),
            optional("own_note", "apply.own_note", Kind::Line, 100),
        ],
        columns: &[
            text("category", "apply.budget.category", Kind::Line, 30),
            text("item", "apply.budget.item", Kind::Line, 100),
            text("yen", "apply.budget.yen", Kind::Yen, 20),
        ],
        min_rows: 1,
    },
    Form {
        section: Section::Goals,
        texts: &[],
        columns: &[
            text("kpi", "apply.goal.kpi", Kind::Line, 60),
            text("unit", "apply.goal.unit", Kind::Line, 10),
            optional("baseline", "apply.goal.baseline", Kind::Figure, 20),
            text("target", "apply.goal.target", Kind::Figure, 20),
            text("due", "apply.goal.due", Kind::Line, 30),
            text("source", "apply.goal.source", Kind::Line, 60),
        ],
        min_rows: 1,
    },
    Form {
        section: Section::Verification,
        texts: &[text("body", "apply.verification", Kind::Long, 400)],
        columns: &[],
        min_rows: 0,
    },
    Form {
        section: Section::Spread,
        texts: &[text("body", "apply.spread", Kind::Long, 400)],
        columns: &[],
        min_rows: 0,
    },
];

/// The form of a section.
pub fn form(section: Section) -> &'static Form {
    FORMS.iter().find(|form| form.section == section).unwrap_or(&FORMS[0])
}
