import GenkiCore
import GenkiHTTP
import Glibc

/// One fetch of one model, while no other call works on it.
struct ModelFetch<AHub: Hub>: Sendable {
  let cache: ModelCache
  let model: CachedModel
  let hub: AHub
  let repository: RepositoryID
  let revision: Revision
  /// The wanted files, under names of our own.
  let files: [HubEntry]
  let limits: FileLimits
  let transfer: HubTransfer

  /// Brings what is missing, and returns the model's folder.
  func run() throws -> String {
    let marker = CacheMarker(folder: model.folder)
    let kept = try files.compactMap { try own($0, known: marker?.file($0.name)) }
    let isComplete = kept.count == files.count
    if isComplete, let marker, kept.allSatisfy({ $0 == marker.file($0.name) }) {
      model.touch()
      return model.folder
    }
    do {
      try bring(kept: kept, marker: marker)
    } catch {
      let ended = ended(error)
      if !ended.isTransient { giveUp(wasComplete: marker != nil) }
      model.removeEmptyFolders()
      throw ended
    }
    return model.folder
  }

  // MARK: Files of the model that are there

  /// What the marker shall say of a file that is there and right.
  ///
  /// Without a marker, a file is right if its content has the hash that the hub states.
  private func own(
    _ entry: HubEntry, known: CacheMarker.File?
  ) throws -> CacheMarker.File? {
    if let known, known.isStated(by: entry), model.isUnchanged(known) { return known }
    let isStated = entry.digest != nil || entry.gitBlob != nil
    guard isStated || known != nil,
      let found = try MeasuredFile.unlessUnreadable({
        try MeasuredFile(
          path: model.file(entry.name), bytes: entry.bytes,
          needsGitBlob: entry.digest == nil && isStated, check: check)
      }),
      found.isStated(by: entry), isStated || found.digest == known?.digest
    else { return nil }
    return found.record(of: entry)
  }

  private func check() throws { try transfer.check(repository) }

  // MARK: Files that are not

  private func bring(kept: [CacheMarker.File], marker: CacheMarker?) throws {
    let names = Set(kept.map(\.name))
    let wanted = Set(files.map(\.name))
    let others = (marker?.files ?? []).filter {
      !wanted.contains($0.name) && model.isUnchanged($0)
    }
    var missing = files.filter { !names.contains($0.name) }
    try model.prepare(
      keeping: names.union(others.map(\.name)), arriving: missing, of: hub)
    nameBlobs(of: kept)
    cache.hook(.prepared)
    let contents = FetchedContents(cache: cache, model: model)
    var found = kept
    missing = try missing.filter { entry in
      guard let file = try contents.linkOrAdopt(entry, check: check) else { return true }
      found.append(file)
      return false
    }
    found += try download(missing, into: contents)
    cache.hook(.filled)
    try complete(found + others)
  }

  /// A fetch that was killed may have linked a file and not come to name its content.
  private func nameBlobs(of kept: [CacheMarker.File]) {
    cache.lock.locked { _ in
      for file in kept { link(model.file(file.name), cache.place.blob(file.digest)) }
    }
  }

  private func download(
    _ missing: [HubEntry], into contents: FetchedContents
  ) throws -> [CacheMarker.File] {
    guard !missing.isEmpty else { return [] }
    try cache.reserve(missing.reduce(0) { $0 + $1.bytes }, for: model.key)
    defer { cache.lock.locked { claims in claims.wanted[model.key] = nil } }
    cache.hook(.reserved)
    let ending = HTTPCancellation()
    let id = transfer.cancellation.register { ending.cancel() }
    defer { transfer.cancellation.remove(id) }
    let progress = FetchProgress(missing, onProgress: transfer.onProgress)
    let found = Guarded<[CacheMarker.File]>([])
    try ParallelWork.run(
      missing, threads: cache.downloadsAtOnce, onError: { ending.cancel() }
    ) { entry in
      let part = HubTransfer(cancellation: ending) {
        progress.report(entry, bytesDone: $0.bytesDone)
      }
      try part.check(repository)
      let path = model.arrival(of: entry)
      try hub.download(
        entry, of: repository, revision: revision, to: path,
        bytesMaximum: min(entry.bytes, limits.bytesPerFile), transfer: part)
      guard
        let file = try contents.accept(entry, at: path, check: { try part.check(repository) })
      else {
        unlink(path)
        throw HubError.contentDiffers(repository: repository.description, name: entry.name)
      }
      found.withLock { $0.append(file) }
      progress.report(entry, bytesDone: entry.bytes)
    }
    return found.withLock { $0 }
  }

  /// Says that these files are complete, once all their names are on disk for good.
  private func complete(_ files: [CacheMarker.File]) throws {
    model.removeArrivals()
    try AtomicFile.syncFolder(ofFile: model.file(CacheMarker.fileName))
    try CacheMarker(
      repository: repository, revision: revision, files: files.sorted { $0.name < $1.name }
    ).write(to: model.folder)
    model.touch()
    try AtomicFile.syncFolder(ofFile: model.folder)
    cache.hook(.marked)
  }

  // MARK: Errors

  private func ended(_ error: any Error) -> HubError {
    if transfer.cancellation.isCancelled {
      return .cancelled(repository: repository.description)
    }
    switch error {
    case let error as HubError: return error
    case let error as FileError:
      return .local(error, needed: files.reduce(0) { $0 + $1.bytes })
    default:
      return .unreachable(source: repository.description, reason: "\(error)")
    }
  }

  /// What will not become a model takes no room.
  private func giveUp(wasComplete: Bool) {
    cache.lock.locked { _ in
      if wasComplete {
        model.removeArrivals()
      } else {
        model.remove(hook: cache.hook)
      }
      cache.place.removeUnusedBlobs()
    }
  }
}
