import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiFormats
import GenkiModel

/// `logits`: what a model says about every position of a text, for another program to compare.
struct LogitsCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "logits",
    abstract: "Write a model's logits for a text, to compare them with another program's.",
    discussion: """
      The safetensors file holds one float32 tensor, logits, of the shape [tokens, vocabulary]; the \
      ids of the tokens are in its metadata and in the JSON document.

      EXAMPLE:
        genki-minerd logits --model base --adapter mine --text "Thou art" --out logits.safetensors
      """)

  @OptionGroup var asked: ModelOptions
  @Option(help: ArgumentHelp("The text; at most the model's context.", valueName: "text"))
  var text: String
  @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
  var out: String
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    try asked.check()
    let (model, tokenizer) = try asked.load()
    let ids = try Prompt.ids(of: text, tokenizer, model.configuration, option: "--text")
    let evaluator = try Evaluator(
      model: model, blockSize: ids.count, rowsMaximum: 1,
      threads: asked.threadCount)
    let batch = TokenBatch(
      rows: 1, blockSize: ids.count, inputs: ids,
      targets: ids.dropFirst() + [TokenBatch.ignoredTarget])
    var logits: [Float] = []
    logits.reserveCapacity(ids.count * model.configuration.vocabularySize)
    try evaluator.forEachLogits(batch) { logits += $1 }
    let shape = [ids.count, logits.count / ids.count]
    let list = ids.map(String.init).joined(separator: ",")
    try SafetensorsWriter.write(
      to: out, tensors: [("logits", shape, .F32)], metadata: ["format": "pt", "ids": "[\(list)]"]
    ) { _, range, room in
      for (offset, value) in logits[range].enumerated() { room[offset] = value }
    }
    console.line("logits [\(shape[0]), \(shape[1])] of \(ids.count) tokens are in \(out)")
    console.document(
      .object([
        "ids": .array(ids.map { .integer(Int64($0)) }), "out": .string(out),
        "shape": .array(shape.map { JSONValue($0) }),
      ]))
  }
}
