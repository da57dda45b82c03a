//! One pure module per controller, and the table of all.
