import GenkiCore

/// The calls of the chain that this program's users make.
public enum SubtensorCall: Sendable, Hashable {
  /// Replaces the signer's commitment; each field has at most 128 bytes.
  case setCommitment(netuid: UInt16, fields: [[UInt8]])
  /// Replaces the signer's weights.
  case setWeights(netuid: UInt16, weights: [UidWeight], versionKey: UInt64)
  /// Replaces the signer's weights of one mechanism of the subnet.
  case setMechanismWeights(
    netuid: UInt16, mechanism: UInt8, weights: [UidWeight], versionKey: UInt64)
  /// Commits to weights by their hash, `WeightCommit.hash`.
  case commitWeights(netuid: UInt16, hash: ContentDigest)
  /// Commits to weights of one mechanism.
  case commitMechanismWeights(netuid: UInt16, mechanism: UInt8, hash: ContentDigest)
  /// Reveals what `commitWeights` committed to.
  case revealWeights(netuid: UInt16, weights: [UidWeight], salt: [UInt16], versionKey: UInt64)
  /// Reveals what `commitMechanismWeights` committed to.
  case revealMechanismWeights(
    netuid: UInt16, mechanism: UInt8, weights: [UidWeight], salt: [UInt16], versionKey: UInt64)
  /// Registers a hotkey for the price of the moment; the coldkey signs and pays.
  case burnedRegister(netuid: UInt16, hotkey: SS58Address)
  /// Registers a hotkey for at most a price in rao; the coldkey signs and pays.
  case registerLimit(netuid: UInt16, hotkey: SS58Address, limitPrice: UInt64)

  /// The bytes that one field of a commitment holds.
  public static let commitmentFieldMaximum = 128

  /// The pallet.
  public var pallet: String {
    if case .setCommitment = self { "Commitments" } else { "SubtensorModule" }
  }

  /// The function.
  public var function: String {
    switch self {
    case .setCommitment: "set_commitment"
    case .setWeights: "set_weights"
    case .setMechanismWeights: "set_mechanism_weights"
    case .commitWeights: "commit_weights"
    case .commitMechanismWeights: "commit_mechanism_weights"
    case .revealWeights: "reveal_weights"
    case .revealMechanismWeights: "reveal_mechanism_weights"
    case .burnedRegister: "burned_register"
    case .registerLimit: "register_limit"
    }
  }

  /// The arguments by name.
  public var arguments: [String: ScaleValue] {
    switch self {
    case .setCommitment(let netuid, let fields):
      [
        "netuid": .unsigned(UInt64(netuid)),
        "info": .structure([
          "fields": .sequence(fields.map { .named("Raw\($0.count)", [.bytes($0)]) })
        ]),
      ]
    case .setWeights(let netuid, let weights, let versionKey):
      Self.vector(netuid, nil, weights, ("dests", "weights"), versionKey)
    case .setMechanismWeights(let netuid, let mechanism, let weights, let versionKey):
      Self.vector(netuid, mechanism, weights, ("dests", "weights"), versionKey)
    case .commitWeights(let netuid, let hash):
      ["netuid": .unsigned(UInt64(netuid)), "commit_hash": .bytes(hash.bytes)]
    case .commitMechanismWeights(let netuid, let mechanism, let hash):
      [
        "netuid": .unsigned(UInt64(netuid)), "mecid": .unsigned(UInt64(mechanism)),
        "commit_hash": .bytes(hash.bytes),
      ]
    case .revealWeights(let netuid, let weights, let salt, let versionKey):
      Self.vector(netuid, nil, weights, ("uids", "values"), versionKey)
        .merging(["salt": .numbers(salt)]) { $1 }
    case .revealMechanismWeights(let netuid, let mechanism, let weights, let salt, let versionKey):
      Self.vector(netuid, mechanism, weights, ("uids", "values"), versionKey)
        .merging(["salt": .numbers(salt)]) { $1 }
    case .burnedRegister(let netuid, let hotkey):
      ["netuid": .unsigned(UInt64(netuid)), "hotkey": .account(hotkey)]
    case .registerLimit(let netuid, let hotkey, let limitPrice):
      [
        "netuid": .unsigned(UInt64(netuid)), "hotkey": .account(hotkey),
        "limit_price": .unsigned(limitPrice),
      ]
    }
  }

  private static func vector(
    _ netuid: UInt16, _ mechanism: UInt8?, _ weights: [UidWeight],
    _ names: (uids: String, weights: String), _ versionKey: UInt64
  ) -> [String: ScaleValue] {
    var result: [String: ScaleValue] = [
      "netuid": .unsigned(UInt64(netuid)),
      names.uids: .numbers(weights.lazy.map(\.uid)),
      names.weights: .numbers(weights.lazy.map(\.weight)),
      "version_key": .unsigned(versionKey),
    ]
    result["mecid"] = mechanism.map { .unsigned(UInt64($0)) }
    return result
  }

  /// The call's bytes for a runtime.
  ///
  /// - Throws: `MetadataError.missing` if the runtime does not have the call, `ExtrinsicError.call` if
  ///   a commitment has too many fields or too long ones.
  public func encoded(_ metadata: RuntimeMetadata) throws -> [UInt8] {
    if case .setCommitment(_, let fields) = self {
      if let long = fields.first(where: { $0.count > Self.commitmentFieldMaximum }) {
        throw ExtrinsicError.call(
          "\(pallet).\(function)",
          reason: "a field has \(long.count) bytes; \(Self.commitmentFieldMaximum) are allowed")
      }
      let maximum = try metadata.constant("Commitments", "MaxFields").root.unsigned(UInt64.self)
      guard UInt64(fields.count) <= maximum else {
        throw ExtrinsicError.call(
          "\(pallet).\(function)",
          reason: "it has \(fields.count) fields; \(maximum) are allowed")
      }
    }
    return try metadata.callBytes(pallet, function, arguments)
  }
}
