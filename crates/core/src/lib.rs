//! Cenote: core.
