//! Telling other nodes that there is something to do, and hearing it from them. A shortcut only.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use futures::StreamExt;
use futures::stream;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio_postgres::AsyncMessage;
use uuid::Uuid;

use super::options::Options;

/// However much is appended, others hear of it no more often than this.
const PAUSE: Duration = Duration::from_millis(5);
const RECONNECT_FIRST: Duration = Duration::from_millis(50);
const RECONNECT_MAX: Duration = Duration::from_secs(10);

/// The two ends of the shortcut; they end with the store.
pub(super) struct Changes {
    heard: watch::Receiver<u64>,
    told: Arc<Notify>,
    tasks: [AbortHandle; 2],
}

impl Changes {
    pub(super) fn watch(pool: &Pool, options: &Arc<Options>) -> Self {
        let told = Arc::new(Notify::new());
        let (sender, heard) = watch::channel(0);
        // Everybody hears everything; a node knows its own by this.
        let node: Arc<str> = Uuid::now_v7().simple().to_string().into();
        let teller = tokio::spawn(tell(pool.clone(), options.channel(), node.clone(), told.clone()));
        let listener = tokio::spawn(listen(options.clone(), node, sender));
        Self { heard, told, tasks: [teller.abort_handle(), listener.abort_handle()] }
    }

    /// Something for others was committed.
    pub(super) fn announce(&self) {
        self.told.notify_one();
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.heard.clone()
    }

    pub(super) fn stop(&self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn tell(pool: Pool, channel: String, node: Arc<str>, told: Arc<Notify>) {
    loop {
        told.notified().await;
        if let Ok(connection) = pool.get().await
            && let Ok(statement) = connection.prepare_cached("SELECT pg_notify($1, $2)").await
            && let Err(cause) = connection.query(&statement, &[&channel, &&*node]).await
        {
            tracing::debug!(%cause, "nobody was notified");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(options: Arc<Options>, node: Arc<str>, heard: watch::Sender<u64>) {
    let mut pause = RECONNECT_FIRST;
    loop {
        match listen_once(&options, &node, &heard, &mut pause).await {
            Ok(()) => tracing::debug!("the connection for notifications ended"),
            Err(cause) => tracing::debug!(%cause, "no notifications"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RECONNECT_MAX);
    }
}

/// Listens until the connection ends.
async fn listen_once(
    options: &Options,
    node: &str,
    heard: &watch::Sender<u64>,
    pause: &mut Duration,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = options.config.connect(options.tls.clone()).await?;
    let mut incoming = stream::poll_fn(move |context| connection.poll_message(context));
    let sql = format!("LISTEN {}", options.channel());
    let request = client.batch_execute(&sql);
    tokio::pin!(request);
    let mut is_listening = false;
    loop {
        tokio::select! {
            answer = &mut request, if !is_listening => {
                answer?;
                is_listening = true;
                *pause = RECONNECT_FIRST;
                // What was said before was not heard.
                heard.send_modify(|count| *count += 1);
            }
            message = incoming.next() => match message {
                Some(Ok(AsyncMessage::Notification(said))) if said.payload() != node => {
                    heard.send_modify(|count| *count += 1);
                }
                Some(Ok(_)) => {}
                Some(Err(cause)) => return Err(cause),
                None => return Ok(()),
            }
        }
    }
}
