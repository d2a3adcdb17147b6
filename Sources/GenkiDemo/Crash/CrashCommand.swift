import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore

/// `genki-demo crash`: kills daemons in the middle of everything and compares what comes out.
struct CrashCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "crash",
    abstract: "Play a small round again and again while its daemons are killed.",
    discussion: """
      The first round is undisturbed. Then daemons are killed with SIGKILL at instants drawn from the \
      seed, over the whole round and, for what is short, right after it has begun, and are started \
      again at once. Every round must end in the same accepted models, the same weights and the same \
      Dama, with nothing committed, set or announced twice.

      EXAMPLE:
        genki-demo crash --kills 200 --seed 1
      """)

  @Option(help: "How many kills.")
  var kills = 50

  @Option(help: "Decides keys, texts, trainings and the instants of the kills.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Keep every round's folder here.", valueName: "dir"))
  var roundsOut: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard kills >= 1 else { throw ValidationError("--kills \(kills): 1 or more is needed") }
  }

  func run(_ console: Console) throws {
    let temporary = FileManager.default.temporaryDirectory.appending(
      path: "crash-\(ProcessInfo.processInfo.processIdentifier)")
    let folder = try DemoFolder(
      replacing: (roundsOut.map { URL(filePath: $0) } ?? temporary).standardizedFileURL.path)
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .standardizedFileURL.path
    var settings = CrashPlay.Settings(
      kills: kills, seed: seed, folder: folder.path, programs: programs)
    settings.keepsRounds = roundsOut != nil
    let play = CrashPlay(settings, interruption: Interruption()) { line in
      if console.isJSON { console.error(line) } else { console.fragment(line + "\n") }
    }
    console.fragment("seed \(seed), \(kills) kills\n")
    let figures = try play.run()
    console.table(figures.table)
    console.line(
      "\(figures.killCount) kills in \(figures.rounds) rounds, \(CrashPlay.text(figures.seconds)) s"
    )
    console.document(figures.json)
    guard figures.problems.isEmpty else {
      console.error("genki-demo: \(DemoError.outcome(figures.problems))")
      console.error("genki-demo: the rounds are in \(folder.path)")
      throw ExitCode(ErrorKind.failed.rawValue)
    }
    console.line("Every round ended as the undisturbed one.")
    if roundsOut == nil { try FileManager.default.removeItem(atPath: folder.path) }
  }
}
