import GenkiCore

/// Values of any type of spec 393: two bytes choose the type, the rest is the value. What decodes is
/// written as the same bytes again.
enum ValueTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    var random = DeterministicRandom(seed: 1, domain: "fuzz values")
    var seeds = try storedValues().map { choice($0.type) + $0.bytes.prefix(4_000) }
    for type in Runtimes.full.types.definitions.indices {
      var input = FuzzInput((0..<400).map { _ in UInt8(random.next(below: 256)) })
      var maker = ValueMaker(Runtimes.full.types)
      seeds.append(choice(type) + maker.bytes(of: type, from: &input))
    }
    return seeds
  }

  private static func choice(_ type: TypeID) -> [UInt8] {
    [UInt8(truncatingIfNeeded: type), UInt8(truncatingIfNeeded: type >> 8)]
  }

  /// The reference values whose entries spec 393 has, whatever spec wrote them.
  static func storedValues(
    of item: String? = nil
  ) throws -> [(type: TypeID, bytes: [UInt8])] {
    var found: [(type: TypeID, bytes: [UInt8])] = []
    for value in try Runtimes.json("storage_values.json")["values"]?.arrayValue ?? [] {
      guard let pallet = value["pallet"]?.stringValue, let name = value["item"]?.stringValue,
        item == nil || item == name, let entry = try? Runtimes.full.storage(pallet, name),
        let bytes = value["raw"]?.stringValue.flatMap(HexBytes.bytes)
      else { continue }
      found.append((entry.value, bytes))
    }
    return found
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let types = Runtimes.full.types
    let type = input.number(below: 65_536) % types.definitions.count
    let content = input.rest()
    let decoder = ValueDecoder(types, limits: ScaleLimits(itemsMaximum: 20_000))
    // The lists for one step, which each check their type.
    _ = try? decoder.uint16List(content, as: type)
    _ = try? decoder.uint64List(content, as: type)
    _ = try? decoder.boolList(content, as: type)
    _ = try? decoder.weightList(content, as: type)
    var reader = ScaleReader(content)
    let value = try decoder.decode(from: &reader, as: type)
    expect(
      try ValueEncoder(types).encode(value, as: type) == Array(content.prefix(reader.offset)),
      "a value of type \(type) is written as other bytes")
    Accessors.use(value)
  }
}

/// Takes everything out of a value in every way that there is.
enum Accessors {
  static func use(_ value: ScaleValue) {
    let root = value.root
    take(root)
    for name in ["data", "info", "fields", "deposit", ""] { take(root[name]) }
    for index in [0, 1, -1, Int.max] { take(root[index]) }
    for place in ((try? root.elements()) ?? []).prefix(8) { take(place) }
    for field in ((try? root.variant())?.fields ?? []).prefix(8) { take(field.value.root) }
    _ = try? ChainCommitment(value)
    _ = try? DispatchFailure(root, metadata: Runtimes.full)
  }

  private static func take(_ place: ScaleLookup) {
    _ = try? place.bool()
    _ = try? place.text()
    _ = try? place.bytes()
    _ = try? place.bytes(count: 32)
    _ = try? place.accountID().description
    _ = try? place.unsigned(UInt8.self)
    _ = try? place.unsigned(UInt64.self)
    _ = try? place.unsigned(UInt128.self)
    _ = try? place.signed(Int8.self)
    _ = try? place.signed(Int128.self)
    _ = try? place.option
    _ = try? place["a"][3].value
  }
}

