import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

@Suite("Bad data files")
struct BadDataTests {
  let folder: TemporaryFolder
  let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/gpt2"))
  }

  /// A file, its bytes, and what the error must say beside the file's path.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let says: String
    var testDescription: String { "\(name): \(says)" }

    init(_ name: String, _ bytes: [UInt8], _ says: String) {
      self.name = name
      self.bytes = bytes
      self.says = says
    }

    init(_ name: String, _ text: String, _ says: String) {
      self.init(name, Array(text.utf8), says)
    }
  }

  static let text = Array("plain text, line one\nline two ".utf8)

  static let cases = [
    Case("a.txt", "", "it is empty"),
    Case("a.jsonl", "", "it is empty"),
    Case("a.jsonl", "\n  \r\n\t\n", "all its lines are blank"),
    Case("a.jsonl", "\u{FEFF}", "all its lines are blank"),
    Case("a.txt", "one", "one window of block size 8 needs 9"),
    Case("a.txt", "\u{FEFF}", "0 tokens"),
    Case("a.txt", text + [0] + text, "NUL byte at offset 30"),
    Case("a.txt", [0x1F, 0x8B, 8, 0] + text, "gzip"),
    Case("a.jsonl", [0x1F, 0x8B, 8, 0] + text, "gzip"),
    Case("a.jsonl", [0x28, 0xB5, 0x2F, 0xFD] + text, "zstd"),
    Case("a.txt", Array("PK\u{3}\u{4}".utf8) + text, "ZIP"),
    Case("a.parquet", Array("PAR1".utf8) + text, "Parquet"),
    Case("a.pdf", "%PDF-1.7", "PDF"),
    Case("a.txt", [0xFF, 0xFE, 0x41, 0x00], "UTF-16"),
    Case("a.txt", [0xFE, 0xFF, 0x00, 0x41], "UTF-16"),
    Case("a.txt", text + [0xE9] + text, "line 2: the byte at offset 30 is not UTF-8"),
    Case("a.txt", text + [0xC0, 0x80], "not UTF-8"),
    Case("a.txt", text + [0xED, 0xA0, 0x80], "not UTF-8"),
    Case("a.txt", text + [0xF4, 0x90, 0x80, 0x80], "not UTF-8"),
    Case("a.txt", text + [0xE2, 0x82], "not UTF-8"),
    Case("a.json", "[{\"text\": \"a\"}]", "one JSON array"),
    Case("a.json", "\n [\n{\"text\": \"a\"}\n]", "one JSON array"),
    Case("a.jsonl", "[\n  1\n]", "one JSON array"),
    Case("a.json", "{\n  \"text\": \"a\"\n}\n", "line 1: not JSON"),
    Case("a.jsonl", "{\"text\": \"a\"}\nx\ny\n", "2 of its first 3 lines are bad"),
    Case("a.jsonl", Array("{\"text\":\"a".utf8) + [0xFF] + Array("\"}".utf8), "UTF-8"),
    Case("a.jsonl", "text as it stands in a book\n", "line 1: not JSON"),
    Case(
      "a.jsonl", String(repeating: "{\"text\":\"a\"}\nx\n", count: 150),
      "101 of its first 202 lines are bad, at most 100 are skipped"),
  ]

  @Test(arguments: cases) func aBadFileIsRefusedWithItsNameAndTheReason(entry: Case) throws {
    let path = try folder.write(entry.bytes, to: entry.name)
    do {
      let dataset = try TextDataset.load(
        path: path, tokenizer: tokenizer, options: DatasetOptions(blockSize: 8))
      Issue.record("accepted with \(dataset.windowCount) windows")
    } catch let error as any ReportableError {
      #expect(error.description.contains(path), "\(error)")
      #expect(error.description.contains(entry.says), "\(error)")
      #expect(error.kind == .invalidData)
    }
  }

  @Test func foldersMissingFilesAndPipesAreNamed() throws {
    let options = DatasetOptions(blockSize: 8)
    #expect(throws: DataError.folder(path: folder.path)) {
      try TextDataset.load(path: folder.path, tokenizer: tokenizer, options: options)
    }
    #expect(throws: FileError.missing(path: folder.file("absent.txt"))) {
      try TextDataset.load(
        path: folder.file("absent.txt"), tokenizer: tokenizer, options: options)
    }
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    #expect(throws: FileError.notARegularFile(path: folder.file("pipe"))) {
      try TextDataset.load(path: folder.file("pipe"), tokenizer: tokenizer, options: options)
    }
    #expect(throws: DataError.noFiles) {
      try TextDataset.load([], tokenizer: tokenizer)
    }
  }

  @Test(arguments: [0, -1, DatasetOptions.blockSizeMax + 1])
  func anImpossibleBlockSizeIsRefused(blockSize: Int) throws {
    let path = try folder.write("text", to: "a.txt")
    #expect(throws: DataError.blockSize(blockSize)) {
      try TextDataset.load(
        path: path, tokenizer: tokenizer, options: DatasetOptions(blockSize: blockSize))
    }
  }

  @Test func sizeLimitsHoldAtTheLimitAndOnePastIt() throws {
    let text = String(repeating: "some words of text ", count: 20)
    let path = try folder.write(text, to: "a.txt")
    var options = DatasetOptions(blockSize: 8)
    options.fileBytesMaximum = text.utf8.count
    #expect(throws: Never.self) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
    options.fileBytesMaximum -= 1
    #expect(
      throws: DataError.tooLarge(
        path: path, bytes: text.utf8.count, limit: text.utf8.count - 1)
    ) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
  }

  @Test func aHugeLineIsABadLine() throws {
    var options = DatasetOptions(blockSize: 8)
    options.lineBytesMaximum = 100
    let path = try folder.write(
      "{\"text\":\"fits\"}\n{\"text\":\"\(String(repeating: "a", count: 200))\"}\n", to: "a.jsonl")
    let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    #expect(
      dataset.report.badLines == [
        BadLine(file: path, line: 2, reason: "211 bytes, the limit is 100")
      ])
  }

  @Test func theLimitsOfBadLinesAreExact() throws {
    let lines = "{\"text\":\"fits\"}\nx\n{\"text\":\"fits, too\"}\ny\n"
    let path = try folder.write(lines, to: "a.jsonl")
    var options = DatasetOptions(blockSize: 8)
    options.badLinesMaximum = 2
    let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    #expect(dataset.report.badLines.map(\.line) == [2, 4])
    options.badLinesMaximum = 1
    #expect(throws: DataError.self) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
    options.badLinesMaximum = 2
    options.badFractionMaximum = 0.49
    #expect(throws: DataError.self) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
  }

  @Test func aTokenizerOfAnotherModelIsNoticed() throws {
    let text = String(repeating: "What? ", count: 20)
    let path = try folder.write(text, to: "a.txt")
    let largest = try #require(
      tokenizer.encode(text, addedTokens: true, template: false).max())
    var options = DatasetOptions(blockSize: 8)
    options.vocabularySize = Int(largest) + 1
    #expect(throws: Never.self) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
    options.vocabularySize = Int(largest)
    #expect(
      throws: DataError.vocabulary(path: path, token: Int(largest), size: Int(largest))
    ) {
      try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
    }
  }
}
