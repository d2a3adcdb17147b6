import GenkiCore
import Glibc

/// The contents of a directory hub: files named by their SHA-256, never changed once they have it.
struct BlobStore: Sendable {
  private static let blobsName = "blobs"
  private static let stagingName = "partial"
  private static let stagingSuffix = ".partial"
  private static let sweepMaximum = 4096
  private static let attemptsMaximum = 16

  let hubPath: String
  let availableBytes: @Sendable (String) -> Int?
  let hook: HubStep.Hook

  /// Opens the blob of a digest; nil if it is absent, is no regular file or has another size.
  func open(_ digest: ContentDigest, bytes: Int) throws(FileError) -> HubInput? {
    guard let folder = try folder(of: digest) else { return nil }
    let input: HubInput?
    do {
      input = try folder.input(digest.hex)
    } catch .notARegularFile {
      return nil
    }
    guard let input, input.bytes == bytes else { return nil }
    return input
  }

  /// Copies a file into the store, unless its content is there already; calls `moved` with the
  /// number of bytes done as it goes.
  ///
  /// Errors of the local file are `HubError`, those of the store `FileError`.
  func store(
    _ file: HubFile, moved: (Int) throws -> Void
  ) throws -> (bytes: Int, digest: ContentDigest) {
    let source = try Self.openSource(file)
    let digest = try Self.blamingSource(of: file.source) { try source.digest() }
    let folder = try HubFolder.root(hubPath).makeFolder(Self.blobsName)
      .makeFolder(Self.prefix(digest))
    if try isIntact(digest, bytes: source.bytes) {
      // Whoever stored it may not have come to this.
      try folder.sync()
    } else {
      try copy(source, digest: digest, to: folder, moved: moved)
    }
    try moved(source.bytes)
    return (source.bytes, digest)
  }

  /// Removes what killed uploads left; staging files that somebody still writes stay.
  func removeAbandoned() throws(FileError) {
    guard let staging = try HubFolder.root(hubPath).folder(Self.stagingName) else { return }
    for name in try staging.names(maximum: Self.sweepMaximum)
    where name.hasSuffix(Self.stagingSuffix) {
      let file = openat(staging.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      guard file >= 0 else { continue }
      defer { close(file) }
      if flock(file, LOCK_EX | LOCK_NB) == 0 { staging.remove(name) }
    }
  }

  static func openSource(_ file: HubFile) throws -> HubInput {
    try blamingSource(of: file.source) {
      let source = try HubInput(file)
      guard source.bytes <= HubLimits.fileBytesMaximum else {
        throw FileError.tooLarge(
          path: file.source, bytes: source.bytes, limit: HubLimits.fileBytesMaximum)
      }
      return source
    }
  }

  /// Tells errors of the uploaded file from those of the store.
  private static func blamingSource<Result: ~Copyable>(
    of path: String, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let error as FileError where error.path == path {
      throw HubError.local(error, needed: 0)
    }
  }

  private static func prefix(_ digest: ContentDigest) -> String { String(digest.hex.prefix(2)) }

  private func folder(of digest: ContentDigest) throws(FileError) -> HubFolder? {
    try HubFolder.root(hubPath).folder(Self.blobsName)?.folder(Self.prefix(digest))
  }

  private func isIntact(_ digest: ContentDigest, bytes: Int) throws -> Bool {
    guard let blob = try open(digest, bytes: bytes) else { return false }
    return try blob.digest() == digest
  }

  private func copy(
    _ source: borrowing HubInput, digest: ContentDigest, to folder: HubFolder,
    moved: (Int) throws -> Void
  ) throws {
    if let available = availableBytes(hubPath),
      available < source.bytes + DiskSpace.headroomBytes
    {
      throw FileError.cannotWrite(path: hubPath, code: ENOSPC)
    }
    let staging = try HubFolder.root(hubPath).makeFolder(Self.stagingName)
    let (name, file) = try createStaging(in: staging)
    defer { close(file) }
    do {
      try hook(.staged)
      let copied = try write(source, to: file, path: "\(staging.path)/\(name)", moved: moved)
      guard copied == digest else {
        throw CommitRecord.Problem(reason: "\(source.path) changed while it was uploaded")
      }
      guard fsync(file) == 0 else {
        throw FileError.cannotWrite(path: staging.path, code: errno)
      }
      try hook(.synced)
      guard renameat(staging.descriptor, name, folder.descriptor, digest.hex) == 0 else {
        throw FileError.cannotCreate(path: "\(folder.path)/\(digest.hex)", code: errno)
      }
    } catch {
      staging.remove(name)
      throw error
    }
    try folder.sync()
    try hook(.named)
  }

  /// A new file that is locked as long as it is open, which tells the sweep of others that it is in
  /// use.
  private func createStaging(
    in staging: HubFolder
  ) throws(FileError) -> (name: String, descriptor: Int32) {
    for _ in 0..<Self.attemptsMaximum {
      let name = String(UInt64.random(in: .min ... .max), radix: 36) + Self.stagingSuffix
      let file = openat(
        staging.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o440)
      guard file >= 0 else {
        if errno == EEXIST { continue }
        throw .cannotCreate(path: "\(staging.path)/\(name)", code: errno)
      }
      // Between creation and lock another process may have taken it for abandoned.
      var status = stat()
      if flock(file, LOCK_EX | LOCK_NB) == 0, fstat(file, &status) == 0, status.st_nlink > 0 {
        return (name, file)
      }
      close(file)
    }
    throw .cannotCreate(path: staging.path, code: EEXIST)
  }

  private func write(
    _ source: borrowing HubInput, to file: Int32, path: String, moved: (Int) throws -> Void
  ) throws -> ContentDigest {
    var hasher = SHA256Hasher()
    var done = 0
    try Self.blamingSource(of: source.path) {
      try source.readAll { piece in
        hasher.update(piece)
        try Self.writeAll(piece, to: file, path: path)
        done += piece.count
        try moved(done)
        try hook(.written(bytes: done))
      }
    }
    return hasher.finish()
  }

  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to file: Int32, path: String
  ) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = Glibc.write(file, piece.baseAddress, piece.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        throw .cannotWrite(path: path, code: count == 0 ? EIO : errno)
      }
    }
  }
}
