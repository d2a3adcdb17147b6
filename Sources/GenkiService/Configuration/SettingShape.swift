import GenkiCore

/// What a setting may be.
public enum SettingShape: Sendable, Equatable {
  /// Any text.
  case text
  /// Any text, also of several lines.
  case prose
  /// A JSON object in a text.
  case json
  /// One of these words.
  case choice([String])
  /// A name without a slash: letters, digits, `.`, `_` and `-`.
  case name
  /// The id of a licence or of a language: letters, digits, `.` and `-`.
  case code
  /// The address of an account.
  case address
  /// An address that starts with one of the schemes; shown without its password and query.
  case url(schemes: [String])
  /// A file or folder; relative to the folder of the configuration file.
  case path
  /// A whole number.
  case integer(ClosedRange<Int>)
  /// A number.
  case number(ClosedRange<Double>)
  /// True or false.
  case truth
  /// A list; a single value stands for a list of one where `isSingleAllowed`.
  indirect case list(of: SettingShape, isSingleAllowed: Bool = false)

  /// The longest text that a setting takes.
  public static let textBytesMaximum = 4096
  /// The longest list that a setting takes.
  public static let listCountMaximum = 1000

  /// What is allowed, in words.
  public var allowed: String {
    switch self {
    case .text: "a text"
    case .prose: "a text of at most \(Self.textBytesMaximum) bytes, also of several lines"
    case .json: "a JSON object in a text of at most \(Self.textBytesMaximum) bytes"
    case .choice(let words): words.map { "\"\($0)\"" }.joined(separator: ", ")
    case .name: "a name of letters, digits, '.', '_' and '-', at most 64, none of '.' and '-' first"
    case .code: "letters, digits, '.' and '-', at most 64"
    case .address: "an SS58 address, 46 to 50 letters and digits"
    case .url(let schemes):
      "an address that starts with " + schemes.map { "\($0)://" }.joined(separator: " or ")
    case .path: "a path"
    case .integer(let range):
      range.upperBound == Int.max
        ? "a whole number from \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .truth: "true or false"
    case .list(let element, let isSingleAllowed):
      (isSingleAllowed ? "one or a list of: " : "a list of: ") + element.allowed
    }
  }

  /// Checks a value.
  ///
  /// - Returns: Nil if it is allowed, else what is wrong with it, in words.
  func complaint(about value: JSONValue) -> String? {
    switch (self, value) {
    case (.list(let element, _), .array(let values)):
      guard values.count <= Self.listCountMaximum else {
        return "\(values.count) elements, more than the limit of \(Self.listCountMaximum)"
      }
      return values.lazy.compactMap(element.complaint(about:)).first
    case (.integer(let range), .integer(let number)):
      guard let number = Int(exactly: number), range.contains(number) else {
        return "\(number) is out of range"
      }
      return nil
    case (.number(let range), .integer), (.number(let range), .number):
      guard let number = value.doubleValue, range.contains(number) else {
        return "\(value.encoded()) is out of range"
      }
      return nil
    case (.truth, .bool): return nil
    case (.list, _), (.integer, _), (.number, _), (.truth, _):
      return "is \(Self.kindName(value))"
    case (_, .string(let text)): return complaint(aboutText: text)
    default: return "is \(Self.kindName(value))"
    }
  }

  private func complaint(aboutText text: String) -> String? {
    guard !text.isEmpty else { return "is empty" }
    guard text.utf8.count <= Self.textBytesMaximum else {
      return "is longer than \(Self.textBytesMaximum) bytes"
    }
    let isAllowedControl: (Unicode.Scalar) -> Bool = {
      (self == .prose || self == .json) && ($0 == "\n" || $0 == "\t")
    }
    guard
      text.unicodeScalars.allSatisfy({
        $0.properties.generalCategory != .control || isAllowedControl($0)
      })
    else {
      return "holds a control character"
    }
    let isAllowed =
      switch self {
      case .choice(let words): words.contains(text)
      case .json: (try? JSONValue.parse(text, source: ""))?.objectValue != nil
      case .name: Self.isName(text)
      case .code: Self.isCode(text)
      case .address:
        (46...50).contains(text.utf8.count) && text.utf8.allSatisfy(Self.isAlphanumeric)
      case .url(let schemes):
        schemes.contains { text.hasPrefix("\($0)://") && text.utf8.count > $0.utf8.count + 3 }
          && !text.contains(" ")
      default: true
      }
    return isAllowed ? nil : "\(text.quoted()) is not allowed"
  }

  /// A word of a variable of the environment or of the command line as a value of this shape; lists
  /// are separated by commas. What does not fit comes back as a string, for the check to refuse.
  func value(ofWord word: String) -> JSONValue {
    switch self {
    case .integer: Int64(word).map(JSONValue.integer) ?? .string(word)
    case .number: Double(word).map(JSONValue.number) ?? .string(word)
    case .truth:
      ["true": JSONValue.bool(true), "1": true, "false": false, "0": false][word.lowercased()]
        ?? .string(word)
    case .list(let element, _):
      .array(
        word.split(separator: ",").map { part in
          element.value(ofWord: String(part.drop { $0 == " " }))
        })
    default: .string(word)
    }
  }

  /// A value as `config.get` shows it: passwords and queries of addresses are masked.
  func shown(_ value: JSONValue) -> JSONValue {
    switch (self, value) {
    case (.list(let element, _), .array(let values)): .array(values.map(element.shown))
    case (.url, .string(let text)): .string(Self.masked(url: text))
    default: value
    }
  }

  /// Whether a value may hold a password, so that it is not repeated in messages.
  var mayHoldSecrets: Bool {
    switch self {
    case .url: true
    case .list(let element, _): element.mayHoldSecrets
    default: false
    }
  }

  /// `https://user:secret@host/path?key=secret` as `https://***@host/path?***`.
  static func masked(url: String) -> String {
    guard let schemeEnd = url.firstRange(of: "://")?.upperBound else { return url }
    var rest = url[schemeEnd...]
    var tail = ""
    if let mark = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) {
      tail = "\(rest[mark])***"
      rest = rest[..<mark]
    }
    let authority = rest.prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return url[..<schemeEnd] + rest + tail }
    return url[..<schemeEnd] + "***" + rest[at...] + tail
  }

  private static func kindName(_ value: JSONValue) -> String {
    switch value {
    case .null: "a date or time"
    case .object: "a table"
    case .array: "a list"
    case .string(let text): text.quoted(limit: 40)
    case .integer, .unsigned, .number, .bool: value.encoded()
    }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private static func isCode(_ text: String) -> Bool {
    let marks = [UInt8(ascii: "."), UInt8(ascii: "-")]
    return text.utf8.count <= 64
      && text.utf8.allSatisfy { isAlphanumeric($0) || marks.contains($0) }
  }

  private static func isName(_ text: String) -> Bool {
    let marks = [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")]
    guard text.utf8.count <= 64, !text.hasPrefix("."), !text.hasPrefix("-") else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || marks.contains($0) }
  }
}
