//! Services as packet-filter rules. Pure: what the API says of one Service becomes a [`Fragment`] of the table, fragments
//! make up a [`Ruleset`], and replacing fragments gives the change that the kernel needs: O(change), never O(table).
pub mod fragment;
pub mod model;
pub mod ruleset;
pub mod skeleton;

pub use fragment::{Fragment, fragment};
pub use model::{Endpoint, NodeView, Port, Service, service};
pub use ruleset::Ruleset;
pub use skeleton::{TABLE, skeleton};

/// Marks connections that leave under the node's address; upstream's proxies use the same bit.
pub const MASQUERADE_MARK: u32 = 0x4000;
