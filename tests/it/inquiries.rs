//! Tests of inquiries.
