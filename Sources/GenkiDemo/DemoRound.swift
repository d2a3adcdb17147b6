import Foundation
import GenkiCore
import GenkiReport
import GenkiConsole

/// The demo's round from text to report, each step a command that a person could type.
struct DemoRound {
  private static let miner = "genki-minerd"
  private static let validator = "genki-validatord"
  private static let copierName = "copier"

  let recipe: DemoRecipe
  let folder: DemoFolder
  /// The folder with the texts and the model's configuration.
  let texts: String
  let threads: Int?
  let caller: ProgramCaller
  let phases: PhaseClock

  /// Plays the round; every file of it stays in the folder.
  func run() throws -> DemoFigures {
    var figures = DemoFigures()
    try cutTexts()
    try makeBase(&figures)
    for miner in recipe.miners { try finetune(miner, &figures) }
    try makeCopy(&figures)
    try score(&figures)
    try aggregate(&figures)
    try evaluate(&figures)
    try writeSamples(&figures)
    figures.phases = phases.phases
    try drawReport(figures)
    return figures
  }

  // MARK: - Files

  private func cutTexts() throws {
    for part in TextParts.Part.allCases { _ = try folder.folder("texts/\(part.rawValue)") }
    for text in recipe.texts {
      let bytes = try TextFile.readBytes("\(texts)/\(text).txt", sizeLimit: 300_000)
      let parts = TextParts(bytes)
      for part in TextParts.Part.allCases {
        try AtomicFile.write(parts[part], to: file(of: text, part))
      }
    }
  }

  private func file(of text: String, _ part: TextParts.Part) -> String {
    folder / "texts/\(part.rawValue)/\(text).txt"
  }

  private var base: String { folder / "base" }
  private var dama: String { folder / "dama" }
  private func model(_ name: String) -> String { folder / "miners/\(name)" }
  private var threadOptions: [String] { threads.map { ["--threads", "\($0)"] } ?? [] }

  // MARK: - Miners

  private func makeBase(_ figures: inout DemoFigures) throws {
    let data = recipe.miners.map { file(of: $0.text, .base) }
    let tokenizer = folder / "tokenizer.json"
    try phases.measure("tokenizer", "\(recipe.vocabularySize) tokens of the base's texts") { _ in
      try caller.call(
        Self.miner,
        ["train-tokenizer", "--data"] + data + [
          "--vocab-size", "\(recipe.vocabularySize)", "--out", tokenizer,
        ])
      return nil
    }
    let options = [
      "--steps", "\(recipe.baseSteps)", "--learning-rate", "\(recipe.baseLearningRate)",
    ]
    let description = "GPT-Neo from scratch, \(recipe.baseSteps) steps on the first parts"
    try phases.measure("base", description, steps: recipe.baseSteps) { bar in
      try caller.call(
        Self.miner,
        [
          "init-model", "--config", "\(texts)/config.json", "--tokenizer", tokenizer, "--out",
          folder / "fresh", "--seed", "\(recipe.seed)",
        ])
      let curve = try train(
        name: "base", base: folder / "fresh", data: data, out: base, options: options,
        recipe: "\(recipe.baseSteps) steps at \(recipe.baseLearningRate)", isBase: true, bar: bar)
      figures.trainings.append(curve)
      return Self.summary(curve)
    }
  }

  private func finetune(_ miner: DemoRecipe.Miner, _ figures: inout DemoFigures) throws {
    _ = try folder.folder("miners")
    var options = [
      "--method", miner.method, "--steps", "\(miner.steps)", "--learning-rate",
      "\(miner.learningRate)",
    ]
    if miner.method == "lora" {
      options += ["--rank", "\(recipe.loraRank)", "--alpha", "\(recipe.loraAlpha)"]
    }
    let method = miner.method == "lora" ? "LoRA r=\(recipe.loraRank)" : "full"
    let description = "a miner, \(method), \(miner.steps) steps on the middle part"
    try phases.measure(miner.text, description, steps: miner.steps) { bar in
      let curve = try train(
        name: miner.text, base: base, data: [file(of: miner.text, .miner)],
        out: model(miner.text), options: options,
        recipe: "\(method), \(miner.steps) steps at \(miner.learningRate)", isBase: false, bar: bar)
      figures.trainings.append(curve)
      let hotkey = try makeHotkey(miner.text)
      figures.candidates.append(
        DemoFigures.Candidate(
          name: miner.text, hotkey: hotkey, role: "honest", text: miner.text, method: method))
      return Self.summary(curve)
    }
  }

