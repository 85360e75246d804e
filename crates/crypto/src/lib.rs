//! Cenote: crypto.
