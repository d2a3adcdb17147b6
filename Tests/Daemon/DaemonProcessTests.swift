import Foundation
import GenkiCore
import GenkiDemo
import TestSupport
import Testing

/// Daemons as an operator and systemd see them: processes with sockets, signals and exit codes.
@Suite(.serialized) struct DaemonProcessTests {
  @Test func aDaemonAnswersWhileItTrainsAndEndsWhenAsked() throws {
    let stage = try DaemonCast(minerSteps: 1_000_000)
    let (miner, coordinator) = (try #require(stage.cast.miners.first), stage.cast.coordinator)
    for daemon in [coordinator, miner] { try daemon.start() }
    for daemon in [coordinator, miner] { try daemon.waitUntilReady() }
    try stage.seal([coordinator, miner]) {
      try (miner.status()["job"]?["step"]?.intValue ?? 0) > 0
    }
    let start = ContinuousClock.now
    let status = try miner.status()
    #expect((ContinuousClock.now - start) / .seconds(1) < 2)
    #expect(status["job"]?["state"]?.stringValue == "training")
    for (daemon, name) in [(miner, "miner"), (coordinator, "validator")] {
      let shown = try ProgramRun(
        "genkictl", ["--socket", daemon.socketPath, "status", "--json"])
      #expect(try shown.document()["daemon"]?.stringValue == name, "\(shown.errors)")
    }
    let second = try ProgramRun(
      "genki-minerd", ["run", "--config", miner.configurationPath], secondsMaximum: 30)
    #expect(second.status == ErrorKind.temporary.rawValue, "\(second.errors)")
    #expect(try miner.status()["job"]?["state"]?.stringValue == "training")
    for daemon in [miner, coordinator] {
      #expect(FileManager.default.fileExists(atPath: daemon.socketPath))
      #expect(try stage.exitCode(ofTerminated: daemon) == 0, "\(daemon.name)")
      #expect(!FileManager.default.fileExists(atPath: daemon.socketPath), "\(daemon.name)")
    }
  }

  @Test(arguments: ["genki-minerd", "genki-validatord"])
  func aWrongConfigurationIsNamedWithFileAndLine(program: String) throws {
    let folder = try TemporaryFolder()
    let state = folder.file("state")
    let path = try folder.write(
      "[daemon]\nstate_dir = \"\(state)\"\npoll_seconds = \"often\"\n", to: "daemon.toml")
    let run = try ProgramRun(program, ["run", "--config", path], secondsMaximum: 30)
    #expect(run.status == ErrorKind.configuration.rawValue, "\(run.errors)")
    #expect(run.errors.contains("\(path):3"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: state))
  }
}
