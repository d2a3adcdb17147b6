import Foundation
import GenkiCore
import GenkiDemo
import TestSupport

/// The daemons of a small round as real processes, in a folder of one test.
final class DaemonCast {
  /// The folder of the programs, beside the test program.
  static var programs: String {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
  }

  let folder: TemporaryFolder
  let cast: CrashCast
  private let interruption = Interruption(listens: false)

  /// Makes a base and the configurations; nothing runs.
  init(minerSteps: Int) throws {
    folder = try TemporaryFolder()
    var recipe = CrashRecipe(seed: 7)
    recipe.minerSteps = minerSteps
    let files = CrashFiles(recipe: recipe, folder: folder.path)
    try files.make(
      try ProgramCaller(
        programs: Self.programs, folder: folder.path, interruption: interruption))
    var settings = Stage.Settings(path: folder.path, programs: Self.programs)
    settings.seed = recipe.seed
    settings.tempo = recipe.tempo
    cast = try CrashCast(
      recipe, files: files, stage: try Stage(settings, interruption: interruption))
  }

  deinit { cast.stage.stopAll(seconds: 10) }

  /// Seals blocks while all of these wait.
  func seal(_ daemons: [StageDaemon], until isReached: () throws -> Bool) throws {
    var sealer = Sealer(chain: cast.chain, interruption: interruption)
    sealer.limitSeconds = 60
    try sealer.run("a test's daemons worked", daemons, until: isReached)
  }

  /// Asks a daemon to end; its exit code.
  func exitCode(ofTerminated daemon: StageDaemon) throws -> Int32? {
    daemon.terminate()
    let deadline = ContinuousClock.now + .seconds(30)
    while daemon.isRunning, ContinuousClock.now < deadline {
      interruption.pause(seconds: 0.02)
    }
    do {
      try daemon.requireRunning()
      return nil
    } catch StageError.ended(_, let code, _, _) {
      return code
    }
  }
}
