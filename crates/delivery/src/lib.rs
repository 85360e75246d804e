//! Cenote: delivery.
