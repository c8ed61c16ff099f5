//! What all tests share.
