import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation
import GenkiTensor

extension ComputePrecision: ExpressibleByArgument {}

/// `genki-validatord evaluate`: losses of a base and of models made from it.
struct EvaluateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure the loss of models on text, and their gain over the base.",
    discussion: """
      A model is a folder in Hugging Face layout or a PEFT LoRA adapter, which is taken over the \
      base. Losses are nats per token; the loss over several data files is their mean, each file \
      counting the same. With --step-size X the model that is measured is base + X · (model − base).

      EXAMPLE:
        genki-validatord evaluate --base base --model mine adapter --data held-out.txt
      """)

  @Option(help: ArgumentHelp("The base model.", valueName: "dir")) var base: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Models or adapters made from the base.", valueName: "dir"))
  var model: [String] = []
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Text or JSONL files.", valueName: "path"))
  var data: [String]
  @Option(
    parsing: .unconditional, help: "How far from the base to the model the measured point lies.")
  var stepSize = 1.0
  @Option(help: "Precision of matrix products. Scores are always measured in float32.")
  var compute = ComputePrecision.float32
  @OptionGroup var evaluation: EvaluationOptions
  @OptionGroup var output: OutputOptions

  /// One model's figures.
  private struct Measurement {
    let name: String
    let profiles: [LossProfile]
    let seconds: Double

    var loss: Double { profiles.map(\.loss).reduce(0, +) / Double(max(1, profiles.count)) }
    var tokens: Int { profiles.reduce(0) { $0 + $1.tokenCount } }
    var speed: Double { seconds > 0 ? Double(tokens) / seconds : 0 }
  }

  func run(_ console: Console) throws {
    try UsageError.check("--step-size", stepSize, in: -10...10)
    try ModelArgument.check(base, option: "--base")
    for path in model { try ModelArgument.check(path, option: "--model") }
    let session = try evaluation.session(base: base, compute: compute)
    let datasets = try evaluation.datasets(data, session: session, console: console)
    let sets = evaluation.evaluationSets(datasets)
    let progress = ProgressReporter(console, label: "evaluate")
    let windows = sets.reduce(0) { $0 + $1.windowCount }
    var done = 0
    func measure(_ name: String) throws -> Measurement {
      let start = ContinuousClock.now
      let profiles = try session.losses(sets) {
        done += $0
        progress.show(
          ProgressUpdate(phase: name, done: done, total: windows * (model.count + 1)))
      }
      return Measurement(
        name: name, profiles: profiles, seconds: (ContinuousClock.now - start) / .seconds(1))
    }
    defer { progress.clear() }
    try session.loadBase()
    let reference = try measure(base)
    let measured = try model.map { path in
      try session.load(candidate(path, base: session.base), step: stepSize)
      return try measure(path)
    }
    progress.clear()
    show(reference, measured, sets: sets, console: console)
    console.document(document(reference, measured, DataReport(of: datasets)))
  }

  /// The model in whatever storage type: only a round insists on the base's.
  private func candidate(_ path: String, base: BaseModel) throws -> Candidate {
    let opened = Candidate.open(
      folder: path, base: base, limits: .unbounded)
    switch opened {
    case .success(let candidate): return candidate
    case .failure(let rejection):
      throw FederationError.candidateRefused(folder: path, reason: rejection)
    }
  }

  private func show(
    _ reference: Measurement, _ measured: [Measurement], sets: [EvaluationSet], console: Console
  ) {
    var table = TextTable(
      [("model", .left), ("loss", .right), ("gain", .right), ("perplexity", .right)]
        + sets.map { ($0.name, .right) } + [("tokens/s", .right)])
    for (place, entry) in ([reference] + measured).enumerated() {
      let gain = reference.loss - entry.loss
      table.add(
        [
          entry.name, HumanUnits.decimal(entry.loss, places: 4),
          place == 0 ? "" : Figures.signed(gain),
          HumanUnits.decimal(exp(entry.loss), places: 2),
        ]
          + entry.profiles.indices.map { index in
            place == 0
              ? HumanUnits.decimal(entry.profiles[index].loss, places: 4)
              : Figures.signed(reference.profiles[index].loss - entry.profiles[index].loss)
          } + [HumanUnits.count(Int(entry.speed))])
    }
    console.table(table)
  }

  private func document(
    _ reference: Measurement, _ measured: [Measurement], _ report: DataReport
  ) -> JSONValue {
    [
      "base": [
        "loss": .number(reference.loss), "perplexity": .number(exp(reference.loss)),
        "tokens": JSONValue(reference.tokens),
        "tokens_per_second": .number(reference.speed),
      ],
      "models": .array(
        measured.map { entry in
          [
            "model": .string(entry.name), "loss": .number(entry.loss),
            "delta_loss": .number(reference.loss - entry.loss),
            "perplexity": .number(exp(entry.loss)), "tokens": JSONValue(entry.tokens),
            "tokens_per_second": .number(entry.speed),
          ]
        }),
      "datasets": .array(
        data.indices.map { index in
          [
            "data": .string(data[index]),
            "windows": JSONValue(reference.profiles[index].sums.count),
            "tokens": JSONValue(reference.profiles[index].tokenCount),
            "base_loss": .number(reference.profiles[index].loss),
            "models": .array(
              measured.map { entry in
                let gain = reference.profiles[index].gain(
                  of: entry.profiles[index], name: data[index])
                return [
                  "model": .string(entry.name), "loss": .number(entry.profiles[index].loss),
                  "delta_loss": .number(gain.delta),
                  "standard_error": .number(gain.standardError),
                ]
              }),
          ]
        }),
      "step_size": .number(stepSize),
      "compute": .string(compute.rawValue),
      "data": report.json,
    ]
  }
}
