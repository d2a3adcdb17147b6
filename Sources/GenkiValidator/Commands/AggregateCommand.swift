import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation

/// `genki-validatord aggregate`: merges models into the next base.
struct AggregateCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "aggregate",
    abstract: "Merge models into the next base, the new Dama.",
    discussion: """
      Models that fail a gate are left out; a change is bounded to three times the median norm; the \
      rest is combined by the strategy in the order given. Weights are scores: no model owns more \
      than half of the result where there are two or more. With --data the step along the combined \
      change is chosen so that no text becomes clearly worse; where none helps nothing is written. \
      manifest.json beside the result says how it was made; verify-round makes it again.

      EXAMPLE:
        genki-validatord aggregate --base base --model first=0.012 second=0.009 \\
          --strategy weighted-mean --out dama --data held-out.txt
      """)

  @Option(help: ArgumentHelp("The base model.", valueName: "dir")) var base: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Models or adapters in commit order, each with its weight (default 1).",
      valueName: "dir[=weight]"))
  var model: [String]
  @Option(
    help: ArgumentHelp(
      "How changes are combined: \(AggregationStrategy.names.joined(separator: ", ")).",
      valueName: "name"))
  var strategy = AggregationStrategy.weightedMean.rawValue
  @Option(
    help: ArgumentHelp(
      "How the new base is stored: float32 loses nothing, base keeps the base's types.",
      valueName: DamaType.names.joined(separator: "|")))
  var dtype = DamaType.float32.rawValue
  @Option(help: ArgumentHelp("Where the new base goes.", valueName: "dir")) var out: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Held-out files that choose the step.", valueName: "path"))
  var data: [String] = []
  @OptionGroup var evaluation: EvaluationOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let strategy = try AggregationStrategy.named(strategy)
    try ModelArgument.check(base, option: "--base")
    let models = try model.map(Self.weighted)
    for folder in [base] + models.map(\.folder) where Self.isSame(folder, out) {
      throw UsageError("--out", "\(out) is one of the inputs", advice: "name another folder")
    }
    let damaType = try DamaType.named(dtype)
    let (heldOut, report) = try heldOut(console)
    var job = AggregationJob(
      baseFolder: base, models: models, strategy: strategy, heldOut: heldOut,
      threads: try evaluation.threading.count())
    job.damaType = damaType
    let progress = ProgressReporter(console, label: "aggregate")
    defer { progress.clear() }
    let manifest = try job.run(out: out, progress: progress.show)
    progress.clear()
    show(manifest, console: console)
    console.document([
      "out": .string(out), "sha256": .string(manifest.dama.digest.hex),
      "content_hash": .string(manifest.dama.contentDigest.hex),
      "strategy": .string(strategy.rawValue), "step_size": .number(manifest.step),
      "dama_dtype": .string(damaType.rawValue),
      "manifest": .string(out + "/" + RoundManifest.fileName),
      "inputs": .array(manifest.inputs.map(\.json)),
      "guard": .array(manifest.trials.map(\.json)), "data": report.json,
      "remark": JSONValue(remark(manifest)),
    ])
  }

  /// `DIR` or `DIR=WEIGHT`; a folder whose name holds a `=` is taken as it stands.
  static func weighted(_ argument: String) throws -> AggregationJob.Model {
    if let place = argument.lastIndex(of: "="),
      !FileManager.default.fileExists(atPath: argument)
    {
      let text = String(argument[argument.index(after: place)...])
      guard let weight = Double(text), weight.isFinite, weight >= 0 else {
        throw UsageError(
          "--model", "\(argument): the weight \(text) is not a number from 0 on",
          advice: "write --model DIR=0.25")
      }
      let folder = String(argument[..<place])
      try ModelArgument.check(folder, option: "--model")
      return AggregationJob.Model(folder: folder, score: weight)
    }
    try ModelArgument.check(argument, option: "--model")
    return AggregationJob.Model(folder: argument)
  }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    URL(filePath: one).resolvingSymlinksInPath().standardizedFileURL
      == URL(filePath: other).resolvingSymlinksInPath().standardizedFileURL
  }

  private func heldOut(
    _ console: Console
  ) throws -> (heldOut: AggregationJob.HeldOut?, report: DataReport) {
    guard !data.isEmpty else { return (nil, DataReport(of: [])) }
    let session = try evaluation.session(base: base)
    let datasets = try evaluation.datasets(data, session: session, console: console)
    let sets = evaluation.evaluationSets(datasets)
    let records = try zip(data, sets).map { path, set in
      RoundManifest.DataFile(
        path: path, digest: try SHA256Hasher.digest(ofFile: path), windows: set.windowCount,
        blockSize: set.blockSize)
    }
    return (
      AggregationJob.HeldOut(
        sets: sets, records: records, seed: evaluation.seed, rows: evaluation.batch),
      DataReport(of: datasets)
    )
  }

  private func remark(_ manifest: RoundManifest) -> String? {
    let merged = manifest.inputs.filter { ($0.part?.weight ?? 0) > 0 }.count
    return manifest.rules.strategy.remark(models: merged)
  }

  private func show(_ manifest: RoundManifest, console: Console) {
    var table = TextTable([
      ("model", .left), ("verdict", .left), ("weight", .right), ("share", .right),
      ("norm", .right), ("bounded by", .right), ("", .left),
    ])
    for input in manifest.inputs {
      table.add([
        input.path, input.rejection == nil ? "accepted" : "rejected",
        input.part.map { "\($0.weight)" } ?? "0",
        input.part.map { HumanUnits.decimal($0.share, places: 4) } ?? "–",
        input.part.map { HumanUnits.decimal($0.norm, places: 4) } ?? "–",
        input.part.map { HumanUnits.decimal($0.normFactor, places: 3) } ?? "–",
        input.rejection?.reason ?? "",
      ])
    }
    console.table(table)
    if let remark = remark(manifest) { console.note(remark) }
    for trial in manifest.trials {
      let gains = trial.gain.domains.map { "\($0.name) \(Figures.signed($0.delta))" }
      let mark = trial.step == manifest.step ? "  <- taken" : ""
      console.line(
        "step \(trial.step): mean \(Figures.signed(trial.gain.delta)), "
          + gains.joined(separator: ", ") + Self.kept(trial) + mark)
    }
    if let remark = manifest.roundingRemark {
      console.note("\(remark); --dtype float32 keeps all of them")
    }
    console.line("wrote \(out): SHA-256 \(manifest.dama.digest.hex)")
  }

  /// What rounding leaves of a step, where anything is rounded.
  private static func kept(_ trial: GuardedStep.Trial) -> String {
    trial.changesKept.map { ", \(percent($0)) of the changes kept" } ?? ""
  }

  private static func percent(_ share: Double) -> String {
    HumanUnits.decimal(100 * share, places: 1) + " %"
  }
}
