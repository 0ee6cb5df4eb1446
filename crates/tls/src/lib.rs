//! TLS as every outgoing connection speaks it: rustls with ring, and the system's trust.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore};

/// Whom the system trusts, or who `SSL_CERT_FILE` and `SSL_CERT_DIR` say; nobody where none is named. Read once.
static TRUSTED: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(trusted)
});

/// TLS 1.2 and 1.3 as a client: a server must have a certificate for the name that is called, and from one whom the
/// system trusts.
pub fn client() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions that rustls has by default")
        .with_root_certificates(TRUSTED.clone())
        .with_no_client_auth()
}
