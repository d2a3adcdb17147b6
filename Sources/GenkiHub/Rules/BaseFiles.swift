import GenkiCore

/// The files of a base that miners and validators download: weights, configuration, tokenizer and
/// what else a model hands on, and the round's manifest.
public struct BaseFiles: Sendable, Hashable {
  /// What to download, sorted by name.
  public let entries: [HubEntry]
  /// Their sizes added up.
  public let bytes: Int

  /// Reads a hostile listing; a refusal names the file that breaks a rule.
  ///
  /// - Parameter needsManifest: Whether the repository must hold a round's manifest.
  public init(
    listing: [HubEntry], limits: FileLimits, needsManifest: Bool = true
  ) throws(FileRefusal) {
    let check = try ListingCheck(listing, limits: limits)
    for file in [RepositoryFile.adapterConfiguration, .adapterWeights] where check.has(file) {
      throw .forbiddenName(name: file.name, reason: "a base is a whole model")
    }
    var wanted = try check.modelWeights()
    try check.require(.configuration)
    try check.require(.companion(name: ModelFiles.tokenizer))
    if needsManifest { try check.require(.manifest) }
    for (file, _) in check.files {
      switch file {
      case .configuration, .companion, .manifest: wanted.insert(file)
      default: continue
      }
    }
    entries = try check.entries(of: wanted, limits: limits)
    bytes = entries.reduce(0) { $0 + $1.bytes }
  }
}
