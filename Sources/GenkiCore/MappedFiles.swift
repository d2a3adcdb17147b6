import GenkiKernels
import Glibc
import Synchronization

/// What becomes of mapped files while somebody works on them.
///
/// Whoever does so works within `checked`, so that a file that was shortened makes an error at the end and
/// not a result. Only the files of the work itself count: another one's damage is another one's error.
public enum MappedFiles {
  /// The files that were mapped for a piece of work.
  package final class Work: Sendable {
    private let records: Mutex<[MappedFileRecord]>
    private let outer: Work?

    init(_ files: [MappedFile], within outer: Work?) {
      records = Mutex(files.compactMap(\.record))
      self.outer = outer
    }

    func add(_ record: MappedFileRecord) {
      records.withLock { $0.append(record) }
      outer?.add(record)
    }

    var damage: FileError? { records.withLock { $0 }.lazy.compactMap(\.damage).first }
  }

  /// The work of this thread.
  @TaskLocal package static var work: Work?

  /// Carries out `body`, which works on the files that it maps and on those that are given.
  ///
  /// Files that other threads map for it count where these take over the work: `taking(_:_:)`.
  ///
  /// - Throws: `FileError.truncated` if one of the files was shortened meanwhile, `FileError.cannotRead` if
  ///   a part of one could not be read; else what `body` throws.
  public static func checked<Result>(
    _ files: [MappedFile] = [], _ body: () throws -> Result
  ) throws -> Result {
    let work = Work(files, within: work)
    let result = $work.withValue(work) { Swift.Result { try body() } }
    if let damage = work.damage { throw damage }
    return try result.get()
  }

  /// Carries out `body` on this thread as a part of another thread's work.
  package static func taking<Result>(_ work: Work?, _ body: () throws -> Result) rethrows -> Result
  {
    try $work.withValue(work, operation: body)
  }
}

/// A mapping and what happened to it, also after its end.
final class MappedFileRecord: Sendable {
  private struct State {
    var isOpen = true
    var damage: FileError?
  }

  private let path: String
  private let bytes: Int
  private let device: dev_t
  private let inode: ino_t
  /// The entry in the table of guarded mappings.
  private let ticket: Int32
  private let state = Mutex(State())

  init(_ file: borrowing InputFile, ticket: Int32) {
    (path, bytes) = (file.path, file.size)
    (device, inode) = (file.device, file.inode)
    self.ticket = ticket
  }

  /// What happened until now, or until the mapping's end.
  var damage: FileError? { state.withLock { $0.isOpen ? found : $0.damage } }

  /// Ends the guard; to be called before the mapping is taken away.
  func close() {
    state.withLock { state in
      state = State(isOpen: false, damage: found)
      genki_mapping_release(ticket)
    }
  }

  /// Pages that were missing, or an end that has come nearer. A file that was replaced or removed under its
  /// name is still whole for us.
  private var found: FileError? {
    var status = stat()
    let isSame = stat(path, &status) == 0 && status.st_dev == device && status.st_ino == inode
    if isSame, status.st_size < bytes {
      return .truncated(path: path, bytes: Int(status.st_size), expected: bytes)
    }
    return genki_mapping_is_damaged(ticket) != 0 ? .cannotRead(path: path, code: EIO) : nil
  }
}
