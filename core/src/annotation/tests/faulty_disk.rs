//! A disk in memory that writes short, runs full, fails, and loses what was not synced when its power is cut.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::disk::{Disk, DiskFile, Locked, Purpose};

/// A small generator: the same seed gives the same run.
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    pub(super) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap()
    }

    /// True once in so many times; never for 0.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }
}

/// What goes wrong: once in so many times, 0 for never.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) open: u64,
    pub(super) write: u64,
    pub(super) short: u64,
    pub(super) sync: u64,
    pub(super) read: u64,
    pub(super) name: u64,
}

/// One file: what programs see, and what is on the platter.
#[derive(Debug, Default)]
struct Node {
    now: Vec<u8>,
    synced: Vec<u8>,
    dirty: BTreeSet<usize>,
}

type Names = BTreeMap<PathBuf, Arc<Mutex<Node>>>;

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fault of its own")]
pub(super) struct World {
    pub(super) random: Random,
    pub(super) faults: Faults,
    /// Bytes until the disk is full.
    pub(super) room: Option<usize>,
    pub(super) is_read_only: bool,
    pub(super) has_locks: bool,
    /// So many steps more, and the process ends in the middle of what it does.
    pub(super) dies_in: Option<u64>,
    /// The process is gone: whatever it still tries has no effect.
    pub(super) is_dead: bool,
    folder_is_gone: bool,
    page: usize,
    names: Names,
    durable_names: Names,
    locks: BTreeSet<PathBuf>,
}

#[derive(Clone, Debug)]
pub(super) struct FaultyDisk(Arc<Mutex<World>>);

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed() -> io::Error {
    // EIO
    io::Error::from_raw_os_error(5)
}

impl Node {
    fn add(&mut self, bytes: &[u8], page: usize) {
        let start = self.now.len();
        self.now.extend_from_slice(bytes);
        self.mark(start, start + bytes.len(), page);
    }

    fn mark(&mut self, from: usize, to: usize, page: usize) {
        self.dirty.extend(from / page..to.div_ceil(page));
    }

    /// What is seen in a page comes to the platter.
    fn persist(&mut self, page: usize, size: usize) {
        let (start, end) = (page * size, ((page + 1) * size).min(self.now.len()));
        if start < end {
            let length = self.synced.len().max(end);
            self.synced.resize(length, 0);
            self.synced[start..end].copy_from_slice(&self.now[start..end]);
        }
    }

    fn sync(&mut self, size: usize) {
        self.synced.resize(self.now.len(), 0);
        for page in std::mem::take(&mut self.dirty) {
            self.persist(page, size);
        }
    }

    /// Some pages come to the platter, others do not and are forgotten, as Linux does after a failed sync.
    fn sync_some(&mut self, size: usize, random: &mut Random) {
        for page in std::mem::take(&mut self.dirty) {
            if random.once_in(2) {
                self.persist(page, size);
            }
        }
    }
}

impl FaultyDisk {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let page = if random.once_in(2) { 512 } else { 4096 };
        let (names, durable_names, locks) = (Names::new(), Names::new(), BTreeSet::new());
        Self(Arc::new(Mutex::new(World {
            random,
            faults: Faults::default(),
            room: None,
            is_read_only: false,
            has_locks: true,
            dies_in: None,
            is_dead: false,
            folder_is_gone: false,
            page,
            names,
            durable_names,
            locks,
        })))
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        held(&self.0)
    }

    /// Everything works again.
    pub(super) fn heal(&self) {
        let mut world = self.world();
        (world.faults, world.room, world.is_read_only) = (Faults::default(), None, false);
        world.folder_is_gone = false;
    }

    /// What programs see in a file; `None` where there is none.
    pub(super) fn seen(&self, path: &Path) -> Option<Vec<u8>> {
        self.world().names.get(path).map(|node| held(node).now.clone())
    }

    /// Another program writes a file, for good.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) {
        let node = Node { now: bytes.to_vec(), synced: bytes.to_vec(), dirty: BTreeSet::new() };
        let node = Arc::new(Mutex::new(node));
        let mut world = self.world();
        world.names.insert(path.into(), Arc::clone(&node));
        world.durable_names.insert(path.into(), node);
    }

    /// Another program moves a file, for good.
    pub(super) fn shift(&self, from: &Path, to: &Path) {
        let mut world = self.world();
        if let Some(node) = world.names.remove(from) {
            world.durable_names.remove(from);
            world.names.insert(to.into(), Arc::clone(&node));
            world.durable_names.insert(to.into(), node);
        }
    }

    pub(super) fn set_folder_gone(&self, is_gone: bool) {
        self.world().folder_is_gone = is_gone;
    }

    /// Ends the process that holds `program`, without a word.
    pub(super) fn kill<T>(&self, program: T) {
        self.world().is_dead = true;
        drop(program);
        let mut world = self.world();
        (world.is_dead, world.dies_in) = (false, None);
        world.locks.clear();
    }

    /// What was not synced is there in part: any pages of it, and any names.
    pub(super) fn cut_power(&self) {
        let mut world = self.world();
        let World { random, names, durable_names, page, .. } = &mut *world;
        let all: BTreeSet<PathBuf> = names.keys().chain(durable_names.keys()).cloned().collect();
        for path in all {
            let (new, old) = (names.get(&path), durable_names.get(&path));
            let is_same = matches!((new, old), (Some(new), Some(old)) if Arc::ptr_eq(new, old));
            if !is_same && random.once_in(2) {
                match old.cloned() {
                    Some(old) => names.insert(path, old),
                    None => names.remove(&path),
                };
            }
        }
        for node in names.values() {
            let mut node = held(node);
            let (seen, kept) = (node.now.len(), node.synced.len());
            node.sync_some(*page, random);
            // Its new length may have come to the disk without its bytes.
            if seen > kept && random.once_in(3) {
                node.synced.resize(seen.max(kept), 0);
            }
            node.now = node.synced.clone();
        }
        *durable_names = names.clone();
    }
}

