/// Text from elsewhere as YAML and as Markdown that says nothing else than the text.
public enum CardText {
  /// A text as one double-quoted YAML scalar of one line; every character comes back.
  public static func yaml(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isOdd(scalar):
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let width = scalar.value > 0xFFFF ? 8 : 4
        result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count)
        result += digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// A text as Markdown of one line, fit for a sentence, an item of a list and a cell of a table.
  ///
  /// - Parameter limit: What is longer than so many characters is cut.
  public static func inline(_ text: String, limit: Int = 300) -> String {
    var result = ""
    var previous: Unicode.Scalar = " "
    for (index, scalar) in text.unicodeScalars.enumerated() {
      if index == limit {
        result += "…"
        break
      }
      defer { previous = scalar }
      if isSpace(scalar) {
        if !isSpace(previous) { result += " " }
      } else if isOdd(scalar) {
        result += "U+" + String(scalar.value, radix: 16, uppercase: true)
      } else {
        if marks.contains(scalar) || (result.isEmpty && lineMarks.contains(scalar)) {
          result += "\\"
        }
        // No address becomes a link, no number begins a list.
        if scalar == "." || scalar == ")", isNumber(result) || result.lowercased().hasSuffix("www")
        {
          result += "\\"
        }
        result.unicodeScalars.append(scalar)
      }
    }
    while result.hasSuffix(" ") { result.removeLast() }
    return result
  }

  /// A text as Markdown paragraphs: its lines stay lines, and an empty one parts paragraphs.
  public static func paragraphs(_ text: String) -> String {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
      .map { inline(String($0), limit: .max) }
    // A backslash at a line's end is a line break.
    return lines.enumerated().map { index, line in
      let isFollowed = index + 1 < lines.count && !lines[index + 1].isEmpty
      return line.isEmpty || !isFollowed ? line : line + "\\"
    }.joined(separator: "\n")
  }

  /// A name, id or digest in the letters of a program; what is more than that is written as text.
  public static func code(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "+"):
        true
      default: false
      }
    }
    return isPlain && !text.isEmpty ? "`\(text)`" : inline(text)
  }

  /// A table: a row of titles, then the rows. Cells are Markdown already.
  static func table(_ titles: [String], _ rows: [[String]]) -> String {
    ([titles, titles.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |\n" }
      .joined()
  }

  /// Characters that mean something to Markdown wherever they stand.
  private static let marks = Set("\\`*_{}[]<>#|~&$!@^:".unicodeScalars)
  /// Those that do at the beginning of a line.
  private static let lineMarks = Set("-+=".unicodeScalars)

  private static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count < 10
      && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace
  }

  /// Characters that are not seen or that change the order of others. Joiners belong to words.
  private static func isOdd(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .format: scalar.value != 0x200C && scalar.value != 0x200D
    case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
    default: false
    }
  }
}
