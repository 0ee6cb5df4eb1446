//! Servers behind TLS, and an authority whom nobody knew before.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempPath;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A server's certificate and its private key, and that of the authority to trust, all as PEM.
pub struct Certified {
    /// Whom to trust.
    pub authority: String,
    /// The server's.
    pub certificate: String,
    /// The server's.
    pub key: String,
}

/// A certificate for the server of a name or an address.
pub fn certified(name: &str) -> Certified {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = authority.self_signed(&key).expect("signed");
    let issuer = Issuer::new(authority, key);
    let own_key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new([name.to_owned()])
        .expect("a name")
        .signed_by(&own_key, &issuer)
        .expect("signed");
    Certified { authority: certificate.pem(), certificate: own.pem(), key: own_key.serialize_pem() }
}

impl Certified {
    /// The authority in a file, which is there until this is dropped.
    pub fn authority_file(&self) -> TempPath {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(self.authority.as_bytes()).expect("written");
        file.into_temp_path()
    }

    /// What a server is configured with.
    pub fn config(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key");
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("a certificate");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a pair");
        Arc::new(config)
    }
}

/// What speaks TLS for a server that does not. Ends with the test's process.
pub struct Front {
    /// `https://localhost:PORT`.
    pub url: String,
    /// The file with the authority to trust.
    pub authority: TempPath,
}

impl Front {
    /// In front of the server at `url`, as `http://ADDRESS:PORT`.
    pub fn of(url: &str) -> Self {
        let behind: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        let certified = certified("localhost");
        let acceptor = TlsAcceptor::from(certified.config());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("possible");
        let port = listener.local_addr().expect("an address").port();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || runtime.block_on(serve(listener, acceptor, behind)));
        Self { url: format!("https://localhost:{port}"), authority: certified.authority_file() }
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut secured = acceptor.accept(stream).await?;
            let mut plain = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut secured, &mut plain).await
        });
    }
}
