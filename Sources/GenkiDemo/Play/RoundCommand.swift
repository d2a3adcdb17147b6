import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore

/// `genki-demo round`: a subnet of daemons on this machine plays whole rounds.
struct RoundCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "round",
    abstract: "Play federated rounds: the demo, or on a model and data of your own.",
    discussion: """
      Runs genki-validatord and genki-minerd, which lie beside this program, as daemons on an \
      embedded chain of their own. The demo trains a base, then plays two rounds with two \
      validators, three miners and two copiers; with --base, the miners are yours. Every file \
      stays in one folder: configurations, states, logs, the commands themselves and the report. \
      Blocks are sealed when all daemons wait for one, so the same seed brings the same models on \
      every machine of a kind.

      EXAMPLES:
        deploy/demo
        deploy/demo --json --out demo-output
        genki-demo round --base SmolLM2-135M-Instruct \\
          --miner alice=letters.jsonl bob=plays.txt,poems.txt:full \\
          --held-out other-letters.jsonl other-plays.txt --steps 20 --rounds 3
      """)

  @Option(
    help: ArgumentHelp("Where everything goes; a former demo there is replaced.", valueName: "dir"))
  var out = "demo-output"

  @Option(
    help: ArgumentHelp(
      "The demo's texts and model configuration. (default: config/demo)", valueName: "dir"))
  var texts: String?

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

  @OptionGroup(title: "A round of your own") var own: OwnRoundArguments
  @OptionGroup var output: OutputOptions

  private static let textsDefault = "config/demo"

  func validate() throws {
    guard threads >= 1 else { throw ValidationError("--threads \(threads): 1 or more is needed") }
    if texts != nil, own.base != nil {
      throw ValidationError(
        "--texts and --base cannot be given together: the demo trains a base of its own")
    }
  }

  func run(_ console: Console) throws {
    let out = URL(filePath: out).standardizedFileURL.path
    let own = try own.round()
    let findings = try own.map { try OwnRoundCheck($0, out: out, threads: threads).run() }
    let folder = try DemoFolder(replacing: out)
    let demo = DemoRecipe(seed: seed)
    let files = DemoFiles(
      folder: folder, recipe: demo, texts: OwnRound.absolute(texts ?? Self.textsDefault))
    let recipe =
      findings.flatMap { own?.recipe(blockSize: $0.blockSize, seed: seed) } ?? demo.rounds(files)
    let phases = PhaseClock(console)
    let stage = try stage(folder, recipe)
    let caller = try ProgramCaller(
      programs: stage.settings.programs, folder: folder.path, interruption: stage.interruption)
    let summary = DemoSummary(folder: folder, console: console)
    let play = DemoPlay(
      recipe: recipe,
      base: own == nil
        ? DemoBase(recipe: demo, files: files, threads: threads, caller: caller, phases: phases)
        : nil, folder: folder, stage: stage, caller: caller, phases: phases,
      show: { summary.show($0) })
    phases.tell(Self.title(own))
    if let findings { phases.tell(Self.memory(findings)) }
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

  private func stage(_ folder: DemoFolder, _ recipe: RoundRecipe) throws -> Stage {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .standardizedFileURL.path
    var settings = Stage.Settings(path: folder.path, programs: programs)
    settings.seed = seed
    settings.threads = threads
    settings.tempo = recipe.tempo
    settings.nodeCommand = node?.split(separator: " ").map(String.init) ?? []
    settings.hubCommand = hub?.split(separator: " ").map(String.init) ?? []
    return try Stage(settings, interruption: Interruption())
  }

  private static func title(_ own: OwnRound?) -> String {
    guard let own else {
      return "Two federated rounds on this machine: real text, real training, real daemons."
    }
    let rounds = own.rounds == 1 ? "A federated round" : "\(own.rounds) federated rounds"
    return "\(rounds) on this machine: your base, your data, real daemons."
  }

  private static func memory(_ findings: OwnRoundCheck.Findings) -> String {
    let available = findings.availableBytes.map { " of \(HumanUnits.bytes($0))" } ?? ""
    return "The daemons may take \(HumanUnits.bytes(findings.memory.bytes))\(available) of memory."
  }
}
