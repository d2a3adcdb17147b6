import Foundation
import GenkiCore
import Glibc

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
  /// Of each turn, the share of the machine's processors that others took.
  package private(set) var otherShares = Samples()
  private let process: ChildProcess
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
    do {
      process = try ChildProcess(command, errorsPath: errorsPath)
    } catch {
      try? FileManager.default.removeItem(atPath: errorsPath)
      throw error
    }
  }

  deinit { end() }

  /// Kills the process and what it started, and waits for its end.
  package func end() {
    process.end()
    try? FileManager.default.removeItem(atPath: errorsPath)
  }

  /// Waits until it has loaded its model and done its first step.
  package func ready() throws -> WorkerReady { try WorkerReady(json: answer(), source: name) }

  /// Lets it do `steps` steps.
  package func turn(steps: Int) throws -> TurnReport {
    let begin = MachineFigures.monotonicSeconds
    let others = MachineFigures.otherSeconds(than: process.identifier)
    send("step \(steps)\n")
    let report = try TurnReport(json: answer(), source: name)
    let seconds = (MachineFigures.monotonicSeconds - begin) * MachineFigures.processors
    let taken = MachineFigures.otherSeconds(than: process.identifier) - others
    otherShares.add(max(0, min(1, taken / seconds)))
    lookAtMemory()
    return report
  }

  private var name: String { "the worker of \(command.side)" }

  // MARK: - Lines

  private func send(_ text: String) {
    // A worker that has died is reported when its answer is awaited.
    let bytes = Array(text.utf8)
    _ = Glibc.send(process.socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
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
    var poller = pollfd(fd: process.socket, events: Int16(POLLIN), revents: 0)
    // A signal ends the wait; the next one goes on.
    guard poll(&poller, 1, Self.pollMilliseconds) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(process.socket, &bytes, bytes.count)
    if count > 0 { pending += bytes[..<count] }
    if count <= 0 || pending.count > Self.lineBytesMaximum {
      try check()
      throw BenchmarkError.ended(source: name, status: process.end(), lastLines: lastLines())
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
    let status = MachineFigures.status(of: process.identifier)
    peakBytes = max(peakBytes, MachineFigures.memory("VmHWM", status: status) ?? 0)
    peakAnonymousBytes = max(
      peakAnonymousBytes, MachineFigures.memory("RssAnon", status: status) ?? 0)
  }

  private func lastLines() -> String {
    let text = (try? TextFile.readString(errorsPath, sizeLimit: 16 << 20)) ?? ""
    return text.split(separator: "\n").suffix(Self.lastLinesMaximum).joined(separator: "\n")
  }
}
