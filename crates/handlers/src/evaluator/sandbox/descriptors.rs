//! Descriptors that came with the process. Ours are marked to be closed on exec; a parent's parent may have been
//! careless.

use std::os::fd::RawFd;

/// Closes everything but the standard three. To be called while the process has opened nothing itself.
pub(super) fn close_inherited() {
    let Ok(entries) = std::fs::read_dir("/dev/fd") else { return };
    let open: Vec<RawFd> =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        // One of them was the directory, which is closed already.
        let _ = nix::unistd::close(descriptor);
    }
}
