//! Shapes of the API that more than one part of it takes or gives.

use poem_openapi::Object;

/// The number of what was made.
#[derive(Object, Debug)]
pub struct Made {
    pub id: i64,
}

/// An amount.
#[derive(Object, Debug)]
pub struct AmountBody {
    pub yen: i64,
}

/// A text.
#[derive(Object, Debug)]
pub struct TextBody {
    pub body: String,
}
