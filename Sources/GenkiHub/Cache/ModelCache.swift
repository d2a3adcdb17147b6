import GenkiCore
import GenkiHTTP
import Glibc

/// Fetched models on this machine's disk, in a folder that several processes may share.
///
/// Each content is on disk once, named by its SHA-256; a model is a folder of hard links to contents,
/// so what several models have takes its room once. A model appears whole or not at all: a marker says
/// that all its files are there. What was used longest ago is removed when room is needed, never a
/// model that a process has pinned or works on: pin a model before fetching it and unpin it when its
/// round is over. Pins do not outlive the process.
///
/// Calls block and may come from any thread of any process; two that work on the same model run one
/// after the other. A process that dies at any moment leaves a cache that others use at once, and
/// what it was downloading for the next one to go on with.
public final class ModelCache: Sendable {
  /// How many files of a model are downloaded at a time.
  package static let downloadsAtOnce = 4

  /// The bytes that all models together may take.
  public let bytesMaximum: Int
  let place: CacheFolder
  let lock: CacheLock
  let locks: ModelLocks
  let availableBytes: @Sendable (String) -> Int?
  let downloadsAtOnce: Int
  let hook: CacheStep.Hook

  /// Opens a cache; its folder is made if there is none.
  ///
  /// Throws `HubError.localFile` if the folder cannot be used.
  public convenience init(folder: String, bytesMaximum: Int) throws {
    try self.init(
      folder: folder, bytesMaximum: bytesMaximum,
      availableBytes: { DiskSpace.available(at: $0) })
  }

  /// A cache on a disk that a test decides about.
  ///
  /// - Parameter hook: Called at each step of what changes the folder; it must not call the cache.
  package init(
    folder: String, bytesMaximum: Int, downloadsAtOnce: Int = ModelCache.downloadsAtOnce,
    availableBytes: @escaping @Sendable (String) -> Int?,
    hook: @escaping CacheStep.Hook = { _ in }
  ) throws {
    self.bytesMaximum = bytesMaximum
    self.availableBytes = availableBytes
    self.downloadsAtOnce = downloadsAtOnce
    self.hook = hook
    do throws(FileError) {
      place = try CacheFolder(folder)
      lock = try CacheLock(place)
      locks = try ModelLocks(place, hook: hook)
    } catch {
      throw HubError.local(error, needed: 0)
    }
    lock.locked { _ in
      place.adoptEarlierLayout()
      place.removeUnusedBlobs()
      _ = lock.othersClaims()
    }
  }

  /// The cache's folder.
  public var folder: String { place.path }

  /// The bytes of all cached models and of files on their way; what several models have counts once.
  public var bytesUsed: Int { lock.locked { _ in CacheContents(place).bytes } }

  /// Keeps a model from being evicted, by any process, whether it is there yet or not; repeating
  /// changes nothing.
  public func pin(_ repository: RepositoryID, revision: Revision) {
    let key = Self.key(repository, revision)
    lock.locked { claims in _ = claims.pinned.insert(key) }
  }

  /// Takes this process's pin away; repeating changes nothing.
  public func unpin(_ repository: RepositoryID, revision: Revision) {
    let key = Self.key(repository, revision)
    lock.locked { claims in _ = claims.pinned.remove(key) }
  }

  /// The folder of a model whose files are all there; nil if they are not. Counts as a use.
  ///
  /// Files are told unchanged by size and time of change; `verifiedPath` looks at their content.
  public func path(_ repository: RepositoryID, revision: Revision) -> String? {
    let model = place.model(Self.key(repository, revision))
    return lock.locked { _ in
      guard let marker = CacheMarker(folder: model.folder),
        marker.files.allSatisfy({ model.isUnchanged($0) })
      else { return nil }
      model.touch()
      return model.folder
    }
  }

  /// Fetches these files of a revision, as far as they are not there, and returns their folder.
  ///
  /// Files that are there are told unchanged by size and time, and hashed where these differ; a wrong
  /// one is fetched anew. A content that another model has is hashed and linked. The rest is downloaded,
  /// several files at a time; the first error ends all. Beginnings of files are kept for the next fetch
  /// unless trying again is of no use. `files` is what `SubmissionFiles` or `BaseFiles` chose. Progress
  /// is that of all downloaded files together.
  ///
  /// Throws `HubError`; without room for all files, `HubError.noSpace` before the first byte.
  @discardableResult
  public func fetch(
    hub: some Hub, repository: RepositoryID, revision: Revision, files: [HubEntry],
    limits: FileLimits, transfer: HubTransfer
  ) throws -> String {
    let files = try Self.checked(files, limits: limits, repository: repository)
    let key = Self.key(repository, revision)
    return try locks.exclusive(key, repository, cancellation: transfer.cancellation) {
      try ModelFetch(
        cache: self, model: place.model(key), hub: hub, repository: repository,
        revision: revision, files: files, limits: limits, transfer: transfer
      ).run()
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
    try verifiedPath(repository, revision: revision) != nil
  }

  /// The folder of a model all of whose files have the content that was fetched; nil if it is not so.
  /// Counts as a use.
  ///
  /// Reads every byte. A later `fetch` repairs the model: what is wrong is removed here.
  public func verifiedPath(
    _ repository: RepositoryID, revision: Revision,
    cancellation: HTTPCancellation = HTTPCancellation()
  ) throws -> String? {
    let key = Self.key(repository, revision)
    return try locks.exclusive(key, repository, cancellation: cancellation) {
      let model = place.model(key)
      guard var marker = CacheMarker(folder: model.folder) else { return nil }
      let transfer = HubTransfer(cancellation: cancellation)
      let found = try marker.files.compactMap { file in
        try verified(file, of: model) { try transfer.check(repository) }
      }
      guard found.count == marker.files.count else { return nil }
      do {
        if found != marker.files {
          marker.files = found
          try marker.write(to: model.folder)
        }
      } catch let error as FileError {
        throw HubError.local(error, needed: 0)
      }
      model.touch()
      return model.folder
    }
  }

  /// Removes a model and this process's pin; one that is not cached is no error. What another process
  /// has pinned or works on stays until it needs it no more. Files that are mapped stay readable until
  /// they are closed.
  public func remove(_ repository: RepositoryID, revision: Revision) throws {
    let key = Self.key(repository, revision)
    lock.locked { claims in _ = claims.pinned.remove(key) }
    guard locks.beginUnlessOthers(key) else { return }
    defer { locks.end(key) }
    try lock.locked { _ in
      let isPinned = lock.othersClaims().contains { $0?.pinned.contains(key) ?? true }
      if !isPinned { try remove(place.model(key)) }
    }
  }

  /// The name of a model's folder: a hash, so that nothing from outside becomes part of a path.
  package static func key(_ repository: RepositoryID, _ revision: Revision) -> String {
    CacheFolder.key(repository, revision)
  }

  /// What a file is now; nil, and it is gone, if its content is not what was fetched.
  private func verified(
    _ file: CacheMarker.File, of model: CachedModel, check: () throws -> Void
  ) throws -> CacheMarker.File? {
    let path = model.file(file.name)
    let seen = CachedFileStatus(path: path)
    let found = try MeasuredFile.unlessUnreadable {
      try MeasuredFile(path: path, bytes: file.bytes, needsGitBlob: false, check: check)
    }
    if let found, found.digest == file.digest {
      var result = file
      result.changedNanoseconds = found.status.changedNanoseconds
      return result
    }
    lock.locked { _ in
      let blob = place.blob(file.digest)
      if let seen, CachedFileStatus(path: blob)?.inode == seen.inode { unlink(blob) }
      unlink(path)
    }
    return nil
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
}
