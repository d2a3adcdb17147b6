import Foundation
import GenkiCore
import GenkiRPC
import TestSupport
import Testing

@Suite struct ClientTests {
  @Test func nobodyListensIsUnavailable() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("rpc.sock")
    let missing = #expect(throws: RPCClientError.self) { try RPCClient(socketPath: path) }
    #expect(missing?.kind == .unavailable)
    #expect(missing?.description.contains(path) == true)
    #expect(missing?.advice?.contains("start the daemon") == true)
    try folder.leaveDeadSocket("rpc.sock")
    let dead = #expect(throws: RPCClientError.self) { try RPCClient(socketPath: path) }
    #expect(dead?.why == "no process listens there")
    let long = #expect(throws: RPCClientError.self) {
      try RPCClient(socketPath: "/" + String(repeating: "x", count: 200))
    }
    #expect(long?.kind == .usage)
  }

  @Test(.enabled(if: getuid() != 0, "root may connect anywhere"))
  func aMissingRightIsNotPermitted() throws {
    let daemon = try TestDaemon()
    chmod(daemon.socket, 0)
    let error = #expect(throws: RPCClientError.self) { try daemon.client() }
    #expect(error?.kind == .notPermitted)
  }

  @Test func aCallEndsInTime() throws {
    let daemon = try TestDaemon()
    let client = try daemon.client()
    let error = #expect(throws: RPCClientError.self) {
      try client.call("wait", timeoutSeconds: 0.05)
    }
    #expect(error?.kind == .temporary)
    daemon.gate.open()
    // The late answer is not taken for another call's.
    #expect(try client.call("sum", ["a": 5]) == 5)
  }

  @Test func aHangUpInTheMiddleOfACallIsUnavailable() throws {
    var limits = RPCLimits()
    limits.stopSeconds = 0.1
    let daemon = try TestDaemon(limits: limits)
    let client = try daemon.client()
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      if daemon.gate.isReached(by: 1) { daemon.server.stop() }
      ended.signal()
    }
    let error = #expect(throws: RPCClientError.self) { try client.call("wait") }
    #expect(error == .closed(path: daemon.socket))
    #expect(ended.wait(timeout: .now() + 10) == .success)
  }

  @Test func anAnswerBeyondTheBoundIsRefused() throws {
    let daemon = try TestDaemon()
    let client = try RPCClient(socketPath: daemon.socket, lineBytesMaximum: 10_000)
    #expect(try client.call("big", ["bytes": 9000]).stringValue?.count == 9000)
    #expect(throws: RPCClientError.self) { try client.call("big", ["bytes": 3_000_000]) }
  }

  @Test(arguments: [
    ("not_permitted", -32012, ErrorKind.notPermitted), ("invalid_data", -32008, .invalidData),
    ("busy", -32001, .temporary), ("not_found", -32000, .failed), ("", -32602, .usage),
    ("", -32603, .internalError), ("something_new", -32099, .failed),
  ])
  func everyErrorHasItsExitCode(name: String, code: Int, kind: ErrorKind) {
    let error = RPCCallError(
      method: "m", json: ["code": JSONValue(code), "message": "x", "data": ["name": .string(name)]])
    #expect(error.kind == kind)
  }
}
