import Foundation
import GenkiCore

/// The runtimes that inputs are read with.
enum Runtimes {
  /// `Tests/Vectors/bittensor` of the repository, as the environment names it.
  static let vectors = ProcessInfo.processInfo.environment["GENKI_FUZZ_VECTORS"] ?? ""

  static func bytes(_ name: String) throws -> [UInt8] {
    try TextFile.readBytes("\(vectors)/\(name)", sizeLimit: 4 << 20)
  }

  static func json(_ name: String) throws -> JSONValue {
    try JSONValue.parse(try bytes(name), source: name)
  }

  /// The whole runtime of spec 393.
  static let full = loaded { try RuntimeMetadata(decoding: bytes("metadata-v16-spec393.scale")) }
  /// What the client uses of it, in version 15.
  static let small = loaded { try RuntimeMetadata(decoding: smallBytes(version: 15)) }

  static func loaded<Value>(_ make: () throws -> Value) -> Value {
    do {
      return try make()
    } catch {
      preconditionFailure("the reference data cannot be used: \(error)")
    }
  }

  /// Metadata of a few kilobytes: the entries, calls and events that the client uses.
  static func smallBytes(version: UInt8) throws -> [UInt8] {
    let full = try RuntimeMetadata(decoding: bytes("metadata-v15-spec393-derived.scale"))
    var small = RuntimePruner(full.types)
    let pallets = try ["System", "SubtensorModule", "Commitments", "TransactionPayment"].map {
      small.pallet(try full.pallet($0))
    }
    let extensions = full.extensions.map { item in
      SignedExtension(
        identifier: item.identifier, explicit: small.id(item.explicit),
        implicit: small.id(item.implicit))
    }
    let version15 = try full.api("Core", "version")
    let api = RuntimeAPI(
      name: "Core",
      methods: [
        RuntimeMethod(name: "version", inputs: [], output: small.id(version15.output))
      ])
    return MetadataWriter.bytes(
      version: version, types: small.definitions, pallets: pallets, extensions: extensions,
      apis: [api])
  }
}

/// Keeps of a runtime's types what a few entries need.
struct RuntimePruner {
  private let types: TypeRegistry
  private var numbers: [TypeID: TypeID] = [:]
  private(set) var definitions: [TypeDefinition] = []

  private static let entries: Set = [
    "Events", "Account", "NetworksAdded", "Tempo", "WeightsSetRateLimit", "MinAllowedWeights",
    "WeightsVersionKey", "CommitRevealWeightsEnabled", "RevealPeriodEpochs", "MaxAllowedUids",
    "Burn", "StakeThreshold", "MaxWeightsLimit", "SubnetEpochIndex", "SubnetOwnerHotkey",
    "SubnetworkN", "Keys", "ValidatorPermit", "LastUpdate", "Incentive", "Dividends", "Consensus",
    "ValidatorTrust", "Emission", "TaoWeight", "BlockAtRegistration", "Owner", "TotalHotkeyAlpha",
    "Weights", "WeightCommits", "Uids", "NetworkRegistrationAllowed", "CommitmentOf", "UsedSpaceOf",
    "MaxSpace",
  ]
  private static let variants: Set = [
    "System", "SubtensorModule", "Commitments", "TransactionPayment", "ExtrinsicSuccess",
    "ExtrinsicFailed", "Commitment", "TransactionFeePaid", "set_commitment", "set_weights",
    "set_mechanism_weights", "commit_weights", "commit_mechanism_weights", "reveal_weights",
    "reveal_mechanism_weights", "burned_register", "register_limit", "WeightsSet",
    "SpaceLimitExceeded", "Raw0", "Raw1", "Raw2", "Raw7", "Raw127", "Raw128",
  ]

  init(_ types: TypeRegistry) { self.types = types }

  mutating func pallet(_ pallet: Pallet) -> Pallet {
    var entries: [StorageEntry] = []
    for entry in pallet.storage where Self.entries.contains(entry.name) {
      entries.append(
        StorageEntry(
          pallet: entry.pallet, prefix: entry.prefix, name: entry.name, modifier: entry.modifier,
          hashers: entry.hashers, key: entry.key.map { id($0) }, value: id(entry.value),
          fallback: entry.fallback))
    }
    let constants = pallet.constants.prefix(2).map {
      PalletConstant(name: $0.name, type: id($0.type), value: $0.value)
    }
    return Pallet(
      name: pallet.name, index: pallet.index, storage: entries,
      calls: pallet.calls.map { id($0) }, events: pallet.events.map { id($0) },
      errors: pallet.errors.map { id($0) }, constants: constants)
  }

  /// The new number of a type; it is taken over when it is asked for.
  mutating func id(_ old: TypeID) -> TypeID {
    if let known = numbers[old] { return known }
    let new = definitions.count
    numbers[old] = new
    definitions.append(TypeDefinition(shape: .tuple([])))
    guard let definition = try? types[old] else { return new }
    let shape = shape(definition)
    definitions[new] = TypeDefinition(path: Array(definition.path.suffix(1)), shape: shape)
    return new
  }

  private mutating func shape(_ definition: TypeDefinition) -> TypeShape {
    switch definition.shape {
    case .composite(let content): return .composite(fields(content))
    case .variant(let all):
      let isLarge = all.count > 12 || definition.path.last?.hasPrefix("Runtime") ?? false
      let kept = all.filter { !isLarge || Self.variants.contains($0.name) }
      return .variant(
        (kept.isEmpty ? Array(all.filter(\.fields.isEmpty).prefix(2)) : kept).map {
          TypeVariant($0.name, index: $0.index, fields: fields($0.fields))
        })
    case .sequence(let inner): return .sequence(id(inner))
    case .array(let count, let inner): return .array(count: count, of: id(inner))
    case .tuple(let ids): return .tuple(ids.map { id($0) })
    case .primitive(let primitive): return .primitive(primitive)
    case .compact(let inner): return .compact(id(inner))
    case .bitSequence(let store, let order):
      return .bitSequence(store: id(store), order: id(order))
    }
  }

  private mutating func fields(_ fields: [TypeField]) -> [TypeField] {
    fields.map { TypeField($0.name, id($0.type)) }
  }
}
