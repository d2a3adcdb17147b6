import ArgumentParser
import BenchmarkSupport
import GenkiConsole
import GenkiCore

/// `list`: the workloads.
struct ListCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Show the workloads.")

  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    var table = TextTable([
      ("workload", .left), ("tokens a step", .right), ("what it is", .left), ("goal", .left),
    ])
    for workload in WorkloadTable.all {
      let goal = workload.goal.map { "\($0.ratioMinimum)x, aim \($0.ratioAim)x" } ?? ""
      let threads = workload.threads.map { ", \($0) thread" } ?? ""
      table.add([
        workload.name, "\(workload.tokensPerStep)", workload.summary + threads, goal,
      ])
    }
    console.table(table)
    console.document(
      .array(
        WorkloadTable.all.map {
          [
            "workload": .string($0.name), "tokens_per_step": JSONValue($0.tokensPerStep),
            "summary": .string($0.summary),
          ]
        }))
  }
}
