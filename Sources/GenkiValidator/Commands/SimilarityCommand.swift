import ArgumentParser
import GenkiConsole
import GenkiCore
import GenkiData
import GenkiFederation

/// `genki-validatord similarity`: how alike models changed the base.
struct SimilarityCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "similarity",
    abstract: "Compare what models changed in the base, pair by pair.",
    discussion: """
      0 says unrelated, 1 says the same. Compared are the changes of the predicted probabilities on \
      a probe, and for full finetunes the changes of the weights. The probe is text of --data, or \
      without it text that the base itself writes.

      EXAMPLE:
        genki-validatord similarity --base base --model first second third --data held-out.txt
      """)

  /// The probe that the base writes is this many windows of at most this many tokens.
  private static let sampledWindows = 16
  private static let sampledBlockSizeMaximum = 128

  @Option(help: ArgumentHelp("The base model.", valueName: "dir")) var base: String
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Models or adapters made from the base.", valueName: "dir"))
  var model: [String]
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Text or JSONL files to take the probe from.", valueName: "path"))
  var data: [String] = []
  @Option(parsing: .unconditional, help: "Windows of each data file in the probe.")
  var probeWindows = 24
  @OptionGroup var evaluation: EvaluationOptions
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    try UsageError.check("--probe-windows", probeWindows, in: 1...1_000_000)
    try ModelArgument.check(base, option: "--base")
    let entries = try ModelArgument.entries(model)
    let session = try evaluation.session(base: base)
    let datasets = try evaluation.datasets(data, session: session, console: console)
    let probe = try probe(session, datasets, console: console)
    let progress = ProgressReporter(console, label: "similarity")
    defer { progress.clear() }
    let matrix = try ScoreRun(session: session, limits: .unbounded)
      .similarity(entries, probe: probe, progress: progress.show)
    progress.clear()
    Self.show(matrix, names: model, console: console)
    console.document([
      "models": .array(model.map { .string($0) }), "similarity": Self.json(matrix),
      "probe": datasets.isEmpty ? "sampled" : "data", "data": DataReport(of: datasets).json,
    ])
  }

  private func probe(
    _ session: EvaluationSession, _ datasets: [TextDataset], console: Console
  ) throws -> [EvaluationSet] {
    if !datasets.isEmpty { return evaluation.probe(datasets, windows: probeWindows) }
    let length = min(
      try evaluation.windowLength(session), Self.sampledBlockSizeMaximum,
      max(1, session.configuration.maxPositions - 1))
    console.note("without --data the probe is text that the base writes")
    return [
      try session.sampledProbe(
        windows: Self.sampledWindows, blockSize: length, seed: evaluation.seed)
    ]
  }

  /// The matrix as a table with numbered columns.
  static func show(_ matrix: SymmetricMatrix, names: [String], console: Console) {
    var table = TextTable(
      [("", .right), ("model", .left)] + names.indices.map { ("\($0 + 1)", .right) })
    for (row, name) in names.enumerated() {
      table.add(
        ["\(row + 1)", name]
          + names.indices.map { HumanUnits.decimal(matrix[row, $0], places: 3) })
    }
    console.table(table)
  }

  /// The matrix for machines.
  static func json(_ matrix: SymmetricMatrix) -> JSONValue {
    .array(matrix.rows.map { .array($0.map { .number($0) }) })
  }
}
