import Foundation
import GenkiCore
import Glibc

/// The folder of one model in the cache.
struct CachedModel {
  let folder: String

  /// The bytes of all regular files in the folder, half-written ones included and the marker not.
  var bytes: Int {
    names.filter { $0 != CacheMarker.fileName }
      .reduce(0) { $0 + (CachedFileStatus(path: "\(folder)/\($1)")?.bytes ?? 0) }
  }

  /// When it was used last, as far as the disk knows.
  var usedNanoseconds: Int {
    CachedFileStatus(path: "\(folder)/\(CacheMarker.fileName)")?.changedNanoseconds ?? 0
  }

  private var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  /// Records a use for the next process.
  func touch() { utimensat(AT_FDCWD, "\(folder)/\(CacheMarker.fileName)", nil, 0) }

  /// Whether all files have the size and the time of change that the marker states.
  func isUnchanged(_ files: [CacheMarker.File]) -> Bool {
    files.allSatisfy { isUnchanged($0) }
  }

  private func isUnchanged(_ file: CacheMarker.File) -> Bool {
    guard let path = path(file.name) else { return false }
    return CachedFileStatus(path: path)
      .map { $0.bytes == file.bytes && $0.changedNanoseconds == file.changedNanoseconds } ?? false
  }

  /// The wanted files that are there and right, with what the marker shall say of them.
  ///
  /// Without a marker, a file is right if its content has the hash that the hub states.
  func kept(of files: [HubEntry], marker: CacheMarker?) -> [String: CacheMarker.File] {
    var result: [String: CacheMarker.File] = [:]
    for entry in files {
      let known = marker?.file(entry.name)
      if let known, known.bytes == entry.bytes, entry.digest ?? known.digest == known.digest,
        isUnchanged(known)
      {
        result[entry.name] = known
      } else if let expected = entry.digest ?? known?.digest,
        let file = measured(entry.name), file.bytes == entry.bytes, file.digest == expected
      {
        result[entry.name] = file
      }
    }
    return result
  }

  /// Makes the folder, and removes from it what is neither the marker nor one of these files: what a
  /// killed fetch left, and files that are wrong.
  func prepare(keeping wanted: Set<String>) throws(FileError) {
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw .cannotCreate(path: folder, code: errno)
    }
    for name in names where name != CacheMarker.fileName && !wanted.contains(name) {
      unlink("\(folder)/\(name)")
    }
  }

  /// Downloads a file, checks it and makes it read-only.
  func download(
    _ entry: HubEntry, hub: some Hub, repository: RepositoryID, revision: Revision,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws -> CacheMarker.File {
    guard let path = path(entry.name) else {
      throw HubError.invalid(
        repository: repository.description, reason: "\(entry.name.quoted()) is not allowed")
    }
    try hub.download(
      entry, of: repository, revision: revision, to: path, bytesMaximum: bytesMaximum,
      transfer: transfer)
    chmod(path, 0o440)
    guard let file = measured(entry.name), file.bytes == entry.bytes,
      entry.digest == nil || entry.digest == file.digest
    else {
      unlink(path)
      throw HubError.contentDiffers(repository: repository.description, name: entry.name)
    }
    return file
  }

  /// Says that these files are complete.
  func complete(_ marker: CacheMarker) throws {
    try marker.write(to: folder)
    try AtomicFile.syncFolder(ofFile: folder)
  }

  /// The files of the new marker: those just checked, and those of the old one that are unchanged.
  func all(
    kept: [String: CacheMarker.File], marker: CacheMarker?
  ) -> [CacheMarker.File] {
    let others = (marker?.files ?? []).filter { kept[$0.name] == nil && isUnchanged($0) }
    return (Array(kept.values) + others).sorted { $0.name < $1.name }
  }

  /// Hashes the files and removes those that differ; whether none did.
  func removeChanged(_ files: [CacheMarker.File]) throws -> Bool {
    var isGood = true
    for file in files {
      guard let path = path(file.name) else { return false }
      let found = measured(file.name)
      if found?.bytes == file.bytes, found?.digest == file.digest { continue }
      isGood = false
      unlink(path)
    }
    return isGood
  }

  /// Removes the folder: the marker first, so that a half-removed model is not a complete one.
  func remove() throws(FileError) {
    unlink("\(folder)/\(CacheMarker.fileName)")
    for name in names {
      let path = "\(folder)/\(name)"
      guard unlink(path) == 0 || errno == ENOENT else {
        throw .cannotWrite(path: path, code: errno)
      }
    }
    guard rmdir(folder) == 0 || errno == ENOENT else {
      throw .cannotWrite(path: folder, code: errno)
    }
  }

  /// The path of a file whose name is on the list; the name is made anew.
  private func path(_ name: String) -> String? {
    RepositoryFile(name: name).map { "\(folder)/\($0.name)" }
  }

  private func measured(_ name: String) -> CacheMarker.File? {
    guard let path = path(name), let status = CachedFileStatus(path: path),
      let digest = try? SHA256Hasher.digest(ofFile: path)
    else { return nil }
    return CacheMarker.File(
      name: name, bytes: status.bytes, digest: digest,
      changedNanoseconds: status.changedNanoseconds)
  }
}
