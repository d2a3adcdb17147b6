import GenkiConsole
import GenkiTrain
import Synchronization

/// Shows a finetune to a person: the plan, a progress bar, a line now and then, the result.
final class FinetuneDisplay {
  private let console: Console
  private var bar: ProgressBar?
  private var completedSteps = 0
  private var steps = 0

  /// About this many step lines are printed in a run.
  private static let linesPerRun = 20

  init(_ console: Console) { self.console = console }

  /// Shows an event; silent under `--json`.
  func show(_ event: FinetuneEvent) {
    switch event {
    case .start(let plan): show(plan)
    case .step(let step): show(step)
    case .evaluation(let step, let loss):
      line("\(label(step))loss on held-out windows \(HumanUnits.decimal(loss, places: 4))")
      // The time for the base's evaluation says nothing about the steps to come.
      if step == 0 { startBar() }
    case .checkpoint(let step, let path): line("\(label(step))checkpoint \(path)")
    case .done(let summary): show(summary)
    }
  }

  /// Takes the progress bar off the terminal.
  func clear() { bar?.clear() }

  private func show(_ plan: FinetunePlan) {
    let all = HumanUnits.shortCount(plan.parameters)
    let trained = HumanUnits.shortCount(plan.trainableParameters)
    let what =
      plan.trainableParameters == plan.parameters
      ? "\(all) weights, all trained" : "\(all) weights, \(trained) of an adapter trained"
    line("base    \(plan.base): \(what)")
    for sentence in plan.data.summary { line("data    \(sentence)") }
    line(
      "run     \(HumanUnits.count(plan.steps)) steps of \(HumanUnits.count(plan.tokensPerStep)) tokens,"
        + " \(HumanUnits.decimal(plan.epochs, places: 2)) passes;"
        + " \(HumanUnits.count(plan.trainingWindows)) windows to train on,"
        + " \(HumanUnits.count(plan.validationWindows)) held out; \(plan.threads) threads, \(plan.compute.rawValue)"
    )
    let available = plan.availableBytes.map { " of \(HumanUnits.bytes($0)) available" } ?? ""
    line("memory  \(HumanUnits.bytes(plan.plannedBytes)) planned\(available)")
    if plan.completedSteps > 0 {
      line("resumed after step \(HumanUnits.count(plan.completedSteps))")
    }
    if let note = plan.storageNote { console.note("note: \(note)") }
    if let threads = plan.begunWithThreads {
      console.note(
        "note: the run began with \(threads) threads; with \(plan.threads) its last bits may differ"
      )
    }
    if let compute = plan.begunWithCompute {
      console.note(
        "note: the run began in \(compute.rawValue); in \(plan.compute.rawValue) its result differs"
      )
    }
    completedSteps = plan.completedSteps
    steps = plan.steps
    startBar()
    bar?.update(completed: completedSteps, note: completedSteps == 0 ? "evaluating the base" : "")
  }

  private func startBar() {
    bar = ProgressBar(console, label: "training", total: steps, completed: completedSteps)
  }

  private func show(_ step: FinetuneStep) {
    let loss = HumanUnits.decimal(step.loss, places: 4)
    let speed = "\(HumanUnits.count(Int(step.tokensPerSecond.rounded()))) tokens/s"
    let every = max(1, step.steps / Self.linesPerRun)
    if step.step % every == 0 || step.step == completedSteps + 1 {
      line("\(label(step.step))loss \(loss)  \(speed)")
    }
    bar?.update(completed: step.step, note: "loss \(loss)  \(speed)")
  }

  private func show(_ summary: FinetuneSummary) {
    func text(_ value: Double?) -> String {
      value.map { HumanUnits.decimal($0, places: 4) } ?? "none held out"
    }
    line()
    line("training loss  \(text(summary.trainLoss))  (mean of the last steps)")
    if let base = summary.baseEvaluationLoss, let loss = summary.evaluationLoss {
      let change = HumanUnits.decimal(base - loss, places: 4)
      line("held-out loss  \(text(base)) before, \(text(loss)) after: better by \(change)")
    }
    line("model          \(summary.out)")
    line("sha256         \(summary.digest)")
  }

  private func label(_ step: Int) -> String { "step \(HumanUnits.count(step))  " }

  private func line(_ text: String = "") {
    bar?.clear()
    console.line(text)
  }
}
