import Foundation
import GenkiDemo
import TestSupport
import Testing

/// Whichever daemon is killed at whichever instant, the round ends in the same bytes.
@Suite(.serialized) struct KilledRoundTests {
  private static let kills = 8

  @Test func aRoundWhoseDaemonsAreKilledEndsAsAnUndisturbedOne() throws {
    let given = ProcessInfo.processInfo.environment["GENKI_TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...999_999)
    FileHandle.standardError.write(
      Data("round kill test: GENKI_TEST_SEED=\(seed) repeats this order of kills\n".utf8))
    let folder = try TemporaryFolder()
    let play = CrashPlay(
      CrashPlay.Settings(
        kills: Self.kills, seed: seed, folder: folder.path, programs: DaemonCast.programs),
      interruption: Interruption(listens: false)
    ) { _ in }
    let figures = try play.run()
    #expect(figures.problems == [], "seed \(seed)")
    #expect(figures.killCount >= Self.kills, "seed \(seed)")
    #expect(figures.reference.accepted["verifier"]?.count == 3, "seed \(seed)")
    #expect(figures.reference.calls["coordinator announcement of round 2"] == 1, "seed \(seed)")
  }
}
