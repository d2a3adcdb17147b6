import Foundation
import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiService
import GenkiStore

extension MinerMethods {
  var jobEndpoints: [RPCEndpoint] {
    [
      RPCEndpoint(
        RPCMethod(
          "job.submit", summary: "Queues a finetune of the operator's own",
          details:
            "The round's own job is made by the daemon. Settings that are not given are those "
            + "of [finetune].", access: .write,
          parameters: [
            RPCParameter(
              "datasets", .array(of: .string(), min: 1, max: 256), isRequired: true,
              summary: "Names of data sets."),
            RPCParameter(
              "base", .string(minLength: 1, maxLength: 4_096),
              summary: "A model folder; the base of the round in force unless given."),
            RPCParameter(
              "options", .map(of: .string(maxLength: 4_096)),
              summary: "Settings of [finetune] by name, as texts; adapter is a folder."),
            RPCParameter("seed", .integer(min: 0), summary: "Decides every random choice."),
            MinerSchemas.key,
          ], result: MinerSchemas.job, errors: [.notFound, .invalidData, .conflict],
          example: ["datasets": ["notes"], "options": ["steps": "20"]]), handle: submitJob),
      RPCEndpoint(
        RPCMethod(
          "job.list", summary: "The finetunes, newest first", access: .read,
          parameters: [MinerSchemas.limit], result: .list(of: MinerSchemas.job))
      ) { call in
        try JSONView.list(try context.store.read { try $0.jobs(limit: Self.limit(call)) })
      },
      RPCEndpoint(
        RPCMethod(
          "job.show", summary: "One finetune with its curve", access: .read,
          parameters: [MinerSchemas.id], result: MinerSchemas.jobWithCurve, errors: [.notFound],
          example: ["id": 1]), handle: showJob),
      RPCEndpoint(
        RPCMethod(
          "job.cancel", summary: "Stops a finetune; its checkpoint stays", access: .write,
          parameters: [MinerSchemas.id, MinerSchemas.key], result: MinerSchemas.job,
          errors: [.notFound, .conflict], example: ["id": 1])
      ) { call in
        let id = Self.id(call)
        let answer = try change(call, "job.cancel") { try $0.apply(.cancelled) }
        work.stop(MinerEngine.workKey(id))
        wake()
        return answer
      },
      RPCEndpoint(
        RPCMethod(
          "job.resume", summary: "Goes on with a failed or cancelled finetune", access: .write,
          parameters: [MinerSchemas.id, MinerSchemas.key], result: MinerSchemas.job,
          errors: [.notFound, .conflict], example: ["id": 1])
      ) { call in
        let answer = try change(call, "job.resume") { try $0.apply(.resumed) }
        wake()
        return answer
      },
      RPCEndpoint(
        RPCMethod(
          "job.watch", summary: "Follows a finetune, or all of them: its events as they happen",
          details: "Events are those of `genki-minerd finetune --json` with the job's id, then the "
            + "transfer of its model to the hub.",
          access: .read,
          parameters: [RPCParameter("id", RoundSchemas.count, summary: "One finetune only.")],
          result: .object(["job": RoundSchemas.count], additionalProperties: true),
          isStream: true, example: ["id": 1]), handle: watch),
    ]
  }

  private func submitJob(_ call: RPCCall) throws -> JSONValue {
    let names = (call["datasets"]?.arrayValue ?? []).compactMap(\.stringValue).sorted()
    var options: [String: String] = [:]
    for entry in call["options"]?.objectValue?.entries ?? [] {
      options[entry.key] = entry.value.stringValue
    }
    guard let base = call["base"]?.stringValue ?? board.snapshot.view?.round?.folder else {
      throw RPCFailure(name: .conflict, message: "no round is in force: name a base")
    }
    _ = try JobOptions.options(
      configuration.finetune, overrides: options, base: base, data: names, out: "")
    let seed = UInt64(call["seed"]?.intValue ?? 0)
    let answer = try context.store.write { transaction in
      try transaction.once(
        key: call["idempotency_key"]?.stringValue, method: "job.submit",
        parameters: call.parameters
      ) {
        for name in names where try transaction.dataset(name) == nil {
          throw Self.notFound("data set \(name.quoted())")
        }
        var job = Job(
          round: nil, base: base, datasets: names, options: options, seed: seed, out: "")
        try transaction.save(&job)
        job.out = "\(context.workFolder)/job-\(job.id ?? 0)"
        try transaction.save(&job)
        return try JSONView.json(job)
      }
    }
    wake()
    return answer
  }

  private func showJob(_ call: RPCCall) throws -> JSONValue {
    let id = Self.id(call)
    return try context.store.read { transaction in
      guard let job = try transaction.job(id) else { throw Self.notFound("job \(id)") }
      let steps = try transaction.steps(job: id)
      return [
        "job": try JSONView.json(job), "steps": .array(steps.map { JSONValue($0.step) }),
        "losses": .array(steps.map { $0.loss.isFinite ? .number($0.loss) : .null }),
      ]
    }
  }

  private func change(
    _ call: RPCCall, _ method: String, _ body: (inout Job) throws -> Void
  ) throws -> JSONValue {
    let id = Self.id(call)
    return try context.store.write { transaction in
      try transaction.once(
        key: call["idempotency_key"]?.stringValue, method: method, parameters: call.parameters
      ) {
        guard var job = try transaction.job(id) else { throw Self.notFound("job \(id)") }
        do {
          try body(&job)
        } catch let error as RoundError {
          throw RPCFailure(name: .conflict, message: "job \(id) is \(job.state.rawValue): \(error)")
        }
        try transaction.save(&job)
        return try JSONView.json(job)
      }
    }
  }

  private func watch(_ call: RPCCall) throws -> JSONValue {
    let id = call["id"]?.intValue
    try EventStream.attach(call, to: events) { event in
      let isTransfer = event.topic.hasPrefix("transfer.") && event.body["job"] != nil
      guard isTransfer || event.topic == "job.event" || event.topic == "job.state" else {
        return nil
      }
      guard id == nil || event.body["job"]?.intValue == id else { return nil }
      return .object(event.body)
    }
    return .null
  }
}
