import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiFormats
import GenkiModel

/// `init-model`: a fresh base with random weights.
struct InitModelCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "init-model",
    abstract: "Make a base model with fresh random weights.",
    discussion: """
      EXAMPLE:
        genki-minerd init-model --config config.json \\
          --tokenizer tokenizer.json --out base --seed 1
      """)

  @Option(help: ArgumentHelp("The model's config.json.", valueName: "file"))
  var config: String
  @Option(help: ArgumentHelp("The model's tokenizer.json.", valueName: "file"))
  var tokenizer: String
  @Option(help: ArgumentHelp("A new folder for the model.", valueName: "dir"))
  var out: String
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decides the weights; a whole number from 0.", valueName: "n"))
  var seed: UInt64 = 0
  @OptionGroup var output: OutputOptions

  private static let tokenizerBytesMaximum = 64 << 20

  func run(_ console: Console) throws {
    let configuration = try ModelConfiguration.load(path: config)
    let vocabulary = try Tokenizer.load(path: tokenizer)
    guard vocabulary.vocabularySize <= configuration.vocabularySize else {
      throw ModelMismatch(
        tokenizer: tokenizer, ids: vocabulary.vocabularySize, config: config,
        size: configuration.vocabularySize)
    }
    let folder = try StagedFolder(target: out)
    let model = try LanguageModel(configuration: configuration)
    model.initialize(seed: seed)
    let bytes = try TextFile.readBytes(tokenizer, sizeLimit: Self.tokenizerBytesMaximum)
    try AtomicFile.write(bytes, to: folder.path + "/tokenizer.json")
    try model.save(folder: folder.path, type: .F32)
    let digest = try SHA256Hasher.digest(ofFile: folder.path + "/model.safetensors")
    try folder.publish()
    console.line("\(out): \(HumanUnits.count(model.parameterCount)) weights, sha256 \(digest.hex)")
    console.document(
      .object([
        "out": .string(out), "parameters": JSONValue(model.parameterCount),
        "seed": .unsigned(seed), "sha256": .string(digest.hex),
      ]))
  }
}

/// The tokenizer makes ids that the model has no row for.
struct ModelMismatch: ReportableError {
  let tokenizer: String
  let ids: Int
  let config: String
  let size: Int

  var kind: ErrorKind { .invalidData }
  var what: String { "\(tokenizer) does not fit \(config)" }
  var why: String { "the tokenizer has \(ids) ids and vocab_size is \(size)" }
  var advice: String? { "set vocab_size to at least \(ids)" }
}
