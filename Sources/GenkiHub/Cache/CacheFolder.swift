import Foundation
import GenkiCore
import Glibc

/// Where things lie in a cache's folder.
///
///     cache.lock      locked while the rest is looked at or changed
///     models.lock     a byte of it is locked while a call works on a model
///     claims/         a file for each process: what it has pinned and reserved
///     blobs/SHA256    each content once, read-only
///     models/KEY/     a model: hard links to blobs, and the marker of a complete one
///     partial/KEY/    files of a model on their way
struct CacheFolder: Sendable {
  private static let keyDomain = "genki-dama/model-cache/1\0"
  private static let earlierLockName = "lock"

  let path: String

  /// Makes the folder and those in it, as far as they are not there.
  init(_ path: String) throws(FileError) {
    self.path = path
    for folder in [path, claims, blobs, models, partials] { try Self.make(folder) }
  }

  /// A folder that is only looked at: nothing is made.
  init(lookingAt path: String) { self.path = path }

  var lock: String { "\(path)/cache.lock" }
  var modelLocks: String { "\(path)/models.lock" }
  var claims: String { "\(path)/claims" }
  private var blobs: String { "\(path)/blobs" }
  private var models: String { "\(path)/models" }
  private var partials: String { "\(path)/partial" }

  func blob(_ digest: ContentDigest) -> String { "\(blobs)/\(digest.hex)" }

  func model(_ key: String) -> CachedModel {
    CachedModel(key: key, folder: "\(models)/\(key)", partialFolder: "\(partials)/\(key)")
  }

  /// The name of a model's folder: a hash, so that nothing from outside becomes part of a path.
  static func key(_ repository: RepositoryID, _ revision: Revision) -> String {
    SHA256Hasher.digest(of: "\(keyDomain)\(repository)\0\(revision.hex)".utf8).hex
  }

  /// The models of which anything is there.
  func allModels() -> [CachedModel] {
    Set(Self.names(in: models)).union(Self.names(in: partials))
      .filter { ContentDigest(hex: $0) != nil }.sorted().map { model($0) }
  }

  /// The paths of all blobs.
  func allBlobs() -> [String] { Self.names(in: blobs).map { "\(blobs)/\($0)" } }

  /// Removes contents that no model has. Only while the cache is locked.
  func removeUnusedBlobs() {
    for path in allBlobs() {
      var status = stat()
      if lstat(path, &status) == 0, status.st_nlink == 1 { unlink(path) }
    }
  }

  /// Takes over the models of an earlier layout, in which they lay side by side in the cache's folder,
  /// unless a process still works in that way. Only while the cache is locked.
  func adoptEarlierLayout() {
    let earlierLock = "\(path)/\(Self.earlierLockName)"
    let lock = open(earlierLock, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    guard lock >= 0 else { return }
    defer { close(lock) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { return }
    for key in Self.names(in: path) where ContentDigest(hex: key) != nil {
      let model = model(key)
      if rename("\(path)/\(key)", model.folder) != 0 {
        CachedModel(key: key, folder: "\(path)/\(key)", partialFolder: model.partialFolder).remove()
      } else if let marker = CacheMarker(folder: model.folder) {
        for file in marker.files where model.isUnchanged(file) {
          link(model.file(file.name), blob(file.digest))
        }
      }
    }
    unlink(earlierLock)
  }

  /// Makes a folder, or leaves the one that is there.
  static func make(_ folder: String) throws(FileError) {
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw .cannotCreate(path: folder, code: errno)
    }
  }

  /// The names in a folder; none if it cannot be read.
  static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}
