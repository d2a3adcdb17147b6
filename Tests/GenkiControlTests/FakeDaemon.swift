import Foundation
import GenkiCore
import GenkiRPC
import GenkiRPCServer
import Synchronization
import TestSupport

/// A daemon whose answers are written down beforehand.
final class FakeDaemon: Sendable {
  private let server: RPCServer
  private let calls = Mutex<[(method: String, parameters: JSONObject)]>([])
  private let streams = Mutex<[any RPCStream]>([])
  private let answers: Mutex<[String: JSONValue]>
  let socket: String
  let readSocket: String

  /// Methods that change something; all others only look.
  private static let writing: Set = [
    "dataset.add", "job.submit", "job.cancel", "shutdown", "state.backup",
  ]
  private static let streaming: Set = ["events.subscribe", "job.watch", "log.tail"]
  private static let parameters = [
    "id", "name", "path", "round", "hotkey", "key", "level", "lines", "a", "b", "steps",
    "idempotency_key", "datasets", "options", "seed", "base", "limit", "offset", "state", "weights",
  ]

  /// - Parameters:
  ///   - answers: A result for each method; `{"fail":NAME}` is answered by that error. Streams send
  ///     the elements of an array and end, or stay open if it is empty.
  init(socket: String, answers: [String: JSONValue]) throws {
    self.socket = socket
    readSocket = RPCSocketPath.readers(beside: socket)
    self.answers = Mutex(answers)
    let box = Box()
    let endpoints = answers.keys.map { name in
      RPCEndpoint(
        RPCMethod(
          name, summary: "Say what is written",
          access: Self.writing.contains(name) ? .write : .read,
          parameters: Self.parameters.map { RPCParameter($0, .any, summary: "Anything") },
          result: .any, isStream: Self.streaming.contains(name))
      ) { call in try box.owner?.answer(name, call) ?? .null }
    }
    server = RPCServer(
      table: RPCMethodTable(endpoints, title: "fake", version: "0"), socketPath: socket,
      readSocketPath: readSocket)
    box.owner = self
    try server.start()
  }

  deinit { server.stop() }

  /// Ends the daemon.
  func stop() { server.stop() }

  /// The parameters of the last call of a method.
  func lastCall(_ method: String) -> JSONObject? {
    calls.withLock { $0.last { $0.method == method }?.parameters }
  }

  func change(_ method: String, _ answer: JSONValue) { answers.withLock { $0[method] = answer } }

  /// Tells all open streams.
  func send(_ event: JSONValue) {
    for stream in streams.withLock({ $0 }) { stream.send(event) }
  }

  private func answer(_ name: String, _ call: RPCCall) throws -> JSONValue {
    calls.withLock { $0.append((name, call.parameters)) }
    let answer = answers.withLock { $0[name] } ?? .null
    if let error = answer["fail"]?.stringValue, let error = RPCErrorName(rawValue: error) {
      throw RPCFailure(name: error, message: "it is written so", data: ["advice": "read on"])
    }
    guard let stream = call.stream else { return answer }
    let events = answer.arrayValue ?? []
    for event in events { stream.send(event) }
    if events.isEmpty {
      streams.withLock { $0.append(stream) }
    } else {
      stream.finish(.finished)
    }
    return .null
  }

  /// Lets endpoints know the daemon that holds them.
  private final class Box: @unchecked Sendable {
    weak var owner: FakeDaemon?
  }
}

/// `genkictl`, run to its end with an environment of its own.
struct ControlRun {
  let status: Int32
  let output: String
  let errors: String

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    let folder = try TemporaryFolder()
    let process = try Self.process(arguments, environment: environment, folder: folder)
    try process.run()
    let killer = DispatchWorkItem { [id = process.processIdentifier] in kill(id, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(60), execute: killer)
    process.waitUntilExit()
    killer.cancel()
    status = process.terminationStatus + (process.terminationReason == .exit ? 0 : 128)
    output = try TextFile.readString(folder.file("output"), sizeLimit: 16 << 20)
    errors = try TextFile.readString(folder.file("errors"), sizeLimit: 16 << 20)
  }

  static func process(
    _ arguments: [String], environment: [String: String] = [:], folder: TemporaryFolder
  ) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "genkictl")
    process.arguments = arguments
    // Nothing of the person who runs the tests: no daemon of theirs is spoken to.
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder.path, "TZ": "UTC",
    ].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: try folder.write("", to: "output"))
    process.standardError = FileHandle(forWritingAtPath: try folder.write("", to: "errors"))
    return process
  }

  func document() throws -> JSONValue { try JSONValue.parse(output, source: "stdout") }

  var lines: [String] { output.split(separator: "\n").map(String.init) }
}
