import Foundation
import GenkiCore
import GenkiRPC
import GenkiRound

/// A value of the round as methods answer with it: its coded form with snake_case keys.
public enum JSONView {
  /// The JSON of a value; members that are nil are absent.
  public static func json(_ value: some Encodable) throws -> JSONValue {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try JSONValue.parse(Array(encoder.encode(value)), source: "answer")
  }

  /// `{"items":[…]}`.
  public static func list(_ values: [some Encodable]) throws -> JSONValue {
    ["items": .array(try values.map { try json($0) })]
  }

  /// A number of a block or round.
  public static func number(_ value: UInt64) -> JSONValue { JSONValue(Int(clamping: value)) }
}
