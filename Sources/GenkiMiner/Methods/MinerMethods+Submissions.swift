import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiStore

extension MinerMethods {
  var submissionEndpoints: [RPCEndpoint] {
    [
      RPCEndpoint(
        RPCMethod(
          "submission.publish", summary: "Submits any model folder to the round in force",
          details: "It is uploaded privately, committed, and made public when the round closes. It "
            + "takes the place of an earlier commitment of this hotkey.", access: .write,
          parameters: [
            RPCParameter(
              "model", .string(minLength: 1, maxLength: 4_096), isRequired: true,
              summary: "An absolute path of a model or adapter folder."),
            RPCParameter(
              "commit", .boolean,
              summary: "False uploads only; submission.commit commits it. True unless given."),
            MinerSchemas.key,
          ], result: MinerSchemas.submission, errors: [.conflict, .invalidData],
          example: ["model": "/srv/models/mine"]), handle: publish),
      RPCEndpoint(
        RPCMethod(
          "submission.commit",
          summary: "Commits a submission that was only uploaded, or that failed",
          access: .write, parameters: [MinerSchemas.id, MinerSchemas.key],
          result: MinerSchemas.submission, errors: [.notFound, .conflict], example: ["id": 1]),
        handle: commit),
      RPCEndpoint(
        RPCMethod(
          "submission.list", summary: "The submissions, newest first", access: .read,
          parameters: [MinerSchemas.limit], result: .list(of: MinerSchemas.submission))
      ) { call in
        try JSONView.list(try context.store.read { try $0.submissions(limit: Self.limit(call)) })
      },
      RPCEndpoint(
        RPCMethod(
          "submission.show", summary: "One submission", access: .read,
          parameters: [MinerSchemas.id], result: MinerSchemas.submission, errors: [.notFound],
          example: ["id": 1])
      ) { call in
        let id = Self.id(call)
        guard let submission = try context.store.read({ try $0.submission(id) }) else {
          throw Self.notFound("submission \(id)")
        }
        return try JSONView.json(submission)
      },
    ]
  }

  private func publish(_ call: RPCCall) throws -> JSONValue {
    let folder = call["model"]?.stringValue ?? ""
    guard folder.hasPrefix("/") else {
      throw RPCFailure(name: .invalidData, message: "model \(folder.quoted()) is not absolute")
    }
    guard let known = board.snapshot.view?.round else {
      throw RPCFailure(name: .conflict, message: "no round is in force")
    }
    let content = try WeightSet.open(folder: folder).contentDigest()
    let answer = try context.store.write { transaction in
      try transaction.once(
        key: call["idempotency_key"]?.stringValue, method: "submission.publish",
        parameters: call.parameters
      ) {
        let others = try transaction.submissions(limit: 1_000).filter { $0.round == known.round }
        let suffix = others.isEmpty ? "" : "-\(others.count + 1)"
        let name = configuration.repositoryName(round: known.round) + suffix
        guard let repository = RepositoryID(namespace: context.hub.account, name: name),
          repository.description.utf8.count <= SubmissionCommitment.repositoryBytesMaximum
        else { throw MinerError.repositoryName(account: context.hub.account, name: name) }
        var submission = Submission(
          round: known.round, base: known.base, closesAt: known.announced.closesAt, job: nil,
          model: folder, contentHash: content, repository: repository,
          isHeld: call["commit"]?.boolValue == false)
        try transaction.save(&submission)
        return try JSONView.json(submission)
      }
    }
    wake()
    return answer
  }

  private func commit(_ call: RPCCall) throws -> JSONValue {
    let id = Self.id(call)
    let answer = try context.store.write { transaction in
      try transaction.once(
        key: call["idempotency_key"]?.stringValue, method: "submission.commit",
        parameters: call.parameters
      ) {
        guard var submission = try transaction.submission(id) else {
          throw Self.notFound("submission \(id)")
        }
        do {
          try submission.apply(submission.isHeld ? .released : .retried)
        } catch let error as RoundError {
          throw RPCFailure(
            name: .conflict,
            message: "submission \(id) is \(submission.state.rawValue): \(error)")
        }
        try transaction.save(&submission)
        return try JSONView.json(submission)
      }
    }
    wake()
    return answer
  }
}
