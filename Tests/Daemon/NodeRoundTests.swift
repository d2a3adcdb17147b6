import Foundation
import GenkiDemo
import TestSupport
import Testing

/// Rounds on a subtensor node that judges every extrinsic. `GENKI_PEERS` names the folder of
/// `fake_subtensor.py`, `GENKI_PEERS_PYTHON` a Python with what it needs; without them nothing is run.
struct NodeRoundTests {
  private static let command: [String]? = {
    let environment = ProcessInfo.processInfo.environment
    guard let peers = environment["GENKI_PEERS"] else { return nil }
    return [
      environment["GENKI_PEERS_PYTHON"] ?? "python3", "\(peers)/fake_subtensor.py", "--vectors",
      Vectors.path("bittensor"),
    ]
  }()

  @Test(
    .enabled(if: command != nil, "GENKI_PEERS names no folder of stand-in servers"),
    arguments: [false, true])
  func everythingIsDoneOnce(commitReveal: Bool) throws {
    let folder = try TemporaryFolder()
    var settings = StormPlay.Settings(
      nodeCommand: Self.command ?? [], folder: folder.path, programs: DaemonCast.programs)
    settings.kills = 3
    settings.oneIn = 60
    settings.outageSeconds = 4
    settings.commitReveal = commitReveal
    let figures = try StormPlay(settings, interruption: Interruption(listens: false)) { _ in }.run()
    #expect(figures.problems == [])
  }
}
