import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import GenkiTensor

/// One finetune, from the base's folder to the output's: load, train, evaluate, keep checkpoints, write.
///
/// Killed at any instant it goes on from its last checkpoint with `resume` and, with the same number of
/// threads, ends in the same bytes as a run that nobody killed.
public final class FinetuneRun {
  /// How a run ended.
  public enum Outcome: Sendable {
    /// The model is complete.
    case done(FinetuneSummary)
    /// The run was asked to stop; its state after `step` steps is in the checkpoint.
    case stopped(step: Int, checkpoint: String)
  }

  private let options: FinetuneOptions

  /// - Throws: `FinetuneError.option` for a value out of range. Nothing is read yet.
  public init(_ options: FinetuneOptions) throws {
    try options.validate()
    self.options = options
  }

  /// Carries out the run.
  ///
  /// - Parameters:
  ///   - shouldStop: Asked between steps; true writes a checkpoint and ends the run.
  ///   - onEvent: Told of everything that happens, on this thread.
  /// - Throws: `FinetuneError`, and what reading base and data and writing the output throw. No file of
  ///   an earlier state is lost.
  public func run(
    shouldStop: () -> Bool = { false }, onEvent: (FinetuneEvent) throws -> Void = { _ in }
  ) throws -> Outcome {
    let folder = try RunFolder(claiming: options.out, resume: options.resume)
    defer { folder.abandonUnlessBegun() }
    let record = try folder.record()
    var options = options
    options.threads = options.threads ?? record?.threads
    options.dataRules = options.dataRules ?? record?.settings.dataRules
    options.date = options.date ?? record?.settings.date
    if let record {
      options.compute = Self.compute(options.compute, record)
      options.storage = options.storage ?? record.settings.storage
      options.recordedSteps = record.settings.steps
    }
    let job = try MappedFiles.checked { try FinetuneJob(options) }
    try record?.settings.check(matches: job.settings, path: options.out)
    if let record, var summary = record.result {
      // The folder may have another name or be seen from elsewhere now.
      summary.out = options.out
      return .done(try finish(folder, summary, onEvent))
    }
    let trainer = try job.makeTrainer()
    if record == nil {
      try folder.write(
        RunRecord(settings: job.settings, threads: job.threads, compute: job.compute))
    }
    let progress = try restore(folder, trainer, job.settings)
    let loop = FinetuneLoop(
      job: job, trainer: trainer, folder: folder, progress: progress,
      checkpointEvery: options.checkpointEvery, evaluationEvery: options.evaluationEvery)
    try onEvent(.start(job.plan(completedSteps: progress.step, record: record)))
    guard let evaluationLoss = try loop.run(shouldStop: shouldStop, onEvent: onEvent) else {
      let path = try loop.writeCheckpoint()
      try onEvent(.checkpoint(step: loop.progress.step, path: path))
      return .stopped(step: loop.progress.step, checkpoint: path)
    }
    let digest = try job.stageOutput(in: folder)
    let summary = FinetuneSummary(
      steps: job.steps, trainLoss: loop.progress.trainLoss,
      evaluationLoss: evaluationLoss.isNaN ? nil : evaluationLoss,
      baseEvaluationLoss: loop.progress.baseLoss, out: options.out, digest: digest.hex)
    // From here on the run has a result: a crash repeats the moves below, not the training.
    try folder.write(
      RunRecord(
        settings: job.settings, threads: record?.threads ?? job.threads,
        compute: record?.compute ?? job.compute, result: summary))
    return .done(try finish(folder, summary, onEvent))
  }

  /// The precision in which a run goes on: that which it began with, unless another one is named. `auto`
  /// names none, nor does it ask for what this processor lacks; a run with a result computes nothing more.
  private static func compute(
    _ asked: ComputePrecision?, _ record: RunRecord
  ) -> ComputePrecision {
    if let asked, asked != .auto { return asked }
    let isPossible = (try? record.compute.kernel()) != nil
    return isPossible || (asked == nil && record.result == nil) ? record.compute : .float32
  }

  /// Moves the finished model to its place and drops the checkpoints.
  private func finish(
    _ folder: RunFolder, _ summary: FinetuneSummary, _ onEvent: (FinetuneEvent) throws -> Void
  ) throws -> FinetuneSummary {
    try folder.publish()
    let found = try WeightFiles.digest(folder: folder.out)
    guard found.hex == summary.digest else {
      throw FinetuneError.damagedState(
        path: folder.out, why: "its weights are not those that the run has written")
    }
    try folder.removeCheckpoints(keeping: 0)
    try onEvent(.done(summary))
    return summary
  }

  /// Loads the last checkpoint that can be read; a fresh start when there is none at all.
  private func restore(
    _ folder: RunFolder, _ trainer: Trainer, _ settings: FinetuneSettings
  ) throws -> FinetuneProgress {
    var firstError: (any Error)?
    for step in try folder.checkpointSteps() {
      do {
        let progress = try Checkpoint.read(
          folder.checkpointPath(step: step), into: trainer.stateSpans, settings: settings)
        trainer.restore(stepCount: progress.step)
        return progress
      } catch {
        firstError = firstError ?? error
      }
    }
    if let firstError { throw firstError }
    return FinetuneProgress()
  }
}
