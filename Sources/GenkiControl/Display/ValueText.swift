import Foundation
import GenkiConsole
import GenkiCore

/// One value of an answer in a form for people; the key's name says its unit.
enum ValueText {
  /// What stands where an answer has nothing.
  static let missing = "–"
  private static let digestLength = 12
  private static let textLength = 400
  private static let elementsMaximum = 16
  private static let sentenceLength = 40

  /// The value of a key.
  static func text(_ value: JSONValue?, key: String) -> String {
    switch value {
    case nil, .null: missing
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value) where key.hasSuffix("_rao") && value >= 0: tao(UInt64(value))
    case .integer(let value): number(Double(value), key: key) ?? "\(value)"
    case .unsigned(let value): key.hasSuffix("_rao") ? tao(value) : "\(value)"
    case .number(let value): number(value, key: key) ?? decimal(value, key: key)
    case .string(let text): printable(text)
    case .array(let elements): list(elements, key: key)
    case .object(let object): pairs(object)
    }
  }

  /// The value in a table: long digests are cut.
  static func cell(_ value: JSONValue?, key: String) -> String {
    guard let digest = value?.stringValue, digest.utf8.count >= 40,
      digest.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return text(value, key: key) }
    return digest.prefix(digestLength) + "…"
  }

  /// A text that cannot move the cursor or hide itself.
  static func printable(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
        .privateUse:
        false
      default: true
      }
    }
    return isPlain && text.utf8.count <= textLength ? text : text.quoted(limit: textLength)
  }

  /// `key value` of the members that hold one value.
  static func pairs(_ object: JSONObject) -> String {
    object.entries.filter { !isNested($0.value) && !$0.value.isNull }
      .map { "\(printable($0.key)) \(text($0.value, key: $0.key))" }.joined(separator: "  ")
  }

  /// Whether the value needs lines of its own: objects, lists of them, sentences.
  static func isNested(_ value: JSONValue) -> Bool {
    switch value {
    case .object(let object): !object.entries.isEmpty
    case .array(let elements):
      elements.contains { element in
        element.objectValue != nil || element.arrayValue != nil
          || element.stringValue.map { $0.contains(" ") && $0.utf8.count > sentenceLength } ?? false
      }
    default: false
    }
  }

  private static func list(_ elements: [JSONValue], key: String) -> String {
    if elements.isEmpty { return missing }
    if elements.contains(where: { $0.objectValue != nil || $0.arrayValue != nil }) {
      return "\(elements.count) entries"
    }
    guard elements.count > elementsMaximum else {
      return elements.map { text($0, key: key) }.joined(separator: ", ")
    }
    let first = text(elements.first, key: key)
    return "\(first) … \(text(elements.last, key: key)) (\(elements.count) values)"
  }

  private static func number(_ value: Double, key: String) -> String? {
    if key.hasSuffix("bytes") || key.hasSuffix("bytes_maximum") || key.hasSuffix("_bytes_free") {
      return value.magnitude < 9e15 ? HumanUnits.bytes(Int(value)) : nil
    }
    if key == "bytes_done" || key == "bytes_total" {
      return value.magnitude < 9e15 ? HumanUnits.bytes(Int(value)) : nil
    }
    if key == "bytes_per_second" {
      return value.magnitude < 9e15 ? HumanUnits.bytes(Int(value)) + "/s" : nil
    }
    if key.hasSuffix("seconds") { return HumanUnits.duration(seconds: value) }
    if key.hasSuffix("_at") || key == "time" { return time(value) }
    return nil
  }

  /// An amount of the chain's money, to the last unit.
  private static func tao(_ rao: UInt64) -> String {
    let (whole, rest) = rao.quotientAndRemainder(dividingBy: 1_000_000_000)
    guard rest > 0 else { return "\(whole) TAO" }
    var digits = String(repeating: "0", count: 9 - String(rest).count) + String(rest)
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(whole).\(digits) TAO"
  }

  private static func decimal(_ value: Double, key: String) -> String {
    if key == "weight" || key.hasSuffix("_share") || key == "progress" {
      return HumanUnits.decimal(value * 100, places: 1) + " %"
    }
    return value.magnitude >= 0.0005 || value == 0
      ? HumanUnits.decimal(value, places: 5) : "\(value)"
  }

  /// Seconds since 1970 in the local time zone; other numbers are no times.
  private static func time(_ seconds: Double) -> String? {
    guard seconds > 1e9, seconds < 1e11 else { return nil }
    let format = Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: .current)
      .year().month().day().time(includingFractionalSeconds: false)
    return Date(timeIntervalSince1970: seconds).formatted(format)
  }
}
