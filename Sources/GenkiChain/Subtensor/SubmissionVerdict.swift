import GenkiCore

/// What a node's answer to a submission says of the extrinsic.
///
/// Sources: polkadot-sdk's author and transaction-pool error codes; subtensor,
/// common/src/transaction_error.rs for the custom numbers.
enum SubmissionVerdict: Equatable {
  /// It is in the pool, or was there already.
  case accepted
  /// It may be accepted later, as it is.
  case later(reason: String)
  /// Its nonce has been used in the newest block.
  case nonceUsed(reason: String)
  /// Its signature does not fit what the node expects: the bytes, or another runtime, era or chain.
  case badProof(reason: String)
  /// It can never be included.
  case refused(name: String, reason: String)

  init(_ failure: NodeRefusal) {
    switch failure.code {
    case 1013: self = .accepted
    case 1001: self = .refused(name: "BadFormat", reason: failure.reason)
    case 1002: self = .badProof(reason: failure.reason)
    case 1010: self = Self.invalid(failure)
    // What is not the runtime's own verdict may be another one at another node or another time; after
    // its last block it is over anyway.
    default: self = .later(reason: failure.reason)
    }
  }

  private static func invalid(_ failure: NodeRefusal) -> SubmissionVerdict {
    let text = failure.data.isEmpty ? failure.message : failure.data
    if let number = customNumber(text) {
      let name = customNames[number] ?? "CustomError\(number)"
      return .refused(name: name, reason: failure.reason)
    }
    for (fragment, verdict) in fragments where text.contains(fragment) {
      return verdict(failure.reason)
    }
    return .later(reason: failure.reason)
  }

  private static func customNumber(_ text: String) -> Int? {
    guard let range = text.firstRange(of: "Custom error: ") else { return nil }
    return Int(text[range.upperBound...].prefix { $0.isNumber })
  }

  private static let fragments: [(String, @Sendable (String) -> SubmissionVerdict)] = [
    ("bad signature", { .badProof(reason: $0) }),
    ("ancient birth block", { .badProof(reason: $0) }),
    ("outdated", { .nonceUsed(reason: $0) }),
    ("valid in the future", { .later(reason: $0) }),
    ("exhaust the block limits", { .later(reason: $0) }),
    ("pay some fees", { .refused(name: "InabilityToPaySomeFees", reason: $0) }),
    ("call is not expected", { .refused(name: "CallNotExpected", reason: $0) }),
    ("Invalid signing address", { .refused(name: "BadSigner", reason: $0) }),
  ]

  private static let customNames: [Int: String] = [
    0: "ColdkeySwapAnnounced", 1: "NotEnoughStakeToSetWeights", 2: "BalanceTooLow",
    3: "SubnetNotExists", 4: "HotKeyAccountNotExists", 5: "NotEnoughStakeToWithdraw",
    6: "SettingWeightsTooFast", 7: "InsufficientLiquidity", 8: "SlippageTooHigh",
    9: "TransferDisallowed", 10: "HotKeyNotRegisteredInSubNet", 11: "InvalidIpAddress",
    12: "ServingRateLimitExceeded", 13: "InvalidPort", 14: "ZeroMaxAmount",
    15: "InvalidRevealRound", 16: "NoWeightsCommitFound", 17: "RevealTooEarly",
    18: "InputLengthsUnequal", 19: "UidNotFound", 20: "EvmKeyAssociateRateLimitExceeded",
    21: "ColdkeySwapDisputed", 22: "InvalidRealAccount", 23: "FailedShieldedTxParsing",
    24: "InvalidShieldedTxPubKeyHash", 25: "NonAssociatedColdKey", 26: "DelegateTakeTooLow",
    27: "DelegateTakeTooHigh", 255: "BadRequest",
  ]
}
