//! The samples of the page "Tokens": on the embedded server each request is held against what the PHP
//! sample sends; on the real Keystone each sample runs and does what the page says.

mod exchanges;
#[cfg(feature = "servers")]
mod keystone;
mod page;
#[cfg(feature = "servers")]
mod stores;
