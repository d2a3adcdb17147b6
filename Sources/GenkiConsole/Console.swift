import Foundation
import GenkiCore
import Synchronization

/// The two output streams of a program: results on stdout, everything for the person at the
/// terminal (progress, notes, errors) on stderr.
///
/// With `--json` stdout carries JSON only: one document, or for streams one object a line; the
/// calls for human text are then silent. Any thread may call.
public final class Console: Sendable {
  /// The styles that a terminal shows; elsewhere the text stays plain.
  public enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  /// True under `--json`.
  public let isJSON: Bool
  /// Stdout is a terminal.
  public let outputIsTerminal: Bool
  /// Stderr is a terminal: only then are progress bars drawn.
  public let errorIsTerminal: Bool
  let errors: OutputStream
  private let output: OutputStream
  private let usesColour: Bool

  /// A console on the process's stdout and stderr.
  public convenience init(json: Bool = false) {
    self.init(json: json, outputDescriptor: STDOUT_FILENO, errorDescriptor: STDERR_FILENO)
  }

  /// A console on two open descriptors, which stay the caller's.
  public init(json: Bool, outputDescriptor: Int32, errorDescriptor: Int32) {
    isJSON = json
    outputIsTerminal = isatty(outputDescriptor) == 1
    errorIsTerminal = isatty(errorDescriptor) == 1
    // https://no-color.org: any non-empty value turns colour off.
    let refused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    usesColour = !refused && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    output = OutputStream(descriptor: outputDescriptor, flushesEachWrite: outputIsTerminal)
    errors = OutputStream(descriptor: errorDescriptor, flushesEachWrite: true)
  }

  /// A line of human output on stdout; nothing under `--json`.
  public func line(_ text: String = "") {
    if !isJSON { output.write(text + "\n") }
  }

  /// Human output on stdout without a line end, shown at once; nothing under `--json`.
  public func fragment(_ text: String) {
    guard !isJSON else { return }
    output.write(text)
    output.flush()
  }

  /// A line on stdout whatever the mode: for commands whose output has one form only.
  public func rawLine(_ text: String) { output.write(text + "\n") }

  /// The one JSON document of a command, on one line; nothing without `--json`.
  public func document(_ value: JSONValue) {
    if isJSON { output.write(value.encoded() + "\n") }
  }

  /// One JSON object of a stream, visible to the reader at once; nothing without `--json`.
  public func event(_ value: JSONValue) {
    guard isJSON else { return }
    output.write(value.encoded() + "\n")
    output.flush()
  }

  /// A table on stdout; nothing under `--json`.
  public func table(_ table: TextTable) {
    for (index, row) in table.lines().enumerated() {
      line(index == 0 && table.hasHeader ? styled(row, .bold) : row)
    }
  }

  /// A line for the person on stderr; nothing under `--json`.
  public func note(_ text: String) {
    if !isJSON { errors.write(text + "\n") }
  }

  /// An error line on stderr, in both modes; `program: ` is the caller's.
  public func error(_ text: String) { errors.write(text + "\n") }

  /// The text in a style where stdout is a terminal that takes colour.
  public func styled(_ text: String, _ style: Style) -> String {
    outputIsTerminal && usesColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// Writes what is buffered.
  ///
  /// - Throws: ``ConsoleError`` if anything written to stdout so far was lost, for example on a
  ///   full disk.
  public func finish() throws {
    output.flush()
    errors.flush()
    if let code = output.failure { throw ConsoleError.outputLost(errno: code) }
  }
}

/// Stdout could not be written.
public enum ConsoleError: ReportableError {
  /// The system's error number of the first failed write.
  case outputLost(errno: Int32)

  /// Always input/output.
  public var kind: ErrorKind { .inputOutput }
  /// What failed.
  public var what: String { "cannot write to the standard output" }
  /// The system's words.
  public var why: String {
    switch self {
    case .outputLost(let code): String(cString: strerror(code))
    }
  }
  /// Where to look.
  public var advice: String? { "the output is incomplete; look at where it is redirected to" }
}

/// A buffered, locked descriptor that remembers its first failure.
final class OutputStream: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var failure: Int32?
  }

  private static let bufferBytesMaximum = 64 << 10
  private let descriptor: Int32
  private let flushesEachWrite: Bool
  private let state = Mutex(State())

  init(descriptor: Int32, flushesEachWrite: Bool) {
    self.descriptor = descriptor
    self.flushesEachWrite = flushesEachWrite
  }

  var failure: Int32? { state.withLock { $0.failure } }

  func write(_ text: String) {
    state.withLock { state in
      state.buffer.append(contentsOf: text.utf8)
      if flushesEachWrite || state.buffer.count >= Self.bufferBytesMaximum { drain(&state) }
    }
  }

  func flush() { state.withLock { drain(&$0) } }

  private func drain(_ state: inout State) {
    var offset = 0
    while offset < state.buffer.count, state.failure == nil {
      let written = state.buffer.withUnsafeBytes { bytes in
        Foundation.write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
      }
      if written >= 0 {
        offset += written
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&ready, 1, -1)
      } else if errno != EINTR {
        state.failure = errno
      }
    }
    state.buffer.removeAll(keepingCapacity: true)
  }
}
