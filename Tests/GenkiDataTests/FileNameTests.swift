import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("How a data file's name says what it is")
struct FileNameTests {
  let folder: TemporaryFolder
  let tokenizer: Tokenizer
  private static let lines = """
    {"prompt": "What is near?", "completion": "The sea."}
    {"prompt": "And far?", "completion": "The hills."}
    """

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
  }

  private func load(
    _ text: String, as name: String, _ rules: DatasetOptions.Rules = .current
  ) throws -> FileReport {
    var options = DatasetOptions(blockSize: 24)
    options.rules = rules
    return try TextDataset.load(
      path: folder.write(text, to: name), tokenizer: tokenizer, options: options
    ).report.files[0]
  }

  @Test(arguments: ["a.jsonl", "a.jsonlines", "a.ndjson", "a.json", "a.JSONLines"])
  func linesAreReadAsJSONL(name: String) throws {
    let report = try load(Self.lines, as: name)
    #expect(report.kind == .jsonLines)
    #expect(report.examples == 2)
  }

  /// Validators have a round's file under names of their own.
  @Test func theNameInTheRulesOfARoundCountsAndNotThatOfTheCopy() throws {
    let path = try folder.write(Self.lines, to: "copy.txt")
    var options = DatasetOptions(blockSize: 24)
    options.format = .named("held-out.jsonl")
    let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    #expect(dataset.report.files[0].kind == .jsonLines)
    #expect(dataset.report.files[0].path == path)
    options.format = .named("held-out.csv")
    #expect(throws: DataError.self) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
  }

  @Test(arguments: [
    ("a.csv", "csv.DictReader"), ("a.CSV", "csv.DictReader"), ("a.tsv", "delimiter"),
    ("a.parquet", "read_parquet"), ("a.arrow", "Dataset.from_file"),
    ("a.feather", "read_feather"), ("a.xlsx", "read_excel"), ("a.xls", "read_excel"),
  ]) func aTableIsRefusedWithTheWayOut(name: String, way: String) throws {
    do {
      _ = try load("instruction,output\nAdd.,3\nSubtract.,1\n", as: name)
      Issue.record("\(name) was read")
    } catch let error as DataError {
      #expect(error.kind == .invalidData)
      for word in [folder.file(name), "not read", "JSONL", way] {
        #expect(error.description.contains(word), "\(error.description)")
      }
    }
    #expect(throws: DataError.self) { try TextDataset.check(path: folder.file(name)) }
    #expect(throws: DataError.self) { try DataTexts.read(path: folder.file(name)) { _ in } }
  }

  @Test(arguments: [("PAR1", TableFormat.parquet), ("ARROW1", .feather)])
  func aTableIsKnownByItsFirstBytes(start: String, format: TableFormat) throws {
    for name in ["a.txt", "a.jsonl"] {
      let path = folder.file(name)
      #expect(throws: DataError.table(path: path, format: format)) {
        try load(start + "\u{15}\u{4}", as: name)
      }
      #expect(throws: DataError.table(path: path, format: format)) {
        try TextDataset.check(path: path)
      }
    }
  }

  @Test func textThatLooksLikeJSONLIsReadAsTextAndSaidToBe() throws {
    let report = try load(Self.lines, as: "a.txt")
    #expect(report.kind == .text)
    #expect(report.notes.contains { $0.contains("JSON object") })
    let read = try DataTexts.read(path: folder.file("a.txt")) { _ in }
    #expect(read.notes.contains { $0.contains("JSON object") })
    #expect(
      try load(String(repeating: "{braces} are no JSON, and that is that\n", count: 3), as: "b.txt")
        .notes.isEmpty)
  }

  /// Rounds of version 0.1: what was a stream of text stays one.
  @Test(arguments: ["a.jsonlines", "a.csv", "a.tsv"])
  func underTheFirstRulesItIsText(name: String) throws {
    #expect(try load(Self.lines, as: name, .first).kind == .text)
  }

  @Test func whatIsDataForAnyModelPassesTheCheck() throws {
    for name in ["a.txt", "a.jsonl", "a"] {
      let path = try folder.write(Self.lines, to: name)
      #expect(throws: Never.self) { try TextDataset.check(path: path) }
    }
    #expect(throws: DataError.folder(path: folder.path)) {
      try TextDataset.check(path: folder.path)
    }
    #expect(throws: FileError.missing(path: folder.file("absent.txt"))) {
      try TextDataset.check(path: folder.file("absent.txt"))
    }
  }
}
