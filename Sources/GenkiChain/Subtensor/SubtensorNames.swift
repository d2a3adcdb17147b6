import GenkiCore

/// Every name of a subtensor runtime that this program uses, and whether a runtime has it.
///
/// A runtime's upgrade may drop or rename any of them: `check` tells before a daemon finds out.
public struct SubtensorNames: Sendable, Hashable {
  /// What this program cannot work without, and the runtime does not have or has in another form.
  public private(set) var missing: [String] = []
  /// What the runtime does not have and this program does without.
  public private(set) var absent: [String] = []

  /// Storage that is read, by pallet; without one of these nothing works.
  static let storage: [(pallet: String, items: [String])] = [
    (
      "SubtensorModule",
      [
        "NetworksAdded", "Tempo", "WeightsSetRateLimit", "MinAllowedWeights", "WeightsVersionKey",
        "CommitRevealWeightsEnabled", "RevealPeriodEpochs", "MaxAllowedUids", "Burn",
        "StakeThreshold", "SubnetworkN", "Uids", "Keys", "Weights", "BlockAtRegistration", "Owner",
        "TotalHotkeyAlpha", "WeightCommits", "ValidatorPermit", "LastUpdate",
      ]
    ),
    ("Commitments", ["CommitmentOf"]),
    ("System", ["Account", "Events"]),
  ]
  /// Storage that some runtimes do not have.
  static let optionalStorage: [(pallet: String, items: [String])] = [
    (
      "SubtensorModule",
      [
        "MaxWeightsLimit", "SubnetEpochIndex", "SubnetOwnerHotkey", "TaoWeight", "Incentive",
        "Dividends", "Consensus", "ValidatorTrust", "Emission", "NetworkRegistrationAllowed",
      ]
    ),
    ("Commitments", ["UsedSpaceOf", "MaxSpace"]),
    ("Timestamp", ["Now"]),
  ]
  /// Events that outcomes and places are read from.
  static let events = [
    ("System", "ExtrinsicSuccess"), ("System", "ExtrinsicFailed"), ("Commitments", "Commitment"),
  ]

  /// Compares a runtime with what is used of it; calls are encoded and put into an extrinsic, so that
  /// another type is found like another name.
  public init(of metadata: RuntimeMetadata, mechanism: UInt8) throws {
    for (pallet, items) in Self.storage {
      for item in items where !metadata.hasStorage(pallet, item) {
        missing.append("storage \(pallet).\(item)")
      }
    }
    for (pallet, items) in Self.optionalStorage {
      for item in items where !metadata.hasStorage(pallet, item) {
        absent.append("storage \(pallet).\(item)")
      }
    }
    for (pallet, name) in Self.events {
      note { _ = try metadata.event(pallet, name) }
    }
    var example: [UInt8]?
    for call in Self.calls(mechanism) {
      note { example = try call.encoded(metadata) }
    }
    try noteRegistration(metadata)
    guard metadata.extrinsicVersions.contains(4) else {
      missing.append("extrinsics of version 4")
      return
    }
    guard let example else { return }
    note {
      _ = try metadata.unsignedExtrinsic(
        call: example,
        context: SigningContext(
          specVersion: 0, transactionVersion: 0, genesis: Self.digest(),
          era: Era(period: SubtensorChain.eraPeriod, at: 64), eraBlock: Self.digest(),
          nonce: 0))
    }
  }

  /// One call of each form.
  private static func calls(_ mechanism: UInt8) -> [SubtensorCall] {
    let weights = [UidWeight(uid: 0, weight: .max)]
    let commitment = SubtensorCall.setCommitment(netuid: 0, fields: [[0]])
    guard mechanism > 0 else {
      return [
        commitment, .setWeights(netuid: 0, weights: weights, versionKey: 0),
        .commitWeights(netuid: 0, hash: digest()),
        .revealWeights(netuid: 0, weights: weights, salt: [0], versionKey: 0),
      ]
    }
    return [
      commitment,
      .setMechanismWeights(netuid: 0, mechanism: mechanism, weights: weights, versionKey: 0),
      .commitMechanismWeights(netuid: 0, mechanism: mechanism, hash: digest()),
      .revealMechanismWeights(
        netuid: 0, mechanism: mechanism, weights: weights, salt: [0], versionKey: 0),
    ]
  }

  /// One of the two calls is enough.
  private mutating func noteRegistration(_ metadata: RuntimeMetadata) throws {
    let hotkey = try SS58Address(publicKey: [UInt8](repeating: 0, count: 32))
    if metadata.hasCall(StateReader.subtensor, "register_limit") {
      note {
        _ = try SubtensorCall.registerLimit(netuid: 0, hotkey: hotkey, limitPrice: 0)
          .encoded(metadata)
      }
    } else {
      absent.append("call \(StateReader.subtensor).register_limit")
      note { _ = try SubtensorCall.burnedRegister(netuid: 0, hotkey: hotkey).encoded(metadata) }
    }
  }

  private mutating func note(_ body: () throws -> Void) {
    do {
      try body()
    } catch MetadataError.missing(let name) {
      missing.append(name)
    } catch let error as any ReportableError {
      missing.append("\(error.what) (\(error.why))")
    } catch {
      missing.append("\(error)")
    }
  }

  private static func digest() -> ContentDigest {
    SHA256Hasher.digest(of: [UInt8]())
  }
}
