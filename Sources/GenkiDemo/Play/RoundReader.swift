import GenkiChain
import GenkiCore
import GenkiReport

/// Reads a finished round from the daemons and the ledger.
struct RoundReader {
  let number: Int
  let cast: DemoCast

  private var recipe: RoundRecipe { cast.recipe }
  private var parameters: JSONObject { ["round": JSONValue(number)] }

  /// Everything but losses on texts, trainings and what an epoch brings.
  func figures() throws -> RoundFigures {
    var figures = RoundFigures(number: number)
    figures.isProven = recipe.isProven
    let scores = try cast.validators.map { try $0.call("score.list", parameters) }
    let sum = Self.items(scores[0]).reduce(0) { $0 + ($1["weight"]?.doubleValue ?? 0) }
    figures.candidates = Self.items(scores[0]).map { outcome in
      var candidate = candidate(outcome, sum: sum)
      candidate.scores = scores.map { Self.score(of: candidate.hotkey, in: $0) }
      return candidate
    }
    figures.validators = try cast.validators.map(validator)
    try readDama(&figures)
    return figures
  }

  /// The miners' finetunes, step by step.
  func trainings() throws -> [RoundReport.TrainingCurve] { try cast.miners.compactMap(curve) }

  private static func items(_ answer: JSONValue) -> [JSONValue] {
    answer["items"]?.arrayValue ?? []
  }

  private static func score(of hotkey: String, in scores: JSONValue) -> Double {
    let found = items(scores).first { $0["hotkey"]?.stringValue == hotkey }
    return found?["score"]?.doubleValue ?? -1
  }

  private static func place(_ value: JSONValue?) -> String? {
    guard let repository = value?["repository"]?.stringValue,
      let revision = value?["revision"]?.stringValue
    else { return nil }
    return "\(repository)@\(revision)"
  }

  private func name(_ hotkey: String) -> String { cast.names[hotkey] ?? hotkey }

  private func candidate(_ outcome: JSONValue, sum: Double) -> RoundFigures.Candidate {
    let hotkey = outcome["hotkey"]?.stringValue ?? ""
    let name = name(hotkey)
    let miner = recipe.miner(name)
    let victim = recipe.miners.first?.text ?? ""
    let method: String
    switch name {
    case recipe.copier: method = "the model of round \(number - 1)"
    case recipe.insider: method = "copy + noise \(recipe.copierNoise)"
    default: method = miner?.finetune.title ?? ""
    }
    var candidate = RoundFigures.Candidate(
      name: name, hotkey: hotkey, role: miner == nil ? "copier" : "honest",
      text: miner?.text ?? victim, method: method)
    candidate.deltaLoss = outcome["delta_loss"]?.doubleValue
    candidate.standardError = outcome["standard_error"]?.doubleValue
    candidate.similarity = outcome["data_similarity"]?.doubleValue
    candidate.nearest = outcome["nearest"]?.stringValue.map { self.name($0) }
    candidate.score = outcome["score"]?.doubleValue ?? 0
    candidate.verdict = outcome["verdict"]?.stringValue ?? candidate.verdict
    candidate.reason = outcome["reason"]?.stringValue
    candidate.place = Self.place(outcome)
    let weight = outcome["weight"]?.doubleValue ?? 0
    candidate.weight = sum > 0 ? weight / sum : 0
    return candidate
  }

  private func validator(_ daemon: StageDaemon) throws -> RoundFigures.Validator {
    let hotkey = try cast.hotkey(daemon.name)
    var result = RoundFigures.Validator(name: daemon.name, hotkey: hotkey.description)
    if let found = try daemon.find("round.verify", ["round": JSONValue(number + 1)]) {
      result.isVerified = found["is_verified"]?.boolValue ?? false
      result.damaDigest = try found["recomputed"]?.stringValue ?? baseDigest(daemon)
      result.differences = (found["differences"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    let settings = Self.items(try daemon.call("weights.show", ["limit": 100]))
    let setting = settings.last {
      $0["round"]?.intValue == number && $0["block"]?.intValue != nil
    }
    if let block = setting?["block"]?.intValue,
      let reference = try cast.chain.block(number: UInt64(block))
    {
      result.weights = weights(of: hotkey, in: try cast.chain.metagraph(at: reference))
    }
    return result
  }

  /// The SHA-256 of the base that is in force now: that of this round where nothing helped.
  private func baseDigest(_ daemon: StageDaemon) throws -> String? {
    try daemon.status()["round"]?["base_sha256"]?.stringValue
  }

  /// A validator's vector as the ledger holds it, in shares.
  private func weights(of hotkey: SS58Address, in metagraph: Metagraph) -> [String: Double] {
    let vector = metagraph.neuron(of: hotkey)?.weights ?? []
    let sum = vector.reduce(0.0) { $0 + Double($1.weight) }
    var result: [String: Double] = [:]
    for entry in vector {
      guard let neuron = metagraph.neurons.first(where: { $0.uid == entry.uid }) else { continue }
      result[neuron.hotkey.description] = Double(entry.weight) / sum
    }
    return result
  }

  private func readDama(_ figures: inout RoundFigures) throws {
    let round = try cast.coordinator.call("round.show", parameters)["round"]
    figures.damaFolder = round?["next"]?["folder"]?.stringValue ?? ""
    figures.damaDigest =
      try round?["next"]?["dama_sha256"]?.stringValue ?? baseDigest(cast.coordinator) ?? ""
    let next: JSONObject = ["round": JSONValue(number + 1)]
    figures.damaPlace = Self.place(
      try cast.coordinator.find("round.show", next)?["round"]?["announced"])
    figures.step = round?["next"]?["step"]?.doubleValue
    if let step = figures.step {
      figures.announced = try AnnouncedGain(folder: figures.damaFolder, step: step)
    }
    let report = try RoundReport(json: try cast.coordinator.call("report.get", parameters))
    figures.manifestDigest = report.manifestDigest
    figures.strategy = report.strategy ?? round?["next"]?["note"]?.stringValue
    let shown = Dictionary(
      report.candidates.map { ($0.name, name($0.hotkey ?? $0.name)) }
    ) { first, _ in first }
    figures.similarity = report.similarity.map { table in
      RoundReport.SimilarityTable(
        names: table.names.map { shown[$0] ?? $0 }, values: table.values)
    }
  }

  private func curve(_ miner: StageDaemon) throws -> RoundReport.TrainingCurve? {
    guard
      let job = Self.items(try miner.call("job.list", ["limit": 100])).first(where: {
        $0["round"]?.intValue == number
      }), let recipe = recipe.miner(miner.name)
    else { return nil }
    let found = try miner.call("job.show", ["id": job["id"] ?? 1])
    var curve = RoundReport.TrainingCurve(
      name: miner.name, isBase: false, recipe: recipe.finetune.summary, steps: [], losses: [])
    for (step, loss) in zip(found["steps"]?.arrayValue ?? [], found["losses"]?.arrayValue ?? []) {
      guard let step = step.intValue, let loss = loss.doubleValue else { continue }
      curve.steps.append(step)
      curve.losses.append(loss)
    }
    return curve
  }
}
