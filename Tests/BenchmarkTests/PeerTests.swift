import BenchmarkSupport
import Foundation
import Testing

/// Workers that a shell plays.
@Suite struct PeerTests {
  private static let ready = #"echo '{"compute":"float32","loss":2.5}'; "#

  private static func peer(
    _ script: String, seconds: Double = 60, check: @escaping () throws -> Void = {}
  ) throws -> Peer {
    try Peer(
      PeerCommand(side: "shell", program: "/bin/sh", arguments: ["-c", script]),
      secondsMaximum: seconds, check: check)
  }

  @Test func turnsAreAnswered() throws {
    let answer = #"echo '{"steps":3,"seconds":0.5,"cpu_seconds":1,"loss":2.25}'"#
    let peer = try Self.peer(Self.ready + "read order; test \"$order\" = 'step 3' && " + answer)
    #expect(try peer.ready().first.loss == 2.5)
    let turn = try peer.turn(steps: 3)
    #expect(turn == TurnReport(steps: 3, seconds: 0.5, cpuSeconds: 1, last: .init(loss: 2.25)))
    #expect(peer.peakBytes > 0)
    peer.end()
  }

  @Test func aWorkerThatDiesIsReportedWithItsLastWords() throws {
    let peer = try Self.peer(Self.ready + "read order; echo 'no memory' >&2; exit 3")
    _ = try peer.ready()
    let expected = BenchmarkError.ended(
      source: "the worker of shell", status: "exit code 3", lastLines: "no memory")
    #expect(throws: expected) { try peer.turn(steps: 1) }
  }

  @Test func aWorkerThatIsSilentIsGivenUp() throws {
    let peer = try Self.peer("echo thinking >&2; read order", seconds: 0.3)
    let expected = BenchmarkError.turnTooLong(
      source: "the worker of shell", seconds: 0.3, lastLines: "thinking")
    #expect(throws: expected) { try peer.ready() }
  }

  @Test func aWorkerThatSpeaksNonsenseIsReported() throws {
    let peer = try Self.peer("echo hello; read order")
    #expect(throws: BenchmarkError.badAnswer(source: "the worker of shell", text: "hello")) {
      try peer.ready()
    }
  }

  @Test func aLineWithoutEndIsGivenUp() throws {
    let peer = try Self.peer("yes | tr -d '\\n'")
    #expect(throws: BenchmarkError.self) { try peer.ready() }
  }

  @Test func aWorkerThatIsForgottenIsKilledAndReaped() throws {
    var identifier: Int32 = 0
    do {
      let peer = try Self.peer("echo $$; read order")
      let error = #expect(throws: BenchmarkError.self) { try peer.ready() }
      guard case .badAnswer(_, let text) = error else { return }
      identifier = try #require(Int32(text))
      #expect(kill(identifier, 0) == 0)
    }
    #expect(identifier > 0)
    #expect(kill(identifier, 0) == -1)
  }

  /// What a worker has started may hold its streams for long; nobody waits for that.
  @Test func whatAWorkerHasStartedIsKilledWithIt() throws {
    let peer = try Self.peer("tail -f /dev/null & echo $!; wait")
    let error = #expect(throws: BenchmarkError.self) { try peer.ready() }
    guard case .badAnswer(_, let text) = error else { return }
    let identifier = try #require(Int32(text))
    peer.end()
    // Whoever adopts it may take a moment to reap it; a process that has ended has no memory.
    let deadline = Date(timeIntervalSinceNow: 60)
    while MachineFigures.status(of: identifier).contains("VmRSS"), Date() < deadline {
      _ = poll(nil, 0, 10)
    }
    #expect(!MachineFigures.status(of: identifier).contains("VmRSS"))
  }

  @Test func aSignalEndsAWait() throws {
    struct Stop: Error {}
    var waits = 0
    let peer = try Self.peer("read order") {
      waits += 1
      if waits > 2 { throw Stop() }
    }
    #expect(throws: Stop.self) { try peer.ready() }
  }

  @Test func aProgramThatIsNotThereIsReported() {
    #expect(throws: BenchmarkError.self) {
      try Peer(
        PeerCommand(side: "none", program: "no/such/python", arguments: []),
        secondsMaximum: 1, check: {})
    }
  }
}
