import GenkiKernels
import Glibc
import Synchronization

/// The files that this process has mapped, and what became of them meanwhile.
///
/// Whoever works on mapped files does so within `checked`, so that a file that somebody shortened makes an
/// error at the end and not a result.
public enum MappedFiles {
  private struct Entry {
    let path: String
    let bytes: Int
    let device: dev_t
    let inode: ino_t

    init(_ file: borrowing InputFile) {
      (path, bytes) = (file.path, file.size)
      (device, inode) = (file.device, file.inode)
    }
  }

  private struct State {
    var open: [Int32: Entry] = [:]
    /// Damages of files that are mapped no more, the latest ones, and how many there were in all.
    var past: [FileError] = []
    var pastCount = 0
  }

  private static let pastMaximum = 64
  private static let state = Mutex(State())

  /// Carries out `body`, which works on mapped files.
  ///
  /// - Throws: `FileError.truncated` if one of this process's mapped files was shortened meanwhile and
  ///   `FileError.cannotRead` if a part of it could not be read; else what `body` throws.
  public static func checked<Result>(_ body: () throws -> Result) throws -> Result {
    let before = state.withLock { $0.pastCount }
    let result = Swift.Result { try body() }
    if let damage = damage(since: before) { throw damage }
    return try result.get()
  }

  static func add(_ file: borrowing InputFile, ticket: Int32) {
    let entry = Entry(file)
    state.withLock { $0.open[ticket] = entry }
  }

  /// Forgets a file whose mapping is about to end; what happened to it is kept for `checked`.
  static func remove(ticket: Int32) {
    state.withLock { state in
      guard let entry = state.open.removeValue(forKey: ticket),
        let damage = damage(of: entry, ticket: ticket)
      else { return }
      state.past.append(damage)
      state.pastCount += 1
      if state.past.count > pastMaximum { state.past.removeFirst() }
    }
  }

  private static func damage(since count: Int) -> FileError? {
    state.withLock { state in
      if state.pastCount > count { return state.past.last }
      return state.open.lazy.compactMap { damage(of: $0.value, ticket: $0.key) }.first
    }
  }

  /// What happened to a file: pages that were missing, or an end that has come nearer. A file that was
  /// replaced or removed under its name is still whole for us.
  private static func damage(of entry: Entry, ticket: Int32) -> FileError? {
    var status = stat()
    let isSame =
      stat(entry.path, &status) == 0 && status.st_dev == entry.device
      && status.st_ino == entry.inode
    if isSame, status.st_size < entry.bytes {
      return .truncated(
        path: entry.path, bytes: Int(status.st_size), expected: entry.bytes)
    }
    return genki_mapping_is_damaged(ticket) != 0 ? .cannotRead(path: entry.path, code: EIO) : nil
  }
}
