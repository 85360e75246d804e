//! Cenote: store.
