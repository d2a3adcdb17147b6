import GenkiCore
import Glibc

extension ModelCache {
  /// Evicts until so many bytes fit the cache and the disk, and claims them for a model. If they cannot
  /// fit, nothing is evicted.
  func reserve(_ bytes: Int, for key: String) throws {
    try lock.locked { claims in
      claims.wanted[key] = bytes
      do {
        try makeRoom(for: key, ours: claims)
      } catch {
        claims.wanted[key] = nil
        throw error
      }
    }
  }

  /// Removes a model and the contents that only it had. Only while the cache is locked.
  func remove(_ model: CachedModel) throws {
    model.remove(hook: hook)
    place.removeUnusedBlobs()
    for folder in [model.folder, model.partialFolder] where access(folder, F_OK) == 0 {
      throw HubError.localFile(.cannotWrite(path: folder, code: EACCES))
    }
  }

  private func makeRoom(for key: String, ours: CacheClaims) throws {
    place.removeUnusedBlobs()
    let others = lock.othersClaims()
    var pinned = ours.pinned
    var wanted = ours.wanted
    for claims in others {
      pinned.formUnion(claims?.pinned ?? [])
      wanted.merge(claims?.wanted ?? [:], uniquingKeysWith: +)
    }
    let contents = CacheContents(place)
    let awaited = contents.bytesAwaited(wanted)
    let room = (availableBytes(folder) ?? .max / 2) - DiskSpace.headroomBytes
    let excess = max(contents.bytes + awaited - bytesMaximum, awaited - room)
    var taken: [String] = []
    defer { for key in taken { locks.end(key) } }
    let victims = contents.victims(freeing: excess) { candidate in
      // Whose claims cannot be read may have pinned anything.
      guard !others.contains(nil), !pinned.contains(candidate), locks.begin(candidate) else {
        return false
      }
      taken.append(candidate)
      return true
    }
    guard let victims else {
      let needed = contents.bytesAwaited(ours.wanted.filter { $0.key == key })
      throw HubError.noSpace(path: folder, needed: needed)
    }
    for victim in victims { try remove(place.model(victim)) }
  }
}
