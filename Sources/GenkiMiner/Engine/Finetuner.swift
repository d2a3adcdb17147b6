import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiRound
import GenkiService
import GenkiTrain

/// Trains a model for a job; tests bring one that only writes files.
public protocol Finetuner: Sendable {
  /// Trains, going on with what an earlier process has left in `job.out`.
  ///
  /// - Parameter round: The round that the job belongs to, or else the one in force.
  /// - Returns: What was made; nil if it was asked to stop and its state is kept.
  func run(
    _ job: Job, datasets: [DatasetRecord], round: KnownRound?, shouldStop: () -> Bool,
    onEvent: (FinetuneEvent) -> Void
  ) throws -> Job.Result?
}

/// Trains in this process.
public struct LocalFinetuner: Finetuner {
  private let settings: MinerConfiguration.Finetune
  private let compute: ComputeSection

  /// A finetuner with the configuration's settings.
  public init(_ settings: MinerConfiguration.Finetune, compute: ComputeSection) {
    self.settings = settings
    self.compute = compute
  }

  /// Trains; see the protocol.
  public func run(
    _ job: Job, datasets: [DatasetRecord], round: KnownRound?, shouldStop: () -> Bool,
    onEvent: (FinetuneEvent) -> Void
  ) throws -> Job.Result? {
    var options = try JobOptions.options(
      settings, overrides: job.options, base: job.base, data: [], out: job.out)
    options.seed = job.seed
    options.baseName = URL(filePath: job.base).lastPathComponent
    options.threads = compute.threads
    options.memoryBytesMaximum = compute.memoryBytesMaximum
    options.resume = true
    options.data = try datasets.map {
      FinetuneOptions.DataFile(
        path: $0.path, chatTemplate: $0.chatTemplate,
        chatTemplateArguments: try $0.chatTemplateArguments.map(ChatChoice.arguments) ?? [:])
    }
    if let round {
      try Self.apply(round, to: &options)
      // A job of another round goes on under the rules that it began with.
      if job.round == round.round {
        options.dataRules = DatasetOptions.Rules(damaDtype: round.document.rules.damaDtype)
        options.date = round.document.rules.date.flatMap { CalendarDate($0) }
      }
    }
    switch try FinetuneRun(options).run(shouldStop: shouldStop, onEvent: onEvent) {
    case .stopped: return nil
    case .done(let summary):
      guard let digest = ContentDigest(hex: summary.digest) else {
        throw FinetuneError.damagedState(path: job.out, why: "its digest is none")
      }
      return Job.Result(
        sha256: digest, contentHash: try WeightSet.open(folder: job.out).contentDigest(),
        trainLoss: summary.trainLoss, evalLoss: summary.evaluationLoss,
        baseEvalLoss: summary.baseEvaluationLoss)
    }
  }

  /// What a round decides: the length of a window, and, for a finetune of its base, how the model may
  /// be stored.
  static func apply(_ round: KnownRound, to options: inout FinetuneOptions) throws {
    let rules = round.document.rules
    options.blockSize = options.blockSize ?? rules.blockSize
    guard options.base == round.folder else { return }
    if let rank = try options.adapterRank(), rank > rules.rankMaximum {
      throw FinetuneError.option(
        name: options.adapter == nil ? "--rank" : "--adapter",
        why: "rank \(rank) is more than the round takes",
        advice: "at most \(rules.rankMaximum)")
    }
    options.storageRule = rules.storageRule
    if options.storageRule == .baseOnly, options.method == .full { options.unaskedStorage = .base }
  }
}
