import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation

/// `genki-validatord score`: (0.95 − similarity) × Δloss for models in commit order.
struct ScoreCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Score models in commit order: (0.95 − similarity) × Δloss.",
    discussion: """
      The order of the folders is the order of commitment: a model is compared with those before \
      it. Δloss is measured at base + λ · (model − base), since a model enters the next base with a \
      small step; λ is --step-size. A gain below two standard errors counts as none. A model that \
      fails a gate is rejected with the reason.

      EXAMPLE:
        genki-validatord score --base base --model first second copy --data a.txt b.txt
      """)

  @Option(help: ArgumentHelp("The base model.", valueName: "dir")) var base: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Models or adapters in commit order.", valueName: "dir"))
  var model: [String]
  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Held-out text or JSONL files.", valueName: "path")
  )
  var data: [String]
  @Option(
    parsing: .unconditional,
    help: "The step λ at which the gain is measured; 1 is the literal reading.")
  var stepSize = 0.125
  @Option(
    parsing: .unconditional, help: "Windows of each data file on which predictions are compared.")
  var probeWindows = 24
  @OptionGroup var evaluation: EvaluationOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    guard stepSize > 0, stepSize <= 1 else {
      throw UsageError("--step-size", "\(stepSize) is out of range", advice: "above 0, at most 1")
    }
    try UsageError.check("--probe-windows", probeWindows, in: 1...1_000_000)
    try ModelArgument.check(base, option: "--base")
    let entries = try ModelArgument.entries(model)
    let session = try evaluation.session(base: base)
    let datasets = try evaluation.datasets(data, session: session, console: console)
    let progress = ProgressReporter(console, label: "score")
    defer { progress.clear() }
    let report = try ScoreRun(session: session, rules: ScoringRules(stepSize: stepSize)).report(
      entries, sets: evaluation.evaluationSets(datasets),
      probe: evaluation.probe(datasets, windows: probeWindows), progress: progress.show)
    progress.clear()
    show(report, console: console)
    console.document(document(report, DataReport(of: datasets)))
  }

  private func show(_ report: ScoreRun.Report, console: Console) {
    var table = TextTable([
      ("model", .left), ("Δloss", .right), ("± 2 SE", .right), ("similarity", .right),
      ("nearest", .left), ("score", .right), ("weight", .right), ("verdict", .left),
      ("", .left),
    ])
    for score in report.scores {
      table.add([
        score.name, score.measuredGain.map(Figures.signed) ?? "–",
        score.standardError.map { HumanUnits.decimal(2 * $0, places: 4) } ?? "–",
        HumanUnits.decimal(score.similarity, places: 3),
        score.nearest.map { model[$0] } ?? "–", HumanUnits.decimal(score.score, places: 5),
        "\(report.weights?[score.index] ?? 0)", score.isAccepted ? "accepted" : "rejected",
        score.reason ?? "",
      ])
    }
    console.table(table)
  }

  private func document(_ report: ScoreRun.Report, _ data: DataReport) -> JSONValue {
    [
      "scores": .array(report.scores.map { json($0, report) }),
      "models": .array(model.map { .string($0) }),
      "similarity": SimilarityCommand.json(report.similarity),
      "base_losses": .array(
        zip(self.data, report.baseLosses).map { ["data": .string($0), "loss": .number($1)] }),
      "step_size": .number(stepSize), "data": data.json,
    ]
  }

  private func json(_ score: CandidateScore, _ report: ScoreRun.Report) -> JSONValue {
    var result: JSONObject = [
      "model": .string(score.name),
      "delta_loss": score.measuredGain.map { .number($0) } ?? .null,
      "data_similarity": .number(score.similarity),
      "nearest": JSONValue(score.nearest.map { model[$0] }), "score": .number(score.score),
      "verdict": score.isAccepted ? "accepted" : "rejected", "reason": JSONValue(score.reason),
      "standard_error": score.standardError.map { .number($0) } ?? .null,
      "counted_delta_loss": .number(score.countedGain),
      "weight": JSONValue(Int(report.weights?[score.index] ?? 0)),
      "datasets": .array(domains(report.gains[score.index])),
    ]
    if let rejection = score.rejection {
      result["gate"] = JSONValue(rejection.gate)
      result["code"] = .string(rejection.code)
    } else if let remark = score.remark {
      result["code"] = .string(remark.rawValue)
    }
    return .object(result)
  }

  private func domains(_ gain: LossGain?) -> [JSONValue] {
    zip(data, gain?.domains ?? []).map { path, domain in
      [
        "data": .string(path), "delta_loss": .number(domain.delta),
        "standard_error": .number(domain.standardError),
      ]
    }
  }
}
