import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore

/// `genki-demo storm`: rounds on a subtensor node while everything fails.
struct StormCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "storm",
    abstract: "Play small rounds on a subtensor node while node, network and daemons fail.",
    discussion: """
      A gateway before the node answers with errors, loses and truncates answers and is away for a \
      while; the node forks and upgrades its runtime; another client takes a nonce; daemons are killed \
      with SIGKILL. Every round must end with its three models accepted by both validators, everything \
      done once, and the Dama verified.

      EXAMPLE:
        genki-demo storm --node "python3 fake_subtensor.py --vectors vectors" --rounds 2
      """)

  @Option(help: ArgumentHelp("The command that starts the node.", valueName: "command"))
  var node: String

  @Option(help: "How many rounds.")
  var rounds = 1

  @Option(help: "Kills in each round.")
  var kills = 8

  @Option(help: "Of so many requests one is disturbed.")
  var oneIn = 20

  @Option(help: "Seconds for which the node is away, twice a round.")
  var outageSeconds = 15.0

  @Flag(help: "The subnet wants weights to be committed to by hash and revealed an epoch later.")
  var commitReveal = false

  @Option(help: "Decides keys, texts, trainings, faults and kills.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Where everything goes.", valueName: "dir"))
  var out = "storm-output"

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard rounds >= 1, kills >= 0, oneIn >= 2, outageSeconds >= 0, outageSeconds <= 600 else {
      throw ValidationError("--rounds, --kills, --one-in or --outage-seconds is out of range")
    }
  }

  func run(_ console: Console) throws {
    let folder = try DemoFolder(replacing: URL(filePath: out).standardizedFileURL.path)
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .standardizedFileURL.path
    var settings = StormPlay.Settings(
      nodeCommand: node.split(separator: " ").map(String.init), folder: folder.path,
      programs: programs)
    settings.seed = seed
    settings.rounds = rounds
    settings.kills = kills
    settings.oneIn = oneIn
    settings.outageSeconds = outageSeconds
    settings.commitReveal = commitReveal
    let figures = try StormPlay(settings, interruption: Interruption()) { line in
      if console.isJSON { console.error(line) } else { console.fragment(line + "\n") }
    }.run()
    console.table(figures.table)
    for (reason, count) in figures.rejections.sorted(by: { $0.key < $1.key }) {
      console.line("refused \(count) times: \(reason)")
    }
    console.document(figures.json)
    guard figures.problems.isEmpty else {
      console.error("genki-demo: \(DemoError.outcome(figures.problems))")
      console.error("genki-demo: the rounds are in \(folder.path)")
      throw ExitCode(ErrorKind.failed.rawValue)
    }
    console.line("Everything was done, and everything once.")
  }
}
