import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiStore

extension ValidatorMethods {
  var roundEndpoints: [RPCEndpoint] {
    let limit = RPCParameter(
      "limit", .integer(1...1_000), summary: "Entries at most, newest first; 100 unless given.")
    let number = RPCParameter(
      "round", RoundSchemas.count, isRequired: true, summary: "The round's number.")
    return [
      RPCEndpoint(
        RPCMethod(
          "round.list", summary: "The rounds, newest first", access: .read, parameters: [limit],
          result: .list(of: ValidatorSchemas.round))
      ) { call in
        let limit = call["limit"]?.intValue ?? 100
        return try JSONView.list(try context.store.read { try $0.rounds(limit: limit) })
      },
      RPCEndpoint(
        RPCMethod(
          "round.show", summary: "One round with its candidates and its verification",
          access: .read, parameters: [number],
          result: .object([
            "round": ValidatorSchemas.round,
            "candidates": .array(of: ValidatorSchemas.candidate),
            "verification": .nullable(ValidatorSchemas.verification),
          ]), errors: [.notFound], example: ["round": 1]), handle: show),
      RPCEndpoint(
        RPCMethod(
          "round.current", summary: "The round in force", access: .read,
          result: .nullable(RoundSchemas.current))
      ) { _ in try currentRound(board.snapshot.view) },
      RPCEndpoint(
        RPCMethod(
          "round.manifest",
          summary: "The manifest of a round's base: its rules, and how it was made",
          access: .read, parameters: [number], result: RoundSchemas.document, errors: [.notFound],
          example: ["round": 2])
      ) { call in
        let number = Self.number(call)
        guard let known = try context.store.read({ try $0.knownRound(number) }) else {
          throw Self.failure("known round \(number)")
        }
        return try JSONView.json(known.document)
      },
      RPCEndpoint(
        RPCMethod(
          "round.start", summary: "Coordinator: tries again what keeps a round from going on",
          details: "The first round begins by itself once round.base is configured and the hotkey "
            + "is registered; the next ones follow. After a failure that an operator has mended, "
            + "this goes on.", access: .write, parameters: [Self.key],
          result: .object(["round": .nullable(RoundSchemas.count)]), errors: [.conflict])
      ) { _ in
        guard isCoordinator else {
          throw RPCFailure(
            name: .conflict, message: "this hotkey is not the coordinator of round.coordinator")
        }
        let rounds = try context.store.read { try $0.rounds(limit: 8) }
        retry(0)
        for round in rounds { retry(round.announced.round) }
        wake()
        return ["round": rounds.first.map { JSONView.number($0.announced.round) } ?? .null]
      },
      RPCEndpoint(
        RPCMethod(
          "round.verify",
          summary: "Whether the base of a round is what the models of the round before make",
          details: "The daemon verifies every announced base by itself; this is what it found.",
          access: .read, parameters: [number], result: ValidatorSchemas.verification,
          errors: [.notFound], example: ["round": 2])
      ) { call in
        let number = Self.number(call)
        guard let found = try context.store.read({ try $0.verification(round: number) }) else {
          throw Self.failure(
            "verification of the base of round \(number): the first base is made by nobody, and "
              + "others are verified once this validator has scored the round before")
        }
        return try JSONView.json(found)
      },
      RPCEndpoint(
        RPCMethod(
          "submission.list", summary: "The candidates of a round in commit order", access: .read,
          parameters: [
            RPCParameter("round", RoundSchemas.count, summary: "The newest one unless given.")
          ],
          result: .list(of: ValidatorSchemas.candidate), errors: [.notFound])
      ) { call in try JSONView.list(try candidates(call)) },
      RPCEndpoint(
        RPCMethod(
          "submission.show", summary: "One candidate of a round", access: .read,
          parameters: [
            RPCParameter(
              "hotkey", RoundSchemas.hotkey, isRequired: true, summary: "Who submitted it."),
            RPCParameter("round", RoundSchemas.count, summary: "The newest one unless given."),
          ], result: ValidatorSchemas.candidate, errors: [.notFound])
      ) { call in
        let hotkey = call["hotkey"]?.stringValue ?? ""
        guard
          let found = try candidates(call).first(where: { $0.hotkey.description == hotkey })
        else { throw Self.failure("candidate of \(hotkey.quoted())") }
        return try JSONView.json(found)
      },
      RPCEndpoint(
        RPCMethod(
          "submission.retry", summary: "Looks again for candidates that could not be fetched",
          details: "Within the reveal window the daemon looks again by itself at every block.",
          access: .write, parameters: [Self.key],
          result: .object(["pending": RoundSchemas.count]))
      ) { _ in
        guard let round = try context.store.read({ try $0.rounds(limit: 1).first }) else {
          return ["pending": 0]
        }
        let number = round.announced.round
        retry(number)
        wake()
        let candidates = try context.store.read { try $0.candidates(round: number) }
        return ["pending": JSONValue(candidates.count { $0.state == .pending })]
      },
    ]
  }

  private static func number(_ call: RPCCall) -> UInt64 {
    UInt64(clamping: call["round"]?.intValue ?? 0)
  }

  private func candidates(_ call: RPCCall) throws -> [RoundCandidate] {
    try context.store.read { transaction in
      guard
        let number = try call["round"]?.intValue.map({ UInt64(clamping: $0) })
          ?? transaction.rounds(limit: 1).first?.announced.round
      else { throw Self.failure("round yet") }
      return try transaction.candidates(round: number)
    }
  }

  private func show(_ call: RPCCall) throws -> JSONValue {
    let number = Self.number(call)
    return try context.store.read { transaction in
      guard let round = try transaction.round(number) else {
        throw Self.failure("round \(number)")
      }
      let verification = try transaction.verification(round: number)
      return [
        "round": try JSONView.json(round),
        "candidates": .array(
          try transaction.candidates(round: number).map { try JSONView.json($0) }),
        "verification": try verification.map { try JSONView.json($0) } ?? .null,
      ]
    }
  }
}
