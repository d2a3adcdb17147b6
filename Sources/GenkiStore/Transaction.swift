import Foundation
import GRDB
import GenkiCore

/// Access to the tables within one read or write of the store.
public struct Transaction {
  let database: Database

  /// A setting of the state itself.
  public func meta(_ key: String) throws -> String? {
    try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key])
  }

  /// Changes a setting of the state itself.
  public func setMeta(_ key: String, _ value: String) throws {
    try database.execute(
      sql: "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = ?",
      arguments: [key, value, value])
  }

  /// Forgets a setting of the state itself.
  public func removeMeta(_ key: String) throws {
    try database.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key])
  }

  /// A value as its row keeps it.
  static func body(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<Value: Decodable>(_ type: Value.Type, _ body: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(body.utf8))
    } catch {
      throw StoreError.damaged(path: "\(type)", reason: "a row cannot be read: \(error)")
    }
  }

  func values<Value: Decodable>(
    _ type: Value.Type, _ sql: String, _ arguments: StatementArguments = StatementArguments()
  ) throws -> [Value] {
    try String.fetchAll(database, sql: sql, arguments: arguments).map {
      try Self.value(type, $0)
    }
  }

  func value<Value: Decodable>(
    _ type: Value.Type, _ sql: String, _ arguments: StatementArguments = StatementArguments()
  ) throws -> Value? {
    try String.fetchOne(database, sql: sql, arguments: arguments).map { try Self.value(type, $0) }
  }
}
