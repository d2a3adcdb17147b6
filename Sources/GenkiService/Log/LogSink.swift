import CSystemd
import Foundation
import Logging
import Synchronization

/// Where entries of the log go.
package protocol LogSink: Sendable {
  func write(_ entry: LogEntry)
}

/// Lines of text on a descriptor, each written whole.
package final class TextSink: LogSink {
  private let descriptor: Mutex<Int32>

  package init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

  package func write(_ entry: LogEntry) {
    let bytes = Array("\(entry.line)\n".utf8)
    descriptor.withLock { descriptor in
      var offset = 0
      while offset < bytes.count {
        let written = bytes.withUnsafeBytes { buffer in
          Foundation.write(
            descriptor, buffer.baseAddress?.advanced(by: offset), bytes.count - offset)
        }
        // There is no place left to complain to.
        guard written > 0 || (written < 0 && errno == EINTR) else { return }
        offset += max(0, written)
      }
    }
  }
}

/// Entries of systemd's journal with their metadata as fields.
package struct JournalSink: LogSink {
  /// Whether stderr leads to the journal: `JOURNAL_STREAM` holds its device and inode.
  package static func isStandardError(_ journalStream: String?) -> Bool {
    var info = stat()
    guard let journalStream, fstat(STDERR_FILENO, &info) == 0 else { return false }
    return journalStream == "\(info.st_dev):\(info.st_ino)"
  }

  package func write(_ entry: LogEntry) {
    let fields = Self.fields(entry).map { Array($0.utf8) }
    // One block of memory: the journal wants an array of pointers into it.
    var bytes = fields.flatMap { $0 }
    bytes.withUnsafeMutableBytes { buffer in
      var offset = 0
      let vectors = fields.map { field in
        defer { offset += field.count }
        return iovec(iov_base: buffer.baseAddress?.advanced(by: offset), iov_len: field.count)
      }
      _ = sd_journal_sendv(vectors, Int32(vectors.count))
    }
  }

  /// `MESSAGE=…`, `PRIORITY=…`, `GENKI_SOURCE=…`, then `GENKI_KEY=…` for all metadata.
  package static func fields(_ entry: LogEntry) -> [String] {
    let head = [
      "MESSAGE=\(entry.text)", "PRIORITY=\(priority(entry.level))",
      "GENKI_SOURCE=\(entry.source)",
    ]
    return head + entry.metadata.map { "\(fieldName($0.key))=\($0.value)" }
  }

  /// The journal's names are capital letters, digits and underscores, at most 64.
  static func fieldName(_ key: String) -> String {
    let letters = key.uppercased().unicodeScalars.map { scalar in
      scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        ? Character(scalar) : "_"
    }
    return String("GENKI_\(String(letters))".prefix(64))
  }

  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
