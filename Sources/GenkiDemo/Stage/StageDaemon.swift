import Foundation
import GenkiCore
import GenkiRPC

/// One daemon as a process of its own, with its configuration, socket and log.
///
/// One thread at a time uses it: the one that started the process, which should live as long as it.
package final class StageDaemon {
  /// Which program it is.
  package enum Program: String {
    case miner = "genki-minerd"
    case validator = "genki-validatord"
  }

  private static let startSeconds = 30.0
  private static let callSeconds = 30.0

  /// Its name on the stage, and of its wallet.
  package let name: String
  package let program: Program
  package let configurationPath: String
  package let socketPath: String
  /// The daemon's own folder.
  package let statePath: String
  package let logPath: String
  /// Variables that the process gets besides ours.
  package var environment: [String: String] = [:]
  private let programPath: String
  private let interruption: Interruption
  /// The most memory that any of its processes was seen to have used when it was about to end.
  package private(set) var peakMemoryBytes: Int?
  private var process: Process?
  private var connection: RPCClient?

  init(
    name: String, program: Program, programs: String, configurationPath: String,
    socketPath: String, statePath: String, logPath: String, interruption: Interruption
  ) {
    self.name = name
    self.program = program
    programPath = "\(programs)/\(program.rawValue)"
    self.configurationPath = configurationPath
    self.socketPath = socketPath
    self.statePath = statePath
    self.logPath = logPath
    self.interruption = interruption
  }

  /// What a person would type to start it.
  package var command: [String] {
    [program.rawValue, "run", "--config", configurationPath]
  }

  package var isRunning: Bool { process?.isRunning ?? false }
  package var processIdentifier: Int32? { process?.processIdentifier }

  // MARK: - Process

  /// Starts the process; ``waitUntilReady(seconds:)`` tells when it answers.
  package func start() throws {
    guard FileManager.default.isExecutableFile(atPath: programPath) else {
      throw DemoError.missingProgram(path: programPath)
    }
    let process = Process()
    let arguments = [programPath] + command.dropFirst()
    if let guardian = Self.guardian {
      // The kernel kills the daemon when the thread that starts it here is gone, however it went.
      process.executableURL = URL(filePath: guardian)
      process.arguments = ["--pdeathsig", "KILL"] + arguments
    } else {
      process.executableURL = URL(filePath: programPath)
      process.arguments = Array(arguments.dropFirst())
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    let descriptor = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError.cannotCreate(path: logPath, code: errno) }
    let log = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    process.standardOutput = log
    process.standardError = log
    try process.run()
    self.process = process
  }

  /// setpriv(1), where the machine has it.
  private static let guardian: String? = ["bin", "usr/bin"].map { "/\($0)/setpriv" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Waits until `status` is answered.
  package func waitUntilReady(seconds: Double = startSeconds) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if (try? status()) != nil { return }
      try requireRunning()
      guard ContinuousClock.now < deadline else {
        throw StageError.silent(daemon: name, seconds: seconds, log: logPath)
      }
      try interruption.wait(seconds: 0.02, "'\(name)' started")
    }
  }

  /// SIGKILL: the daemon gets no chance to do anything.
  package func kill() {
    signal(SIGKILL)
    process?.waitUntilExit()
    forget()
  }

  /// Asks it to end, without waiting.
  package func terminate() { signal(SIGTERM) }

  /// Asks it to end and waits; what does not end in time is killed.
  ///
  /// - Throws: `StageError.doesNotEnd` if it had to be killed.
  package func stop(seconds: Double = 30) throws {
    terminate()
    let deadline = ContinuousClock.now + .seconds(seconds)
    while isRunning {
      guard ContinuousClock.now < deadline else {
        kill()
        throw StageError.doesNotEnd(daemon: name, seconds: seconds)
      }
      interruption.pause(seconds: 0.02)
    }
    forget()
  }

  /// Ends it and starts it again on the same state.
  package func restart() throws {
    try stop()
    try start()
    try waitUntilReady()
  }

  /// Ends nothing; throws if the process has ended.
  package func requireRunning() throws {
    guard let process, !process.isRunning else { return }
    let code = process.terminationStatus
    let text = (try? TextFile.readString(logPath, sizeLimit: 64 << 20)) ?? ""
    throw StageError.ended(
      daemon: name, code: code,
      lastLine: text.split(separator: "\n").last.map(String.init) ?? "", log: logPath)
  }

  private func signal(_ number: Int32) {
    guard let process, process.isRunning else { return }
    if let bytes = ProcessMemory.peakBytes(of: process.processIdentifier) {
      peakMemoryBytes = max(peakMemoryBytes ?? 0, bytes)
    }
    _ = Glibc.kill(process.processIdentifier, number)
  }

  private func forget() {
    process = nil
    connection = nil
  }

  // MARK: - Calls

  /// Calls a method; connects first if it must.
  ///
  /// - Throws: `RPCCallError` for an answer that is an error, `RPCClientError` if there is none.
  @discardableResult package func call(
    _ method: String, _ parameters: JSONObject = [:]
  ) throws -> JSONValue {
    let client =
      try connection ?? RPCClient(socketPath: socketPath, timeoutSeconds: Self.callSeconds)
    do {
      let answer = try client.call(method, parameters)
      connection = client
      return answer
    } catch let error as RPCCallError {
      connection = client
      throw error
    } catch {
      connection = nil
      throw error
    }
  }

  /// Calls a method that answers `not_found` as long as there is nothing.
  package func find(_ method: String, _ parameters: JSONObject = [:]) throws -> JSONValue? {
    do {
      return try call(method, parameters)
    } catch let error as RPCCallError where error.errorName == .notFound {
      return nil
    }
  }

  /// What the daemon does.
  package func status() throws -> JSONValue { try call("status") }
}
