import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFormats

/// `train-tokenizer`: a byte-level BPE tokenizer from texts.
struct TrainTokenizerCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-tokenizer",
    abstract: "Train a byte-level BPE tokenizer on texts.",
    discussion: """
      EXAMPLE:
        genki-minerd train-tokenizer --data mine.txt more.txt \\
          --vocab-size 2048 --out tokenizer.json
      """)

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Text files, or .jsonl files of examples.", valueName: "path"))
  var data: [String]
  @Option(help: ArgumentHelp("Tokens, special ones and the 256 bytes included.", valueName: "n"))
  var vocabSize: Int
  @Option(help: ArgumentHelp("The tokenizer.json to write.", valueName: "file"))
  var out: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Special tokens, which get the first ids.", valueName: "token"))
  var specialTokens = TokenizerTrainer.defaultSpecialTokens
  @OptionGroup var output: OutputOptions

  private static let fileBytesMaximum = 4 << 30

  func run(_ console: Console) throws {
    var trainer = try TokenizerTrainer(vocabularySize: vocabSize, specialTokens: specialTokens)
    var byteCount = 0
    for path in data {
      let file = try MappedFile(path: path, sizeLimit: Self.fileBytesMaximum)
      file.advise(.sequential)
      byteCount += file.bytes.count
      try TextCheck.requireText(file.bytes, path: path, wholly: true)
      try TextCheck.requireUTF8(file.bytes, path: path)
      if path.hasSuffix(".jsonl") {
        try addExamples(file, to: &trainer)
      } else {
        trainer.add(file.bytes)
      }
    }
    let trained = try trainer.train()
    try trained.write(to: out)
    let digest = try SHA256Hasher.digest(ofFile: out)
    console.line(
      "\(out): \(HumanUnits.count(trained.tokens.count)) tokens from "
        + "\(HumanUnits.bytes(byteCount)) of text, sha256 \(digest.hex)")
    console.document(
      .object([
        "out": .string(out), "vocab_size": JSONValue(trained.tokens.count),
        "merges": JSONValue(trained.merges.count), "bytes": JSONValue(byteCount),
        "sha256": .string(digest.hex),
      ]))
  }

  /// Adds every text in a JSONL file; keys are no texts.
  private func addExamples(_ file: MappedFile, to trainer: inout TokenizerTrainer) throws {
    var start = 0
    var number = 0
    while start < file.bytes.count {
      let rest = file.bytes[start...]
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? file.bytes.count
      let line = UnsafeRawBufferPointer(rebasing: file.bytes[start..<end])
      start = end + 1
      number += 1
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      do {
        addTexts(try JSONValue.parse(line, source: file.path), to: &trainer)
      } catch JSONError.invalid(_, _, _, let column, let problem) {
        throw InputLineError.invalid(
          input: file.path, line: number, reason: "column \(column): \(problem.rawValue)",
          expected: "one JSON value")
      }
    }
  }

  private func addTexts(_ value: JSONValue, to trainer: inout TokenizerTrainer) {
    switch value {
    case .string(var text): text.withUTF8 { trainer.add(UnsafeRawBufferPointer($0)) }
    case .array(let elements): for element in elements { addTexts(element, to: &trainer) }
    case .object(let object): for entry in object.entries { addTexts(entry.value, to: &trainer) }
    case .null, .bool, .integer, .unsigned, .number: break
    }
  }
}
