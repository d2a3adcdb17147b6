import GenkiCore
import Glibc

/// Gives a model its files: contents that are there already, and those that a download has brought.
struct FetchedContents: Sendable {
  let cache: ModelCache
  let model: CachedModel

  /// Gives the model a file whose content is there: another model's, or one that a call whose answer was
  /// lost has brought. Nil if there is none with the hash that the hub states.
  func linkOrAdopt(_ entry: HubEntry, check: () throws -> Void) throws -> CacheMarker.File? {
    if let digest = entry.digest, let file = try linkBlob(digest, as: entry, check: check) {
      return file
    }
    let path = model.arrival(of: entry)
    guard CachedFileStatus(path: path) != nil else { return nil }
    chmod(path, 0o440)
    let found = try MeasuredFile.unlessUnreadable {
      try MeasuredFile(path: path, stated: entry, check: check)
    }
    if let found {
      return try install(entry, found, at: path, check: check)
    }
    unlink(path)
    return nil
  }

  /// Gives the model a downloaded file; nil if it is not what the hub states.
  func accept(
    _ entry: HubEntry, at path: String, check: () throws -> Void
  ) throws -> CacheMarker.File? {
    chmod(path, 0o440)
    guard
      let found = try MeasuredFile(
        path: path, bytes: entry.bytes, needsGitBlob: entry.digest == nil && entry.gitBlob != nil,
        check: check),
      found.isStated(by: entry)
    else { return nil }
    cache.hook(.checked)
    return try install(entry, found, at: path, check: check)
  }

  private func linkBlob(
    _ digest: ContentDigest, as entry: HubEntry, check: () throws -> Void
  ) throws -> CacheMarker.File? {
    let blob = cache.place.blob(digest)
    guard let seen = CachedFileStatus(path: blob) else { return nil }
    let found = try MeasuredFile.unlessUnreadable {
      try MeasuredFile(path: blob, stated: entry, check: check)
    }
    return cache.lock.locked { _ in
      guard CachedFileStatus(path: blob)?.inode == seen.inode else { return nil }
      guard let found, found.status.inode == seen.inode else {
        unlink(blob)
        return nil
      }
      // The system may refuse to link another user's file; then it is downloaded.
      guard link(blob, model.file(entry.name)) == 0 else { return nil }
      cache.hook(.linked)
      return found.record(of: entry)
    }
  }

  /// Links a file of known content into the model and among the blobs; of two files with the same
  /// content one stays.
  ///
  /// The model comes first: what is killed in between is found there again.
  private func install(
    _ entry: HubEntry, _ found: MeasuredFile, at path: String, check: () throws -> Void
  ) throws -> CacheMarker.File {
    let blob = cache.place.blob(found.digest)
    while true {
      let seen = CachedFileStatus(path: blob)
      let twin = try MeasuredFile.unlessUnreadable {
        try MeasuredFile(path: blob, bytes: entry.bytes, needsGitBlob: false, check: check)
      }
      let isGood = twin?.digest == found.digest && twin?.status.inode == seen?.inode
      let installed = try cache.lock.locked { claims -> CacheMarker.File? in
        // Somebody else was faster: look again.
        guard CachedFileStatus(path: blob)?.inode == seen?.inode else { return nil }
        let target = model.file(entry.name)
        unlink(target)
        var result = found.record(of: entry)
        if isGood, let twin, link(blob, target) == 0 {
          result.changedNanoseconds = twin.status.changedNanoseconds
          cache.hook(.linked)
        } else {
          guard link(path, target) == 0 else {
            throw FileError.cannotCreate(path: target, code: errno)
          }
          cache.hook(.linked)
          if !isGood {
            unlink(blob)
            link(path, blob)
          }
          cache.hook(.named)
        }
        unlink(path)
        cache.hook(.moved)
        if let bytes = claims.wanted[model.key] {
          claims.wanted[model.key] = max(0, bytes - entry.bytes)
        }
        return result
      }
      if let installed { return installed }
    }
  }
}
