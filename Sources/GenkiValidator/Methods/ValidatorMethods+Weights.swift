import GenkiCore
import GenkiNode
import GenkiRPC
import GenkiRound
import GenkiStore

extension ValidatorMethods {
  var weightEndpoints: [RPCEndpoint] {
    [
      RPCEndpoint(
        RPCMethod(
          "weights.show", summary: "The weight vectors that were set or could not be, newest first",
          access: .read,
          parameters: [
            RPCParameter("limit", .integer(1...1_000), summary: "Entries at most; 10 unless given.")
          ], result: .list(of: ValidatorSchemas.weightSetting))
      ) { call in
        let limit = call["limit"]?.intValue ?? 10
        return try JSONView.list(
          try context.store.read { try $0.weightSettings(limit: limit) }.map(\.shown))
      },
      RPCEndpoint(
        RPCMethod(
          "weights.set", summary: "Tries at once to put the newest scores on the chain",
          details: "The daemon sets them by itself when a round is scored and in every epoch; this "
            + "only makes it look now. Weights that stand for this epoch are not set twice.",
          access: .write, parameters: [Self.key],
          result: .nullable(ValidatorSchemas.weightSetting), errors: [.conflict])
      ) { _ in
        guard configuration.weights.set else {
          throw RPCFailure(name: .conflict, message: "weights.set is false in the configuration")
        }
        wake()
        let newest = try context.store.read { try $0.weightSettings(limit: 1).first }
        return try newest.map { try JSONView.json($0.shown) } ?? .null
      },
    ]
  }
}
