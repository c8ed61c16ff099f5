//! The secret of this database: with it digests are made that nobody outside can make again, so
//! that a row names neither a network nor a number.

use entity::platform::house_fact::{ActiveModel, Column, Entity};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, EntityTrait};
use sha2::Sha256;

use super::random::hex;
use super::{Ctx, Error, Result, Store};

const NAME: &str = "digest_secret";

/// The secret; it never leaves the process and is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Reads the secret, and makes one in a database that has none: whichever process comes first
    /// makes it, and all keep the same.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn of(store: &Store, ctx: &Ctx) -> Result<Self> {
        if let Some(found) = Entity::find_by_id(NAME).one(store.reader()).await? {
            return Ok(Self(found.value));
        }
        let value = &store.random().token();
        store
            .write_unaudited(ctx, |tx| async move {
                let row = ActiveModel {
                    name: ActiveValue::Set(NAME.to_owned()),
                    value: ActiveValue::Set(value.clone()),
                    noted_at: ActiveValue::Set(tx.now()),
                };
                let other = OnConflict::column(Column::Name).do_nothing().to_owned();
                Entity::insert(row).on_conflict(other).exec_without_returning(tx.db()).await?;
                let kept = Entity::find_by_id(NAME).one(tx.db()).await?;
                Ok(Self(kept.ok_or(Error::internal("no secret"))?.value))
            })
            .await
    }

    /// A secret that is no secret, for tables of tests.
    #[cfg(test)]
    pub fn for_tests(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A digest of the parts for one purpose, 32 hex digits: HMAC-SHA-256, cut to half.
    pub fn digest(&self, purpose: &str, parts: &[&str]) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else {
            return String::new();
        };
        for part in [purpose].iter().chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex(&mac.finalize().into_bytes()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_the_secret_the_purpose_and_each_part() {
        let (one, other) = (Secret("one".to_owned()), Secret("other".to_owned()));
        let want = one.digest("network", &["203.0.113.9"]);
        assert_eq!(want.len(), 32);
        assert_eq!(one.digest("network", &["203.0.113.9"]), want);
        for different in [
            other.digest("network", &["203.0.113.9"]),
            one.digest("device", &["203.0.113.9"]),
            one.digest("network", &["203.0.113", ".9"]),
        ] {
            assert_ne!(different, want);
        }
    }
}
