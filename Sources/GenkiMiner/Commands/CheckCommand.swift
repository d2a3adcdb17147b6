import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiService

/// `check`: would the daemon start and work?
struct CheckCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration and what it names; change nothing.",
    discussion: """
      EXAMPLE:
        genki-minerd check --config config/minerd.toml
      """)

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config: String?
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let loaded = try MinerConfiguration.load(
      path: config, environment: ProcessInfo.processInfo.environment)
    let configuration = loaded.configuration
    var check = EnvironmentCheck()
    check.look("configuration") {
      try configuration.requireAvailable()
      return loaded.file ?? "all defaults: there is no file"
    }
    check.lookAtCommon(
      daemon: configuration.daemon, wallet: configuration.wallet, chain: configuration.chain,
      hub: configuration.hub, coordinator: configuration.round.coordinator)
    check.look("finetune") {
      _ = try JobOptions.options(
        configuration.finetune, overrides: [:], base: "", data: [], out: "")
      return "\(configuration.finetune.method)"
    }
    if configuration.datasets.isEmpty {
      check.look("dataset") { "none is configured: add one with genkictl dataset add" }
    }
    for dataset in configuration.datasets {
      check.look("dataset \(dataset.name)") {
        let record = try DatasetList.record(
          name: dataset.name, path: dataset.path, chatTemplate: dataset.chatTemplate,
          origin: .configuration)
        return "\(record.path), \(record.bytes) bytes"
      }
    }
    try CheckDisplay.show(check, warnings: loaded.warnings, console: console)
  }
}
