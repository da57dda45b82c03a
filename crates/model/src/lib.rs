//! Pure data of the Kubernetes API: names, schema, codecs, patches and the registry of kinds; no I/O, no clock.
