import Foundation
import GenkiCore
import Glibc

/// One model in the cache: the folder with its files, and the one with files on their way.
struct CachedModel {
  let key: String
  let folder: String
  let partialFolder: String

  private var markerPath: String { file(CacheMarker.fileName) }

  /// The path of a file whose name is on the list of allowed ones.
  func file(_ name: String) -> String { "\(folder)/\(name)" }

  /// Where a file is downloaded to: named by all that the hub states of it, so that the beginning of
  /// another content is never taken for the beginning of this one.
  func arrival(of entry: HubEntry) -> String {
    let stated = [
      entry.name, "\(entry.bytes)", entry.digest?.hex ?? "", entry.gitBlob?.hex ?? "",
    ].joined(separator: "\0")
    return "\(partialFolder)/\(SHA256Hasher.digest(of: stated.utf8).hex)"
  }

  /// When it was used last.
  var usedNanoseconds: Int {
    if let marker = CachedFileStatus(path: markerPath) { return marker.changedNanoseconds }
    return [folder, partialFolder].compactMap { path -> Int? in
      var status = stat()
      return lstat(path, &status) == 0 ? CachedFileStatus(status).changedNanoseconds : nil
    }.max() ?? 0
  }

  /// The regular files that count for the quota: all but the marker, also while it is written.
  var contents: [CachedFileStatus] {
    CacheFolder.names(in: folder)
      .filter { $0 != CacheMarker.fileName && !$0.hasPrefix(".\(CacheMarker.fileName).") }
      .compactMap { CachedFileStatus(path: file($0)) } + arrivals
  }

  /// The bytes of files on their way.
  var bytesArriving: Int { arrivals.reduce(0) { $0 + $1.bytes } }

  private var arrivals: [CachedFileStatus] {
    CacheFolder.names(in: partialFolder)
      .compactMap { CachedFileStatus(path: "\(partialFolder)/\($0)") }
  }

  /// Records a use.
  func touch() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    // The system's own idea of now is coarser, but another user's file takes no other.
    if utimensat(AT_FDCWD, markerPath, [now, now], 0) != 0 {
      utimensat(AT_FDCWD, markerPath, nil, 0)
    }
  }

  /// Whether a file has the size and the time of change that the marker states.
  func isUnchanged(_ known: CacheMarker.File) -> Bool {
    CachedFileStatus(path: file(known.name))
      .map { $0.bytes == known.bytes && $0.changedNanoseconds == known.changedNanoseconds }
      ?? false
  }

  /// Makes the folders, and removes from them what is neither the marker nor one of these files, and
  /// what is on its way and not wanted any more.
  func prepare(keeping names: Set<String>, arriving: [HubEntry], of hub: any Hub) throws(FileError)
  {
    try CacheFolder.make(folder)
    for name in CacheFolder.names(in: folder)
    where name != CacheMarker.fileName && !names.contains(name) {
      unlink(file(name))
    }
    if arriving.isEmpty { return removeArrivals() }
    try CacheFolder.make(partialFolder)
    let places = arriving.map { arrival(of: $0) }
    let wanted = Set(places + places.map { type(of: hub).partialPath(of: $0) })
    for name in CacheFolder.names(in: partialFolder) {
      let path = "\(partialFolder)/\(name)"
      // Another user's beginning of a file cannot be gone on with.
      if !wanted.contains(path) || access(path, W_OK) != 0 { unlink(path) }
    }
  }

  /// Removes what is on its way.
  func removeArrivals() {
    for name in CacheFolder.names(in: partialFolder) { unlink("\(partialFolder)/\(name)") }
    rmdir(partialFolder)
  }

  /// Removes folders in which nothing is.
  func removeEmptyFolders() {
    rmdir(partialFolder)
    rmdir(folder)
  }

  /// Removes everything, the marker first, so that a half-removed model is not a complete one.
  func remove(hook: CacheStep.Hook = { _ in }) {
    if unlink(markerPath) == 0 { hook(.unmarked) }
    for name in CacheFolder.names(in: folder) where unlink(file(name)) == 0 { hook(.unlinked) }
    rmdir(folder)
    removeArrivals()
    hook(.emptied)
  }
}
