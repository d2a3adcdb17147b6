import Foundation
import GenkiCore

/// A worker process: loads its model, then takes turns.
///
/// It is killed and reaped when it is ended or forgotten; if the driver itself dies, the worker ends
/// because its stdin does.
package final class Peer {
  private static let lastLinesMaximum = 12
  private static let lineBytesMaximum = 1 << 20
  /// How often a wait looks at the worker's memory and at signals.
  private static let pollMilliseconds: Int32 = 100

  package let command: PeerCommand
  /// The largest amount of memory that the kernel has seen in use.
  package private(set) var peakBytes = 0
  /// The largest amount without mapped files, seen ten times a second.
  package private(set) var peakAnonymousBytes = 0
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errorsPath: String
  private let secondsMaximum: Double
  private let check: () throws -> Void
  private var pending: [UInt8] = []

  /// Starts the process.
  ///
  /// - Parameters:
  ///   - secondsMaximum: The longest that any answer may take.
  ///   - check: Called during waits; throws to end them.
  package init(
    _ command: PeerCommand, secondsMaximum: Double, check: @escaping () throws -> Void
  ) throws {
    self.command = command
    self.secondsMaximum = secondsMaximum
    self.check = check
    errorsPath =
      FileManager.default.temporaryDirectory
      .appending(path: "genki-bench-\(UUID().uuidString).log").path
    try AtomicFile.write("", to: errorsPath)
    process.executableURL = URL(filePath: command.program)
    process.arguments = command.arguments
    process.environment = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errorsPath)
    do {
      try process.run()
    } catch {
      try? FileManager.default.removeItem(atPath: errorsPath)
      throw BenchmarkError.cannotStart(program: command.program, reason: "\(error)")
    }
    try? input.fileHandleForReading.close()
    try? output.fileHandleForWriting.close()
  }

  deinit { end() }

  /// Kills the process and waits for its end.
  package func end() {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(atPath: errorsPath)
  }

  /// Waits until it has loaded its model and done its first step.
  package func ready() throws -> WorkerReady { try WorkerReady(json: answer(), source: name) }

  /// Lets it do `steps` steps.
  package func turn(steps: Int) throws -> TurnReport {
    try send("step \(steps)\n")
    let report = try TurnReport(json: answer(), source: name)
    lookAtMemory()
    return report
  }

  private var name: String { "the worker of \(command.side)" }

  // MARK: - Lines

  private func send(_ text: String) throws {
    // A worker that has died is reported when its answer is awaited.
    let bytes = Array(text.utf8)
    _ = write(input.fileHandleForWriting.fileDescriptor, bytes, bytes.count)
  }

  private func answer() throws -> JSONValue {
    let deadline = MachineFigures.monotonicSeconds + secondsMaximum
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end + 1)
        return try parse(line)
      }
      try check()
      lookAtMemory()
      guard MachineFigures.monotonicSeconds < deadline else {
        throw BenchmarkError.turnTooLong(
          source: name, seconds: secondsMaximum, lastLines: lastLines())
      }
      try readMore()
    }
  }

  private func readMore() throws {
    let descriptor = output.fileHandleForReading.fileDescriptor
    var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, Self.pollMilliseconds) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    if count > 0 { pending += bytes[..<count] }
    if count == 0 || pending.count > Self.lineBytesMaximum {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      // Ctrl-C reaches both at once.
      try check()
      let reason = process.terminationReason == .exit ? "exit code" : "signal"
      throw BenchmarkError.ended(
        source: name, status: "\(reason) \(process.terminationStatus)", lastLines: lastLines())
    }
  }

  private func parse(_ line: String) throws -> JSONValue {
    do {
      return try JSONValue.parse(line, source: name)
    } catch {
      throw BenchmarkError.badAnswer(source: name, text: line)
    }
  }

  private func lookAtMemory() {
    let status = MachineFigures.status(of: process.processIdentifier)
    peakBytes = max(peakBytes, MachineFigures.memory("VmHWM", status: status) ?? 0)
    peakAnonymousBytes = max(
      peakAnonymousBytes, MachineFigures.memory("RssAnon", status: status) ?? 0)
  }

  private func lastLines() -> String {
    let text = (try? TextFile.readString(errorsPath, sizeLimit: 16 << 20)) ?? ""
    return text.split(separator: "\n").suffix(Self.lastLinesMaximum).joined(separator: "\n")
  }
}