  private func train(
    name: String, base: String, data: [String], out: String, options: [String], recipe text: String,
    isBase: Bool, bar: ProgressBar
  ) throws -> RoundReport.TrainingCurve {
    var curve = RoundReport.TrainingCurve(
      name: name, isBase: isBase, recipe: text, steps: [], losses: [])
    let arguments =
      ["finetune", "--base", base, "--data"] + data + ["--out", out] + options + [
        "--batch", "\(recipe.batchRows)", "--block-size", "\(recipe.blockSize)", "--seed",
        "\(recipe.seed)",
      ] + threadOptions
    try caller.call(Self.miner, arguments) { event in
      guard event["event"]?.stringValue == "step", let step = event["step"]?.intValue,
        let loss = event["loss"]?.doubleValue
      else { return }
      curve.steps.append(step)
      curve.losses.append(loss)
      bar.update(completed: step, note: "loss \(HumanUnits.decimal(loss, places: 3))")
    }
    return curve
  }

  /// First and last loss of a run.
  private static func summary(_ curve: RoundReport.TrainingCurve) -> String? {
    guard let first = curve.losses.first, let last = curve.losses.last else { return nil }
    return
      "loss \(HumanUnits.decimal(first, places: 2)) → \(HumanUnits.decimal(last, places: 2))"
  }

  private func makeHotkey(_ name: String) throws -> String {
    let made = try caller.call(
      Self.miner,
      ["wallet", "create", "--path", folder / "wallets", "--name", name, "--no-password"])
    guard let address = made["hotkey_ss58"]?.stringValue else {
      throw DemoError.unexpectedOutput(command: "wallet create", problem: "it names no hotkey")
    }
    return address
  }

  private func makeCopy(_ figures: inout DemoFigures) throws {
    guard let victim = recipe.miners.first else { return }
    let noise = recipe.copierNoise
    try phases.measure("copy", "\(victim.text)'s model with noise \(noise), committed last") { _ in
      try caller.call(
        "genki-demo",
        [
          "copy", "--model", model(victim.text), "--base", base, "--out", model(Self.copierName),
          "--noise", "\(noise)", "--seed", "\(recipe.seed)",
        ])
      let hotkey = try makeHotkey(Self.copierName)
      figures.candidates.append(
        DemoFigures.Candidate(
          name: Self.copierName, hotkey: hotkey, role: "copier", text: victim.text,
          method: "copy + noise \(noise)"))
      return nil
    }
  }

  // MARK: - Validator

  private var windowOptions: [String] {
    [
      "--block-size", "\(recipe.blockSize)", "--max-tokens",
      "\(recipe.blockSize * recipe.windowsPerText)", "--seed", "\(recipe.seed)",
    ] + threadOptions
  }

  private var heldOutOptions: [String] {
    ["--data"] + recipe.miners.map { file(of: $0.text, .validation) } + windowOptions
  }

  private func modelOptions(_ figures: DemoFigures) -> [String] {
    figures.candidates.flatMap { ["--model", model($0.name)] }
  }

  private func score(_ figures: inout DemoFigures) throws {
    try phases.measure("score", "gates, Δloss and similarity of every candidate") { _ in
      let result = try caller.call(
        Self.validator,
        ["score", "--base", base] + modelOptions(figures) + heldOutOptions)
      let scores = result["scores"]?.arrayValue ?? []
      guard scores.count == figures.candidates.count else {
        throw DemoError.unexpectedOutput(
          command: "score", problem: "\(scores.count) scores instead of \(figures.candidates.count)"
        )
      }
      for (index, score) in scores.enumerated() {
        figures.candidates[index].read(score)
      }
      figures.shareWeights()
      figures.similarity = RoundReport.SimilarityTable(
        names: figures.candidates.map(\.name),
        values: (result["similarity"]?.arrayValue ?? []).map { row in
          (row.arrayValue ?? []).map { $0.doubleValue ?? 0 }
        })
      return nil
    }
  }

