//! Every verb over any registry row; no HTTP. One pipeline for every write.
