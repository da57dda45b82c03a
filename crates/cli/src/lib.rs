//! Commands for people that speak to a cluster through its API.
