import Foundation
import GenkiCore
import GenkiRPC
import GenkiRPCServer
import Synchronization
import TestSupport
import Testing

@Suite struct ServerTests {
  private static let status = #"{"jsonrpc":"2.0","id":"s","method":"status"}"# + "\n"

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func bothSocketsHaveTheirModeAndTheirRights() throws {
    let daemon = try TestDaemon()
    #expect(try mode(daemon.socket) == 0o660)
    #expect(try mode(daemon.readSocket) == 0o660)
    let reader = try RPCClient(socketPath: daemon.readSocket)
    #expect(try reader.call("status")["state"] == "well")
    let error = #expect(throws: RPCCallError.self) { try reader.call("echo", ["value": 1]) }
    #expect(error?.errorName == .notPermitted)
    #expect(error?.kind == .notPermitted)
    #expect(try daemon.client().call("echo", ["value": [1, "ä"]]) == [1, "ä"])
  }

  @Test func thePeersUserIsKnownToTheHandler() throws {
    let daemon = try TestDaemon()
    #expect(try daemon.client().call("status")["uid"]?.intValue == Int(getuid()))
  }

  @Test func theSocketOfADeadProcessIsReplacedAndALiveOneIsNot() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("rpc.sock")
    // Bound and closed without removing the name: what a killed daemon leaves.
    try folder.leaveDeadSocket("rpc.sock")
    let daemon = try TestDaemon(folder: folder)
    #expect(try daemon.client().call("status")["state"] == "well")
    let second = RPCServer(
      table: TestMethods(gate: Gate(), ticker: Ticker()).table(), socketPath: path)
    #expect(throws: RPCServerError.inUse(path: path)) { try second.start() }
    #expect(try daemon.client().call("status")["state"] == "well")
  }

  @Test func aFileThatIsNoSocketIsLeftAlone() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("precious", to: "rpc.sock")
    let server = RPCServer(
      table: TestMethods(gate: Gate(), ticker: Ticker()).table(), socketPath: path)
    #expect(throws: RPCServerError.notASocket(path: path)) { try server.start() }
    #expect(try TextFile.readString(path, sizeLimit: 100) == "precious")
    let long = RPCServer(
      table: TestMethods(gate: Gate(), ticker: Ticker()).table(),
      socketPath: folder.file(String(repeating: "x", count: 120)))
    #expect(throws: RPCServerError.self) { try long.start() }
  }

  @Test func aStopRemovesTheSocketsAndAMissingFolderIsMade() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("run/rpc.sock")
    let server = RPCServer(
      table: TestMethods(gate: Gate(), ticker: Ticker()).table(), socketPath: path,
      readSocketPath: folder.file("run/rpc-read.sock"))
    try server.start()
    #expect(throws: RPCServerError.alreadyStarted(path: path)) { try server.start() }
    server.stop()
    server.stop()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("run")) == [])
  }

  @Test func answersInFlightAreDeliveredByAStopAndNewRequestsRefused() throws {
    let daemon = try TestDaemon()
    let socket = try RawSocket(daemon.socket)
    let idle = try RawSocket(daemon.socket)
    for id in 1...4 { try socket.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"wait"}"# + "\n") }
    #expect(daemon.gate.isReached(by: 4))
    let stopped = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      daemon.server.stop()
      stopped.signal()
    }
    // A connection without requests ends at once; then the stop has begun.
    #expect(try idle.line() == nil)
    daemon.gate.open()
    var ids: Set<Int> = []
    while let line = try socket.line() {
      let answer = try JSONValue.parse(line, source: "answer")
      #expect(answer["result"] == "passed")
      ids.insert(answer["id"]?.intValue ?? 0)
    }
    #expect(ids == [1, 2, 3, 4])
    #expect(stopped.wait(timeout: .now() + 10) == .success)
    #expect(!FileManager.default.fileExists(atPath: daemon.socket))
  }

  @Test func aStopUnderLoadLeavesNoClientHanging() throws {
    for _ in 0..<5 {
      let daemon = try TestDaemon()
      let answered = Mutex(0)
      let finished = DispatchGroup()
      for _ in 0..<4 {
        DispatchQueue.global().async(group: finished) {
          // Ends when the daemon refuses or hangs up.
          while let client = try? daemon.client(), (try? client.startSubscription("ticks")) != nil,
            let results = try? client.pipeline(Array(repeating: ("status", [:]), count: 50)),
            results.allSatisfy({ (try? $0.get()) != nil })
          { answered.withLock { $0 += results.count } }
        }
      }
      try eventually { answered.withLock { $0 } >= 200 }
      daemon.ticker.tick(1)
      daemon.server.stop()
      #expect(finished.wait(timeout: .now() + 20) == .success)
    }
  }

  /// A channel that was closed within its own end-of-input event once brought the process down.
  @Test func peersThatHangUpDuringAStopDoNoHarm() throws {
    for round in 0..<20 {
      let daemon = try TestDaemon()
      let peers = Mutex(try (0..<24).map { _ in try RawSocket(daemon.socket) })
      try eventually { daemon.server.connectionCount == 24 }
      DispatchQueue.concurrentPerform(iterations: 2) { side in
        if side == round % 2 {
          daemon.server.stop()
        } else {
          while peers.withLock({ $0.popLast() }) != nil {}
        }
      }
      #expect(!FileManager.default.fileExists(atPath: daemon.socket))
    }
  }

  @Test func aStopDoesNotWaitForEverForARequest() throws {
    var limits = RPCLimits()
    limits.stopSeconds = 0.2
    let daemon = try TestDaemon(limits: limits)
    let socket = try RawSocket(daemon.socket)
    try socket.send(#"{"jsonrpc":"2.0","id":1,"method":"wait"}"# + "\n")
    #expect(daemon.gate.isReached(by: 1))
    daemon.server.stop()
    #expect(try socket.line() == nil)
  }

  @Test func oneConnectionTooManyIsToldSo() throws {
    let daemon = try TestDaemon()
    let maximum = RPCLimits().connections
    var sockets: [RawSocket] = []
    for _ in 0..<maximum {
      let socket = try RawSocket(daemon.socket)
      try socket.send(Self.status)
      #expect(try socket.line()?.contains("well") == true)
      sockets.append(socket)
    }
    let extra = try RawSocket(daemon.socket)
    #expect(try extra.line()?.contains("too_many") == true)
    #expect(try extra.line() == nil)
    let error = #expect(throws: RPCCallError.self) { try daemon.client().call("status") }
    #expect(error?.errorName == .tooMany)
    // Readers have connections of their own, and a place that is left can be taken.
    #expect(try RPCClient(socketPath: daemon.readSocket).call("status")["state"] == "well")
    sockets.removeLast()
    try eventually { (try? daemon.client().call("status")["state"]) == "well" }
  }

  @Test func pipelinedRequestsAreAllAnsweredWhateverTheirOrder() throws {
    let daemon = try TestDaemon()
    let client = try daemon.client()
    let calls = (0..<500).map {
      (method: "subtract", parameters: ["minuend": JSONValue($0), "subtrahend": 1] as JSONObject)
    }
    let results = try client.pipeline(calls)
    #expect(try results.map { try $0.get().intValue } == (0..<500).map { $0 - 1 })
    let mixed = try client.pipeline([("status", [:]), ("nothing", [:]), ("sum", ["a": 1])])
    #expect((try? mixed[1].get()) == nil)
    #expect(try mixed[2].get() == 1)
  }

  @Test func aQuickCallOvertakesASlowOne() throws {
    let daemon = try TestDaemon()
    let socket = try RawSocket(daemon.socket)
    try socket.send(#"{"jsonrpc":"2.0","id":"slow","method":"wait"}"# + "\n")
    #expect(daemon.gate.isReached(by: 1))
    try socket.send(Self.status)
    #expect(try socket.line()?.contains(#""id":"s""#) == true)
    daemon.gate.open()
    #expect(try socket.line()?.contains("slow") == true)
  }

  @Test func onePeersSlowCallsLeaveThreadsForOthers() throws {
    let daemon = try TestDaemon()
    let socket = try RawSocket(daemon.socket)
    for id in 0..<100 { try socket.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"wait"}"# + "\n") }
    #expect(daemon.gate.isReached(by: RPCLimits().requestsInFlight))
    #expect(try daemon.client().call("status")["state"] == "well")
    daemon.gate.open()
    for _ in 0..<100 { #expect(try socket.line()?.contains("passed") == true) }
  }

  @Test func aPeerMayCloseItsSideAndStillReadItsAnswers() throws {
    let daemon = try TestDaemon()
    let socket = try RawSocket(daemon.socket)
    try socket.send(" \r\n\t" + Self.status + #"{"jsonrpc":"2.0","id":2,"method":"sum"}"#)
    socket.endSending()
    var lines: [String] = []
    while let line = try socket.line() { lines.append(line) }
    #expect(lines.count == 2)
  }

  @Test func aBigAnswerArrivesWhole() throws {
    let daemon = try TestDaemon()
    let text = try daemon.client().call("big", ["bytes": 6_000_000]).stringValue
    #expect(text?.utf8.count == 6_000_000)
    let error = #expect(throws: RPCCallError.self) {
      try daemon.client().call("big", ["bytes": 9_000_000])
    }
    #expect(error?.errorName == .tooMany)
  }

  @Test func aLineAtTheLimitIsReadAndOneByteMoreIsNot() throws {
    var limits = RPCLimits()
    limits.requestBytes = 5000
    let daemon = try TestDaemon(limits: limits)
    let start = #"{"jsonrpc":"2.0","id":1,"method":"echo","params":[""#
    let filling = String(repeating: "a", count: 5000 - start.utf8.count - 3)
    let socket = try RawSocket(daemon.socket)
    try socket.send(start + filling + #""]}"# + "\n")
    #expect(try socket.line()?.contains("aaaa") == true)
    try socket.send(start + filling + #"a"]}"# + "\n")
    #expect(try socket.line()?.contains("-32600") == true)
    #expect(try socket.line() == nil)
    // Without a line end it does not wait for one.
    let endless = try RawSocket(daemon.socket)
    try endless.send(String(repeating: "a", count: 5001))
    #expect(try endless.line()?.contains("-32600") == true)
    #expect(try endless.line() == nil)
  }

  @Test func aLineThatIsNeverFinishedAndASilentPeerAreCutOff() throws {
    var limits = RPCLimits()
    limits.lineSeconds = 0.1
    limits.idleSeconds = 0.5
    let daemon = try TestDaemon(limits: limits)
    let half = try RawSocket(daemon.socket)
    try half.send("{\"jsonrpc\":")
    #expect(try half.line()?.contains("-32600") == true)
    #expect(try half.line() == nil)
    let silent = try RawSocket(daemon.socket)
    #expect(try silent.line() == nil)
  }

  @Test func aPeerThatNeverReadsIsCutOffAndOthersGoOn() throws {
    var limits = RPCLimits()
    limits.stallSeconds = 0.2
    let daemon = try TestDaemon(limits: limits)
    let deaf = try RawSocket(daemon.socket)
    let request = #"{"jsonrpc":"2.0","id":1,"method":"big","params":[400000]}"# + "\n"
    // Pushing goes on until the server reads no more and the kernel takes no more, or it is cut off.
    var pushed = 0
    for _ in 0..<20_000 where pushed >= 0 { pushed = deaf.push(Array(request.utf8)) }
    #expect(try daemon.client().call("status")["state"] == "well")
    try eventually { deaf.push([0x20]) < 0 }
    #expect(daemon.log.hold("it does not read"))
    #expect(try daemon.client().call("status")["state"] == "well")
  }

  @Test func whoCallsIsLogged() throws {
    let daemon = try TestDaemon()
    try daemon.client().call("echo", ["value": 1])
    #expect(daemon.log.hold("\"uid\": \"\(getuid())\""))
    #expect(daemon.log.hold("\"pid\": \"\(getpid())\""))
  }
}

/// Waits until a condition holds, looking again whenever the machine lets us, with a limit.
func eventually(within seconds: Double = 10, _ condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    if try condition() { return }
    _ = poll(nil, 0, 5)
  }
  Issue.record("the condition did not come true within \(seconds) seconds")
}

extension TemporaryFolder {
  /// Leaves the name of a socket on which nobody listens.
  func leaveDeadSocket(_ name: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(file(name).utf8)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }
}
