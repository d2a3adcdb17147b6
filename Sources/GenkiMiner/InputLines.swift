import Foundation
import GenkiCore

/// The lines of a descriptor as they arrive, each without its line end and of bounded length.
struct InputLines {
  private static let chunkBytes = 1 << 16
  private let descriptor: Int32
  private let name: String
  private let lineBytesMaximum: Int
  private var buffer: [UInt8] = []
  /// Where the next line starts in the buffer.
  private var start = 0
  /// How far the buffer was searched for a line end.
  private var searched = 0
  private var isAtEnd = false

  /// The number of the last line, from 1.
  private(set) var lineNumber = 0

  /// Reads an open descriptor, which errors call `name`.
  init(descriptor: Int32, name: String, lineBytesMaximum: Int) {
    self.descriptor = descriptor
    self.name = name
    self.lineBytesMaximum = lineBytesMaximum
  }

  /// The next line, or nil at the end. `beforeWaiting` is called before input is waited for.
  mutating func next(beforeWaiting: () throws -> Void) throws -> ArraySlice<UInt8>? {
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer {
          start = end + 1
          searched = start
        }
        lineNumber += 1
        return buffer[start..<end]
      }
      searched = buffer.count
      guard searched - start <= lineBytesMaximum else {
        throw InputLineError.tooLong(input: name, line: lineNumber + 1, limit: lineBytesMaximum)
      }
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        lineNumber += 1
        return buffer[start...]
      }
      try beforeWaiting()
      try fill()
    }
  }

  private mutating func fill() throws {
    buffer.removeFirst(start)
    searched -= start
    start = 0
    let used = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: max(Self.chunkBytes, used)))
    var count: Int
    repeat {
      count = buffer.withUnsafeMutableBytes { bytes in
        read(descriptor, bytes.baseAddress?.advanced(by: used), bytes.count - used)
      }
    } while count < 0 && errno == EINTR
    let code = errno
    buffer.removeLast(buffer.count - used - max(count, 0))
    guard count >= 0 else { throw FileError.cannotRead(path: name, code: code) }
    isAtEnd = count == 0
  }
}

/// A line of a command's input cannot be used.
enum InputLineError: ReportableError, Equatable {
  /// The line is longer than the reader allows.
  case tooLong(input: String, line: Int, limit: Int)
  /// The line is not what the command reads.
  case invalid(input: String, line: Int, reason: String, expected: String)

  var kind: ErrorKind { .invalidData }

  var what: String {
    switch self {
    case .tooLong(let input, let line, _), .invalid(let input, let line, _, _):
      "\(input), line \(line)"
    }
  }

  var why: String {
    switch self {
    case .tooLong(_, _, let limit): "longer than \(limit) bytes"
    case .invalid(_, _, let reason, _): reason
    }
  }

  var advice: String? {
    switch self {
    case .tooLong: nil
    case .invalid(_, _, _, let expected): "each line must be \(expected)"
    }
  }
}
