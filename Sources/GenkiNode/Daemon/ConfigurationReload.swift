import GenkiCore
import GenkiService

/// Reading the configuration again while the daemon runs.
public enum ConfigurationReload {
  /// Takes over the log level; everything else needs a restart.
  ///
  /// - Returns: The names of settings that differ and need a restart.
  /// - Throws: `ConfigurationError` for a file that cannot be used; nothing changes then.
  public static func apply<Configuration: CommonConfiguration>(
    _ loaded: LoadedConfiguration<Configuration>, log: DaemonLog, environment: [String: String]
  ) throws -> [String] {
    let fresh = try Configuration.load(path: loaded.file, environment: environment)
    _ = log.setLevel(fresh.configuration.daemon.logLevel)
    return names(differing: loaded.document, fresh.document).filter { $0 != "daemon.log_level" }
  }

  private static func names(differing old: JSONValue, _ new: JSONValue) -> [String] {
    func values(_ document: JSONValue) -> [(String, JSONValue)] {
      (document["settings"]?.arrayValue ?? []).compactMap { entry in
        entry["name"]?.stringValue.map { ($0, entry["value"] ?? .null) }
      }
    }
    let before = Dictionary(values(old)) { first, _ in first }
    return values(new).filter { before[$0.0] != $0.1 }.map(\.0)
  }
}
