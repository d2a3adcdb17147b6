import Foundation
import GenkiCore
import Synchronization

/// Another process that shares a cache with the test: it is told what to do line by line, and can be
/// killed at any step. One that lets somebody wait for an answer for a minute is killed, so that no test
/// hangs.
final class CacheProcess {
  private static let secondsMaximum = 60.0

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending: [UInt8] = []

  /// Starts one.
  ///
  /// - Parameters:
  ///   - deadlyStep: The number of the step at which it kills itself; 0 for none.
  ///   - holds: Whether it waits for a line in the middle of each download.
  init(
    _ fixture: HubFixture, bytesMaximum: Int = 1 << 20, deadlyStep: Int = 0, holds: Bool = false
  ) throws {
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "genki-cache-peer")
    process.arguments =
      [
        fixture.folder.file("cache"), "\(bytesMaximum)", fixture.folder.file("hub"),
        "\(fixture.repository)", "\(deadlyStep)",
      ] + (holds ? ["hold"] : [])
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    try expect("ready")
  }

  deinit { end() }

  /// Sends a line.
  func tell(_ line: String) {
    // One that has died takes no more lines.
    try? input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
  }

  /// The next line it says; nil when it has died.
  func hear() -> String? {
    let identifier = process.processIdentifier
    let killer = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.secondsMaximum, execute: killer)
    defer { killer.cancel() }
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        return line
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      pending += more
    }
  }

  /// Takes the next line, which must be this one.
  func expect(_ line: String) throws {
    let heard = hear()
    guard heard == line else { throw Unexpected(what: heard ?? "the process has died") }
  }

  /// Tells it to do something and hears its answer, however long it waits for its turn; nil when it has
  /// died over it.
  func ask(_ line: String) -> String? {
    tell(line)
    while let heard = hear() {
      if heard != "waiting" { return heard }
    }
    return nil
  }

  /// Kills it, wherever it is.
  func end() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}
