//! The command as users, hosts and scripts run it.

mod authorize;
mod catalogue;
mod check;
mod discovery;
mod explain;
mod fail_closed;
mod hook;
mod incident;
mod init;
mod playground;
mod support;
