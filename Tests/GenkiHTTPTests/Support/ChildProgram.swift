import Foundation
import GenkiHTTP

/// A program that runs beside a test, ended with its owner.
final class ChildProgram {
  private let process = Process()
  private let output = Guarded("")
  private let hasEnded = Guarded(false)

  /// - Parameter environment: Added to this program's own.
  init(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let (handle, output, hasEnded) = (pipe.fileHandleForReading, output, hasEnded)
    inBackground {
      while case let data = handle.availableData, !data.isEmpty {
        output.update { $0 += String(decoding: data, as: UTF8.self) }
      }
      hasEnded.update { $0 = true }
    }
  }

  deinit { kill() }

  /// Ends it at once. A child of a thread that blocks signals blocks them, too: only SIGKILL is sure.
  private func kill() {
    guard process.isRunning else { return }
    _ = Glibc.kill(process.processIdentifier, SIGKILL)
  }

  /// What it has printed once a pattern is found in that, or nil.
  func waitForOutput<Match>(_ pattern: Regex<Match>) -> Match? {
    // A regular expression is not Sendable, and only this thread uses it.
    nonisolated(unsafe) let pattern = pattern
    nonisolated(unsafe) var found: Match?
    _ = output.wait(until: Monotonic.seconds + 20) { text -> Bool? in
      found = text.firstMatch(of: pattern)?.output
      return found == nil ? nil : true
    }
    return found
  }

  /// Waits for its end and gives status and output.
  func result(secondsMaximum: Double = 60) -> (status: Int32, output: String) {
    if hasEnded.wait(until: Monotonic.seconds + secondsMaximum, for: { $0 ? true : nil }) == nil {
      kill()
    }
    process.waitUntilExit()
    return (process.terminationStatus, output.withLock { $0 })
  }

  /// The path of a program; nil if it is not installed.
  static func path(of program: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(program)" }.first(
      where: FileManager.default.isExecutableFile(atPath:))
  }
}
