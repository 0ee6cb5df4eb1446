//! Sockets between the host and a child, and the child's first words.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::child::{Child, End};
use super::plugins::Plugin;
use super::wire::FromChild;

/// The first descriptor that is not a standard stream.
const FIRST: i32 = 3;

/// Our end, and the child's, which blocks.
pub(super) fn pair() -> io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs.into()))
}

/// Gives a command sockets as descriptors 3, 4, …
pub(super) fn hand_over(command: &mut Command, sockets: impl IntoIterator<Item = OwnedFd>) -> io::Result<()> {
    let mappings =
        sockets.into_iter().zip(FIRST..).map(|(parent_fd, child_fd)| FdMapping { parent_fd, child_fd });
    command.fd_mappings(mappings.collect()).map_err(io::Error::other)?;
    Ok(())
}

/// Waits until a child is ready, or says why it will not be; it is killed then.
pub(super) async fn greeted(
    child: &Child,
    mut greetings: mpsc::UnboundedReceiver<FromChild>,
    patience: Duration,
) -> Result<Vec<Plugin>, String> {
    let reason = match timeout(patience, greetings.recv()).await {
        Ok(Some(FromChild::Ready { plugins })) => return Ok(plugins),
        Ok(Some(FromChild::Refused { reason })) => reason,
        Ok(_) => "it ended before it was ready".to_owned(),
        Err(_) => "it did not become ready in time".to_owned(),
    };
    child.kill(End::Stopped);
    Err(reason)
}
