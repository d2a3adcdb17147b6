import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiFormats
import GenkiTensor

/// How text becomes windows and how they go through the models; shared by the commands that
/// evaluate.
struct EvaluationOptions: ParsableArguments {
  /// The largest window that is taken unasked, as in finetuning.
  static let defaultBlockSizeMaximum = 256
  private static let batchMaximum = 4_096
  private static let threadsMaximum = 256

  @Option(
    parsing: .unconditional, help: "Tokens in a window; default: the model's context, at most 256.")
  var blockSize: Int?

  @Option(parsing: .unconditional, help: "Windows that go through a model together.")
  var batch = 8

  @Option(parsing: .unconditional, help: "Take at most about this many tokens of each data file.")
  var maxTokens: Int?

  @Option(
    parsing: .unconditional, help: "Chooses the windows where not all are taken, and the probe.")
  var seed: UInt64 = 0

  @Option(
    help:
      "Template of conversations in JSONL data: \(ChatTemplate.names.joined(separator: ", ")); default: the base's own."
  )
  var chatTemplate: String?

  @OptionGroup var chat: ChatArguments

  @OptionGroup var threading: ThreadOptions

  /// Opens the base with one model's memory.
  ///
  /// - Parameter compute: The precision of matrix products; whatever decides a score takes float32.
  func session(
    base: String, compute: ComputePrecision = .float32
  ) throws -> EvaluationSession {
    try UsageError.check("--batch", batch, in: 1...Self.batchMaximum)
    if let maxTokens { try UsageError.check("--max-tokens", maxTokens, in: 1...Int.max) }
    return try EvaluationSession(
      base: BaseModel.open(folder: base), rows: batch, threads: try threading.count(),
      kernel: compute.kernel())
  }

  /// The window length for a base.
  func windowLength(_ session: EvaluationSession) throws -> Int {
    let context = session.configuration.maxPositions
    if let blockSize { try UsageError.check("--block-size", blockSize, in: 1...context) }
    return blockSize ?? min(context, Self.defaultBlockSizeMaximum)
  }

  /// Reads the data files with the base's tokenizer; what was skipped is noted on stderr, and belongs
  /// into the document of `--json` (`DataReport.json`).
  func datasets(
    _ paths: [String], session: EvaluationSession, console: Console
  ) throws -> [TextDataset] {
    guard !paths.isEmpty else { return [] }
    try ModelFolder.requireTokenizer(session.base.folder)
    let tokenizer = try Tokenizer.load(path: session.base.folder)
    let options = try DatasetOptions(
      blockSize: windowLength(session), modelFolder: session.base.folder, tokenizer: tokenizer,
      vocabularySize: session.configuration.vocabularySize,
      chat: ChatChoice(
        templateName: chatTemplate,
        arguments: try chat.chatTemplateArguments.map(ChatChoice.arguments) ?? [:],
        date: try chat.day() ?? ChatChoice.unaskedDate))
    return try paths.map { path in
      let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
      for sentence in dataset.report.summary { console.note(sentence) }
      return dataset
    }
  }

  /// The windows of each data set that are evaluated.
  func evaluationSets(_ datasets: [TextDataset]) -> [EvaluationSet] {
    sets(datasets, purpose: "evaluation") { dataset in
      maxTokens.map { max(1, $0 / dataset.blockSize) }
    }
  }

  /// At most `windows` windows of each data set, on which predictions are compared.
  func probe(_ datasets: [TextDataset], windows: Int) -> [EvaluationSet] {
    sets(datasets, purpose: "probe") { _ in windows }
  }

  private func sets(
    _ datasets: [TextDataset], purpose: String, maximum: (TextDataset) -> Int?
  ) -> [EvaluationSet] {
    datasets.enumerated().map { place, dataset in
      EvaluationSet(
        dataset: dataset,
        windows: EvaluationSet.chosenWindows(
          count: dataset.windowCount, maximum: maximum(dataset), seed: seed,
          domain: "\(purpose)/\(place)"))
    }
  }
}
