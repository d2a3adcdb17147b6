import Foundation
import GenkiChain
import GenkiCore
import GenkiHTTP

/// A subtensor node as a process: started with a genesis of ours, sealing blocks only when it is told.
package final class StageNode {
  private static let startSeconds = 60.0

  /// Its address.
  package let url: String
  private let process: Process
  private let logPath: String

  /// Starts a node.
  ///
  /// - Parameters:
  ///   - command: A program and its first arguments; port, genesis, log and block time are added.
  ///   - folder: Where genesis and logs go.
  package init(
    command: [String], genesis: JSONValue, folder: String, interruption: Interruption
  ) throws {
    let port = try LoopbackPort.free()
    url = "http://127.0.0.1:\(port)"
    logPath = "\(folder)/node.log"
    let genesisPath = "\(folder)/genesis.json"
    try AtomicFile.write(genesis.encoded(), to: genesisPath)
    process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      command + [
        "--port", "\(port)", "--genesis", genesisPath, "--log", "\(folder)/verdicts.jsonl",
        // Blocks come by command.
        "--block-ms", "86400000", "--finality-lag", "2",
      ]
    process.standardInput = FileHandle.nullDevice
    try AtomicFile.write("", to: logPath)
    let log = try FileHandle(forWritingTo: URL(filePath: logPath))
    process.standardOutput = log
    process.standardError = log
    try process.run()
    let client = try client(netuid: 0)
    let deadline = ContinuousClock.now + .seconds(Self.startSeconds)
    while (try? client.head()) == nil {
      guard process.isRunning, ContinuousClock.now < deadline else {
        stop()
        throw StageError.silent(daemon: "node", seconds: Self.startSeconds, log: logPath)
      }
      try interruption.wait(seconds: 0.1, "the node started")
    }
  }

  deinit { stop() }

  /// A client of the node.
  package func client(netuid: UInt16) throws -> SubtensorChain {
    let start = ContinuousClock.now
    return try SubtensorChain(
      [try HTTPNodeTransport(address: url, client: HTTPClient())], netuid: netuid,
      notebook: PassingNotebook(), now: { (ContinuousClock.now - start) / .seconds(1) })
  }

  /// Ends the process.
  package func stop() {
    guard process.isRunning else { return }
    // It has no state to save, and a child of a thread that blocks signals blocks them, too.
    _ = kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
