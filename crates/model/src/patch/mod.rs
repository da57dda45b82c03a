//! JSON patch, merge patch, strategic merge patch, managed fields: pure functions over the schema and trees.
