//! The part of the Hub's HTTP interface that a fetch needs: the list of files, and one file from a byte on.

use std::fmt::{self, Write as _};
use std::time::Duration;

use ureq::Agent;
use ureq::config::RedirectAuthHeaders;

use super::answer::{Answer, Head, Piece};
use super::error::PullError;
use super::listing::{Listing, RemoteFile};
use crate::job::JobContext;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(20);
/// The list of files of the largest models is far shorter.
const LONGEST_LIST: u64 = 32 << 20;

/// A Hugging Face hub, and who asks it.
#[derive(Clone)]
pub struct Hub {
    endpoint: String,
    token: Option<String>,
    agent: Agent,
}

impl Hub {
    /// The hub at that address. The token goes to no other host. With `system_proxy` the usual variables
    /// (`HTTPS_PROXY`, `NO_PROXY`, …) decide about a proxy.
    pub fn new(endpoint: &str, token: Option<String>, system_proxy: bool) -> Self {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("stepscope/", env!("CARGO_PKG_VERSION")));
        if !system_proxy {
            config = config.proxy(None);
        }
        Self { endpoint: endpoint.trim_end_matches('/').into(), token, agent: config.build().into() }
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// The files of one revision.
    pub(super) fn list(&self, name: &str, revision: &str, ctx: &JobContext) -> Result<Listing, PullError> {
        let url = format!("{}/api/models/{name}/revision/{}?blobs=true", self.endpoint, encoded(revision));
        let what = format!("model {name} at {revision}");
        let mut answer = self.ask(&url, 0)?;
        let mut body = Vec::new();
        loop {
            match answer.next(ctx)? {
                Piece::Head(head) if head.status == 200 => {}
                Piece::Head(head) => return Err(self.refusal(&head, name, &what)),
                Piece::Bytes(bytes) => body.extend(bytes),
                Piece::End => break,
                Piece::Failed(reason) => return Err(PullError::Offline { host: self.endpoint.clone(), reason }),
            }
            if body.len() as u64 > LONGEST_LIST {
                let reason = "its list of files does not end".into();
                return Err(PullError::Damaged { what, reason });
            }
        }
        let listing = Listing::parse(&body).map_err(|reason| PullError::Damaged { what: what.clone(), reason })?;
        if !listing.files.iter().any(RemoteFile::is_weights) {
            return Err(PullError::NoWeights { name: name.into() });
        }
        Ok(listing)
    }

    /// Where a file of a commit is.
    pub(super) fn file_url(&self, name: &str, commit: &str, file: &str) -> String {
        let file: Vec<String> = file.split('/').map(encoded).collect();
        format!("{}/{name}/resolve/{commit}/{}", self.endpoint, file.join("/"))
    }

    /// Asks for what lies at an address, from a byte on.
    pub(super) fn ask(&self, url: &str, from: u64) -> Result<Answer, PullError> {
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        Answer::to(request).map_err(|source| PullError::Io { action: "start a thread for", path: url.into(), source })
    }

    /// Why the hub gave something else than what was asked for.
    pub(super) fn refusal(&self, head: &Head, name: &str, what: &str) -> PullError {
        let (code, said) = (&head.error.0, head.error.1.clone());
        let said = if said.is_empty() { format!("status {}", head.status) } else { said };
        let what = what.to_owned();
        match head.status {
            401 | 403 if code == "GatedRepo" => self.gated(name, said),
            401 if self.has_token() && code != "RepoNotFound" => PullError::BadToken { said },
            401 => PullError::Unauthorised { what, said },
            403 => self.gated(name, said),
            404 => PullError::NotFound { what, said },
            status => PullError::Server { status, what, said },
        }
    }

    fn gated(&self, name: &str, said: String) -> PullError {
        PullError::Gated { name: name.into(), page: format!("{}/{name}", self.endpoint), said }
    }
}

/// The token is nobody's business.
impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

/// One part of an address.
fn encoded(part: &str) -> String {
    let mut text = String::new();
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain() {
        assert_eq!(encoded("refs/pr 1"), "refs%2Fpr%201");
    }
}
