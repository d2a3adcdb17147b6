import GenkiCore

/// A line that was skipped because it is not an example.
public struct BadLine: Sendable, Equatable {
  /// The file it is in.
  public let file: String
  /// Counted from 1.
  public let line: Int
  /// What is wrong with it.
  public let reason: String

  /// A bad line of a file.
  public init(file: String, line: Int, reason: String) {
    self.file = file
    self.line = line
    self.reason = reason
  }
}

/// What became of one data file.
public struct FileReport: Sendable, Equatable {
  /// How a file is read.
  public enum Kind: String, Sendable {
    case text
    case jsonLines = "jsonl"
  }

  /// As it was named.
  public let path: String
  /// How it was read.
  public let kind: Kind
  /// Its size.
  public let bytes: Int
  /// Lines, blank ones included.
  public var lines = 0
  /// Lines of white space only, which are skipped without a word.
  public var blankLines = 0
  /// Documents or conversations that are used.
  public var examples = 0
  /// Tokens that are used, after truncation.
  public var tokens = 0
  /// Windows of the block size.
  public var windows = 0
  /// Examples that were cut to the block size.
  public var truncatedExamples = 0
  /// The first lines of examples that are not used: cut to the block size they hold no response.
  public var linesWithoutResponse: [Int] = []
  /// All lines that are not examples.
  public var badLines: [BadLine] = []
  /// Remarks for the reader: what was done that they may not expect.
  public var notes: [String] = []

  init(path: String, kind: Kind, bytes: Int) {
    self.path = path
    self.kind = kind
    self.bytes = bytes
  }
}

/// What became of the data: how much is used, and everything that is not, with the reason.
public struct DataReport: Sendable, Equatable {
  /// One entry a file, in order.
  public var files: [FileReport]

  /// Documents or conversations that are used.
  public var examples: Int { sum(\.examples) }
  /// Tokens that are used.
  public var tokens: Int { sum(\.tokens) }
  /// Lines of all files.
  public var lines: Int { sum(\.lines) }
  /// Examples that were cut to the block size.
  public var truncatedExamples: Int { sum(\.truncatedExamples) }
  /// Examples left out because the block holds none of their response.
  public var skippedExamples: Int { files.reduce(0) { $0 + $1.linesWithoutResponse.count } }
  /// Lines that are not examples, with file, number and reason.
  public var badLines: [BadLine] { files.flatMap(\.badLines) }

  /// Sentences for people: one a file, then one for each thing that was left out.
  public var summary: [String] { files.flatMap { sentences(of: $0) } }

  /// The report for machines.
  public var json: JSONValue {
    .array(
      files.map { file in
        [
          "path": .string(file.path), "kind": .string(file.kind.rawValue),
          "bytes": JSONValue(file.bytes), "lines": JSONValue(file.lines),
          "examples": JSONValue(file.examples), "tokens": JSONValue(file.tokens),
          "windows": JSONValue(file.windows), "blank_lines": JSONValue(file.blankLines),
          "truncated_examples": JSONValue(file.truncatedExamples),
          "lines_without_response": .array(file.linesWithoutResponse.map { JSONValue($0) }),
          "bad_lines": .array(
            file.badLines.map { ["line": JSONValue($0.line), "reason": .string($0.reason)] }),
          "notes": .array(file.notes.map { .string($0) }),
        ]
      })
  }

  private static let quotedMax = 10

  private func sum(_ field: KeyPath<FileReport, Int>) -> Int {
    files.reduce(0) { $0 + $1[keyPath: field] }
  }

  private func sentences(of file: FileReport) -> [String] {
    let counted = file.kind == .text ? "" : "\(file.examples) examples, "
    var sentences = ["\(file.path): \(counted)\(file.tokens) tokens, \(file.windows) windows"]
    sentences += file.badLines.prefix(Self.quotedMax).map {
      "\($0.file):\($0.line): skipped: \($0.reason)"
    }
    if file.badLines.count > Self.quotedMax {
      sentences.append(
        "\(file.path): \(file.badLines.count) bad lines skipped, \(Self.quotedMax) shown")
    }
    if file.truncatedExamples > 0 {
      sentences.append("\(file.path): \(file.truncatedExamples) examples cut to the block size")
    }
    if !file.linesWithoutResponse.isEmpty {
      let lines = file.linesWithoutResponse.prefix(Self.quotedMax).map(String.init)
        .joined(separator: ", ")
      sentences.append(
        "\(file.path): \(file.linesWithoutResponse.count) examples left out, the block size leaves"
          + " no room for their response: lines \(lines)"
          + (file.linesWithoutResponse.count > Self.quotedMax ? ", …" : ""))
    }
    return sentences + file.notes.map { "\(file.path): \($0)" }
  }
}
