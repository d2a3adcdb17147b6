/// Makes control characters of somebody else's text visible, so that it cannot drive a terminal:
/// tabs and line ends pass, others are written as `\u{…}`. Pieces may end anywhere.
package struct VisibleText: Sendable {
  /// A carriage return waits for what follows: with a line feed it is a line end.
  private var isAfterReturn = false

  /// At the start of a text.
  package init() {}

  /// The next piece.
  package mutating func append(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if isAfterReturn, scalar != "\n" { result += Self.escaped("\r") }
      isAfterReturn = scalar == "\r"
      if isAfterReturn { continue }
      if scalar != "\n", scalar != "\t", Self.isControl(scalar) {
        result += Self.escaped(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// What was held back.
  package mutating func finish() -> String {
    defer { isAfterReturn = false }
    return isAfterReturn ? Self.escaped("\r") : ""
  }

  /// C0, delete, and C1, which terminals take for escape sequences of one character.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  static func escaped(_ scalar: Unicode.Scalar) -> String {
    "\\u{\(String(scalar.value, radix: 16))}"
  }
}
