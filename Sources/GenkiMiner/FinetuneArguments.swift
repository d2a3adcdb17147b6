import ArgumentParser
import GenkiConsole
import GenkiData
import GenkiTensor
import GenkiTrain

// The options of `finetune` by topic. Defaults are stated once, in `FinetuneOptions`.

private let defaults = FinetuneOptions(base: "", data: [], out: "")

extension FinetuneOptions.Method: ExpressibleByArgument {}
extension FinetuneOptions.Order: ExpressibleByArgument {}
extension FinetuneOptions.Decay: ExpressibleByArgument {}
extension ComputePrecision: ExpressibleByArgument {}
extension LearningRateSchedule.Kind: ExpressibleByArgument {}

/// `--dtype`: a storage type, or the choice is ours.
enum StorageArgument: String, ExpressibleByArgument, CaseIterable {
  case auto, float32, bfloat16, float16, base

  /// The type; nil for `auto`.
  var storage: FinetuneOptions.Storage? { FinetuneOptions.Storage(rawValue: rawValue) }
}

/// What is read and written.
struct FinetuneFileArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The base model's folder.", valueName: "dir"))
  var base: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Plain text, or JSONL (.jsonl, .jsonlines, .ndjson, .json); may be repeated.",
      valueName: "path"))
  var data: [String]
  @Option(help: ArgumentHelp("A new folder for the model.", valueName: "dir"))
  var out: String
}

/// What is trained.
struct FinetuneMethodArguments: ParsableArguments {
  @Option(help: "All weights, or a low-rank adapter. (default: full, with --adapter lora)")
  var method: FinetuneOptions.Method?
  @Option(
    help: ArgumentHelp(
      "LoRA: go on training the adapter in this folder, with its modules, ranks and alphas.",
      valueName: "dir"))
  var adapter: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "LoRA: the change's rank. (default: \(FinetuneOptions.defaultRank))", valueName: "n"))
  var rank: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "LoRA: the change is scaled by alpha / rank (default: the rank).", valueName: "x"))
  var alpha: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "LoRA: share of inputs left out in a step. (default: 0, with --adapter its own)",
      valueName: "x"))
  var dropout: Double?
  @Option(
    help: ArgumentHelp(
      "LoRA: names of linear modules, by commas. (default: all in the blocks)", valueName: "a,b"))
  var targetModules: String?

  func apply(to options: inout FinetuneOptions) {
    options.method = method ?? (adapter == nil ? defaults.method : .lora)
    options.adapter = adapter
    options.rank = rank
    options.alpha = alpha
    options.dropout = dropout
    options.targetModules = targetModules.map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      }
    }
  }
}

/// How long, and on how much at once.
struct FinetuneBatchArguments: ParsableArguments {
  @Option(parsing: .unconditional, help: ArgumentHelp("Optimiser steps.", valueName: "n"))
  var steps: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Instead: passes over the windows, together rounded up to whole steps. (default: 1)",
      valueName: "x"))
  var epochs: Double?
  @Option(parsing: .unconditional, help: ArgumentHelp("Windows a batch.", valueName: "n"))
  var batch = defaults.batchRows
  @Option(parsing: .unconditional, help: ArgumentHelp("Batches a step.", valueName: "n"))
  var gradientAccumulation = defaults.gradientAccumulation
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Tokens a window. (default: the model's context, at most 256)", valueName: "n"))
  var blockSize: Int?
  @Option(help: "The order in which windows are seen; sequential takes one text file.")
  var order = defaults.order

  func validate() throws {
    if steps != nil, epochs != nil {
      throw ValidationError("--steps and --epochs cannot be given together")
    }
  }

  func apply(to options: inout FinetuneOptions) throws {
    if let steps { options.length = .steps(steps) }
    if let epochs { options.length = .epochs(epochs) }
    options.batchRows = batch
    options.gradientAccumulation = gradientAccumulation
    options.blockSize = blockSize
    options.order = order
  }
}

/// The optimiser and its rate.
struct FinetuneOptimizerArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The highest learning rate. (default: 1e-4, with LoRA 2e-4)", valueName: "x"))
  var learningRate: Double?
  @Option(help: "The learning rate after the warmup.")
  var schedule = defaults.schedule
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps until the highest learning rate.", valueName: "n"))
  var warmupSteps = defaults.warmupSteps
  @Option(parsing: .unconditional, help: ArgumentHelp("Decay of the weights.", valueName: "x"))
  var weightDecay = defaults.weightDecay
  @Option(help: "Which weights decay: matrices spares biases and norms.")
  var decay = defaults.decay
  @Option(parsing: .unconditional, help: ArgumentHelp("Decay of the first moment.", valueName: "x"))
  var beta1 = defaults.beta1
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Decay of the second moment.", valueName: "x"))
  var beta2 = defaults.beta2
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Added to the root of the second moment.", valueName: "x"))
  var epsilon = defaults.epsilon
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The largest gradient norm. (default: no limit)", valueName: "x"))
  var clipNorm: Double?

  func apply(to options: inout FinetuneOptions) {
    options.learningRate = learningRate
    options.schedule = schedule
    options.warmupSteps = warmupSteps
    options.weightDecay = weightDecay
    options.decay = decay
    options.beta1 = beta1
    options.beta2 = beta2
    options.epsilon = epsilon
    options.clipNorm = clipNorm
  }
}

/// Seeds, evaluation, checkpoints and the form of the output.
struct FinetuneProcessArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Decides every random choice; a whole number from 0.", valueName: "n"))
  var seed = defaults.seed
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of windows held out. (default: 0.05, at most 64 windows; sequential: 0)",
      valueName: "x"))
  var evalFraction: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps between evaluations; 0: begin and end only.", valueName: "n"))
  var evalEvery = defaults.evaluationEvery
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Steps between checkpoints; 0: only when stopped.", valueName: "n"))
  var checkpointEvery = defaults.checkpointEvery
  @Flag(help: "Go on with the run in --out, if there is one.")
  var resume = false
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Worker threads. (default: one a processor)", valueName: "n"))
  var threads: Int?
  @Option(
    help: ArgumentHelp(
      "Precision of matrix products: bf16 is faster where the processor has it, auto takes it there. (default: float32)",
      valueName: "float32|bf16|auto"))
  var compute: ComputePrecision?
  @Option(
    help: ArgumentHelp(
      "How the output is stored; auto is float32, base is as the base's weights are.",
      valueName: "auto|float32|bfloat16|float16|base"))
  var dtype = StorageArgument.auto
  @Option(
    help: ArgumentHelp(
      "How conversations are written: chatml, chatml-default-system, llama3 or plain. (default: as the base does)",
      valueName: "name"))
  var chatTemplate: String?
  @OptionGroup var chat: ChatArguments
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Bad lines a data file may have.", valueName: "n"))
  var badLines = defaults.badLinesMaximum

  func apply(to options: inout FinetuneOptions) throws {
    options.seed = seed
    options.evaluationFraction = evalFraction
    options.evaluationEvery = evalEvery
    options.checkpointEvery = checkpointEvery
    options.resume = resume
    options.threads = threads
    options.compute = compute
    options.storage = dtype.storage
    for index in options.data.indices {
      options.data[index].chatTemplate = chatTemplate
      options.data[index].chatTemplateArguments =
        try chat.chatTemplateArguments.map(ChatChoice.arguments) ?? [:]
    }
    options.date = try chat.day()
    options.badLinesMaximum = badLines
  }
}