/// Metadata, whole or small, and what is done with it once it has been read.
enum MetadataTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    // The real ones are long: what they hold beyond the small ones is more of the same.
    try [14, 15, 16].map { try Runtimes.smallBytes(version: $0) }
      + ["metadata-v14-spec393-derived.scale", "metadata-v16-spec393.scale"].map {
        try Runtimes.bytes($0)
      } + [tiny(version: 14), tiny(version: 15), tiny(version: 16)]
  }

  /// A few hundred bytes with every shape, hasher and known extension.
  static func tiny(version: UInt8) -> [UInt8] {
    let types = [
      TypeDefinition(shape: .tuple([])), TypeDefinition(shape: .primitive(.u8)),
      TypeDefinition(path: ["H256"], shape: .array(count: 32, of: 1)),
      TypeDefinition(shape: .sequence(1)), TypeDefinition(shape: .compact(1)),
      TypeDefinition(
        path: ["Event"],
        shape: .variant([TypeVariant("A", index: 3, fields: [TypeField("b", 5), .init(nil, 4)])])),
      TypeDefinition(
        parameters: [TypeParameter(name: "T", type: 1)],
        shape: .composite([TypeField("x", 2), TypeField("y", 9)])),
      TypeDefinition(shape: .bitSequence(store: 1, order: 0)),
      TypeDefinition(path: ["Era"], shape: .composite([TypeField(nil, 1)])),
      TypeDefinition(shape: .primitive(.u32)), TypeDefinition(shape: .tuple([1, 9])),
      TypeDefinition(shape: .sequence(6)), TypeDefinition(shape: .primitive(.str)),
    ]
    let hashers: [StorageHasher] = [.blake2b128Concat, .identity]
    let entries = [
      StorageEntry(
        pallet: "P", prefix: "P", name: "Map", modifier: .default, hashers: hashers, key: 10,
        value: 6, fallback: [UInt8](repeating: 0, count: 36)),
      StorageEntry(
        pallet: "P", prefix: "P", name: "Value", modifier: .default, hashers: [], key: nil,
        value: 11, fallback: [0]),
      StorageEntry(
        pallet: "P", prefix: "P", name: "One", modifier: .optional, hashers: [.twox64Concat],
        key: 9, value: 7, fallback: []),
    ]
    let extensions = [
      ("CheckGenesis", 0, 2), ("CheckMortality", 8, 2), ("CheckNonce", 4, 0),
      ("ChargeTransactionPayment", 4, 0), ("CheckSpecVersion", 0, 9), ("Other", 0, 0),
    ].map { SignedExtension(identifier: $0.0, explicit: $0.1, implicit: $0.2) }
    return MetadataWriter.bytes(
      version: version, types: types,
      pallets: [
        Pallet(
          name: "P", index: 1, storage: entries, calls: 5, events: 5, errors: nil,
          constants: [PalletConstant(name: "C", type: 9, value: [1, 0, 0, 0])])
      ], extensions: extensions,
      apis: [
        RuntimeAPI(
          name: "Core",
          methods: [
            RuntimeMethod(
              name: "version", inputs: [RuntimeArgument(name: "a", type: 3)], output: 6)
          ])
      ])
  }

  static func run(_ bytes: [UInt8]) throws {
    _ = try? RuntimeMetadata.unwrapped(bytes)
    let metadata = try RuntimeMetadata(decoding: bytes)
    let limits = ScaleLimits(itemsMaximum: 1_000)
    let decoder = ValueDecoder(metadata.types, limits: limits)
    var input = FuzzInput(bytes.reversed())
    for entry in metadata.pallets.flatMap(\.storage).prefix(60) {
      _ = try? decoder.decode(entry.fallback, as: entry.value)
      _ = try? metadata.storageKey(of: entry)
      try? useKey(of: entry, metadata, decoder, &input)
    }
    for constant in metadata.pallets.flatMap(\.constants).prefix(60) {
      _ = try? decoder.decode(constant.value, as: constant.type)
    }
    for type in metadata.types.definitions.indices.prefix(40) {
      var maker = ValueMaker(metadata.types)
      let made = maker.bytes(of: type, from: &input)
      var reader = ScaleReader(made)
      guard let value = try? decoder.decode(from: &reader, as: type) else { continue }
      _ = try? ValueEncoder(metadata.types).encode(value, as: type)
      _ = metadata.types.describe(type)
    }
    sign(metadata)
  }

  /// The key of a map's value is made of its parts, and taken apart into them again.
  private static func useKey(
    of entry: StorageEntry, _ metadata: RuntimeMetadata, _ decoder: ValueDecoder,
    _ input: inout FuzzInput
  ) throws {
    guard let type = entry.key else { return }
    var maker = ValueMaker(metadata.types)
    var reader = ScaleReader(maker.bytes(of: type, from: &input))
    guard let key = try? decoder.decode(from: &reader, as: type) else { return }
    let parts =
      entry.hashers.count == 1 ? [key] : try key.root.elements().map { try $0.value }
    guard let full = try? metadata.storageKey(of: entry, parts) else { return }
    _ = try? metadata.keyParts(of: full, in: entry)
  }

  private static func sign(_ metadata: RuntimeMetadata) {
    guard let hash = ContentDigest(bytes: [UInt8](repeating: 1, count: 32)) else { return }
    let context = SigningContext(
      specVersion: 393, transactionVersion: 1, genesis: hash, era: Era(period: 64, at: 100),
      eraBlock: hash, nonce: .max, tip: .max)
    _ = try? metadata.unsignedExtrinsic(call: [1, 2], context: context)
    let weights = [UidWeight(uid: 1, weight: 2)]
    let calls: [SubtensorCall] = [
      .setCommitment(netuid: 1, fields: [[1, 2, 3]]),
      .setWeights(netuid: 1, weights: weights, versionKey: .max),
      .setMechanismWeights(netuid: 1, mechanism: 1, weights: weights, versionKey: 0),
      .commitWeights(netuid: 1, hash: hash),
      .revealWeights(netuid: 1, weights: weights, salt: [1], versionKey: 0),
    ]
    for call in calls { _ = try? call.encoded(metadata) }
  }
}

