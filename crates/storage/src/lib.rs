//! Keys, bytes and revisions: the Store trait, its engines and the watch rings; knows no kind.
