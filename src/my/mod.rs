//! The resident's own pages: no account, no e-mail, no JavaScript.