impl World {
    fn check(&mut self, once_in: u64) -> io::Result<()> {
        if let Some(left) = &mut self.dies_in {
            self.is_dead |= *left == 0;
            *left = left.saturating_sub(1);
        }
        if self.is_dead || self.random.once_in(once_in) { Err(failed()) } else { Ok(()) }
    }

    fn there(&self, path: &Path) -> io::Result<Arc<Mutex<Node>>> {
        if self.folder_is_gone {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.names.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path, purpose: Purpose) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.world();
        let once_in = world.faults.open;
        world.check(once_in)?;
        if world.is_read_only && purpose != Purpose::Read {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        let node = match (world.there(path), purpose) {
            (Ok(_), Purpose::New) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(node), _) => node,
            (Err(_), Purpose::New | Purpose::Replace | Purpose::AppendOrCreate) if !world.folder_is_gone => {
                let node = Arc::<Mutex<Node>>::default();
                world.names.insert(path.into(), Arc::clone(&node));
                node
            }
            (Err(error), _) => return Err(error),
        };
        if purpose == Purpose::Replace {
            held(&node).now.clear();
        }
        Ok(Box::new(Handle { disk: self.clone(), node }))
    }

    fn exists(&self, path: &Path) -> bool {
        let world = self.world();
        !world.folder_is_gone && (path == Path::new("/logs") || world.names.contains_key(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        let once_in = world.faults.name;
        world.check(once_in)?;
        let node = world.there(from)?;
        world.names.remove(from);
        world.names.insert(to.into(), node);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.check(0)?;
        world.names.remove(path);
        Ok(())
    }

    fn create_folder(&self, _: &Path) -> io::Result<()> {
        self.world().check(0)
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        let mut world = self.world();
        let once_in = world.faults.name;
        world.check(once_in)?;
        world.durable_names = world.names.clone();
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Locked> {
        let mut world = self.world();
        world.check(0)?;
        if world.is_read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        if !world.has_locks {
            return Ok(Locked::Unlockable(io::ErrorKind::Unsupported.into()));
        }
        if !world.locks.insert(path.into()) {
            return Ok(Locked::Taken);
        }
        Ok(Locked::Held(Box::new(Lock { disk: self.clone(), path: path.into() })))
    }
}

struct Lock {
    disk: FaultyDisk,
    path: PathBuf,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.disk.world().locks.remove(&self.path);
    }
}

struct Handle {
    disk: FaultyDisk,
    node: Arc<Mutex<Node>>,
}

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut world = self.disk.world();
        let (once_in, was_alive) = (world.faults.write, !world.is_dead);
        if let Err(error) = world.check(once_in) {
            if world.is_dead && was_alive {
                let part = world.random.index(bytes.len() + 1);
                held(&self.node).add(&bytes[..part], world.page);
            }
            return Err(error);
        }
        let short = world.faults.short;
        if world.random.once_in(short * 4) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut length = if world.random.once_in(short) { 1 + world.random.index(bytes.len()) } else { bytes.len() };
        if let Some(room) = &mut world.room {
            length = length.min(*room);
            *room -= length;
            if length == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        held(&self.node).add(&bytes[..length], world.page);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl DiskFile for Handle {
    fn length(&self) -> io::Result<u64> {
        self.disk.world().check(0)?;
        Ok(held(&self.node).now.len() as u64)
    }

    fn read_at(&mut self, start: u64, buffer: &mut [u8]) -> io::Result<()> {
        let mut world = self.disk.world();
        let once_in = world.faults.read;
        world.check(once_in)?;
        let node = held(&self.node);
        let start = usize::try_from(start).unwrap();
        let part = node.now.get(start..start + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(part);
        Ok(())
    }

    fn write_again(&mut self, start: u64, bytes: &[u8]) -> io::Result<()> {
        let mut world = self.disk.world();
        let once_in = world.faults.write;
        world.check(once_in)?;
        let start = usize::try_from(start).unwrap();
        let mut node = held(&self.node);
        assert_eq!(&node.now[start..start + bytes.len()], bytes, "only what is there");
        node.mark(start, start + bytes.len(), world.page);
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        let once_in = world.faults.write;
        world.check(once_in)?;
        let (length, page) = (usize::try_from(length).unwrap(), world.page);
        drop(world);
        let mut node = held(&self.node);
        node.now.truncate(length);
        node.dirty.retain(|dirty| dirty * page < length);
        node.mark(length.saturating_sub(1), length, page);
        drop(node);
        self.sync()
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut world = self.disk.world();
        world.check(0)?;
        let (once_in, page) = (world.faults.sync, world.page);
        let fails = world.random.once_in(once_in);
        let mut node = held(&self.node);
        if fails {
            node.sync_some(page, &mut world.random);
            return Err(failed());
        }
        node.sync(page);
        Ok(())
    }
}
