import GenkiCore
import GenkiData
import GenkiFormats
import GenkiModel

/// The windows of all data files together, split into those that are trained on and those that are
/// held out. What a step sees depends on the step's number only.
struct TrainingData {
  let dataset: TextDataset
  let training: [Int]
  let validation: [Int]
  private let schedule: BatchSchedule
  private let batchRows: Int

  /// Reads and tokenises the files.
  init(
    _ options: FinetuneOptions, blockSize: Int, tokenizer: Tokenizer, vocabularySize: Int
  ) throws {
    let files = try options.effectiveData.map { file in
      var settings = try DatasetOptions(
        blockSize: blockSize, modelFolder: options.base, tokenizer: tokenizer,
        vocabularySize: vocabularySize,
        chat: ChatChoice(
          templateName: file.chatTemplate, arguments: file.chatTemplateArguments,
          date: options.effectiveDate),
        rules: options.effectiveDataRules)
      settings.badLinesMaximum = options.badLinesMaximum
      return (path: file.path, options: settings)
    }
    dataset = try TextDataset.load(files, tokenizer: tokenizer)
    if options.order == .sequential, dataset.report.files.contains(where: { $0.kind != .text }) {
      throw FinetuneError.option(
        name: "--order sequential", why: "\(options.data[0].path) is not a plain-text file",
        advice: "use --order shuffled for examples")
    }
    batchRows = options.batchRows
    (training, validation) = Self.split(dataset.windowCount, options)
    guard !training.isEmpty else {
      throw FinetuneError.noWindows(paths: options.data.map(\.path), blockSize: blockSize)
    }
    schedule = BatchSchedule(
      windows: training, batchRows: options.rowsPerStep,
      order: options.order == .sequential ? .sequential : .shuffled(seed: options.seed))
  }

  /// Tokens of input in a window.
  var blockSize: Int { dataset.blockSize }

  /// The steps of one pass over the training windows.
  var stepsPerEpoch: Int { schedule.stepsPerEpoch }

  /// The memory that the windows take.
  var plannedBytes: Int { dataset.windowCount * blockSize * 2 * MemoryLayout<Int32>.size }

  /// The batches of a step, counted from 0.
  func batches(step: Int) -> [TokenBatch] {
    let windows = schedule.windows(step: step)
    return stride(from: 0, to: windows.count, by: batchRows).map { first in
      dataset.batch(Array(windows[first..<min(first + batchRows, windows.count)]))
    }
  }

  /// The held-out windows in batches, in a fixed order.
  var validationBatches: some Sequence<TokenBatch> {
    stride(from: 0, to: validation.count, by: batchRows).lazy.map { first in
      dataset.batch(Array(validation[first..<min(first + batchRows, validation.count)]))
    }
  }

  /// A sequential run holds out the last windows, so that it reads the text from its begin; else the
  /// seed decides.
  private static func split(
    _ count: Int, _ options: FinetuneOptions
  ) -> (training: [Int], validation: [Int]) {
    let isSequential = options.order == .sequential
    let unasked =
      isSequential
      ? 0
      : min(
        FinetuneOptions.defaultEvaluationFraction,
        Double(FinetuneOptions.defaultValidationWindowsMaximum) / Double(max(1, count)))
    let fraction = options.evaluationFraction ?? unasked
    guard fraction > 0, count > 1 else { return (Array(0..<count), []) }
    if isSequential {
      let held = min(count - 1, max(1, Int((Double(count) * fraction).rounded())))
      return (Array(0..<(count - held)), Array((count - held)..<count))
    }
    let split = TrainValidationSplit(windowCount: count, fraction: fraction, seed: options.seed)
    return (split.train, split.validation)
  }
}
