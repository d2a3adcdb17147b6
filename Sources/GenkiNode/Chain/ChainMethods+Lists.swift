import Foundation
import GenkiChain
import GenkiCore
import GenkiRPC
import GenkiRound
import GenkiStore

extension ChainMethods {
  /// Bytes of a page's entries: an answer stays below 1 MiB.
  static let pageBytesMaximum = 900_000

  var metagraph: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "chain.metagraph", summary: "The subnet's members in the state of the newest final block",
        access: .read,
        parameters: [
          ChainSchemas.limit(1_024, 256), ChainSchemas.offset,
          RPCParameter(
            "weights", .boolean,
            summary: "Whether weight vectors are written out; false unless given."
          ),
        ], result: ChainSchemas.page(of: ChainSchemas.neuron), errors: Self.errors + [.busy],
        example: ["limit": 64])
    ) { call in
      let metagraph = try gate.pass {
        try context.chain.metagraph(at: try context.chain.finalizedHead())
      }
      let withWeights = call["weights"]?.boolValue ?? false
      return Self.page(metagraph.neurons, of: call, limit: 256, at: metagraph.block) {
        Self.json($0, withWeights: withWeights)
      }
    }
  }

  private static func json(_ neuron: Neuron, withWeights: Bool) -> JSONValue {
    var result: JSONObject = [
      "uid": JSONValue(Int(neuron.uid)), "hotkey": text(neuron.hotkey),
      "coldkey": text(neuron.coldkey), "stake_rao": JSONView.number(neuron.stake),
      "validator_permit": .bool(neuron.hasValidatorPermit),
      "last_update": JSONView.number(neuron.lastUpdate),
      "registered_at_block": JSONView.number(neuron.registeredAt),
      "incentive": JSONValue(Int(neuron.incentive)), "dividends": JSONValue(Int(neuron.dividends)),
      "consensus": JSONValue(Int(neuron.consensus)),
      "validator_trust": JSONValue(Int(neuron.validatorTrust)),
      "emission_rao": JSONView.number(neuron.emission),
      "weights_count": JSONValue(neuron.weights.count),
    ]
    if withWeights {
      result["weights"] = .array(
        neuron.weights.map {
          ["uid": JSONValue(Int($0.uid)), "weight": JSONValue(Int($0.weight))]
        })
    }
    return .object(result)
  }

  var commitments: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "chain.commitments",
        summary: "The commitments in force, in the order in which they were made",
        details: "extrinsic_index is null where it was never looked for: nodes forget old blocks.",
        access: .read, parameters: [ChainSchemas.limit(1_024, 256), ChainSchemas.offset],
        result: ChainSchemas.page(of: ChainSchemas.commitment), errors: Self.errors + [.busy],
        example: ["limit": 64])
    ) { call in
      let (block, records) = try gate.pass {
        let block = try context.chain.finalizedHead()
        return (
          block,
          try subtensor?.knownCommitments(at: block) ?? context.chain.commitments(at: block)
        )
      }
      return Self.page(records, of: call, limit: 256, at: block, Self.json)
    }
  }

  private static func json(_ record: CommitmentRecord) -> JSONValue {
    let kind =
      if (try? SubmissionCommitment(parsing: record.bytes)) != nil {
        "submission"
      } else if (try? AnnouncementCommitment(parsing: record.bytes)) != nil {
        "announcement"
      } else {
        "other"
      }
    return [
      "hotkey": text(record.hotkey), "block": JSONView.number(record.block),
      "extrinsic_index": record.extrinsicIndex.map { JSONValue(Int($0)) } ?? .null,
      "kind": .string(kind), "bytes": JSONValue(record.bytes.count),
      "text": .string(String(decoding: record.bytes, as: UTF8.self)),
    ]
  }

  /// As many entries as are asked for and fit; at least one, so that the next page goes on.
  private static func page<Element>(
    _ elements: [Element], of call: RPCCall, limit: Int, at block: BlockReference,
    _ json: (Element) -> JSONValue
  ) -> JSONValue {
    let offset = min(call["offset"]?.intValue ?? 0, elements.count)
    let asked = call["limit"]?.intValue ?? limit
    var items: [JSONValue] = []
    var bytes = 0
    for element in elements.dropFirst(offset).prefix(asked) {
      let item = json(element)
      bytes += item.encoded().utf8.count + 1
      if bytes > pageBytesMaximum, !items.isEmpty { break }
      items.append(item)
    }
    let next = offset + items.count
    return [
      "items": .array(items), "block": JSONView.number(block.number),
      "block_hash": .string(block.hash.hex), "total": JSONValue(elements.count),
      "next_offset": next < elements.count ? JSONValue(next) : .null,
    ]
  }

  // MARK: Our own extrinsics

  var extrinsics: RPCEndpoint {
    RPCEndpoint(
      RPCMethod(
        "chain.extrinsics", summary: "What this daemon signed for the chain, newest first",
        details: "It comes from the daemon's own journal: no node is asked.", access: .read,
        parameters: [
          ChainSchemas.limit(1_000, 100), ChainSchemas.offset,
          RPCParameter(
            "state", .string(oneOf: SentExtrinsic.State.self), summary: "Only those in this state."),
        ], result: .list(of: ChainSchemas.extrinsic), example: ["state": "failed"])
    ) { call in
      let state = (call["state"]?.stringValue).flatMap(SentExtrinsic.State.init(rawValue:))
      let records = try context.store.read { transaction in
        try transaction.extrinsics(
          state: state, limit: call["limit"]?.intValue ?? 100,
          offset: call["offset"]?.intValue ?? 0)
      }
      return ["items": .array(records.map(Self.json))]
    }
  }

  private static func json(_ record: SentExtrinsic) -> JSONValue {
    [
      "hash": .string(record.hash.hex), "purpose": .string(record.purpose.rawValue),
      "subject": .string(record.subject), "state": .string(record.state.rawValue),
      "signer": text(record.signer), "nonce": JSONView.number(record.nonce),
      "sent": JSONValue(record.sendCount), "last_block": JSONView.number(record.lastBlock),
      "block": record.block.map(JSONView.number) ?? .null,
      "extrinsic_index": record.index.map { JSONValue(Int($0)) } ?? .null,
      "failure": JSONValue(record.failure), "failure_text": JSONValue(record.failureText),
      "spec_version": record.specVersion.map { JSONValue(Int($0)) } ?? .null,
      "bytes": JSONValue(record.bytes.count),
    ]
  }
}
