import GenkiCore
import GenkiRPC
import GenkiRound

/// The schemas of the round's values.
public enum RoundSchemas {
  /// 64 hexadecimal digits.
  public static let digest = JSONSchema.string(pattern: "^[0-9a-f]{64}$")
  /// 40 hexadecimal digits.
  public static let revision = JSONSchema.string(pattern: "^[0-9a-f]{40}$")
  /// An SS58 address.
  public static let hotkey = JSONSchema.string()
  /// A block, a round.
  public static let count = JSONSchema.integer(min: 0)

  /// `AnnouncedRound`.
  public static let announced = JSONSchema.object([
    "round": count, "opens_at": count, "length_blocks": count, "repository": .string(),
    "revision": revision, "manifest_prefix": .string(),
  ])

  /// `RoundRules`.
  public static let rules = JSONSchema.object(
    [
      "step_size": .number(), "reveal_blocks": count, "evaluation_delay_blocks": count,
      "block_size": count, "evaluation_rows": count, "windows_maximum": count,
      "probe_windows": count,
      "validation_set": .array(of: .object(["name": .string(), "sha256": digest])),
      "methods": .array(of: .string()), "submission_bytes_maximum": count, "rank_maximum": count,
      "change_ratio_maximum": .number(), "matrix_change_ratio_maximum": .number(),
      "strategy": .string(), "norm_bound": .number(), "dama_dtype": .string(),
      "date": .string(),
    ],
    required: [
      "step_size", "reveal_blocks", "evaluation_delay_blocks", "block_size", "evaluation_rows",
      "probe_windows", "validation_set", "methods", "submission_bytes_maximum", "rank_maximum",
      "change_ratio_maximum", "matrix_change_ratio_maximum", "strategy", "norm_bound",
    ])

  /// `RoundDocument.SetLoss`.
  public static let setLoss = JSONSchema.object(["name": .string(), "loss": .number()])

  /// `Outcome`.
  public static let outcome = JSONSchema.object(
    [
      "hotkey": hotkey, "block": count, "extrinsic_index": count, "repository": .string(),
      "revision": revision, "content_hash": digest, "value_hash": digest,
      "verdict": .string(oneOf: Outcome.Verdict.self), "gate": count, "code": .string(),
      "reason": .string(), "delta_loss": .number(), "standard_error": .number(),
      "data_similarity": .number(), "nearest": hotkey, "score": .number(min: 0),
      "weight": .integer(0...65_535), "sets": .array(of: setLoss),
    ],
    required: [
      "hotkey", "block", "extrinsic_index", "verdict", "data_similarity", "score", "weight", "sets",
    ])

  /// `RoundDocument`.
  public static let document = JSONSchema.object(
    [
      "format": .string(), "round": count, "base_content_hash": digest, "rules": rules,
      "made": .object(
        [
          "round": count,
          "base": .object(["repository": .string(), "revision": revision, "content_hash": digest]),
          "close_block": count, "probe_seed": digest, "candidates": .array(of: outcome),
          "base_losses": .array(of: setLoss), "step": .number(), "note": .string(),
          "dama_sha256": digest, "aggregation_sha256": digest,
        ],
        required: ["round", "base", "close_block", "probe_seed", "candidates", "base_losses"]),
      "seen": .array(
        of: .object(
          [
            "round": count, "hotkey": hotkey, "content_hash": digest, "value_hash": digest,
          ], required: ["round", "hotkey", "content_hash"])),
    ], required: ["format", "round", "base_content_hash", "rules", "seen"])

  /// One of the problems that `status` shows.
  public static let problem = JSONSchema.object([
    "code": .string(), "message": .string(), "advice": .string(),
  ])

  /// One of the transfers that `status` shows.
  public static let transfer = JSONSchema.object(
    [
      "direction": .string(oneOf: TransferLabel.Direction.self), "repository": .string(),
      "name": .string(), "bytes_done": count, "bytes_total": count,
      "bytes_per_second": .number(min: 0), "eta_seconds": .number(min: 0),
      "seconds": .number(min: 0), "round": count, "hotkey": hotkey, "submission": count,
      "job": count,
    ],
    required: [
      "direction", "repository", "bytes_done", "bytes_total", "bytes_per_second", "seconds",
    ])

  /// The round in force, as `status` and `round.current` show it.
  public static let current = JSONSchema.object(
    [
      "round": count, "state": .string(), "opens_at": count, "closes_at": count,
      "blocks_left": count, "reveal_ends_at": count, "repository": .string(),
      "revision": revision, "base_content_hash": digest, "base_sha256": digest,
    ],
    required: [
      "round", "state", "opens_at", "closes_at", "blocks_left", "repository", "revision",
      "base_content_hash",
    ])

  /// The round in force for machines.
  public static func current(_ known: KnownRound, state: String, head: UInt64) -> JSONValue {
    let closesAt = known.announced.closesAt
    var result: JSONObject = [
      "round": JSONView.number(known.round), "state": .string(state),
      "opens_at": JSONView.number(known.announced.opensAt),
      "closes_at": JSONView.number(closesAt),
      "blocks_left": JSONView.number(closesAt > head ? closesAt - head : 0),
      "reveal_ends_at": JSONView.number(closesAt + known.document.rules.revealBlocks),
      "repository": .string(known.announced.repository.description),
      "revision": .string(known.announced.revision.hex),
      "base_content_hash": .string(known.base.hex),
    ]
    if let sha256 = known.weightsSha256 { result["base_sha256"] = .string(sha256.hex) }
    return .object(result)
  }

  /// What `status` answers with in both daemons, besides what is the daemon's own.
  public static func status(_ own: [(String, JSONSchema)]) -> JSONSchema {
    .object(
      properties: [
        ("daemon", .string(oneOf: ["miner", "validator"])), ("version", .string()),
        ("state", .string(oneOf: ["starting", "working", "waiting", "retrying", "stopping"])),
        ("hotkey", hotkey), ("uid", .nullable(count)), ("uptime_seconds", .number(min: 0)),
        (
          "chain",
          .object([
            "kind": .string(), "netuid": count, "block": .nullable(count),
            "final_block": .nullable(count), "node": .nullable(.string()),
            "spec_version": .nullable(count),
          ])
        ),
        ("hub", .object(["kind": .string(), "account": .string()])),
        ("round", .nullable(current)), ("transfers", .array(of: transfer)),
        ("waiting_for_block", .boolean),
        ("memory_bytes", count), ("problems", .array(of: problem)),
      ] + own)
  }
}
