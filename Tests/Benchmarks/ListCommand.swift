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
      ("workload", .left), ("tokens a step", .right), ("what it is", .left), ("goals", .left),
    ])
    for workload in WorkloadTable.all {
      let goal = workload.goals.map(Self.text).joined(separator: "; ")
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

  private static func text(_ goal: Workload.Goal) -> String {
    let aim = goal.ratioAim.map { ", aim \($0)x" } ?? ""
    let peer = goal.beside == .best ? "the best PyTorch" : "float32 eager"
    return "\(goal.ratioMinimum)x\(aim) beside \(peer)"
  }
}
