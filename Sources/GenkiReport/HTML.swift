import Foundation

/// A piece of markup. Literals are markup; every string that is interpolated is escaped, so text
/// from outside can never become markup by forgetting something.
struct HTML: Sendable, ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  init(joining parts: [HTML], separator: String = "\n") {
    text = parts.map(\.text).joined(separator: separator)
  }

  static let empty: HTML = ""

  static func + (left: HTML, right: HTML) -> HTML { HTML(joining: [left, right], separator: "") }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ string: String) { text += HTML.escape(string) }
    mutating func appendInterpolation(_ html: HTML) { text += html.text }
    mutating func appendInterpolation(_ number: Int) { text += String(number) }
    /// A coordinate: two decimals are finer than any screen.
    mutating func appendInterpolation(_ coordinate: Double) { text += HTML.decimal(coordinate, 2) }
  }

  /// Text as it may stand between tags and in quoted attributes; control characters that HTML
  /// forbids become U+FFFD.
  static func escape(_ string: String) -> String {
    var result = ""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}": result += "\u{FFFD}"
      // Direction overrides could make a name read as another one.
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A number with fixed decimals and a real minus sign.
  static func decimal(_ value: Double, _ places: Int) -> String {
    String(format: "%.\(places)f", value)
  }

  /// A change with its sign: `+0.0123`, `−0.0040`.
  static func signed(_ value: Double, _ places: Int) -> String {
    let text = decimal(value.magnitude, places)
    if text.allSatisfy({ "0.".contains($0) }) { return text }
    return (value < 0 ? "−" : "+") + text
  }
}
