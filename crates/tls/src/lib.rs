//! TLS as every outgoing connection speaks it: rustls with ring, TLS 1.2 and 1.3.
//!
//! A server must have a certificate for the name that is called, from an authority that is trusted.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Whom the system trusts, or who `SSL_CERT_FILE` and `SSL_CERT_DIR` say; nobody where none is named. Read once.
static SYSTEM: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(trusted)
});

/// Trusts whom the system trusts.
pub fn client() -> ClientConfig {
    trusting(SYSTEM.clone())
}

/// Trusts the authorities of a PEM file, and nobody else.
///
/// # Errors
/// If the file cannot be read, or there is no certificate in it.
pub fn client_of(path: &Path) -> Result<ClientConfig, String> {
    let told = |reason: String| format!("{}: {reason}", path.display());
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| told(error.to_string()))?;
    let mut trusted = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| told(error.to_string()))?;
        trusted.add(certificate).map_err(|error| told(error.to_string()))?;
    }
    if trusted.is_empty() {
        return Err(told("there is no certificate in it".to_owned()));
    }
    Ok(trusting(trusted.into()))
}

/// Trusts nobody: for connections that never speak TLS.
pub fn nobody() -> ClientConfig {
    trusting(RootCertStore::empty().into())
}

fn trusting(trusted: Arc<RootCertStore>) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the versions that rustls has by default")
        .with_root_certificates(trusted)
        .with_no_client_auth()
}
