import Foundation
import GenkiDemo
import TestSupport
import Testing

/// What the crash test would see if a kill did harm.
@Suite struct CrashTests {
  private static var whole: CrashOutcome {
    var outcome = CrashOutcome()
    outcome.accepted = ["coordinator": ["alpha": "aa"], "verifier": ["alpha": "aa"]]
    outcome.weights = ["coordinator": "2:65535", "verifier": "2:65535"]
    outcome.dama = ["coordinator": "dd", "verifier": "dd", "ledger": "dd"]
    outcome.isVerified = ["coordinator": true, "verifier": true]
    outcome.calls = ["alpha commitment": 1, "coordinator announcement of round 2": 1]
    return outcome
  }

  @Test func equalRoundsDoNotDiffer() {
    #expect(Self.whole.faults == [])
    #expect(Self.whole.differences(from: Self.whole) == [])
  }

  @Test(
    arguments: [
      { $0.accepted["verifier"] = [:] }, { $0.accepted["coordinator"] = ["alpha": "bb"] },
      { $0.dama["verifier"] = "ee" }, { $0.isVerified["coordinator"] = false },
      { $0.calls["alpha commitment"] = 2 },
      { $0.calls["coordinator announcement of round 2"] = 2 },
      { $0.problems = ["verifier reports: the hub is full"] },
      { $0.refused = ["a nonce was used"] },
    ] as [@Sendable (inout CrashOutcome) -> Void])
  func whatIsWrongByItselfIsFound(change: @Sendable (inout CrashOutcome) -> Void) {
    var outcome = Self.whole
    change(&outcome)
    #expect(outcome.faults.count >= 1)
  }

  @Test(
    arguments: [
      { $0.weights["verifier"] = "2:65535 3:1" }, { $0.calls["verifier weights"] = 2 },
      { $0.calls["alpha commitment"] = nil },
      {
        $0.accepted = ["coordinator": ["alpha": "bb"], "verifier": ["alpha": "bb"]]
      },
      { $0.dama = ["coordinator": "ee", "verifier": "ee", "ledger": "ee"] },
    ] as [@Sendable (inout CrashOutcome) -> Void])
  func whatIsOtherThanUndisturbedIsFound(change: @Sendable (inout CrashOutcome) -> Void) {
    var outcome = Self.whole
    change(&outcome)
    #expect(outcome.faults == [])
    #expect(outcome.differences(from: Self.whole).count >= 1)
  }

  @Test func aLogTellsThePhaseOfItsDaemon() throws {
    let folder = try TemporaryFolder()
    var text = ""
    var trace = DaemonTrace(path: folder.file("log"))
    func phase(after line: String) throws -> DaemonTrace.Phase {
      text += "2026-11-24T10:33:39.230Z \(line)\n"
      let handle = open(folder.file("log"), O_WRONLY | O_CREAT, 0o600)
      defer { close(handle) }
      let bytes = Array(text.utf8)
      #expect(write(handle, bytes, bytes.count) == bytes.count)
      trace.read()
      return trace.phase
    }
    #expect(trace.phase == .starting)
    #expect(try phase(after: "notice daemon: genki-minerd listens on a.sock") == .waiting)
    #expect(try phase(after: "debug round: begin train job 1") == .training)
    #expect(try phase(after: "debug round: done train job 1") == .waiting)
    #expect(try phase(after: "debug round: begin upload r1") == .submission)
    // It failed, and is done again.
    #expect(try phase(after: "debug round: begin upload r1") == .submission)
    #expect(try phase(after: "debug round: done upload r1") == .waiting)
    #expect(
      try phase(after: "info round: submission of round 1 is uploaded (event=a)") == .submitted)
    #expect(try phase(after: "debug round: begin aggregate r1") == .aggregation)
    trace.restart()
    #expect(trace.phase == .starting)
    trace.close()
  }

  @Test func plansFollowFromTheSeed() {
    func plan(_ seed: UInt64, _ index: Int) -> String {
      "\(KillPlan(seed: seed, index: index, daemons: ["a", "b"], kills: 8))"
    }
    #expect(plan(1, 0) == plan(1, 0))
    #expect(plan(1, 0) != plan(2, 0))
    #expect(plan(1, 0) != plan(1, 1))
  }
}
