//! The verbs.
use crate::platform::{Error, Result, Tx};
pub async fn stub(_: &Tx) -> Result<()> { Err(Error::internal("stub")) }
