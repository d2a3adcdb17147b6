import Foundation
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

    /// The ends of the names of files that are JSONL.
    static let lineExtensions = ["jsonl", "jsonlines", "ndjson", "json"]

    /// How a file of this name is read.
    ///
    /// - Throws: `DataError.table` for a table, which is not.
    init(path: String, rules: DatasetOptions.Rules) throws {
      let end = (path as NSString).pathExtension.lowercased()
      if rules == .current, let format = TableFormat(nameExtension: end) {
        throw DataError.table(path: path, format: format)
      }
      let isUnknown = rules == .first && end == "jsonlines"
      self = Self.lineExtensions.contains(end) && !isUnknown ? .jsonLines : .text
    }
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
  /// Tokens that are used, after truncation: those of the texts and those that end them.
  public var tokens = 0
  /// Tokens besides that the tokenizer puts before documents.
  public var beginTokens = 0
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

  /// The report for machines; a file that was read and not cut has no tokens and windows.
  public var json: JSONValue {
    var members: JSONObject = [
      "path": .string(path), "kind": .string(kind.rawValue), "bytes": JSONValue(bytes),
      "lines": JSONValue(lines), "examples": JSONValue(examples),
    ]
    if windows > 0 {
      members["tokens"] = JSONValue(tokens)
      members["begin_tokens"] = JSONValue(beginTokens)
      members["windows"] = JSONValue(windows)
    }
    members["blank_lines"] = JSONValue(blankLines)
    members["truncated_examples"] = JSONValue(truncatedExamples)
    members["lines_without_response"] = .array(linesWithoutResponse.map { JSONValue($0) })
    members["bad_lines"] = .array(
      badLines.map { ["line": JSONValue($0.line), "reason": .string($0.reason)] })
    members["notes"] = .array(notes.map { .string($0) })
    return .object(members)
  }
}

/// What became of the data: how much is used, and everything that is not, with the reason.
public struct DataReport: Sendable, Equatable {
  /// One entry a file, in order.
  public var files: [FileReport]

  /// A report of files.
  public init(files: [FileReport]) { self.files = files }

  /// The report of several data sets.
  public init(of datasets: [TextDataset]) { files = datasets.flatMap(\.report.files) }

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
  public var json: JSONValue { .array(files.map(\.json)) }

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
