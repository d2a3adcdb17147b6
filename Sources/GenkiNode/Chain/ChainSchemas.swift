import GenkiChain
import GenkiRPC
import GenkiRound

/// The schemas of what the chain's methods answer with.
enum ChainSchemas {
  private static let count = RoundSchemas.count
  private static let digest = RoundSchemas.digest
  private static let key = RoundSchemas.hotkey
  private static let share = JSONSchema.integer(0...65_535)

  static let node = JSONSchema.object([
    "name": .string(), "is_current": .boolean, "is_usable": .boolean, "is_verified": .boolean,
    "trouble": .nullable(.string(oneOf: NodeStatus.Trouble.self)), "reason": .nullable(.string()),
    "usable_again_at": .nullable(.number(min: 0)), "failures": count, "requests": count,
    "requests_failed": count, "sent_bytes": count, "received_bytes": count,
  ])

  /// Members that are null where the chain does not answer or does not have them.
  static let readings: [(String, JSONSchema)] = [
    ("genesis", digest), ("spec_version", count), ("transaction_version", count),
    ("metadata_version", count), ("block", count), ("block_hash", digest), ("final_block", count),
    ("final_block_hash", digest), ("head_age_seconds", .number()), ("tempo", count),
    ("epoch", count), ("next_epoch_block", count), ("blocks_to_next_epoch", count),
    ("members", count), ("members_maximum", count), ("commit_reveal", .boolean),
    ("reveal_period_epochs", count), ("weights_rate_limit", count), ("minimum_weights", count),
    ("maximum_weight_limit", share), ("weights_version_key", count),
    ("stake_threshold_rao", count), ("burn_rao", count), ("owner_hotkey", key),
  ]

  static let status = JSONSchema.object(
    properties: [
      ("kind", .string()), ("netuid", count), ("mechanism", count),
      ("is_reachable", .nullable(.boolean)), ("error", .nullable(.string())),
      ("node", .nullable(.string())),
      ("nodes", .array(of: node)),
    ] + readings.map { ($0.0, .nullable($0.1)) })

  static let neuron = JSONSchema.object(
    [
      "uid": share, "hotkey": key, "coldkey": key, "stake_rao": count,
      "validator_permit": .boolean, "last_update": count, "registered_at_block": count,
      "incentive": share, "dividends": share, "consensus": share, "validator_trust": share,
      "emission_rao": count, "weights_count": count,
      "weights": .array(of: .object(["uid": share, "weight": share])),
    ],
    required: [
      "uid", "hotkey", "coldkey", "stake_rao", "validator_permit", "last_update",
      "registered_at_block", "incentive", "dividends", "consensus", "validator_trust",
      "emission_rao", "weights_count",
    ])

  static let commitment = JSONSchema.object([
    "hotkey": key, "block": count, "extrinsic_index": .nullable(count),
    "kind": .string(oneOf: ["submission", "announcement", "other"]), "bytes": count,
    "text": .string(),
  ])

  /// One page of a list in the state of a block.
  static func page(of element: JSONSchema) -> JSONSchema {
    .object([
      "items": .array(of: element), "block": count, "block_hash": digest, "total": count,
      "next_offset": .nullable(count),
    ])
  }

  static let account = JSONSchema.object([
    "address": .nullable(key), "free_rao": .nullable(count), "reserved_rao": .nullable(count),
  ])

  static let fees = JSONSchema.object([
    "items": .array(
      of: .object([
        "call": .string(), "signer": .string(oneOf: ["hotkey", "coldkey"]), "fee_rao": count,
        "burn_rao": count, "total_rao": count, "is_affordable": .nullable(.boolean),
      ])),
    "block": count, "hotkey": account, "coldkey": account,
  ])

  static let extrinsic = JSONSchema.object([
    "hash": digest, "purpose": .string(oneOf: SentExtrinsic.Purpose.self), "subject": .string(),
    "state": .string(oneOf: SentExtrinsic.State.self), "signer": key, "nonce": count,
    "sent": count, "last_block": count, "block": .nullable(count),
    "extrinsic_index": .nullable(count), "failure": .nullable(.string()),
    "failure_text": .nullable(.string()), "spec_version": .nullable(count), "bytes": count,
  ])

  static let wallet = JSONSchema.object([
    "name": .string(), "hotkey": .string(), "address": key, "coldkey": .nullable(key),
    "uid": .nullable(count),
  ])

  static let finding = JSONSchema.object([
    "name": .string(), "ok": .boolean, "warning": .boolean, "message": .string(),
  ])

  static func limit(_ maximum: Int, _ fallback: Int) -> RPCParameter {
    RPCParameter(
      "limit", .integer(1...maximum),
      summary: "Entries at most; \(fallback) unless given. Fewer come where they would be too long."
    )
  }

  static let offset = RPCParameter(
    "offset", .integer(0...Int(Int32.max)),
    summary: "Entries that are left out at the begin: next_offset of the page before.")
}
