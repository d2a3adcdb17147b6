import Foundation
import GRDB
import GenkiCore
import GenkiDemo
import TestSupport

/// A subnet that the daemons of an earlier build left in the middle of a round, in a folder of one test.
///
/// Each content lies once in the fixtures; a list says where it goes. Databases and configurations name
/// the folder that they lie in by a mark, and no process was there to keep anything beside them.
final class OldStage {
  private static let mark = "@ROOT@"

  let folder: TemporaryFolder
  let stage: Stage
  let coordinator: StageDaemon
  let verifier: StageDaemon
  let miners: [StageDaemon]

  /// What is wrong with a list of contents.
  struct BadList: Error {
    let entry: String
  }

  /// Lays out the files and takes over the configurations; nothing runs.
  init(_ name: String, of fixtures: Fixtures) throws {
    folder = try TemporaryFolder()
    try Self.layOut(name, of: fixtures, to: folder)
    let stage = try Stage(
      Stage.Settings(path: folder.path, programs: DaemonCast.programs),
      interruption: Interruption(listens: false))
    self.stage = stage
    let root = folder.path
    func add(_ name: String, _ program: StageDaemon.Program) throws -> StageDaemon {
      let path = "\(root)/configurations/\(name).toml"
      let old = try TextFile.readString(path, sizeLimit: 1 << 20)
      let daemon = try stage.add(name, program) { _ in }
      // A socket's path is short, whatever the folder's is.
      try AtomicFile.write(
        old.replacing("\(Self.mark)/sockets/\(name).sock", with: daemon.socketPath)
          .replacing(Self.mark, with: root), to: path)
      return daemon
    }
    coordinator = try add("coordinator", .validator)
    verifier = try add("verifier", .validator)
    miners = try ["alpha", "beta"].map { try add($0, .miner) }
  }

  deinit { stage.stopAll(seconds: 10) }

  /// Seals blocks while all of these wait.
  func seal(
    _ activity: String, _ daemons: [StageDaemon], until isReached: () throws -> Bool
  ) throws {
    var sealer = Sealer(chain: try stage.chain(), interruption: stage.interruption)
    sealer.limitSeconds = 60
    try sealer.run(activity, daemons, until: isReached)
  }

  // MARK: - Files

  private static func layOut(
    _ name: String, of fixtures: Fixtures, to folder: TemporaryFolder
  ) throws {
    let list = try fixtures.document("rounds/\(name).json")
    let manager = FileManager.default
    for (place, entry) in list["files"]?.objectValue?.entries ?? [] {
      guard let digest = entry["sha256"]?.stringValue,
        let mode = entry["mode"]?.stringValue.flatMap({ Int($0, radix: 8) })
      else { throw BadList(entry: place) }
      let path = try fixtures.copy("rounds/blobs/\(digest)", to: folder.file(place))
      try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      if entry["names_root"] == true { try relocate(path, to: folder.path) }
    }
    for place in (list["empty_folders"]?.arrayValue ?? []).compactMap(\.stringValue) {
      try manager.createDirectory(
        atPath: folder.file(place), withIntermediateDirectories: true)
    }
  }

  /// Puts the test's folder in the place of the mark, in a text or in every text of a database. The
  /// configurations follow when the daemons are added.
  private static func relocate(_ path: String, to root: String) throws {
    guard path.hasSuffix(".sqlite") else {
      guard path.hasSuffix(".json") else { return }
      let text = try TextFile.readString(path, sizeLimit: 1 << 20)
      return try AtomicFile.write(text.replacing(mark, with: root), to: path)
    }
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      let tables = try String.fetchAll(
        database,
        sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      for table in tables {
        for column in try database.columns(in: table).map(\.name) {
          try database.execute(
            sql: """
              UPDATE "\(table)" SET "\(column)" = replace("\(column)", ?, ?)
              WHERE typeof("\(column)") = 'text' AND instr("\(column)", ?) > 0
              """, arguments: [mark, root, mark])
        }
      }
    }
    try queue.close()
  }
}