/// `System.Events` and `Commitments.CommitmentOf` of spec 393: one byte chooses, the rest is decoded,
/// or made of its type first so that it decodes.
enum EventTarget: FuzzTarget {
  static func seeds() throws -> [[UInt8]] {
    var random = DeterministicRandom(seed: 2, domain: "fuzz events")
    var seeds = try ValueTarget.storedValues(of: "CommitmentOf").map { [1] + $0.bytes }
    for choice in 0..<UInt8(4) {
      for _ in 0..<60 {
        let count = 20 + random.next(below: 300)
        seeds.append([choice] + (0..<count).map { _ in UInt8(random.next(below: 256)) })
      }
    }
    let events = try Runtimes.full.storage("System", "Events").value
    for _ in 0..<40 {
      var input = FuzzInput((0..<300).map { _ in UInt8(random.next(below: 256)) })
      var maker = ValueMaker(Runtimes.full.types)
      seeds.append([0] + maker.bytes(of: events, from: &input))
    }
    return seeds
  }

  static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let choice = input.byte()
    // Half of the inputs are of the small runtime, whose few variants are met often.
    let metadata = choice & 4 == 0 ? Runtimes.full : Runtimes.small
    let isEvents = choice & 1 == 0
    let entry = try metadata.storage(
      isEvents ? "System" : "Commitments", isEvents ? "Events" : "CommitmentOf")
    var maker = ValueMaker(metadata.types)
    let content = choice & 2 == 0 ? input.rest() : maker.bytes(of: entry.value, from: &input)
    guard isEvents else {
      guard let value = try metadata.storageValue(of: entry, content) else { return }
      let commitment = try ChainCommitment(value)
      for field in commitment.rawFields {
        _ = try? SubmissionCommitment(parsing: field)
        _ = try? AnnouncementCommitment(parsing: field)
      }
      return
    }
    let events = try BlockEvents(decoding: content, metadata: metadata)
    for index in [0, 1, 255, UInt32.max] {
      if case .failure(let failure)? = try? events.outcome(
        ofExtrinsic: index, metadata: metadata)
      {
        _ = failure.description
      }
      _ = try? events.fee(ofExtrinsic: index)
    }
    for event in events.records.prefix(20) {
      _ = try? event.content["who"].accountID()
      _ = try? event.content[0].unsigned(UInt16.self)
    }
  }
}
