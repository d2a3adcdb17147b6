import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore

/// `genki-demo round`: a subnet of daemons on this machine plays two whole rounds.
struct RoundCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "round",
    abstract: "Play two federated rounds with two validators, three miners and two copiers.",
    discussion: """
      Trains a base, then runs genki-validatord and genki-minerd, which lie beside this program, as \
      daemons on an embedded chain of their own. Every file stays in one folder: configurations, \
      states, logs, the commands themselves and the report. Blocks are sealed when all daemons wait \
      for one, so the same seed brings the same models on every machine of a kind.

      EXAMPLE:
        deploy/demo
        deploy/demo --json --out demo-output
      """)

  @Option(
    help: ArgumentHelp("Where everything goes; a former demo there is replaced.", valueName: "dir"))
  var out = "demo-output"

  @Option(help: ArgumentHelp("The demo's texts and model configuration.", valueName: "dir"))
  var texts = "config/demo"

  @Option(help: "Worker threads of each daemon.")
  var threads = 1

  @Option(help: "Decides every random choice: another seed is another demo.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Play on a subtensor node that this command starts, instead of the embedded chain.",
      discussion:
        "The node gets --port, --genesis, --log, --block-ms and --finality-lag and has the "
        + "methods fake_advance and fake_verdicts.", valueName: "command"))
  var node: String?

  @Option(
    help: ArgumentHelp(
      "Publish on a Hugging Face Hub that this command starts, instead of a folder.",
      discussion:
        "The server gets --port, --port-file, --data and a --user NAME:TOKEN:write for each account.",
      valueName: "command"))
  var hub: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard threads >= 1 else { throw ValidationError("--threads \(threads): 1 or more is needed") }
  }

  func run(_ console: Console) throws {
    let out = URL(filePath: out).standardizedFileURL.path
    let folder = try DemoFolder(replacing: out)
    let recipe = DemoRecipe(seed: seed)
    let files = DemoFiles(
      folder: folder, recipe: recipe, texts: URL(filePath: texts).standardizedFileURL.path)
    let phases = PhaseClock(console)
    let interruption = Interruption()
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .standardizedFileURL.path
    var settings = Stage.Settings(path: folder.path, programs: programs)
    settings.seed = seed
    settings.threads = threads
    settings.tempo = recipe.tempo
    settings.nodeCommand = node?.split(separator: " ").map(String.init) ?? []
    settings.hubCommand = hub?.split(separator: " ").map(String.init) ?? []
    let summary = DemoSummary(files: files, console: console)
    let stage = try Stage(settings, interruption: interruption)
    let play = DemoPlay(
      recipe: recipe, files: files, stage: stage,
      caller: try ProgramCaller(
        programs: programs, folder: folder.path, interruption: interruption), phases: phases,
      show: { summary.show($0) })
    phases.tell("Two federated rounds on this machine: real text, real training, real daemons.")
    phases.tell("Files go to \(out).")
    phases.tell("")
    let figures = try play.run()
    summary.show(figures)
    if let command = stage.hub?.restartCommand { summary.show(hubCommand: command) }
    console.document(figures.json)
    guard figures.problems.isEmpty else {
      console.error("genki-demo: \(DemoError.outcome(figures.problems))")
      throw ExitCode(ErrorKind.failed.rawValue)
    }
  }
}
