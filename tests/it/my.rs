//! Tests of my.
