//! resident
