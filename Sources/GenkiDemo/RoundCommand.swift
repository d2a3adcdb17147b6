import ArgumentParser
import Foundation
import GenkiCore
import GenkiConsole

/// `genki-demo round`: a whole round on four texts, with three miners and a copier.
struct RoundCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "round",
    abstract: "Train a base, finetune it three times, copy one, score, merge and report.",
    discussion: """
      Runs genki-minerd and genki-validatord, which lie beside this program, and keeps every file in \
      one folder: models, manifest, logs, the commands themselves and the report.

      EXAMPLE:
        deploy/demo
        deploy/demo --json --out demo-output
      """)

  @Option(
    help: ArgumentHelp("Where everything goes; a former demo there is replaced.", valueName: "dir"))
  var out = "demo-output"

  @Option(help: ArgumentHelp("The demo's texts and model configuration.", valueName: "dir"))
  var texts = "config/demo"

  @Option(help: "Worker threads; all processors unless given.")
  var threads: Int?

  @Option(help: "Decides every random choice: another seed is another round.")
  var seed: UInt64 = 1

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads \(threads): 1 or more is needed")
    }
  }

  func run(_ console: Console) throws {
    let folder = try DemoFolder(replacing: out)
    let clock = PhaseClock(console)
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let round = DemoRound(
      recipe: DemoRecipe(seed: seed), folder: folder, texts: texts, threads: threads,
      caller: try ProgramCaller(programs: programs, folder: folder), phases: clock)
    clock.tell("A federated round on this machine: real text, real training. Files go to \(out).")
    clock.tell("")
    let figures = try round.run()
    if !console.isJSON { DemoSummary(figures: figures, folder: folder).show(on: console) }
    console.document(figures.json)
    guard figures.problems.isEmpty else {
      console.error("genki-demo: \(DemoError.outcome(figures.problems))")
      throw ExitCode(ErrorKind.failed.rawValue)
    }
  }
}
