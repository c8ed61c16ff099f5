//! Tests of residents.
