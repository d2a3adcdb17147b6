import Foundation
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiRound
import GenkiStore
import GenkiTrain

/// What is published with a model and made for it: its card, samples, and configurations without paths.
extension SubmissionHubWork {
  /// Where the state keeps what was made, until the hub has shown it: the configuration may change
  /// meanwhile.
  static func textsKey(_ submission: Int64) -> String { "submission \(submission) texts" }

  /// Makes the texts of a submission and keeps them.
  func makeTexts(of submission: Submission) throws -> [HubFile] {
    let files = try texts(of: submission)
    var kept: [String: String] = [:]
    for case (let name, .bytes(let bytes)) in files.map({ ($0.name, $0.content) }) {
      kept[name] = String(decoding: bytes, as: UTF8.self)
    }
    let encoded = String(decoding: try JSONEncoder().encode(kept), as: UTF8.self)
    if let id = submission.id {
      try context.store.write { try $0.setMeta(Self.textsKey(id), encoded) }
    }
    return files
  }

  /// The texts with which a submission was uploaded.
  func madeTexts(of submission: Submission) throws -> [HubFile] {
    guard let id = submission.id,
      let kept = try context.store.read({ try $0.meta(Self.textsKey(id)) })
    else { return [] }
    return try JSONDecoder().decode([String: String].self, from: Data(kept.utf8))
      .sorted { $0.key < $1.key }.map { HubFile(name: $0.key, bytes: Array($0.value.utf8)) }
  }

  private func texts(of submission: Submission) throws -> [HubFile] {
    let (known, job) = try context.store.read { transaction in
      (
        try transaction.knownRound(submission.round),
        try submission.job.flatMap { try transaction.job($0) }
      )
    }
    guard let known else {
      throw SubmissionError.differs(
        id: submission.id ?? 0, reason: "nothing is known of round \(submission.round)")
    }
    let base = RoundDocument.BasePlace(
      repository: known.announced.repository, revision: known.announced.revision,
      contentHash: submission.base)
    let publish = configuration.publish
    let samples = try publish.samples.map { try SharedSamples.read($0) }
    let card = MinerCard(
      round: submission.round, netuid: context.chain.netuid, hotkey: context.hotkey,
      repository: submission.repository, contentHash: submission.contentHash, base: base,
      isAdapter: ModelFolder.isAdapter(submission.model),
      terms: CardTerms(
        license: publish.license, description: publish.description, languages: publish.language),
      training: try job.flatMap { try training($0, known.document.rules) },
      hasSamples: samples != nil)
    var files = try PublicConfiguration.files(submission.model, base: base)
    files.append(HubFile(name: MinerCard.fileName, bytes: card.bytes))
    if let samples { files.append(HubFile(name: SharedSamples.fileName, bytes: samples)) }
    return files
  }

  /// The settings of a job, without those that name files.
  private func training(_ job: Job, _ rules: RoundRules) throws -> MinerCard.Training? {
    guard let result = job.result else { return nil }
    let options = try JobOptions.options(
      configuration.finetune, overrides: job.options, base: "", data: [], out: "")
    let blockSize = options.blockSize ?? rules.blockSize
    var settings = [("method", options.method.rawValue)]
    if options.method == .lora, options.adapter != nil {
      settings.append(("adapter", "one that was trained before"))
    } else if options.method == .lora {
      settings += [
        ("rank", "\(options.effectiveRank)"),
        ("alpha", "\(options.alpha ?? Double(options.effectiveRank))"),
      ]
      if let modules = options.targetModules {
        settings.append(("target_modules", modules.joined(separator: ", ")))
      }
    }
    switch options.length {
    case .steps(let steps): settings.append(("steps", "\(steps)"))
    case .epochs(let epochs): settings.append(("epochs", "\(epochs)"))
    }
    settings += [
      ("batch", "\(options.batchRows)"),
      ("gradient_accumulation", "\(options.gradientAccumulation)"),
      ("block_size", "\(blockSize)"), ("learning_rate", "\(options.effectiveLearningRate)"),
      ("schedule", options.schedule.rawValue), ("warmup_steps", "\(options.warmupSteps)"),
      ("weight_decay", "\(options.weightDecay)"),
    ]
    if let norm = options.clipNorm { settings.append(("clip_norm", "\(norm)")) }
    let (perStep, isTooMuch) = (options.rowsPerStep).multipliedReportingOverflow(by: blockSize)
    let (tokens, isTooMuchInAll) = perStep.multipliedReportingOverflow(by: job.steps)
    let isKnown = job.steps > 0 && !isTooMuch && !isTooMuchInAll
    return MinerCard.Training(
      settings: settings.map { (name: $0.0, value: $0.1) }, steps: job.steps,
      tokens: isKnown ? tokens : nil, result: result)
  }
}
