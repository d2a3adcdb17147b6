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
    return loaded.changedKeys(in: fresh).filter { $0 != "daemon.log_level" }
  }
}
