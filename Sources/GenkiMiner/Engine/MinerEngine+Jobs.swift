import Foundation
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore
import GenkiTrain

/// Jobs, one at a time, oldest first.
extension MinerEngine {
  enum JobProgress {
    case idle
    case running
    case progressed
  }

  /// The work's key of a job.
  static func workKey(_ id: Int64) -> String { "job \(id)" }

  func advanceJobs(_ view: View) throws -> JobProgress {
    guard let job = try context.store.read({ try $0.openJobs().first }), let id = job.id else {
      return .idle
    }
    let key = Self.workKey(id)
    let datasets = try context.store.read { transaction in
      try job.datasets.map { name in
        guard let dataset = try transaction.dataset(name) else {
          throw DatasetError.unknown(name: name)
        }
        return dataset
      }
    }
    let (store, finetuner, observer) = (context.store, finetuner, context.observer)
    let recorder = StepRecorder(store: store, observer: observer, job: id)
    do {
      let result = try effects.perform("train", "job \(id)") { () -> Job.Result?? in
        let outcome = work.outcome(of: key) { control in
          try recorder.begin()
          defer { recorder.flush() }
          return try finetuner.run(
            job, datasets: datasets, round: view.round,
            shouldStop: { control.shouldStop }, onEvent: { recorder.take($0) })
        }
        // Optional chaining would make "still running" and "asked to stop" the same.
        guard let outcome else { return .none }
        return .some(try outcome.get())
      } record: { transaction, made in
        guard var job = try transaction.job(id), !job.state.isEnded else { return }
        if let made { try job.apply(.finished(made)) } else { try job.apply(.interrupted) }
        try transaction.save(&job)
      }
      if case .running = result { return .running }
      if case .deferred = result { return .idle }
    } catch let error as any ReportableError {
      try fail(id, error)
    }
    try reportState(id)
    return .progressed
  }

  private func fail(_ id: Int64, _ error: any ReportableError) throws {
    try context.store.write { transaction in
      guard var job = try transaction.job(id), !job.state.isEnded else { return }
      try job.apply(.failed(reason: error.description))
      try transaction.save(&job)
    }
  }

  private func reportState(_ id: Int64) throws {
    guard let job = try context.store.read({ try $0.job(id) }) else { return }
    report(
      "job.state", "job \(id) is \(job.state.rawValue)" + (job.reason.map { ": \($0)" } ?? ""),
      ["job": .integer(id), "state": .string(job.state.rawValue)])
  }
}

/// Notes what a running finetune tells, on the thread that trains.
final class StepRecorder: @unchecked Sendable {
  /// Steps are written together, at most this often.
  private static let flushSeconds = 0.5

  private let store: Store
  private let observer: any NodeObserver
  private let job: Int64
  // Touched by the training thread only.
  private var pending: [(step: Int, loss: Double)] = []
  private var plan: (steps: Int, completed: Int)?
  private var lastFlush = Date.distantPast

  init(store: Store, observer: any NodeObserver, job: Int64) {
    self.store = store
    self.observer = observer
    self.job = job
  }

  func begin() throws {
    try change { try $0.apply(.began) }
  }

  func take(_ event: FinetuneEvent) {
    var fields = event.json.objectValue ?? [:]
    fields["job"] = .integer(job)
    observer.report(NodeEvent("job.event", .debug, "job \(job)", fields))
    switch event {
    case .start(let start):
      try? change { try $0.apply(.planned(steps: start.steps, completed: start.completedSteps)) }
    case .step(let step):
      pending.append((step.step, step.loss))
      if step.step == step.steps || Date().timeIntervalSince(lastFlush) > Self.flushSeconds {
        flush()
      }
      if step.step == step.steps { try? change { try $0.apply(.trained) } }
    case .evaluation, .checkpoint, .done: break
    }
  }

  /// Writes what is pending; a step that is lost here costs a point of a curve, nothing else.
  func flush() {
    guard let last = pending.last else { return }
    lastFlush = Date()
    try? store.write { transaction in
      for step in pending {
        try transaction.addStep(job: job, step: step.step, loss: step.loss)
      }
      guard var record = try transaction.job(job), record.state == .training else { return }
      try record.apply(.stepped(step: last.step, loss: last.loss))
      try transaction.save(&record)
    }
    pending = []
  }

  private func change(_ body: (inout Job) throws -> Void) throws {
    try store.write { transaction in
      guard var record = try transaction.job(job), !record.state.isEnded else { return }
      try body(&record)
      try transaction.save(&record)
    }
  }
}
