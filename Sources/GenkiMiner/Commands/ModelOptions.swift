import ArgumentParser
import Foundation
import GenkiConsole
import GenkiFormats
import GenkiModel

/// Which model a command asks, and with how many threads.
struct ModelOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model's folder.", valueName: "dir"))
  var model: String
  @Option(help: ArgumentHelp("A LoRA adapter for it.", valueName: "dir"))
  var adapter: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Worker threads. (default: one a processor)", valueName: "n"))
  var threads: Int?

  /// The worker threads to use.
  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  /// - Throws: `UsageError` for a thread count out of range, or an adapter where a model belongs.
  func check() throws {
    if let threads { try UsageError.check("--threads", threads, in: 1...256) }
    guard ModelFolder.isAdapter(model) else { return }
    throw UsageError(
      "--model", "\(model) is a LoRA adapter",
      advice: "give its base as --model and the adapter as --adapter")
  }

  /// Opens the model, with its adapter, and its tokenizer.
  func load() throws -> (model: LanguageModel, tokenizer: Tokenizer) {
    let model = try LanguageModel.load(folder: self.model, adapterFolder: adapter)
    try ModelFolder.requireTokenizer(self.model)
    return (model, try Tokenizer.load(path: self.model))
  }

  /// Opens the model for writing text, with its adapter, and its tokenizer; weights stay as they are
  /// stored.
  func loadForWriting() throws -> (model: DecodingModel, tokenizer: Tokenizer) {
    let model = try DecodingModel.load(folder: self.model, adapterFolder: adapter)
    try ModelFolder.requireTokenizer(self.model)
    return (model, try Tokenizer.load(path: self.model))
  }

  /// The ids that end a text of the model.
  func endTokens(_ configuration: ModelConfiguration) throws -> Set<Int32> {
    let ids = try EndTokens.load(folder: model, configuration: configuration)
    return Set(ids.compactMap { Int32(exactly: $0) })
  }
}
