import GRDB
import GenkiCore

extension Transaction {
  /// Does a piece of work once for each key: the same call with the same key gets the first answer.
  ///
  /// - Parameter key: Nil does the work always.
  /// - Throws: `StoreError.keyReused` for a key that another call has used.
  public func once(
    key: String?, method: String, parameters: JSONObject, work: () throws -> JSONValue
  ) throws -> JSONValue {
    guard let key else { return try work() }
    var asked = parameters
    asked["idempotency_key"] = nil
    asked.entries.sort { $0.key < $1.key }
    let text = JSONValue.object(asked).encoded()
    let row = try Row.fetchOne(
      database, sql: "SELECT method, parameters, answer FROM idempotency WHERE key = ?",
      arguments: [key])
    if let row {
      guard row["method"] == method, row["parameters"] == text else {
        throw StoreError.keyReused(key: key, method: row["method"])
      }
      return try JSONValue.parse(row["answer"] as String, source: "stored answer")
    }
    let answer = try work()
    try database.execute(
      sql: "INSERT INTO idempotency (key, method, parameters, answer) VALUES (?, ?, ?, ?)",
      arguments: [key, method, text, answer.encoded()])
    return answer
  }
}
