//! Cenote: triggers.