  private func aggregate(_ figures: inout DemoFigures) throws {
    try phases.measure("aggregate", "the new Dama, its step guarded by held-out text") { _ in
      let models = figures.candidates.flatMap { ["--model", "\(model($0.name))=\($0.score)"] }
      let result = try caller.call(
        Self.validator,
        ["aggregate", "--base", base] + models + [
          "--strategy", recipe.strategy, "--out", dama,
        ] + heldOutOptions)
      figures.damaDigest = result["sha256"]?.stringValue ?? ""
      let step = result["step_size"]?.doubleValue
      figures.strategy = "\(recipe.strategy) of the scores" + (step.map { ", step \($0)" } ?? "")
      figures.manifestDigest = try SHA256Hasher.digest(ofFile: "\(dama)/manifest.json").hex
      return step.map { "step \($0)" }
    }
    try phases.measure("verify", "the Dama recomputed from its manifest") { _ in
      try caller.call(Self.validator, ["verify-round", "--manifest", "\(dama)/manifest.json"])
      figures.isVerified = true
      return "the same bytes"
    }
  }

  private func evaluate(_ figures: inout DemoFigures) throws {
    try phases.measure("evaluate", "base and Dama on text that decided nothing") { _ in
      let result = try caller.call(
        Self.validator,
        ["evaluate", "--base", base, "--model", dama, "--data"]
          + recipe.texts.map { file(of: $0, .test) } + windowOptions)
      for (text, set) in zip(recipe.texts, result["datasets"]?.arrayValue ?? []) {
        guard let before = set["base_loss"]?.doubleValue,
          let after = set["models"]?.arrayValue?.first?["loss"]?.doubleValue
        else { throw DemoError.unexpectedOutput(command: "evaluate", problem: "no losses") }
        figures.losses.append(
          RoundReport.TextLoss(
            text: text, base: before, dama: after, isTrainedOn: text != recipe.strangerText))
      }
      return nil
    }
  }

  private func writeSamples(_ figures: inout DemoFigures) throws {
    try phases.measure("generate", "what base and Dama write") { _ in
      let before = try generate(base)
      figures.samples.append(
        RoundReport.TextSample(prompt: recipe.prompt, base: before, dama: try generate(dama)))
      return nil
    }
  }

  private func generate(_ model: String) throws -> String {
    let result = try caller.call(
      Self.miner,
      [
        "generate", "--model", model, "--prompt", recipe.prompt, "--max-tokens",
        "\(recipe.sampleTokens)", "--temperature", "0.7", "--top-k", "40", "--seed",
        "\(recipe.seed)",
      ])
    guard let text = result["text"]?.stringValue else {
      throw DemoError.unexpectedOutput(command: "generate", problem: "no text")
    }
    return text
  }

  private func drawReport(_ figures: DemoFigures) throws {
    try AtomicFile.write(
      figures.report.json.encoded(pretty: true) + "\n", to: folder / "report.json")
    try caller.call(
      Self.validator,
      ["report", "--round", folder / "report.json", "--html", folder / "report.html"])
  }
}

extension DemoFigures.Candidate {
  /// Takes over what `score --json` says of it.
  fileprivate mutating func read(_ score: JSONValue) {
    deltaLoss = score["delta_loss"]?.doubleValue
    standardError = score["standard_error"]?.doubleValue
    similarity = score["data_similarity"]?.doubleValue
    nearest = score["nearest"]?.stringValue.map { URL(filePath: $0).lastPathComponent }
    self.score = score["score"]?.doubleValue ?? 0
    isAccepted = score["verdict"]?.stringValue == "accepted"
    reason = score["reason"]?.stringValue
  }
}
