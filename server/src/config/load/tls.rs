//! The keys of the server's certificate: files that somebody keeps, or an authority that gives one (ACME).

use super::super::{Acme, Certificate, TlsFiles};
use super::{ConfigError, Source};
use serde::Deserialize;
use std::path::Path;

/// Let's Encrypt's, where none is named.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// The folder of what was ordered, in that of the record, where none is named: there the server may write.
const FOLDER: &str = "acme";
/// Names in one certificate: as many as Let's Encrypt puts into one.
const DOMAINS_MAX: usize = 100;

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct RawTls {
    certificate: String,
    key: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct RawAcme {
    domains: Vec<String>,
    terms_agreed: bool,
    contact: Option<String>,
    directory: Option<String>,
    authority: Option<String>,
    folder: Option<String>,
}

/// Where the certificate comes from; nothing, if there is none.
pub(super) fn settle(
    tls: Option<RawTls>,
    acme: Option<RawAcme>,
    source: &Source<'_>,
    folder: &Path,
    store: &Path,
) -> Result<Option<Certificate>, ConfigError> {
    match (tls, acme) {
        (Some(_), Some(_)) => {
            let problem = "`tls` names a certificate already. Leave one of the two out.";
            Err(source.refuse("server.acme", problem.into()))
        }
        (Some(tls), None) => {
            let certificate = folder.join(source.not_empty("server.tls.certificate", tls.certificate)?);
            let key = folder.join(source.not_empty("server.tls.key", tls.key)?);
            Ok(Some(Certificate::Files(TlsFiles { certificate, key })))
        }
        (None, Some(acme)) => acme.settle(source, folder, store).map(Certificate::Ordered).map(Some),
        (None, None) => Ok(None),
    }
}

impl RawAcme {
    fn settle(self, source: &Source<'_>, folder: &Path, store: &Path) -> Result<Acme, ConfigError> {
        let bad = |key: &str, problem: &str| Err(source.refuse(&format!("server.acme.{key}"), problem.into()));
        if !(1..=DOMAINS_MAX).contains(&self.domains.len()) || !self.domains.iter().all(|domain| is_domain(domain)) {
            return bad(
                "domains",
                "these are not names of a server. Allowed: such as [\"chat.example.org\"], in small letters.",
            );
        }
        if !self.terms_agreed {
            return bad(
                "terms_agreed",
                "an authority gives a certificate to who agrees to its terms. Read them, then say true.",
            );
        }
        let directory = self.directory.unwrap_or_else(|| DIRECTORY.to_owned());
        if !directory.parse::<http::Uri>().is_ok_and(|at| at.scheme_str() == Some("https") && at.host().is_some()) {
            return bad(
                "directory",
                "this is not the address of an authority's directory. Allowed: an address of https://.",
            );
        }
        let contact = self.contact.map(|contact| source.contact("server.acme.contact", contact)).transpose()?;
        let authority = match self.authority {
            Some(file) => Some(folder.join(source.not_empty("server.acme.authority", file)?)),
            None => None,
        };
        let kept = match self.folder {
            Some(named) => folder.join(source.not_empty("server.acme.folder", named)?),
            None => store.join(FOLDER),
        };
        Ok(Acme { domains: self.domains, contact, directory, authority, folder: kept })
    }
}

/// A name of at least two parts, as browsers write it.
fn is_domain(name: &str) -> bool {
    let part = |part: &str| {
        let plain = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (1..=63).contains(&part.len()) && plain && !part.starts_with('-') && !part.ends_with('-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(part)
}
