import Foundation
import GenkiCore

extension CommonConfiguration {
  /// Reads and checks a configuration.
  ///
  /// The file is `path`, else `$GENKI_CONFIG`, else `/etc/genki/{minerd,validatord}.toml` if it is
  /// there; variables `GENKI_SECTION_KEY` override it, options override these.
  ///
  /// - Parameters:
  ///   - path: The value of `--config`.
  ///   - environment: The process's environment.
  ///   - options: Words of the command line by `section.key`.
  ///   - systemFolder: Where installed configurations lie.
  /// - Throws: ``ConfigurationError`` with every mistake that was found.
  public static func load(
    path: String?, environment: [String: String], options: [String: String] = [:],
    systemFolder: String = "/etc/genki"
  ) throws -> LoadedConfiguration<Self> {
    var reader = ConfigurationReader<Self>(environment: environment)
    let file = file(path: path, environment: environment, systemFolder: systemFolder)
    if let file { reader.read(file: file) }
    reader.read(words: environment, name: \.variable, origin: { .environment(variable: $0) })
    reader.read(words: options, name: \.name, origin: { .option($0) })
    guard reader.problems.isEmpty else { throw ConfigurationError(reader.problems) }
    return LoadedConfiguration(
      configuration: reader.configuration, file: file, origins: reader.origins,
      warnings: warnings(environment))
  }

  /// Whether this version can run with what is chosen.
  ///
  /// - Throws: ``ConfigurationError`` naming what it cannot.
  public func requireAvailable() throws {
    var problems: [ConfigurationProblem] = []
    let chosen = [
      ("compute.kind", compute.kind.rawValue, ComputeSection.Kind.local.rawValue)
    ]
    for (key, value, available) in chosen where value != available {
      problems.append(
        ConfigurationProblem(
          source: "configuration", key: key, why: "this version cannot run with \"\(value)\"",
          allowed: "set it to \"\(available)\""))
    }
    if chain.kind == .subtensor, chain.urls.isEmpty {
      problems.append(
        ConfigurationProblem(
          source: "configuration", key: "chain.url", why: "a subtensor chain needs a node",
          allowed: "name one, as https://test.finney.opentensor.ai"))
    }
    if hub.kind == .huggingface, hub.account == nil, Self.role == .miner {
      problems.append(
        ConfigurationProblem(
          source: "configuration", key: "hub.account",
          why: "a Hugging Face Hub needs the namespace of our repositories",
          allowed: "the user or organization to whom the token belongs"))
    }
    problems += unavailable
    guard problems.isEmpty else { throw ConfigurationError(problems) }
  }

  private static func file(
    path: String?, environment: [String: String], systemFolder: String
  ) -> String? {
    if let path { return path }
    if let path = environment["GENKI_CONFIG"], !path.isEmpty { return path }
    let installed = "\(systemFolder)/\(role.configurationName)"
    return FileManager.default.fileExists(atPath: installed) ? installed : nil
  }

  /// Variables that look like ours but name no key.
  private static func warnings(_ environment: [String: String]) -> [String] {
    let declared = Set(settings.map(\.declaration.variable)).union(["GENKI_CONFIG"])
    let prefixes = Set(settings.map { "GENKI_\($0.declaration.section.uppercased())_" })
    return environment.keys.sorted().compactMap { name in
      guard prefixes.contains(where: name.hasPrefix), !declared.contains(name) else { return nil }
      let hint = NearestName.of(name, among: declared).map { "; did you mean \($0)?" } ?? ""
      return "the variable \(name.escapingControls()) names no key of the configuration\(hint)"
    }
  }
}

extension MinerConfiguration {
  /// A miner's checked configuration.
  public typealias Loaded = LoadedConfiguration<MinerConfiguration>
}

extension ValidatorConfiguration {
  /// A validator's checked configuration.
  public typealias Loaded = LoadedConfiguration<ValidatorConfiguration>
}
