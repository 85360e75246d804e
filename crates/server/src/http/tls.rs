use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Why TLS can't be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("tls.certificate_file: {path} holds no usable certificate in PEM form: {cause}")]
    Certificate { path: String, cause: String },
    #[error("tls.key_file: {path} holds no usable private key in PEM form: {cause}")]
    Key { path: String, cause: String },
    #[error("tls.certificate_file and tls.key_file can't be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// Speaks TLS 1.2 and 1.3, with HTTP/2 and HTTP/1.1 above it.
pub(crate) fn acceptor(certificate_file: &Path, key_file: &Path) -> Result<TlsAcceptor, TlsError> {
    let certificate_error =
        |cause: String| TlsError::Certificate { path: certificate_file.display().to_string(), cause };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(certificate_file)
        .and_then(Iterator::collect)
        .map_err(|error| certificate_error(error.to_string()))?;
    if certificates.is_empty() {
        return Err(certificate_error("there is none".into()));
    }
    let key = PrivateKeyDer::from_pem_file(key_file)
        .map_err(|error| TlsError::Key { path: key_file.display().to_string(), cause: error.to_string() })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
