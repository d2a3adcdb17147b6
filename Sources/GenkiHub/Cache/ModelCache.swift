import Foundation
import GenkiCore
import Glibc

/// Fetched models on this machine's disk, one folder for each revision of a repository.
///
/// Files appear whole or not at all; a marker says that all are there. A fetch that was killed goes on
/// with the file it was at. What was used longest ago is removed when room is needed, never a pinned
/// model: pin a model before fetching it and unpin it when its round is over. Pins do not outlive the
/// process.
///
/// One process uses a folder at a time. Calls block and may come from any thread; two fetches of the
/// same model run one after the other.
public final class ModelCache: Sendable {
  private static let keyDomain = "genki-dama/model-cache/1\0"
  private static let lockName = "lock"

  /// The cache's folder.
  public let folder: String
  /// The bytes that all models together may take.
  public let bytesMaximum: Int
  let availableBytes: @Sendable (String) -> Int?
  private let lock: Int32
  private let state: CacheState

  /// Opens a cache; its folder is made if there is none.
  ///
  /// Throws `HubError.localFile` if the folder cannot be used, or `HubError.unreachable` while another
  /// process uses it.
  public convenience init(folder: String, bytesMaximum: Int) throws {
    try self.init(
      folder: folder, bytesMaximum: bytesMaximum,
      availableBytes: { DiskSpace.available(at: $0) })
  }

