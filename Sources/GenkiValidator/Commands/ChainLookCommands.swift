import ArgumentParser
import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiNode
import GenkiService

extension ChainArguments {
  /// The section of the configuration, a validator's or a miner's, with what the options say instead.
  func section() throws -> ChainSection {
    let environment = ProcessInfo.processInfo.environment
    var section: ChainSection
    do {
      section = try ValidatorConfiguration.load(path: config, environment: environment)
        .configuration.chain
    } catch {
      let miner = try? MinerConfiguration.load(path: config, environment: environment)
      guard let miner else { throw error }
      section = miner.configuration.chain
    }
    if let ledger { section.localPath = ledger }
    if let netuid { section.netuid = netuid }
    return section
  }

  /// The chain that the configuration names, for a look.
  func chain() throws -> any Chain {
    let section = try section()
    guard section.kind == .subtensor, ledger == nil else { return try localChain() }
    return try NodeSections.subtensorChain(section, notebook: PassingNotebook())
  }

  /// The embedded chain.
  ///
  /// - Parameter seals: Whether blocks that are due by clock are sealed on the way; looking at a chain
  ///   does not move it, and a ledger that is named by its file is sealed by command.
  func localChain(seals: Bool = false) throws -> LocalChain {
    var section = try section()
    if !seals || ledger != nil { section.localBlockSeconds = 0 }
    guard section.kind == .local || ledger != nil else {
      throw UsageError(
        "chain.kind", "this works on the embedded chain only, not on \(section.kind.rawValue)",
        advice: "set it to local, or name a ledger with --ledger")
    }
    return try NodeSections.localChain(section)
  }
}

/// `chain status`.
struct ChainStatusCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "The newest block, the epoch and the subnet's settings.",
    discussion: "EXAMPLE:\n  genki-validatord chain status --json")
  @OptionGroup var arguments: ChainArguments
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let chain = try arguments.chain()
    let head = try chain.head()
    let final = try chain.finalizedHead()
    let subnet = try chain.subnet(at: head)
    let members = try chain.metagraph(at: head).neurons.count
    let fields: KeyValuePairs<String, JSONValue> = [
      "kind": .string(chain is LocalChain ? "local" : "subtensor"),
      "netuid": JSONValue(Int(chain.netuid)),
      "block": JSONView.number(head.number), "block_hash": .string(head.hash.hex),
      "final_block": JSONView.number(final.number),
      "epoch": JSONView.number(subnet.epoch(of: head.number, netuid: chain.netuid)),
      "tempo": JSONValue(Int(subnet.tempo)), "members": JSONValue(members),
      "weights_rate_limit": JSONView.number(subnet.weightsRateLimit),
      "minimum_weights": JSONValue(Int(subnet.minimumWeights)),
    ]
    for (key, value) in fields { console.line("\(key)  \(value.stringValue ?? value.encoded())") }
    console.document(.object(JSONObject(entries: fields.map { (key: $0.key, value: $0.value) })))
  }
}

/// `chain metagraph`.
struct ChainMetagraphCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "metagraph", abstract: "The subnet's members with stake, incentive and weights.",
    discussion: "EXAMPLE:\n  genki-validatord chain metagraph")
  @OptionGroup var arguments: ChainArguments
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let chain = try arguments.chain()
    let metagraph = try chain.metagraph(at: try chain.head())
    var table = TextTable([
      ("uid", .right), ("hotkey", .left), ("stake TAO", .right), ("permit", .left),
      ("incentive", .right), ("dividends", .right), ("emission TAO", .right), ("updated", .right),
      ("weights", .left),
    ])
    for neuron in metagraph.neurons {
      table.add([
        "\(neuron.uid)", neuron.hotkey.description,
        HumanUnits.decimal(Double(neuron.stake) / 1e9, places: 3),
        neuron.hasValidatorPermit ? "yes" : "no", "\(neuron.incentive)", "\(neuron.dividends)",
        HumanUnits.decimal(Double(neuron.emission) / 1e9, places: 6), "\(neuron.lastUpdate)",
        neuron.weights.map { "\($0.uid):\($0.weight)" }.joined(separator: " "),
      ])
    }
    console.table(table)
    console.document([
      "block": JSONView.number(metagraph.block.number),
      "neurons": .array(metagraph.neurons.map(Self.json)),
    ])
  }

  private static func json(_ neuron: Neuron) -> JSONValue {
    [
      "uid": JSONValue(Int(neuron.uid)), "hotkey": .string(neuron.hotkey.description),
      "coldkey": .string(neuron.coldkey.description), "stake_rao": JSONView.number(neuron.stake),
      "validator_permit": .bool(neuron.hasValidatorPermit),
      "last_update": JSONView.number(neuron.lastUpdate),
      "registered_at": JSONView.number(neuron.registeredAt),
      "incentive": JSONValue(Int(neuron.incentive)), "dividends": JSONValue(Int(neuron.dividends)),
      "consensus": JSONValue(Int(neuron.consensus)),
      "validator_trust": JSONValue(Int(neuron.validatorTrust)),
      "emission_rao": JSONView.number(neuron.emission),
      "weights": .array(
        neuron.weights.map {
          ["uid": JSONValue(Int($0.uid)), "weight": JSONValue(Int($0.weight))]
        }),
    ]
  }
}

/// `chain commitments`.
struct ChainCommitmentsCommand: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "commitments", abstract: "What stands in the commitments, in their order.",
    discussion: "EXAMPLE:\n  genki-validatord chain commitments")
  @OptionGroup var arguments: ChainArguments
  @OptionGroup var output: OutputOptions

  func run(_ console: Console) throws {
    let chain = try arguments.chain()
    let head = try chain.head()
    // Where older ones stand in their blocks a node can no longer tell.
    let recent = chain is LocalChain ? 0 : head.number - min(head.number, 200)
    let records =
      try (try? chain.commitments(at: head, from: recent))
      ?? chain.commitments(at: head, from: .max)
    var table = TextTable([
      ("block", .right), ("index", .right), ("hotkey", .left), ("text", .left),
    ])
    for record in records {
      table.add([
        "\(record.block)", record.extrinsicIndex.map { "\($0)" } ?? "", record.hotkey.description,
        String(decoding: record.bytes, as: UTF8.self).quoted(limit: 130),
      ])
    }
    console.table(table)
    console.document([
      "block": JSONView.number(head.number),
      "commitments": .array(
        records.map { record in
          [
            "hotkey": .string(record.hotkey.description), "block": JSONView.number(record.block),
            "extrinsic_index": record.extrinsicIndex.map { JSONValue(Int($0)) } ?? .null,
            "text": .string(String(decoding: record.bytes, as: UTF8.self)),
          ]
        }),
    ])
  }
}
