import Foundation
import GenkiCore

/// A running program whose lines of output are read as they come, and that can be signalled.
final class LiveProgram {
  private let process = Process()
  private let output = Pipe()
  private let exited = DispatchSemaphore(value: 0)
  private var pending: [UInt8] = []

  /// Starts a program that lies beside the test program; its stderr is dropped.
  init(_ name: String, _ arguments: [String]) throws {
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: name)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    let exited = exited
    process.terminationHandler = { _ in exited.signal() }
    try process.run()
  }

  /// The next line of stdout; nil when the program has closed it.
  func nextLine() -> String? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end + 1)
        return line
      }
      let bytes = output.fileHandleForReading.availableData
      if bytes.isEmpty { return nil }
      pending += bytes
    }
  }

  /// All lines that are left, until the program ends.
  func remainingLines() -> [String] {
    var lines: [String] = []
    while let line = nextLine() { lines.append(line) }
    return lines
  }

  /// Waits until the program has ended, at most so long.
  func hasExited(within time: DispatchTimeInterval) -> Bool {
    guard exited.wait(timeout: .now() + time) == .success else { return false }
    exited.signal()
    return true
  }

  /// Sends a signal.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// The exit code, or 128 + the signal that ended it; waits for the end.
  func status() -> Int32 {
    process.waitUntilExit()
    let code = process.terminationStatus
    return process.terminationReason == .exit ? code : 128 + code
  }
}