  /// A cache on a disk that a test decides about.
  package init(
    folder: String, bytesMaximum: Int, availableBytes: @escaping @Sendable (String) -> Int?
  ) throws {
    self.folder = folder
    self.bytesMaximum = bytesMaximum
    self.availableBytes = availableBytes
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw HubError.localFile(.cannotCreate(path: folder, code: errno))
    }
    lock = open("\(folder)/\(Self.lockName)", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o664)
    state = CacheState()
    guard lock >= 0 else { throw HubError.localFile(.cannotCreate(path: folder, code: errno)) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw HubError.unreachable(source: folder, reason: "another process uses this cache")
    }
    for item in Self.found(in: folder) {
      state.change { $0.use(item.key, bytes: item.bytes) }
    }
  }

  deinit { if lock >= 0 { close(lock) } }

  /// The bytes of all cached models.
  public var bytesUsed: Int { state.change { $0.bytesPlanned - $0.bytesReserved } }

  /// Keeps a model from being evicted, whether it is there yet or not; repeating changes nothing.
  public func pin(_ repository: RepositoryID, revision: Revision) {
    state.change { $0.pin(Self.key(repository, revision)) }
  }

  /// Lets a model be evicted again; repeating changes nothing.
  public func unpin(_ repository: RepositoryID, revision: Revision) {
    state.change { $0.unpin(Self.key(repository, revision)) }
  }

  /// The folder of a model whose files are all there; nil if they are not. Counts as a use.
  public func path(_ repository: RepositoryID, revision: Revision) -> String? {
    let key = Self.key(repository, revision)
    return state.exclusive(key) {
      let store = CachedModel(folder: "\(folder)/\(key)")
      guard let marker = CacheMarker(folder: store.folder), store.isUnchanged(marker.files) else {
        return nil
      }
      note(use: store, key: key)
      return store.folder
    }
  }

  /// Fetches these files of a revision, as far as they are not there, and returns their folder.
  ///
  /// Files that are there are told unchanged by size and time, and hashed where these differ; a wrong
  /// one is fetched anew. `files` is what `SubmissionFiles` or `BaseFiles` chose. Throws `HubError`;
  /// without room for all files, `HubError.noSpace` before the first byte.
  @discardableResult
  public func fetch(
    hub: some Hub, repository: RepositoryID, revision: Revision, files: [HubEntry],
    limits: FileLimits, transfer: HubTransfer
  ) throws -> String {
    let files = try Self.checked(files, limits: limits, repository: repository)
    let key = Self.key(repository, revision)
    return try state.exclusive(key) {
      let store = CachedModel(folder: "\(folder)/\(key)")
      let old = CacheMarker(folder: store.folder)
      var kept = store.kept(of: files, marker: old)
      let missing = files.filter { kept[$0.name] == nil }
      if missing.isEmpty, let old, old.files == old.files.map({ kept[$0.name] ?? $0 }) {
        note(use: store, key: key)
        return store.folder
      }
      do {
        let others = (old?.files.map(\.name) ?? []).filter { name in
          !missing.contains { $0.name == name }
        }
        try store.prepare(keeping: Set(kept.keys).union(others))
        note(use: store, key: key)
        try makeRoom(for: missing, key: key)
        let total = missing.reduce(0) { $0 + $1.bytes }
        var done = 0
        for entry in missing {
          kept[entry.name] = try store.download(
            entry, hub: hub, repository: repository, revision: revision,
            bytesMaximum: min(entry.bytes, limits.bytesPerFile),
            transfer: HubTransfer(cancellation: transfer.cancellation) { [done] part in
              transfer.onProgress(
                HubProgress(
                  name: entry.name, bytesDone: done + min(part.bytesDone, entry.bytes),
                  bytesTotal: total))
            })
          done += entry.bytes
          note(use: store, key: key, reserved: total - done)
        }
        try store.complete(
          CacheMarker(
            repository: repository, revision: revision,
            files: store.all(kept: kept, marker: old)))
      } catch let error as FileError {
        throw HubError.local(error, needed: missing.reduce(0) { $0 + $1.bytes })
      }
      return store.folder
    }
  }

  /// Fetches and reports how far it is.
  @discardableResult
  public func fetch(
    hub: some Hub, repository: RepositoryID, revision: Revision, files: [HubEntry],
    limits: FileLimits, progress: @escaping @Sendable (HubProgress) -> Void
  ) throws -> String {
    try fetch(
      hub: hub, repository: repository, revision: revision, files: files, limits: limits,
      transfer: HubTransfer(onProgress: progress))
  }

  /// Hashes all files of a cached model; false if one is missing or not what was fetched, or if the
  /// model is not cached. A later `fetch` repairs it: what is wrong is removed here.
  public func verify(_ repository: RepositoryID, revision: Revision) throws -> Bool {
    let key = Self.key(repository, revision)
    return try state.exclusive(key) {
      let store = CachedModel(folder: "\(folder)/\(key)")
      guard let marker = CacheMarker(folder: store.folder) else { return false }
      do {
        return try store.removeChanged(marker.files)
      } catch let error as FileError {
        throw HubError.local(error, needed: 0)
      }
    }
  }

  /// Removes a model and its pin; one that is not cached is no error. Files that are mapped stay
  /// readable until they are closed.
  public func remove(_ repository: RepositoryID, revision: Revision) throws {
    let key = Self.key(repository, revision)
    try state.exclusive(key) {
      state.change { $0.unpin(key) }
      try remove(key)
    }
  }

  /// The name of a model's folder: a hash, so that nothing from outside becomes part of a path.
  package static func key(_ repository: RepositoryID, _ revision: Revision) -> String {
    SHA256Hasher.digest(of: "\(keyDomain)\(repository)\0\(revision.hex)".utf8).hex
  }

  private func remove(_ key: String) throws {
    do {
      try CachedModel(folder: "\(folder)/\(key)").remove()
    } catch {
      throw HubError.local(error, needed: 0)
    }
    state.change { $0.forget(key) }
  }

  private func note(use store: CachedModel, key: String, reserved: Int = 0) {
    store.touch()
    let bytes = store.bytes
    state.change {
      $0.use(key, bytes: bytes)
      $0.reserve(reserved, for: key)
    }
  }

  /// Evicts until the files fit the cache and the disk, and reserves their bytes. If they cannot fit,
  /// nothing is evicted.
  private func makeRoom(for files: [HubEntry], key: String) throws {
    let needed = files.reduce(0) { $0 + $1.bytes }
    guard needed > 0 else { return }
    state.change { $0.reserve(needed, for: key) }
    while true {
      // Running fetches have written some of what they reserved; that much is asked for twice.
      let room = (availableBytes(folder) ?? .max / 2) - DiskSpace.headroomBytes
      let (excess, evictable) = state.change { ledger in
        let excess = max(
          ledger.bytesPlanned - bytesMaximum, ledger.bytesReserved - room)
        return (excess, ledger.bytesEvictable)
      }
      if excess <= 0 { return }
      guard evictable >= excess, let victim = state.beginEviction() else {
        throw HubError.noSpace(path: folder, needed: needed)
      }
      defer { state.end(victim) }
      try remove(victim)
    }
  }

  /// The wanted files under names of our own, sizes within the limits.
  private static func checked(
    _ files: [HubEntry], limits: FileLimits, repository: RepositoryID
  ) throws(HubError) -> [HubEntry] {
    do {
      let check = try ListingCheck(files, limits: limits)
      return try check.entries(of: Set(check.files.map(\.file)), limits: limits)
    } catch {
      throw .invalid(repository: repository.description, reason: error.why)
    }
  }

  /// The models that are there, the least recently used first.
  private static func found(in folder: String) -> [(key: String, bytes: Int)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { ContentDigest(hex: $0) != nil }
      .map { (key: $0, model: CachedModel(folder: "\(folder)/\($0)")) }
      .sorted { ($0.model.usedNanoseconds, $0.key) < ($1.model.usedNanoseconds, $1.key) }
      .map { (key: $0.key, bytes: $0.model.bytes) }
  }
}
