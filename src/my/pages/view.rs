//! What several of these pages say and ask in one way.

use crate::platform::web::Page;
use crate::platform::web::door::{Field, Returned};

/// A sentence that asks to call, with the number and the hours. These pages promise no call: an
/// inquiry has its operator, and nobody would know of it.
pub fn please_call(page: &Page, key: &str) -> String {
    page.f(key, &[("phone", &page.phone), ("hours", &page.hours)])
}

/// A line of text, in the words `<key>.label` and `<key>.hint`; of each it is said whether it has
/// to be filled in.
pub fn field(
    page: &Page,
    back: &Returned,
    name: &str,
    key: &str,
    value: &str,
    required: bool,
) -> Field {
    let (class, word) = match required {
        true => ("mark-required", "book.required"),
        false => ("mark-optional", "book.optional"),
    };
    let field = page.field(back, name, &format!("{key}.label"), value);
    let field = field.hint(page, &format!("{key}.hint"));
    Field { mark: Some((class, page.t(word).to_owned())), ..field }
}
