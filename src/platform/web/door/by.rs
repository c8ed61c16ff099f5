//! Who comes in, by which right.

use std::future::Future;
use std::marker::PhantomData;

use entity::platform::role::Role;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use sea_orm::DatabaseConnection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::platform::idempotency::Once;
use crate::platform::web::form::Intent;
use crate::platform::{App, Ctx, Error, Personal, Result, Scope, Tx};

/// What opens a door: the roles that hold one key. A room declares its own.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// In the OpenAPI document.
    pub name: &'static str,
    /// Each of them opens.
    pub roles: &'static [Role],
}

/// A key as a type, so that it stands in the signature of a handler; a room declares its own with
/// `rights!`.
pub trait Right: 'static {
    const RIGHTS: Rights;

    /// What the actor reaches by it.
    ///
    /// # Errors
    /// `Unauthorized` when nobody is logged in, `Forbidden` for whom it does not open.
    fn scope(ctx: &Ctx) -> Result<Scope> {
        ctx.scope(Self::RIGHTS.roles)
    }
}

/// Declares the keys of a room.
macro_rules! rights {
    ($($(#[$about:meta])* $right:ident = $name:literal: [$($role:ident),+])+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug)]
        pub struct $right;

        impl $right {
            /// Whether it opens for the actor; for menus and templates.
            pub fn opens(ctx: &$crate::platform::Ctx) -> bool {
                <Self as $crate::platform::web::door::Right>::scope(ctx).is_ok()
            }
        }

        impl $crate::platform::web::door::Right for $right {
            const RIGHTS: $crate::platform::web::door::Rights =
                $crate::platform::web::door::Rights {
                    name: $name,
                    roles: &[$(entity::platform::role::Role::$role),+],
                };
        }
    )+};
}
pub(crate) use rights;

/// Whoever came in by the right `R`: the one parameter that an operation needs besides its own.
pub struct By<R> {
    pub app: App,
    pub ctx: Ctx,
    /// What the right reaches for this actor.
    pub scope: Scope,
    once: Option<Once>,
    right: PhantomData<fn() -> R>,
}

impl<R: Right> By<R> {
    /// # Errors
    /// `Unauthorized` when nobody is logged in, `Forbidden` without one of the roles.
    pub(super) fn enter(request: &Request) -> Result<Self> {
        let known = request.extensions();
        let app = known.get::<App>().ok_or(Error::internal("no app"))?.clone();
        let ctx = known.get::<Ctx>().ok_or(Error::internal("no context"))?.clone();
        let once = known.get::<Intent>().and_then(|intent| intent.0.clone());
        let scope = R::scope(&ctx)?;
        Ok(Self { app, ctx, scope, once, right: PhantomData })
    }

    /// For reads.
    pub fn db(&self) -> &DatabaseConnection {
        self.app.store().reader()
    }

    /// Does something, all or nothing, under a name in the audit log. What comes again under the
    /// same one-time key is answered as the first time.
    ///
    /// `work` may run more than once: see [`crate::platform::Store::write`].
    ///
    /// # Errors
    /// What `work` answers; `Mismatch` when the key came with something else before.
    pub async fn does<'a, T, F, W>(&'a self, action: &'static str, work: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send,
        F: Fn(Tx, &'a Scope) -> W + Sync,
        W: Future<Output = Result<T>> + Send,
    {
        let store = self.app.store();
        store.write_once(&self.ctx, action, self.once.as_ref(), |tx| work(tx, &self.scope)).await
    }

    /// Opens what was read of people, by recording that they were shown, and by which operation or
    /// page.
    ///
    /// # Errors
    /// As [`crate::platform::Store::look`]; what could not be recorded is not shown.
    pub async fn saw<T>(&self, read: Personal<T>, on: &'static str) -> Result<T> {
        read.shown_to(&self.app, &self.ctx, on).await
    }
}

// Not by `FromRequest`, so that the right stands in the document.
impl<'a, R: Right> ApiExtractor<'a> for By<R> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    /// The framework knows one way to log in for each name; `document` writes both ways and the
    /// roles in its place.
    fn register(registry: &mut Registry) {
        let scheme = MetaSecurityScheme {
            ty: "http",
            description: None,
            name: None,
            key_in: None,
            scheme: Some("bearer"),
            bearer_format: None,
            flows: None,
            openid_connect_url: None,
        };
        registry.create_security_scheme(R::RIGHTS.name, scheme);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![R::RIGHTS.name]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::enter(request)?)
    }
}
