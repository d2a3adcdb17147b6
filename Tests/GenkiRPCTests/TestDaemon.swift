import Foundation
import GenkiCore
import GenkiRPC
import GenkiRPCServer
import Synchronization
import TestSupport

/// A server in a folder of its own, with methods that a test can hold back.
final class TestDaemon: Sendable {
  let folder: TemporaryFolder
  let server: RPCServer
  let gate = Gate()
  let ticker = Ticker()
  let log = LogLines()

  var socket: String { folder.file("rpc.sock") }
  var readSocket: String { folder.file("rpc-read.sock") }

  init(limits: RPCLimits = RPCLimits(), folder: TemporaryFolder? = nil) throws {
    let folder = try folder ?? TemporaryFolder()
    self.folder = folder
    let table = TestMethods(gate: gate, ticker: ticker).table(limits: limits) { [log] in
      log.add($0)
    }
    server = RPCServer(
      table: table, socketPath: folder.file("rpc.sock"),
      readSocketPath: folder.file("rpc-read.sock"))
    try server.start()
  }

  deinit {
    gate.open()
    server.stop()
  }

  func client(timeoutSeconds: Double = 20) throws -> RPCClient {
    try RPCClient(socketPath: socket, timeoutSeconds: timeoutSeconds)
  }
}

/// The methods of the test daemon.
struct TestMethods {
  let gate: Gate
  let ticker: Ticker

  func table(limits: RPCLimits = RPCLimits(), log: @escaping RPCLog = { _ in }) -> RPCMethodTable {
    var table = RPCMethodTable(
      [status, echo, sum, subtract, notify, wait, big, fail, misfit, ticks],
      title: "test", version: "1.2.3", limits: limits, log: log)
    table.validatesResults = true
    return table
  }

  private var status: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "status", summary: "Tell how it is", access: .read,
        result: .object(["state": .string(), "uid": .integer(min: 0)]))
    ) { call in
      .object(["state": "well", "uid": .integer(Int64(call.peer.user))])
    }
  }

  private var echo: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "echo", summary: "Say the same", access: .write,
        parameters: [RPCParameter("value", .any, isRequired: true, summary: "What to say")],
        result: .any)
    ) { $0.parameters["value"] ?? .null }
  }

  private var sum: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "sum", summary: "Add", access: .read,
        parameters: ["a", "b", "c"].map { RPCParameter($0, .integer(), summary: "A summand") },
        result: .integer())
    ) { call in
      JSONValue(["a", "b", "c"].reduce(0) { $0 + (call[$1]?.intValue ?? 0) })
    }
  }

  private var subtract: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "subtract", summary: "Subtract", access: .read,
        parameters: [
          RPCParameter("minuend", .integer(), isRequired: true, summary: "From this"),
          RPCParameter("subtrahend", .integer(), isRequired: true, summary: "Take this"),
        ], result: .integer())
    ) { call in
      JSONValue((call["minuend"]?.intValue ?? 0) - (call["subtrahend"]?.intValue ?? 0))
    }
  }

  private var notify: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "notify_hello", summary: "Take a greeting", access: .read,
        parameters: [RPCParameter("n", .integer(), summary: "Any number")], result: .null)
    ) { _ in .null }
  }

  private var wait: RPCEndpoint {
    RPCEndpoint(
      RPCMethod("wait", summary: "Wait for the gate", access: .read, result: .string())
    ) { [gate] _ in
      gate.pass()
      return "passed"
    }
  }

  private var big: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "big", summary: "Give many bytes", access: .read,
        parameters: [
          RPCParameter("bytes", .integer(0...100_000_000), isRequired: true, summary: "How many")
        ], result: .string())
    ) { call in .string(String(repeating: "x", count: call["bytes"]?.intValue ?? 0)) }
  }

  private var fail: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "fail", summary: "Fail in some way", access: .read,
        parameters: [RPCParameter("how", .string(), isRequired: true, summary: "The way")],
        result: .null, errors: [.conflict])
    ) { call in
      switch call["how"]?.stringValue {
      case "failure":
        throw RPCFailure(name: .conflict, message: "it clashes", data: ["with": "another"])
      case "named": throw Named()
      case "file": throw FileError.missing(path: "nowhere")
      default: throw Secret()
      }
    }
  }

  private var misfit: RPCEndpoint {
    RPCEndpoint(
      RPCMethod("misfit", summary: "Break a promise", access: .read, result: .integer())
    ) { _ in "no integer" }
  }

  private var ticks: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "ticks", summary: "Tell every tick", access: .read,
        parameters: [RPCParameter("backlog", .integer(0...10), summary: "Ticks before the first")],
        result: .object(["tick": .integer(), "padding": .string()], required: ["tick"]),
        isStream: true)
    ) { [ticker] call in
      guard let stream = call.stream else { return .null }
      for tick in 0..<(call["backlog"]?.intValue ?? 0) {
        stream.send(.object(["tick": JSONValue(-1 - tick)]))
      }
      ticker.add(stream)
      return .null
    }
  }

  struct Named: RPCNamedError {
    var rpcName: RPCErrorName { .hubUnreachable }
    var kind: ErrorKind { .unavailable }
    var what: String { "the hub" }
    var why: String { "is away" }
    var advice: String? { "wait" }
  }

  struct Secret: Error, CustomStringConvertible {
    var description: String { "password 1234" }
  }
}

/// Holds calls back until it is opened.
final class Gate: @unchecked Sendable {
  private let condition = NSCondition()
  private var isOpen = false
  private var waiting = 0

  func open() {
    condition.lock()
    isOpen = true
    condition.broadcast()
    condition.unlock()
  }

  func pass() {
    condition.lock()
    waiting += 1
    condition.broadcast()
    while !isOpen { condition.wait() }
    condition.unlock()
  }

  /// Waits until so many calls stand at the gate.
  func isReached(by count: Int, within seconds: Double = 10) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while waiting < count {
      guard condition.wait(until: deadline) else { return waiting >= count }
    }
    return true
  }
}

/// The source of the stream `ticks`.
final class Ticker: @unchecked Sendable {
  private let condition = NSCondition()
  private var streams: [any RPCStream] = []
  private var ended = 0

  func add(_ stream: any RPCStream) {
    condition.lock()
    streams.append(stream)
    condition.broadcast()
    condition.unlock()
    stream.onEnd { [self] in
      condition.lock()
      ended += 1
      condition.broadcast()
      condition.unlock()
    }
  }

  /// Sends to all; gives how many still take it.
  @discardableResult
  func tick(_ number: Int, padding: Int = 0) -> Int {
    condition.lock()
    let all = streams
    condition.unlock()
    return all.count { stream in
      stream.send(
        .object([
          "tick": JSONValue(number), "padding": .string(String(repeating: "p", count: padding)),
        ]))
    }
  }

  func finish() {
    condition.lock()
    let all = streams
    condition.unlock()
    for stream in all { stream.finish(.finished) }
  }

  func hasEnded(_ count: Int, within seconds: Double = 10) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while ended < count {
      guard condition.wait(until: deadline) else { return ended >= count }
    }
    return true
  }
}

/// What was logged.
final class LogLines: Sendable {
  private let entries = Mutex<[RPCLogEntry]>([])

  func add(_ entry: RPCLogEntry) {
    if entry.level != .debug { entries.withLock { $0.append(entry) } }
  }

  func hold(_ text: String) -> Bool {
    entries.withLock { $0.contains { "\($0.message) \($0.fields)".contains(text) } }
  }
}
