//! Brings one file into the cache: goes on where it was cut, tries again when the connection breaks, compares the sum.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::PulledFile;
use super::answer::{Head, Piece};
use super::error::PullError;
use super::hub::Hub;
use super::listing::RemoteFile;
use super::part::Part;
use super::store::CachedRepo;
use crate::job::JobContext;

/// Attempts that bring nothing before the fetch gives up; one that brings something begins the count anew.
const ATTEMPTS: u32 = 4;
/// Wait before the second attempt; doubled for each further one.
const PAUSE: Duration = Duration::from_millis(300);

/// Fetches one file unless it is here. `tell` hears how many of its bytes are here.
pub(super) fn fetch(
    hub: &Hub,
    name: &str,
    commit: &str,
    file: &RemoteFile,
    repo: &CachedRepo,
    ctx: &JobContext,
    tell: &mut dyn FnMut(u64),
) -> Result<PulledFile, PullError> {
    let url = hub.file_url(name, commit, &file.name);
    let etag = match &file.etag {
        Some(etag) => etag.clone(),
        // A mirror that lists names only: the content is known by commit and name.
        None => format!("{commit}-{}", file.name.replace('/', "-")),
    };
    let blob = repo.blob(&etag);
    let length = |path: &Path| fs::metadata(path).ok().map(|m| m.len());
    if let Some(here) = length(&blob).filter(|here| file.bytes.is_none_or(|bytes| bytes == *here)) {
        if length(&repo.snapshot().join(&file.name)) != Some(here) {
            repo.link(&file.name, &etag)?;
        }
        return Ok(PulledFile { name: file.name.clone(), bytes: here, received: 0 });
    }
    let _lock = repo.lock(&file.name, &etag)?;
    let mut part = Part::open(&repo.partial(&etag), file.bytes)?;
    let mut received = 0;
    let mut failures = 0;
    while !part.is_whole() {
        tell(part.length);
        let before = part.length;
        let ended = attempt(hub, &url, name, file, &mut part, &mut received, ctx, tell)?;
        if let Err(broken) = ended {
            failures = if part.length > before { 0 } else { failures + 1 };
            if failures >= ATTEMPTS {
                return Err(given_up(hub, file, &part, broken));
            }
            pause(PAUSE * 2_u32.pow(failures), ctx)?;
        }
    }
    part.finish(file, &blob)?;
    repo.link(&file.name, &etag)?;
    Ok(PulledFile { name: file.name.clone(), bytes: part.length, received })
}

/// One request. The inner error is a broken connection, after which it can go on.
#[expect(clippy::too_many_arguments, reason = "all are of the one call above")]
fn attempt(
    hub: &Hub,
    url: &str,
    name: &str,
    file: &RemoteFile,
    part: &mut Part,
    received: &mut u64,
    ctx: &JobContext,
    tell: &mut dyn FnMut(u64),
) -> Result<Result<(), Broken>, PullError> {
    let mut answer = hub.ask(url, part.length)?;
    let mut last = Instant::now();
    loop {
        match answer.next(ctx)? {
            Piece::Head(head) => match begin(&head, part)? {
                Begin::Go => {}
                Begin::Again => return Ok(Ok(())),
                // A server that is busy or restarting.
                Begin::Refused if head.status == 429 || head.status >= 500 => {
                    return Ok(Err(Broken::Refused(hub.refusal(
                        &head,
                        name,
                        &format!("file {} of {name}", file.name),
                    ))));
                }
                Begin::Refused => return Err(hub.refusal(&head, name, &format!("file {} of {name}", file.name))),
            },
            Piece::Bytes(bytes) => {
                part.add(&bytes, file)?;
                *received += bytes.len() as u64;
                if last.elapsed() > Duration::from_millis(30) {
                    tell(part.length);
                    last = Instant::now();
                }
            }
            Piece::End => return Ok(part.end().map_err(Broken::Cut)),
            Piece::Failed(reason) => return Ok(Err(Broken::Cut(reason))),
        }
    }
}

/// Why an attempt ended early, where another may do better.
enum Broken {
    Cut(String),
    Refused(PullError),
}

enum Begin {
    Go,
    Again,
    Refused,
}

/// What the beginning of an answer means for what is here already.
fn begin(head: &Head, part: &mut Part) -> Result<Begin, PullError> {
    match head.status {
        206 if head.from == Some(part.length) => Ok(Begin::Go),
        // Another part than asked for, the whole file, or nothing behind that byte: only from the start is it sure.
        200 => {
            if part.length > 0 {
                part.restart()?;
            }
            part.told = head.length.or(part.told);
            Ok(Begin::Go)
        }
        206 | 416 if part.length > 0 => {
            part.restart()?;
            Ok(Begin::Again)
        }
        _ => Ok(Begin::Refused),
    }
}

fn given_up(hub: &Hub, file: &RemoteFile, part: &Part, broken: Broken) -> PullError {
    match broken {
        Broken::Refused(error) => error,
        Broken::Cut(reason) if part.length == 0 => PullError::Offline { host: hub.endpoint().into(), reason },
        Broken::Cut(reason) => PullError::Cut { file: file.name.clone(), at: part.length, reason },
    }
}

fn pause(time: Duration, ctx: &JobContext) -> Result<(), PullError> {
    let begun = Instant::now();
    while begun.elapsed() < time {
        ctx.checkpoint()?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
