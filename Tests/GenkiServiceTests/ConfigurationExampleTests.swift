import Foundation
import GenkiCore
import GenkiService
import TestSupport
import Testing

/// The commented files of `config/` are what the declarations say.
@Suite struct ConfigurationExampleTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "config")

  @Test func theMinersExampleIsCurrent() throws { try check(MinerConfiguration.self) }

  @Test func theValidatorsExampleIsCurrent() throws { try check(ValidatorConfiguration.self) }

  /// With `GENKI_WRITE_EXAMPLES=1` the files are written anew.
  private func check<Configuration: CommonConfiguration & Equatable>(
    _ type: Configuration.Type
  ) throws {
    let path = Self.folder.appending(path: type.role.configurationName).path
    if ProcessInfo.processInfo.environment["GENKI_WRITE_EXAMPLES"] == "1" {
      try AtomicFile.write(type.example, to: path)
    }
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    #expect(
      text == type.example, "run the tests once with GENKI_WRITE_EXAMPLES=1 in the environment")

    let environment = ["HOME": "/"]
    let defaults = Configuration(
      defaults: DefaultPaths(role: type.role, environment: environment))
    let asInstalled = try type.load(path: path, environment: environment)
    #expect(asInstalled.configuration == defaults)

    // Without its # every line is valid, and lines that show a default change nothing.
    let folder = try TemporaryFolder()
    let all = text.replacing(#/(?m)^#(?=[\[a-z])/#, with: "")
    let opened = try type.load(path: folder.write(all, to: "all.toml"), environment: environment)
    for setting in type.settings {
      let name = setting.declaration.name
      #expect(opened.origin(of: name) != .default, "\(name) is not in the example")
      if setting.declaration.example == nil {
        #expect(setting.read(opened.configuration) == setting.read(defaults), "\(name)")
        #expect(!setting.read(defaults).isNull, "\(name) has neither default nor example")
      }
    }
    for list in type.lists { #expect(list.read(opened.configuration).arrayValue?.count == 1) }
  }

  @Test func everyKeyIsDeclaredOnceAndHasASentence() {
    for declarations in [
      MinerConfiguration.settings.map(\.declaration),
      ValidatorConfiguration.settings.map(\.declaration),
    ] {
      #expect(Set(declarations.map(\.name)).count == declarations.count)
      #expect(Set(declarations.map(\.variable)).count == declarations.count)
      for declaration in declarations { #expect(declaration.summary.hasSuffix(".")) }
    }
  }

  @Test func defaultPathsFollowSystemdThenXDG() throws {
    let shared = try TemporaryFolder()
    let system = DefaultPaths(
      role: .miner,
      environment: [
        "STATE_DIRECTORY": "/var/lib/genki-miner:/var/lib/other", "RUNTIME_DIRECTORY": "/run/g",
        "HOME": "/h",
      ], systemSharedFolder: shared.path)
    #expect(system.stateFolder == "/var/lib/genki-miner")
    #expect(system.socket == "/run/g/rpc.sock")
    #expect(system.ledger == shared.file("chain.sqlite"))
    let user = DefaultPaths(
      role: .validator,
      environment: ["XDG_STATE_HOME": "/s/", "XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/h"],
      systemSharedFolder: shared.path)
    #expect(user.stateFolder == "/s/genki/validator")
    #expect(user.socket == "/run/user/1/genki/validator.sock")
    #expect(user.hub == "/s/genki/shared/hub")
    let bare = DefaultPaths(
      role: .miner, environment: ["HOME": "/h", "XDG_STATE_HOME": "relative"])
    #expect(bare.socket == "/h/.local/state/genki/miner/rpc.sock")
  }

  @Test func slipsAreFoundAndStrangersAreNot() {
    let names = ["daemon", "chain", "hub", "block_seconds"]
    #expect(NearestName.of("deamon", among: names) == "daemon")
    #expect(NearestName.of("blockseconds", among: names) == "block_seconds")
    #expect(NearestName.of("weights", among: names) == nil)
    #expect(NearestName.of(String(repeating: "a", count: 10_000), among: names) == nil)
  }
}
