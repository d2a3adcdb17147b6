import Foundation
import GenkiChain
import GenkiCore
import GenkiHub

/// `manifest.json` of a base's repository: a round's rules, and how its base was made.
///
/// Its SHA-256 stands in the announcement on the chain.
public struct RoundDocument: Codable, Sendable, Hashable {
  /// The file's name in the repository.
  public static let fileName = "manifest.json"
  /// The aggregation's own manifest beside it, from which `verify-round` makes the base again.
  public static let aggregationFileName = "aggregation.json"
  /// The kind and version of a document whose rules name the Dama's type. Programs that do not know that
  /// rule know no such document either, and say so instead of judging by other rules.
  public static let currentFormat = "genki-dama/manifest/2"
  /// The kind and version of documents of before.
  public static let firstFormat = "genki-dama/manifest/1"
  /// No document is larger.
  public static let bytesMaximum = 16 << 20

  /// The kind and version of the document.
  public var format: String
  /// The round that these rules are for.
  public var round: UInt64
  /// The content hash of the base's weights.
  public var baseContentHash: ContentDigest
  /// What holds in the round.
  public var rules: RoundRules
  /// How the base was made; nil for the first base.
  public var made: Made?
  /// Content hashes of accepted models of this and of earlier rounds: nobody else may submit them
  /// again.
  public var seen: [Seen]

  /// How a base was made.
  public struct Made: Codable, Sendable, Hashable {
    /// The round that made it.
    public var round: UInt64
    /// That round's base.
    public var base: BasePlace
    /// The block at which the round closed.
    public var closeBlock: UInt64
    /// The hash that seeded its evaluation.
    public var probeSeed: ContentDigest
    /// All candidates in commit order.
    public var candidates: [Outcome]
    /// The base's losses by validation file.
    public var baseLosses: [SetLoss]
    /// The step along the combined change; nil where no step helped and the base stayed.
    public var step: Double?
    /// Why the base stayed.
    public var note: String?
    /// SHA-256 of the new `model.safetensors`; nil where the base stayed.
    public var damaSha256: ContentDigest?
    /// SHA-256 of the aggregation's manifest; nil where the base stayed.
    public var aggregationSha256: ContentDigest?

    /// How a base was made; see the properties.
    public init(
      round: UInt64, base: BasePlace, closeBlock: UInt64, probeSeed: ContentDigest,
      candidates: [Outcome], baseLosses: [SetLoss], step: Double?, note: String?,
      damaSha256: ContentDigest?, aggregationSha256: ContentDigest?
    ) {
      self.round = round
      self.base = base
      self.closeBlock = closeBlock
      self.probeSeed = probeSeed
      self.candidates = candidates
      self.baseLosses = baseLosses
      self.step = step
      self.note = note
      self.damaSha256 = damaSha256
      self.aggregationSha256 = aggregationSha256
    }
  }

  /// Where a base is.
  public struct BasePlace: Codable, Sendable, Hashable {
    /// Its repository.
    public var repository: RepositoryID
    /// Its commit.
    public var revision: Revision
    /// The content hash of its weights.
    public var contentHash: ContentDigest

    /// Where a base is.
    public init(repository: RepositoryID, revision: Revision, contentHash: ContentDigest) {
      self.repository = repository
      self.revision = revision
      self.contentHash = contentHash
    }
  }

  /// The base's loss on one validation file.
  public struct SetLoss: Codable, Sendable, Hashable {
    /// The file's name.
    public var name: String
    /// Nats per token.
    public var loss: Double

    /// The loss on one validation file.
    public init(name: String, loss: Double) {
      self.name = name
      self.loss = loss
    }
  }

  /// One accepted model of a round.
  public struct Seen: Codable, Sendable, Hashable {
    /// The round.
    public var round: UInt64
    /// Whose it was.
    public var hotkey: SS58Address
    /// The content hash of its weights.
    public var contentHash: ContentDigest
    /// The hash of its values; nil from rounds that knew models by their files.
    public var valueHash: ContentDigest?

