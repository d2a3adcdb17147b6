import Foundation
import GenkiCore
import GenkiDemo
import Testing

@Suite struct StageTests {
  private func stage(
    _ folder: URL, seed: UInt64 = 1, programs: String = "nowhere"
  ) throws -> Stage {
    var settings = Stage.Settings(path: folder.path, programs: programs)
    settings.seed = seed
    return try Stage(settings, interruption: Interruption(listens: false))
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "stage-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try body(folder)
  }

  @Test func configurationsAreTOML() {
    var configuration = StageConfiguration()
    configuration.section(
      "round", ["coordinator": "5Grw", "participate": false, "base": .null, "length_blocks": 12])
    configuration.element("dataset", ["name": "a", "path": "with \"quotes\""])
    #expect(
      configuration.text == """
        [round]
        coordinator = "5Grw"
        participate = false
        length_blocks = 12

        [[dataset]]
        name = "a"
        path = "with \\"quotes\\""

        """)
  }

  @Test func keysFollowFromSeedAndName() throws {
    try withFolder { folder in
      let keys = try [("a", 1), ("b", 1), ("a", 2), ("a", 1)].enumerated().map { index, key in
        let place = folder.appending(path: "\(index)")
        return try stage(place, seed: UInt64(key.1)).hotkey(key.0).publicKey
      }
      #expect(keys[0] == keys[3])
      #expect(Set(keys).count == 3)
    }
  }

  @Test func aWalletIsWrittenOnce() throws {
    try withFolder { folder in
      let stage = try stage(folder)
      let first = try stage.hotkey("miner").publicKey
      #expect(try stage.hotkey("miner").publicKey == first)
      #expect(
        FileManager.default.fileExists(atPath: "\(stage.walletsPath)/miner/hotkeys/default"))
    }
  }

  @Test func socketsHaveShortPathsAndGoWithTheStage() throws {
    try withFolder { folder in
      let long = folder.appending(path: String(repeating: "long", count: 30))
      var path = ""
      do {
        let stage = try stage(long)
        path = try stage.add("validator-with-a-name", .validator) { _ in }.socketPath
        #expect(path.utf8.count < 96)
        #expect(
          FileManager.default.fileExists(
            atPath: URL(filePath: path).deletingLastPathComponent().path))
      }
      #expect(
        !FileManager.default.fileExists(
          atPath: URL(filePath: path).deletingLastPathComponent().path))
    }
  }

  @Test func aMissingProgramIsSaid() throws {
    try withFolder { folder in
      let daemon = try stage(folder).add("miner", .miner) { _ in }
      #expect(throws: DemoError.self) { try daemon.start() }
      #expect(!daemon.isRunning)
    }
  }

  @Test func aDaemonThatEndsByItselfIsSaidWithItsLastLine() throws {
    try withFolder { folder in
      let programs = folder.appending(path: "bin")
      try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
      let program = programs.appending(path: "genki-minerd").path
      #expect(
        FileManager.default.createFile(
          atPath: program, contents: Data("#!/bin/sh\necho it went wrong >&2\nexit 70\n".utf8),
          attributes: [.posixPermissions: 0o755]))
      let stage = try stage(folder, programs: programs.path)
      let daemon = try stage.add("miner", .miner) { _ in }
      try daemon.start()
      let error = #expect(throws: StageError.self) { try daemon.waitUntilReady(seconds: 20) }
      guard case .ended(_, let code, let lastLine, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(code == 70)
      #expect(lastLine == "it went wrong")
    }
  }
}
