//! Lines over the network.

mod address;
mod failure;
mod tcp;
mod udp;

pub use address::ResolveError;
pub use failure::NetworkFailure;
pub use tcp::{TcpLines, TcpLinesBuilder, TcpLinesHandle};
pub use udp::{UdpLines, UdpLinesBuilder};
