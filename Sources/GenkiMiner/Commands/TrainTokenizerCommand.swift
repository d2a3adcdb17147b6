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
    help: ArgumentHelp("Text or JSONL files, read as finetune reads them.", valueName: "path"))
  var data: [String]
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Tokens, special ones and the 256 bytes included.", valueName: "n"))
  var vocabSize: Int
  @Option(help: ArgumentHelp("The tokenizer.json to write.", valueName: "file"))
  var out: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Special tokens, which get the first ids.", valueName: "token"))
  var specialTokens = TokenizerTrainer.defaultSpecialTokens
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    var trainer = try TokenizerTrainer(vocabularySize: vocabSize, specialTokens: specialTokens)
    var byteCount = 0
    var reports: [FileReport] = []
    for path in data {
      let report = try DataTexts.read(path: path) { text in
        byteCount += text.count
        trainer.add(text)
      }
      if let first = report.badLines.first {
        console.note(
          "\(path): \(report.badLines.count) lines are no examples and are not used, the first is "
            + "line \(first.line): \(first.reason)")
      }
      for note in report.notes { console.note("\(path): \(note)") }
      reports.append(report)
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
        "sha256": .string(digest.hex), "data": DataReport(files: reports).json,
      ]))
  }
}
