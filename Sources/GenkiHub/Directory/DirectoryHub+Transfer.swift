import GenkiCore
import Glibc

extension DirectoryHub {
  /// Makes the content of a repository of this account equal to these files, as one commit.
  ///
  /// Reads each file once to hash it and, if the hub has no such content, once more to copy it. The
  /// id depends on the files' names and contents only; repeating an upload writes nothing.
  public func upload(
    _ files: [HubFile], to repository: RepositoryID, transfer: HubTransfer
  ) throws -> Revision {
    try requireOwn(repository)
    try requireNames(files, repository)
    let bytesTotal = try Self.totalBytes(of: files)
    return try inHub(repository, needed: bytesTotal) {
      let folder = try readable(repository)
      try blobs.removeAbandoned()
      var stored: [CommitRecord.File] = []
      var bytesDone = 0
      for file in files {
        let blob = try blobs.store(file) { moved in
          try transfer.check(repository)
          transfer.onProgress(
            HubProgress(
              name: file.name, bytesDone: min(bytesDone + moved, bytesTotal),
              bytesTotal: bytesTotal))
        }
        bytesDone += blob.bytes
        stored.append(
          CommitRecord.File(name: file.name, bytes: blob.bytes, digest: blob.digest))
      }
      return try commit(CommitRecord(stored), in: folder, of: repository)
    }
  }

  /// Downloads one file of a commit and checks its content; the file appears whole or not at all.
  public func download(
    _ entry: HubEntry, of repository: RepositoryID, revision: Revision, to path: String,
    bytesMaximum: Int, transfer: HubTransfer
  ) throws {
    let id = repository.description
    try inHub(repository) {
      let record = try record(revision, of: repository)
      guard let file = record.files.first(where: { $0.name.utf8.elementsEqual(entry.name.utf8) })
      else { throw HubError.entryNotFound(repository: id, name: entry.name) }
      guard file.bytes <= bytesMaximum else {
        throw HubError.tooLarge(
          repository: id, name: file.name, bytes: file.bytes, limit: bytesMaximum)
      }
      guard file.bytes == entry.bytes, entry.digest == nil || entry.digest == file.digest,
        let blob = try blobs.open(file.digest, bytes: file.bytes)
      else { throw HubError.contentDiffers(repository: id, name: file.name) }
      do {
        try AtomicFile.replace(path) { writer in
          try copy(blob, of: file, to: &writer, repository: repository, transfer: transfer)
        }
      } catch let error as FileError {
        throw HubError.local(error, needed: file.bytes)
      }
    }
  }

  private func copy(
    _ blob: borrowing HubInput, of file: CommitRecord.File, to writer: inout FileWriter,
    repository: RepositoryID, transfer: HubTransfer
  ) throws {
    var hasher = SHA256Hasher()
    var done = 0
    do {
      try blob.readAll { piece in
        hasher.update(piece)
        try writer.write(piece)
        done += piece.count
        try transfer.check(repository)
        transfer.onProgress(HubProgress(name: file.name, bytesDone: done, bytesTotal: file.bytes))
      }
    } catch let error as FileError where error.path == blob.path {
      if case .cannotRead = error {
        throw HubError.unreachable(source: error.path, reason: error.why)
      }
      throw HubError.contentDiffers(repository: repository.description, name: file.name)
    }
    guard hasher.finish() == file.digest else {
      throw HubError.contentDiffers(repository: repository.description, name: file.name)
    }
  }

  private func commit(
    _ record: CommitRecord, in folder: HubFolder, of repository: RepositoryID
  ) throws -> Revision {
    guard let revision = record.revision else {
      throw HubError.invalid(repository: repository.description, reason: "it has no commit id")
    }
    try folder.locked {
      let commits = try folder.makeFolder(Self.commitsName)
      for place in [folder, commits] { try removeAbandoned(in: place) }
      try hook(.locked)
      try commits.write(record.text, to: revision.hex)
      try hook(.recorded)
      try folder.write(revision.hex + "\n", to: Self.headName)
      try hook(.headMoved)
    }
    return revision
  }

  /// Removes the temporary files of killed writers; the lock says that nobody writes now.
  private func removeAbandoned(in folder: HubFolder) throws(FileError) {
    for name in try folder.names(maximum: 4096) where name.hasPrefix(".") && name.hasSuffix(".tmp")
    {
      folder.remove(name)
    }
  }

  private func requireNames(_ files: [HubFile], _ repository: RepositoryID) throws(HubError) {
    let empty = SHA256Hasher.digest(of: [])
    do {
      _ = try CommitRecord(files.map { .init(name: $0.name, bytes: 0, digest: empty) })
    } catch {
      throw .invalid(repository: repository.description, reason: error.reason)
    }
  }

  private static func totalBytes(of files: [HubFile]) throws -> Int {
    var total = 0
    for file in files { total += try BlobStore.openSource(file).bytes }
    return total
  }
}
