import ArgumentParser
import BenchmarkSupport
import GenkiConsole

/// `worker`: one workload in this process, step by step as stdin orders.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Do a workload's steps as stdin orders them.",
    shouldDisplay: false)

  @Argument var workload: String
  @OptionGroup var measure: MeasureOptions

  func run() throws {
    let console = Console(json: true)
    let workloads = try WorkloadTable.named([workload])
    guard let workload = workloads.first, workloads.count == 1 else { return }
    var loop = try WorkerLoop(
      workload: workload, inputs: measure.inputs, threads: measure.threads,
      kernel: measure.compute,
      emit: { console.event($0) })
    try loop.run()
  }
}
