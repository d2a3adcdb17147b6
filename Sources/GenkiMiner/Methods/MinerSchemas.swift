import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound

/// The schemas of a miner's values.
enum MinerSchemas {
  private static let count = RoundSchemas.count

  static let dataset = JSONSchema.object(
    [
      "name": .string(), "path": .string(), "chat_template": .string(),
      "chat_template_arguments": .string(),
      "origin": .string(oneOf: ["configuration", "rpc"]), "bytes": count,
      "sha256": RoundSchemas.digest,
    ], required: ["name", "path", "origin", "bytes", "sha256"])

  static let job = JSONSchema.object(
    [
      "id": count, "round": count, "base": .string(), "datasets": .array(of: .string()),
      "options": .map(of: .string()), "seed": .integer(min: 0), "out": .string(),
      "state": .string(oneOf: Job.State.self), "step": count, "steps": count, "loss": .number(),
      "reason": .string(),
      "result": .object(
        [
          "sha256": RoundSchemas.digest, "content_hash": RoundSchemas.digest,
          "train_loss": .number(), "eval_loss": .number(), "base_eval_loss": .number(),
        ], required: ["sha256", "content_hash"]),
    ], required: ["id", "base", "datasets", "options", "seed", "out", "state", "step", "steps"])

  static let jobWithCurve = JSONSchema.object([
    "job": job, "steps": .array(of: count), "losses": .array(of: .nullable(.number())),
  ])

  static let submission = JSONSchema.object(
    [
      "id": count, "round": count, "base": RoundSchemas.digest, "closes_at": count, "job": count,
      "model": .string(), "content_hash": RoundSchemas.digest, "repository": .string(),
      "state": .string(oneOf: Submission.State.self), "revision": RoundSchemas.revision,
      "extrinsic": RoundSchemas.digest, "block": count, "extrinsic_index": count,
      "is_held": .boolean, "reason": .string(),
    ],
    required: [
      "id", "round", "base", "closes_at", "model", "content_hash", "repository", "state", "is_held",
    ])

  static let status = RoundSchemas.status([
    ("job", .nullable(job)), ("submission", .nullable(submission)), ("datasets", count),
  ])

  static let id = RPCParameter("id", count, isRequired: true, summary: "The id that list shows.")
  static let limit = RPCParameter(
    "limit", .integer(1...1_000), summary: "Entries at most, newest first; 100 unless given.")
  static let key = RPCParameter(
    "idempotency_key", .string(minLength: 1, maxLength: 128),
    summary: "The same call with the same key is done once.")
}
