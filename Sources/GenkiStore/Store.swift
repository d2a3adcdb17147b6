import Foundation
import GRDB
import GenkiCore
import GenkiRound

/// A daemon's state: one SQLite file in WAL mode.
///
/// The machines of a round are values; each is stored whole, as JSON beside the columns that are
/// searched, in the same transaction as the journal entry of the effect that changed it.
public final class Store: Sendable {
  /// Whose state it is; a file of the other daemon is refused.
  public enum Role: String, Sendable {
    /// `genki-minerd`.
    case miner
    /// `genki-validatord`.
    case validator
  }

  /// The moments of a write at which a process can end.
  package enum Step: Sendable, Hashable {
    /// Everything is written and nothing is committed: the write never was.
    case written
    /// It is committed and the caller does not know it yet.
    case committed

    /// Called at each step; what it throws ends the write.
    package typealias Hook = @Sendable (Step) throws -> Void
  }

  /// The file.
  public let path: String
  let pool: DatabasePool
  private let hook: Step.Hook

  /// Opens the file, creating or migrating it as needed.
  ///
  /// - Throws: `StoreError` for a file of a newer version, of the other daemon, or that is damaged.
  public convenience init(path: String, role: Role, isDurable: Bool = true) throws {
    try self.init(path: path, role: role, isDurable: isDurable, hook: { _ in })
  }

  /// A store whose writes a test ends.
  package init(
    path: String, role: Role, isDurable: Bool = true, hook: @escaping Step.Hook
  ) throws {
    self.path = path
    self.hook = hook
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.label = "state"
    configuration.prepareDatabase { database in
      // FULL: a transaction that was reported is on disk, whatever happens to the machine.
      try database.execute(sql: "PRAGMA synchronous = \(isDurable ? "FULL" : "OFF")")
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      let migrator = Schema.migrator
      if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
        throw StoreError.newer(path: path)
      }
      try migrator.migrate(pool)
    } catch let error as DatabaseError {
      throw StoreError.damaged(path: path, reason: error.message ?? "\(error.resultCode)")
    }
    let found = try write { transaction in
      let found = try transaction.meta("role")
      if found == nil { try transaction.setMeta("role", role.rawValue) }
      return found ?? role.rawValue
    }
    guard found == role.rawValue else {
      throw StoreError.otherRole(path: path, found: found, expected: role.rawValue)
    }
  }

  /// The newest round whose base was fetched, for a look from outside; see `peek`.
  public static func newestRound(path: String) -> KnownRound? {
    peek(path: path) { try $0.knownRounds(limit: 1).first }
  }

  /// The genesis hash of the chain that a state belongs to, for a look from outside; see `peek`.
  public static func chainGenesis(path: String) -> ContentDigest? {
    peek(path: path) { try $0.meta(StoreNotebook.genesisKey) }.flatMap { ContentDigest(hex: $0) }
  }

  /// A look from outside: nothing is created, migrated or written, and a file that is missing or of
  /// another version tells nothing.
  public static func peek<Value>(
    path: String, _ body: (Transaction) throws -> Value?
  ) -> Value? {
    let manager = FileManager.default
    func look(_ path: String, readonly: Bool) -> Value? {
      var configuration = Configuration()
      configuration.readonly = readonly
      return try? DatabaseQueue(path: path, configuration: configuration).read {
        try body(Transaction(database: $0))
      }
    }
    // Even a reader makes the files of a WAL where there are none: only a running daemon's are there.
    if manager.fileExists(atPath: path + "-shm") { return look(path, readonly: true) }
    let copy = manager.temporaryDirectory.appending(path: "genki-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: copy) }
    guard
      (try? manager.createDirectory(
        at: copy, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700]))
        != nil
    else { return nil }
    let state = copy.appending(path: "state.sqlite").path
    for suffix in ["", "-wal"] where manager.fileExists(atPath: path + suffix) {
      guard (try? manager.copyItem(atPath: path + suffix, toPath: state + suffix)) != nil else {
        return nil
      }
    }
    return manager.fileExists(atPath: state) ? look(state, readonly: false) : nil
  }

  /// Looks at one consistent state; never waits for writers.
  public func read<Value>(_ body: (Transaction) throws -> Value) throws -> Value {
    try reporting { try pool.read { try body(Transaction(database: $0)) } }
  }

  /// Changes the state: everything in `body`, or nothing where it throws.
  @discardableResult
  public func write<Value>(_ body: (Transaction) throws -> Value) throws -> Value {
    try reporting {
      var result: Value?
      try pool.writeWithoutTransaction { database in
        try database.inTransaction(.immediate) {
          result = try body(Transaction(database: database))
          try hook(.written)
          return .commit
        }
      }
      try hook(.committed)
      guard let result else { throw StoreError.damaged(path: path, reason: "no result") }
      return result
    }
  }

  /// Copies the state to a new file while others go on working.
  public func backup(to target: String) throws {
    try reporting {
      let copy = try DatabaseQueue(path: target)
      try pool.backup(to: copy)
      try copy.close()
      try AtomicFile.syncFolder(ofFile: target)
    }
  }

  /// What SQLite's own check finds wrong; empty if all is well.
  public func check() throws -> [String] {
    try reporting {
      try pool.read { database in
        try String.fetchAll(database, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      }
    }
  }

  /// Closes the file; the last owner need not call it.
  public func close() throws { try reporting { try pool.close() } }

  private func reporting<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      let reason = error.message ?? "\(error.resultCode)"
      throw error.resultCode == .SQLITE_FULL || error.resultCode == .SQLITE_IOERR
        ? StoreError.cannotWrite(path: path, reason: reason)
        : StoreError.damaged(path: path, reason: reason)
    }
  }
}
