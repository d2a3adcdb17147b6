import ArgumentParser
import GenkiConsole
import GenkiCore

/// `genkictl config`.
struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration.control(
    "config", "A daemon's configuration.", example: "genkictl --miner config get",
    subcommands: [Get.self, Reload.self])

  /// `genkictl config get`.
  struct Get: CallCommand {
    static let configuration = CommandConfiguration.control(
      "get", "Show the settings in force, secrets left out.",
      example: "genkictl --miner config get chain.kind")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @Argument(help: "One key or section, for example chain.kind; all without.")
    var key: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "config.get" }

    func perform(_ console: Console) throws {
      let all = try daemon.connect(Self.kinds).call(method)
      let result = try key.map { try SettingLookup.find($0, in: all) } ?? all
      show(result, console)
      console.document(result)
    }
  }

  /// `genkictl config reload`.
  struct Reload: CallCommand {
    static let configuration = CommandConfiguration.control(
      "reload", "Read the configuration file again.", example: "genkictl --miner config reload")
    static let kinds: [DaemonKind] = [.miner, .validator]

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var output: OutputOptions

    var method: String { "config.reload" }
  }
}

/// Finds a setting by its key in the whole configuration.
enum SettingLookup {
  static func find(_ key: String, in all: JSONValue) throws -> JSONValue {
    if let value = all[key] { return value }
    // Keys may be written out, or be objects inside one another.
    let inside = (all.objectValue ?? [:]).entries.filter { $0.key.hasPrefix(key + ".") }
    if !inside.isEmpty { return .object(JSONObject(entries: inside)) }
    let parts = key.split(separator: ".").map(String.init)
    let found = parts.reduce(Optional(all)) { value, part in value?[part] }
    guard let found, !parts.isEmpty else {
      throw UsageError(key.quoted(), "is no setting", advice: "config get lists all")
    }
    return found
  }
}
