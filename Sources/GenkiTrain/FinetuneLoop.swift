import GenkiCore
import GenkiModel

/// The steps of a run, with evaluations and checkpoints between them.
final class FinetuneLoop {
  private let job: FinetuneJob
  private let trainer: Trainer
  private let folder: RunFolder
  private let checkpointEvery: Int
  private let evaluationEvery: Int
  /// How far the run has come.
  private(set) var progress: FinetuneProgress

  init(
    job: FinetuneJob, trainer: Trainer, folder: RunFolder, progress: FinetuneProgress,
    checkpointEvery: Int, evaluationEvery: Int
  ) {
    self.job = job
    self.trainer = trainer
    self.folder = folder
    self.progress = progress
    self.checkpointEvery = checkpointEvery
    self.evaluationEvery = evaluationEvery
  }

  /// Does the steps that are left.
  ///
  /// - Returns: The loss on the held-out windows at the end, NaN without such windows; nil when the run
  ///   was asked to stop.
  func run(
    shouldStop: () -> Bool, onEvent: (FinetuneEvent) throws -> Void
  ) throws -> Double? {
    if progress.step == 0, progress.baseLoss == nil {
      guard let loss = try evaluate(shouldStop, onEvent) else { return nil }
      progress.baseLoss = loss.isNaN ? nil : loss
    }
    while progress.step < job.steps {
      if shouldStop() { return nil }
      try step(onEvent)
      guard progress.step < job.steps else { break }
      if isDue(evaluationEvery), try evaluate(shouldStop, onEvent) == nil { return nil }
      if isDue(checkpointEvery) {
        let path = try writeCheckpoint()
        try onEvent(.checkpoint(step: progress.step, path: path))
      }
    }
    return try evaluate(shouldStop, onEvent)
  }

  /// Writes the state after the steps done so far.
  func writeCheckpoint() throws -> String {
    let path = folder.checkpointPath(step: progress.step)
    try Checkpoint.write(
      to: path, trainer.stateSpans, progress: progress, settings: job.settings)
    try folder.removeCheckpoints()
    return path
  }

  private func isDue(_ every: Int) -> Bool { every > 0 && progress.step % every == 0 }

  private func step(_ onEvent: (FinetuneEvent) throws -> Void) throws {
    let start = ContinuousClock.now
    let rate = job.schedule.rate(step: progress.step)
    let result = try trainer.step(job.data.batches(step: progress.step), learningRate: rate)
    guard result.isFinite else {
      let lossFails = !result.loss.isFinite
      throw FinetuneError.notFinite(
        step: progress.step + 1, figure: lossFails ? "loss" : "gradient's norm",
        value: lossFails ? result.loss : result.gradientNorm, checkpoint: try lastCheckpoint())
    }
    progress.record(loss: result.loss)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try onEvent(
      .step(
        FinetuneStep(
          step: progress.step, steps: job.steps, loss: result.loss,
          gradientNorm: result.gradientNorm, learningRate: rate, tokens: result.tokens,
          tokensPerSecond: seconds > 0 ? Double(result.tokens) / seconds : 0)))
  }

  private func lastCheckpoint() throws -> String? {
    try folder.checkpointSteps().first.map { folder.checkpointPath(step: $0) }
  }

  /// The mean loss of the held-out windows; NaN without such windows, nil when asked to stop.
  private func evaluate(
    _ shouldStop: () -> Bool, _ onEvent: (FinetuneEvent) throws -> Void
  ) throws -> Double? {
    var sum = 0.0
    var count = 0
    for batch in job.data.validationBatches {
      if shouldStop() { return nil }
      let losses = try trainer.evaluationLosses(batch)
      for (loss, target) in zip(losses, batch.targets) where target != TokenBatch.ignoredTarget {
        sum += Double(loss)
        count += 1
      }
    }
    guard count > 0 else { return .nan }
    let loss = sum / Double(count)
    guard loss.isFinite else {
      throw FinetuneError.notFinite(
        step: progress.step, figure: "loss on the held-out windows", value: loss,
        checkpoint: try lastCheckpoint())
    }
    try onEvent(.evaluation(step: progress.step, loss: loss))
    return loss
  }
}