    /// One accepted model of a round.
    public init(
      round: UInt64, hotkey: SS58Address, contentHash: ContentDigest,
      valueHash: ContentDigest? = nil
    ) {
      self.round = round
      self.hotkey = hotkey
      self.contentHash = contentHash
      self.valueHash = valueHash
    }
  }

  /// A document of the current format.
  public init(
    round: UInt64, baseContentHash: ContentDigest, rules: RoundRules, made: Made?, seen: [Seen]
  ) {
    format = rules.areFirst ? Self.firstFormat : Self.currentFormat
    self.round = round
    self.baseContentHash = baseContentHash
    self.rules = rules
    self.made = made
    self.seen = seen
  }

  /// Rounds whose accepted models are remembered in manifests.
  public static let seenRounds: UInt64 = 3

  /// The models that the manifest after a round remembers: those of the round and of the rounds before.
  public static func seen(after round: UInt64, before: [Seen], outcomes: [Outcome]) -> [Seen] {
    let accepted = outcomes.compactMap { outcome -> Seen? in
      guard outcome.verdict == .accepted, let content = outcome.contentHash else { return nil }
      return Seen(
        round: round, hotkey: outcome.hotkey, contentHash: content, valueHash: outcome.valueHash)
    }
    return before.filter { $0.round + seenRounds > round } + accepted
  }

  /// The file's bytes; equal documents have equal bytes.
  public func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try Array(encoder.encode(self)) + [UInt8(ascii: "\n")]
  }

  /// Reads a document; `source` names it in errors.
  ///
  /// - Throws: `RoundError.badManifest` naming the key that is wrong.
  public static func parse(_ bytes: [UInt8], source: String) throws -> RoundDocument {
    guard bytes.count <= bytesMaximum else {
      throw RoundError.badManifest(
        source: source, reason: "\(bytes.count) bytes are more than the limit of \(bytesMaximum)")
    }
    // Our own reader first: it bounds depth and number of values before anything is allocated.
    let json = try JSONValue.parse(
      bytes, source: source, limits: JSONLimits(depth: 32, bytes: bytesMaximum, values: 1 << 20))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let document: RoundDocument
    do {
      document = try decoder.decode(RoundDocument.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw RoundError.badManifest(source: source, reason: Self.sentence(error))
    }
    guard [firstFormat, currentFormat].contains(document.format) else {
      throw RoundError.badManifest(
        source: source,
        reason: "its format is \(document.format.quoted()), known are \(firstFormat) and "
          + currentFormat)
    }
    guard (document.format == firstFormat) == document.rules.areFirst else {
      throw RoundError.badManifest(
        source: source, reason: "rules.dama_dtype and the format \(document.format) do not fit")
    }
    if let problem = try document.rules.problem ?? document.unknownRule(in: json["rules"]) {
      throw RoundError.badManifest(source: source, reason: "rules: \(problem)")
    }
    return document
  }

  /// A rule that this program would not keep, in words: who does not know a rule cannot follow the round.
  private func unknownRule(in rules: JSONValue?) throws -> String? {
    let known = try JSONValue.parse(encoded(), source: "")["rules"]
    let stated = rules?.objectValue ?? [:]
    if let twice = stated.keys.first(where: { key in stated.keys.count { $0 == key } > 1 }) {
      return "\(twice.quoted()) stands twice"
    }
    let isOptional: Set = ["windows_maximum", "dama_dtype", "date"]
    return stated.keys.first { known?[$0] == nil && !isOptional.contains($0) }.map {
      "\($0.quoted()) is a rule that this program does not know; a newer one is needed"
    }
  }

  private static func sentence(_ error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      let keys = context.codingPath.map(\.stringValue)
      return keys.isEmpty ? "the document" : keys.joined(separator: ".")
    }
    return switch error {
    case .keyNotFound(let key, let context): "\(path(context)) lacks \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "\(path(context)): \(context.debugDescription)"
    case .dataCorrupted(let context): "\(path(context)): \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }
}
