//! The operator's one screen: who calls, what the trouble is, which path, which day.
