//! TLS to the server, in the modes of libpq (<https://www.postgresql.org/docs/current/libpq-ssl.html>).

use std::{path::PathBuf, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a connection over TCP is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Without TLS.
    Disable,
    /// With TLS if the server offers it.
    Prefer,
    /// With TLS, and its certificate checked against `sslrootcert` if that is given.
    Require,
    /// With TLS and a certificate of a known authority, for any name.
    VerifyCa,
    /// With TLS and a certificate of a known authority for the name of the host.
    VerifyFull,
}

/// The settings of TLS in the URL of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) mode: Mode,
    /// A file with the certificates of authorities, in PEM. Without it, or with the name `system`, those of the operating system are used.
    pub(super) root: Option<PathBuf>,
}

/// Why the certificates of authorities cannot be used.
#[expect(missing_docs, reason = "the sentence of each variant says it")]
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("sslrootcert: {} cannot be read: {}", .0.display(), .1)]
    Root(PathBuf, String),
    #[error("sslrootcert: {} holds no certificate in PEM (BEGIN CERTIFICATE)", .0.display())]
    NoRoot(PathBuf),
    #[error("the operating system has no certificates of authorities: name a file by sslrootcert")]
    NoSystemRoots,
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
    #[error("the certificates of authorities cannot be used: {0}")]
    Verifier(String),
    #[error("reading the certificates of authorities was cut off")]
    Interrupted,
}

impl Tls {
    /// The connector for this mode. Blocks while it reads files.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self.mode {
            Mode::VerifyFull => self.authorities(&provider)?,
            Mode::VerifyCa => Arc::new(AnyName(self.authorities(&provider)?)),
            Mode::Require if self.root.is_some() => Arc::new(AnyName(self.authorities(&provider)?)),
            Mode::Require | Mode::Prefer | Mode::Disable => Arc::new(AnyCertificate(provider.clone())),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    fn authorities(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.root {
            Some(path) if path.as_os_str() != "system" => {
                let certificates = CertificateDer::pem_file_iter(path)
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                    .map_err(|error| TlsError::Root(path.clone(), error.to_string()))?;
                roots.add_parsable_certificates(certificates);
                if roots.is_empty() {
                    return Err(TlsError::NoRoot(path.clone()));
                }
            }
            _ => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if roots.is_empty() {
                    return Err(TlsError::NoSystemRoots);
                }
            }
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| TlsError::Verifier(error.to_string()))
    }
}

/// Accepts every certificate, as `prefer` and `require` do: the connection is encrypted, but anybody may be at its other end.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Accepts the certificates of known authorities for any name, as `verify-ca` does.
#[derive(Debug)]
struct AnyName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        // The name is compared last, when the rest is known to be valid.
        match self.0.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
