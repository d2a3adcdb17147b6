import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiFormats

/// `tokenize`: texts to ids or ids to texts, a JSON value a line.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize",
    abstract: "Turn texts into token ids, or ids into texts, line by line.",
    discussion: """
      Reads one JSON string a line from the standard input and writes one JSON array of ids a \
      line; with --decode the other way round. Added tokens in a text are always recognised.

      EXAMPLE:
        echo '"Hello world"' | genki-minerd tokenize --tokenizer tokenizer.json
        echo '[15496, 995]' | genki-minerd tokenize --tokenizer tokenizer.json --decode
      """)

  @Option(help: ArgumentHelp("A tokenizer.json, or a model folder with one.", valueName: "file"))
  var tokenizer: String
  @Flag(help: "Read arrays of ids and write texts.")
  var decode = false
  @Flag(
    help: ArgumentHelp(
      "Put the model's own special tokens around each text; with --decode keep special tokens."))
  var special = false

  private static let lineBytesMaximum = 64 << 20

  func run() throws {
    let console = Console()
    defer { try? console.finish() }
    let tokenizer = try Tokenizer.load(path: tokenizer)
    var lines = InputLines(
      descriptor: STDIN_FILENO, name: StandardInput.name, lineBytesMaximum: Self.lineBytesMaximum)
    while let line = try lines.next(beforeWaiting: console.finish) {
      let value = try parse(line, number: lines.lineNumber)
      console.rawLine(
        try decode
          ? self.text(of: value, tokenizer, number: lines.lineNumber)
          : self.ids(of: value, tokenizer, number: lines.lineNumber))
    }
    try console.finish()
  }

  private func ids(of value: JSONValue, _ tokenizer: Tokenizer, number: Int) throws -> String {
    guard let text = value.stringValue else {
      throw invalid(number, "found \(value.kindName)")
    }
    let ids = tokenizer.encode(text, template: special)
    return "[" + ids.lazy.map(String.init).joined(separator: ",") + "]"
  }

  private func text(of value: JSONValue, _ tokenizer: Tokenizer, number: Int) throws -> String {
    guard let elements = value.arrayValue else {
      throw invalid(number, "found \(value.kindName)")
    }
    let ids = try elements.map { element in
      guard let id = element.intValue, id >= 0 else {
        throw invalid(number, "\(element.encoded().prefix(40)) is no id")
      }
      // No vocabulary reaches so far: such an id is unknown, and unknown ids are skipped.
      return Int32(exactly: id) ?? .max
    }
    let text = tokenizer.decode(ids, skipSpecialTokens: !special)
    return Self.escapingLineEnds(JSONValue.string(text).encoded())
  }

  /// Escapes the line ends of Unicode that JSON leaves alone: some readers of lines cut there.
  private static func escapingLineEnds(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: isLineEnd) else { return json }
    var escaped = ""
    for scalar in json.unicodeScalars {
      if isLineEnd(scalar) {
        let digits = String(scalar.value, radix: 16)
        escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\u{85}" || scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  private func parse(_ line: ArraySlice<UInt8>, number: Int) throws -> JSONValue {
    do {
      return try JSONValue.parse(Array(line), source: StandardInput.name)
    } catch JSONError.invalid(_, _, _, let column, let problem) {
      throw invalid(number, "column \(column): \(problem.rawValue)")
    }
  }

  private func invalid(_ line: Int, _ reason: String) -> InputLineError {
    .invalid(
      input: StandardInput.name, line: line, reason: reason,
      expected: decode ? "a JSON array of ids" : "a JSON string")
  }
}
