/// The files of a miner's submission that a validator downloads: weights, the index of their shards,
/// an adapter's configuration.
///
/// A submission's configuration and tokenizer are never read: the base's are used. All of the listing
/// must be on the list of allowed names, and all sizes are checked, before the first byte.
public struct SubmissionFiles: Sendable, Hashable {
  /// What is published.
  public enum Form: Sendable, Hashable {
    /// A whole model.
    case model
    /// An adapter on the base.
    case adapter
  }

  /// What is published.
  public let form: Form
  /// What to download, sorted by name.
  public let entries: [HubEntry]
  /// Their sizes added up.
  public let bytes: Int

  /// Reads a hostile listing; a refusal names the file that breaks a rule.
  public init(listing: [HubEntry], limits: FileLimits) throws(FileRefusal) {
    let check = try ListingCheck(listing, limits: limits)
    let wanted: Set<RepositoryFile>
    if check.has(.adapterConfiguration) || check.has(.adapterWeights) {
      try Self.requireNoModel(check)
      try check.require(.adapterConfiguration)
      try check.require(.adapterWeights)
      form = .adapter
      wanted = [.adapterConfiguration, .adapterWeights]
    } else {
      form = .model
      wanted = try check.modelWeights()
    }
    entries = try check.entries(of: wanted, limits: limits)
    bytes = entries.reduce(0) { $0 + $1.bytes }
  }

  private static func requireNoModel(_ check: ListingCheck) throws(FileRefusal) {
    let adapter: RepositoryFile =
      check.has(.adapterWeights) ? .adapterWeights : .adapterConfiguration
    for (file, _) in check.files {
      switch file {
      case .weights, .shard, .shardIndex:
        throw .ambiguousWeights(name: file.name, other: adapter.name)
      default: continue
      }
    }
  }
}
