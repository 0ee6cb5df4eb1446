//! Lines of system tasks: to the screen, and to the loggers that plugins bring.

use std::sync::Arc;

use parking_lot::Mutex;
use segue_engine::{LogSink, TaskLine};
use segue_handlers::host::Host;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::scripts::Lines;

/// Takes lines with their levels, and gives them on in their order.
#[derive(Clone)]
pub(crate) struct Loggers {
    screen: Lines,
    added: Arc<Mutex<Option<Added>>>,
}

/// Loggers of plugins.
struct Added {
    /// One of them takes the place of the screen.
    takes_all: bool,
    sender: UnboundedSender<(String, String)>,
    forwarding: JoinHandle<()>,
}

impl Loggers {
    pub(crate) fn new(screen: Lines) -> Self {
        Self { screen, added: Arc::default() }
    }

    /// From now on lines go to the plugins of a host too; one that is a logger shows them in its own way.
    pub(crate) fn add(&self, host: &Host) {
        let is_there = |kind: &str| host.plugins().iter().any(|plugin| plugin.kind == kind);
        let takes_all = is_there("logger");
        if !takes_all && !is_there("log-transport") {
            return;
        }
        let (sender, mut lines) = unbounded_channel::<(String, String)>();
        let (host, screen) = (host.clone(), self.screen.clone());
        let forwarding = tokio::spawn(async move {
            while let Some((level, text)) = lines.recv().await {
                if let Err(error) = host.log(&level, &text).await {
                    screen("error", &format!("a logger failed: {}", error.message));
                }
            }
        });
        *self.added.lock() = Some(Added { takes_all, sender, forwarding });
    }

    pub(crate) fn log(&self, level: &str, text: &str) {
        let added = self.added.lock();
        if let Some(added) = &*added {
            // It is received until `flush`.
            let _ = added.sender.send((level.to_owned(), text.to_owned()));
        }
        if added.as_ref().is_none_or(|added| !added.takes_all) {
            (self.screen)(level, text);
        }
    }

    /// Takes the lines of the engine's own tasks.
    pub(crate) fn log_sink(&self) -> LogSink {
        let loggers = self.clone();
        Arc::new(move |line: &TaskLine<'_>| loggers.log(line.level.as_str(), line.text))
    }

    /// Waits until plugins have every line.
    pub(crate) async fn flush(&self) {
        let added = self.added.lock().take();
        if let Some(Added { sender, forwarding, .. }) = added {
            drop(sender);
            // It ends when nothing is left.
            let _ = forwarding.await;
        }
    }
}
