import Foundation
import GRDB
import GenkiCore

/// The ledger's SQLite file: opening, transactions, and what its errors mean.
struct LedgerFile: Sendable {
  let path: String
  private let pool: DatabasePool

  /// Opens the file, creates it and its folder if they are missing, and brings its tables to this
  /// version. New files and folders have the mode that the umask leaves of 0666 and 0777; SQLite
  /// gives its two side files the same mode.
  ///
  /// - Parameter found: Called with a file without tables, in the transaction that makes them.
  init(path: String, found: (Database) throws -> Void) throws {
    self.path = path
    try Self.makeFolder(of: path)
    // Only one process at a time switches to write-ahead logging and makes tables.
    let lock = try Self.lock(path + ".lock")
    defer { close(lock) }
    try Self.makeFile(path)
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.label = "ledger"
    pool = try Self.translating(path) {
      try DatabasePool(path: path, configuration: configuration)
    }
    try write { db in
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      guard version <= LedgerSchema.version else { throw ChainError.newerLedger(path: path) }
      guard version < LedgerSchema.version else { return }
      guard version == 0 || version >= LedgerSchema.oldest else {
        throw ChainError.otherGenesis(
          path: path, reason: "it is of a version of this program that verified no signatures")
      }
      try LedgerSchema.migrate(db, from: version)
      if version == 0 { try found(db) }
    }
  }

  /// Reads one picture of the ledger.
  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.translating(path) { try pool.read(body) }
  }

  /// Changes the ledger, all or nothing; no other process writes meanwhile.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.translating(path) {
      try pool.writeWithoutTransaction { db in
        var result: Value?
        try db.inTransaction(.immediate) {
          result = try body(db)
          return .commit
        }
        guard let result else {
          throw ChainError.damaged(source: path, reason: "a transaction has no result")
        }
        return result
      }
    }
  }

  private static func translating<Value>(_ path: String, _ body: () throws -> Value) throws
    -> Value
  {
    do {
      return try body()
    } catch let error as DatabaseError {
      let reason = error.message ?? "SQLite reports \(error.extendedResultCode.rawValue)"
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_FULL, .SQLITE_CANTOPEN,
        .SQLITE_READONLY, .SQLITE_INTERRUPT, .SQLITE_NOMEM:
        throw ChainError.unreachable(source: path, reason: reason)
      default: throw ChainError.damaged(source: path, reason: reason)
      }
    }
  }

  private static func makeFolder(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    if mkdir(folder, 0o777) == 0 || errno == EEXIST { return }
    guard errno == ENOENT else { throw failure(folder, errno) }
    try makeFolder(of: folder)
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw failure(folder, errno) }
  }

  private static func makeFile(_ path: String) throws {
    // An existing file is not opened here: closing it would drop SQLite's locks on it.
    let file = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o666)
    if file >= 0 {
      close(file)
    } else if errno != EEXIST {
      throw failure(path, errno)
    }
  }

  private static func lock(_ path: String) throws -> Int32 {
    let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure(path, errno) }
    while flock(file, LOCK_EX) != 0 {
      let code = errno
      guard code == EINTR else {
        close(file)
        throw failure(path, code)
      }
    }
    return file
  }

  private static func failure(_ path: String, _ code: Int32) -> ChainError {
    .unreachable(source: path, reason: String(cString: strerror(code)))
  }
}

extension [UInt8] {
  /// The form in which SQLite takes bytes.
  var blob: Data { Data(self) }
}

extension UInt64 {
  /// The form in which SQLite takes numbers; what the ledger holds is below 2^63.
  var sql: Int64 { Int64(clamping: self) }
}

extension Row {
  /// A whole number, or an error where a damaged ledger holds something else.
  func number(_ column: String) throws -> UInt64 {
    let value: DatabaseValue = self[column]
    guard case .int64(let number) = value.storage, let result = UInt64(exactly: number) else {
      throw ChainError.damaged(source: "ledger", reason: "column \(column) holds no number")
    }
    return result
  }

  /// A whole number below 65,536.
  func short(_ column: String) throws -> UInt16 {
    guard let result = UInt16(exactly: try number(column)) else {
      throw ChainError.damaged(source: "ledger", reason: "column \(column) is out of range")
    }
    return result
  }

  /// Bytes.
  func bytes(_ column: String) throws -> [UInt8] {
    let value: DatabaseValue = self[column]
    guard case .blob(let data) = value.storage else {
      throw ChainError.damaged(source: "ledger", reason: "column \(column) holds no bytes")
    }
    return [UInt8](data)
  }

  /// A text, or nil for null.
  func text(_ column: String) -> String? {
    let value: DatabaseValue = self[column]
    guard case .string(let text) = value.storage else { return nil }
    return text
  }

  /// A floating-point number.
  func real(_ column: String) throws -> Double {
    let value: DatabaseValue = self[column]
    switch value.storage {
    case .double(let number): return number
    case .int64(let number): return Double(number)
    default: throw ChainError.damaged(source: "ledger", reason: "column \(column) is no number")
    }
  }

  /// Is the column null?
  func isNull(_ column: String) -> Bool {
    let value: DatabaseValue = self[column]
    return value.isNull
  }

  /// A key of 32 bytes.
  func address(_ column: String) throws -> SS58Address {
    try SS58Address(publicKey: bytes(column))
  }

  /// A digest of 32 bytes.
  func digest(_ column: String) throws -> ContentDigest {
    guard let digest = ContentDigest(bytes: try bytes(column)) else {
      throw ChainError.damaged(source: "ledger", reason: "column \(column) holds no digest")
    }
    return digest
  }
}
