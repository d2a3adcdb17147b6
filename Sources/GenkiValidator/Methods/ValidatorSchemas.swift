import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound

/// The schemas of a validator's values.
enum ValidatorSchemas {
  private static let count = RoundSchemas.count

  static let verification = JSONSchema.object(
    [
      "round": count, "is_verified": .boolean, "differences": .array(of: .string()),
      "recomputed": RoundSchemas.digest, "score_difference_maximum": .number(min: 0),
    ], required: ["round", "is_verified", "differences", "score_difference_maximum"])

  static let weightSetting = JSONSchema.object(
    [
      "round": count, "epoch": count,
      "entries": .array(
        of: .object(
          ["hotkey": RoundSchemas.hotkey, "uid": count, "weight": .integer(0...65_535)],
          required: ["hotkey", "weight"])),
      "extrinsic": RoundSchemas.digest, "block": count, "reason": .string(),
      "is_to_be_signed_again": .boolean,
      "secret": .object([
        "uids": .array(of: count), "values": .array(of: count), "salt": .array(of: count),
        "version_key": count, "hash": RoundSchemas.digest,
      ]),
      "reveal": .object(
        [
          "extrinsic": RoundSchemas.digest, "block": count, "reason": .string(),
          "not_before": count,
        ], required: []),
    ], required: ["round", "epoch", "entries"])

  static let round = JSONSchema.object(
    [
      "announced": RoundSchemas.announced, "base": RoundSchemas.digest, "folder": .string(),
      "rules": RoundSchemas.rules, "is_coordinator": .boolean,
      "state": .string(oneOf: ValidatorRound.State.self), "probe_seed": RoundSchemas.digest,
      "next": .object(
        [
          "folder": .string(), "content_hash": RoundSchemas.digest,
          "dama_sha256": RoundSchemas.digest, "step": .number(), "note": .string(),
        ], required: ["folder", "content_hash"]),
      "next_revision": RoundSchemas.revision, "next_manifest": RoundSchemas.digest,
    ], required: ["announced", "base", "folder", "rules", "is_coordinator", "state"])

  static let candidate = JSONSchema.object(
    [
      "round": count, "hotkey": RoundSchemas.hotkey, "block": count, "extrinsic_index": count,
      "repository": .string(), "revision": RoundSchemas.revision, "bound_hash": .string(),
      "state": .string(oneOf: RoundCandidate.State.self), "folder": .string(),
      "content_hash": RoundSchemas.digest, "gate": count, "code": .string(), "reason": .string(),
    ], required: ["round", "hotkey", "block", "extrinsic_index", "state"])

  static let evaluation = JSONSchema.object(
    [
      "round": count, "outcomes": .array(of: RoundSchemas.outcome),
      "base_losses": .array(of: RoundSchemas.setLoss),
      "similarity": .array(of: .array(of: .number())), "seconds": .number(min: 0),
    ])

  static let scoreList = JSONSchema.object([
    "round": count, "items": .array(of: RoundSchemas.outcome),
  ])

  static let explanation = JSONSchema.object([
    "round": count, "outcome": RoundSchemas.outcome, "position": count,
    "sentences": .array(of: .string()),
    "similarities": .array(
      of: .object(["hotkey": RoundSchemas.hotkey, "similarity": .number(), "is_earlier": .boolean])
    ),
  ])

  static let leaderboardRow = JSONSchema.object([
    "rank": count, "hotkey": RoundSchemas.hotkey, "uid": .nullable(count), "rounds": count,
    "accepted": count, "score_sum": .number(min: 0), "last_score": .number(min: 0),
    "last_weight": .integer(0...65_535), "incentive": .integer(0...65_535),
    "emission_rao": count,
  ])
}
