import ArgumentParser
import Foundation
import GenkiService

/// `run`: the daemon.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Follow rounds: fetch, evaluate, score, set weights, merge, round after round.",
    discussion: """
      The configuration is --config, else $GENKI_CONFIG, else /etc/genki/validatord.toml, else all
      defaults. Stop it with Ctrl-C or genkictl shutdown: it goes on where it was.

      EXAMPLE:
        genki-validatord run --config config/validatord.toml
      """)

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config: String?

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    try ValidatorDaemon(try ValidatorConfiguration.load(path: config, environment: environment))
      .run()
  }
}
