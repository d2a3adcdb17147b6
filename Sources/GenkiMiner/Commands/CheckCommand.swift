import ArgumentParser
import Foundation
import GenkiConsole
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore
import GenkiTrain

/// `check`: would the daemon start and work?
struct CheckCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration and what it names; change nothing.",
    discussion: """
      EXAMPLE:
        genki-minerd check --config config/minerd.toml
        genki-minerd check --base base
      """)

  @Option(help: ArgumentHelp("The configuration.", valueName: "file"))
  var config: String?
  @Option(
    help: ArgumentHelp(
      "Plan the memory of a finetune of this base. (default: the last round's base)",
      valueName: "dir"))
  var base: String?
  @Flag(
    help: "Decrypt an encrypted hotkey with its configured password: about half a minute, 512 MiB.")
  var openHotkey = false
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
    let publication =
      configuration.hub.kind == .directory
      ? nil
      : PlannedSubmission.publication(
        configuration, state: StateFolder.database(in: configuration.daemon.stateFolder))
    check.lookAtCommon(
      daemon: configuration.daemon, wallet: configuration.wallet, chain: configuration.chain,
      hub: configuration.hub, coordinator: configuration.round.coordinator,
      isValidator: false, publication: publication, opensHotkey: openHotkey)
    check.look("finetune") {
      _ = try JobOptions.options(
        configuration.finetune, overrides: [:], base: "", data: [], out: "")
      return "\(configuration.finetune.method)"
    }
    check.look("memory") { try memory(configuration) }
    if configuration.datasets.isEmpty {
      check.look("dataset") { "none is configured: add one with genkictl dataset add" }
    }
    for dataset in configuration.datasets {
      check.look("dataset \(dataset.name)") {
        let record = try DatasetList.record(
          name: dataset.name, path: dataset.path, chatTemplate: dataset.chatTemplate,
          chatTemplateArguments: dataset.chatTemplateArguments, origin: .configuration)
        try DatasetList.check(record)
        return "\(record.path), \(record.bytes) bytes"
      }
    }
    try CheckDisplay.show(check, warnings: loaded.warnings, console: console)
  }

  /// What is uploaded, in either type where there are two.
  private static func sizes(_ upload: UploadSize) -> String {
    let wide = HumanUnits.bytes(upload.float32Bytes)
    guard upload.baseBytes != upload.float32Bytes else { return "its upload takes \(wide)" }
    return
      "its upload takes \(wide) as float32 and \(HumanUnits.bytes(upload.baseBytes)) as"
      + " \(upload.baseType), the base's type"
  }

  /// What a finetune with this configuration will take.
  private func memory(_ configuration: MinerConfiguration) throws -> String {
    let state = StateFolder.database(in: configuration.daemon.stateFolder)
    let round = base == nil ? Store.newestRound(path: state) : nil
    guard let folder = base ?? round?.folder else {
      return "no base is known yet: name one with --base, or look again in a round"
    }
    var options = try JobOptions.options(
      configuration.finetune, overrides: [:], base: folder, data: [], out: "")
    options.blockSize = options.blockSize ?? round?.document.rules.blockSize
    options.threads = configuration.compute.threads
    options.memoryBytesMaximum = configuration.compute.memoryBytesMaximum
    if let round { try LocalFinetuner.apply(round, to: &options) }
    try options.checkStorage()
    let plan = try FinetuneMemory.plan(options)
    let available = plan.availableBytes.map { " of \(HumanUnits.bytes($0))" } ?? ""
    let upload = try UploadSize(options)
    return
      "a finetune of \(folder) in windows of \(plan.blockSize) takes \(HumanUnits.bytes(plan.plannedBytes))\(available)"
      + " and 8 bytes for each token of its data, however it is stored; " + Self.sizes(upload)
  }
}
