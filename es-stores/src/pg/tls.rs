//! Certificates, by rustls.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use es_core::store::{StoreError, StoreErrorKind};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Trust;

/// What makes encrypted connections.
pub(super) fn connector(trust: &Trust) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("begin with TLS").because(error))?;
    let checks = match trust {
        Trust::Anybody => Checks::Nothing(provider),
        Trust::Signed(roots) => Checks::Signature(signature(roots.as_deref(), provider)?),
        Trust::SignedForHost(roots) => {
            let verifier = signature(roots.as_deref(), provider)?;
            let config = config.with_webpki_verifier(verifier).with_no_client_auth();
            return Ok(MakeRustlsConnect::new(config));
        }
    };
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(checks))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn signature(
    roots: Option<&Path>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, StoreError> {
    let roots = match roots {
        Some(file) => roots_in(file)?,
        None => roots_of_the_system(),
    };
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| {
            failed("find a root certificate that the system trusts; name one by `sslrootcert`")
                .because(error)
        })
}

fn roots_in(file: &Path) -> Result<RootCertStore, StoreError> {
    let failed = || failed(format!("read the certificates of `{}`", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(file).map_err(|error| failed().because(error))?
    {
        let added = roots.add(certificate.map_err(|error| failed().because(error))?);
        added.map_err(|error| failed().because(error))?;
    }
    if roots.is_empty() {
        return Err(failed().because("it holds none"));
    }
    Ok(roots)
}

fn roots_of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn failed(action: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, action)
}

/// Checks that stop short of the host's name.
enum Checks {
    Nothing(Arc<CryptoProvider>),
    Signature(Arc<WebPkiServerVerifier>),
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing(_) => "Nothing",
            Self::Signature(_) => "Signature",
        })
    }
}

impl ServerCertVerifier for Checks {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Self::Signature(verifier) = self else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is looked at last: where only that is wrong, the signature is right.
        match verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            checked => checked,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self {
            Self::Nothing(provider) => {
                let algorithms = &provider.signature_verification_algorithms;
                verify_tls12_signature(message, cert, signature, algorithms)
            }
            Self::Signature(verifier) => verifier.verify_tls12_signature(message, cert, signature),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self {
            Self::Nothing(provider) => {
                let algorithms = &provider.signature_verification_algorithms;
                verify_tls13_signature(message, cert, signature, algorithms)
            }
            Self::Signature(verifier) => verifier.verify_tls13_signature(message, cert, signature),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        match self {
            Self::Nothing(provider) => provider
                .signature_verification_algorithms
                .supported_schemes(),
            Self::Signature(verifier) => verifier.supported_verify_schemes(),
        }
    }
}
