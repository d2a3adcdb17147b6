import GenkiChain
import GenkiCore
import Testing

/// Bytes that nobody honest sends: each gives an error or a value, in time and without much memory.
@Suite("hostile SCALE bytes")
struct HostileScaleTests {
  private static let names = ["metadata-v14-spec343.scale", "metadata-v16-spec393.scale"]

  @Test func truncatedMetadataIsRefused() throws {
    for name in RuntimeVectors.names {
      let bytes = try RuntimeVectors.bytes(name)
      let counts =
        Array(0..<400) + Array(stride(from: 400, to: bytes.count, by: 4_999))
        + Array((bytes.count - 100)..<bytes.count)
      for count in counts {
        #expect(throws: (any Error).self) {
          try RuntimeMetadata(decoding: Array(bytes.prefix(count)))
        }
      }
      #expect(throws: ScaleError.trailing(offset: bytes.count, bytes: 1)) {
        try RuntimeMetadata(decoding: bytes + [0])
      }
    }
  }

  /// Nothing may trap, whatever is made of the metadata that is left.
  @Test func changedMetadataNeverTraps() throws {
    var random = DeterministicRandom(seed: 5, domain: "changed metadata")
    var accepted = 0
    for name in Self.names {
      let bytes = try RuntimeVectors.bytes(name)
      for _ in 0..<150 {
        var changed = bytes
        for _ in 0...random.next(below: 4) {
          changed[5 + random.next(below: bytes.count - 5)] = UInt8(random.next(below: 256))
        }
        guard let metadata = try? RuntimeMetadata(decoding: changed) else { continue }
        accepted += 1
        use(metadata)
      }
    }
    #expect(accepted > 0)
  }

  private func use(_ metadata: RuntimeMetadata) {
    let decoder = ValueDecoder(metadata.types)
    for pallet in metadata.pallets {
      for entry in pallet.storage {
        _ = try? metadata.storageValue(of: entry, nil)
        _ = try? metadata.storagePrefix(of: entry)
      }
      for constant in pallet.constants {
        _ = try? decoder.decode(constant.value, as: constant.type)
      }
    }
    guard let hash = ContentDigest(bytes: [UInt8](repeating: 1, count: 32)) else { return }
    let context = SigningContext(
      specVersion: 1, transactionVersion: 1, genesis: hash, era: Era(period: 64, at: 100),
      eraBlock: hash, nonce: 1)
    _ = try? metadata.unsignedExtrinsic(call: [], context: context)
    _ = try? SubtensorCall.setCommitment(netuid: 1, fields: [[1, 2, 3]]).encoded(metadata)
    _ = try? SubtensorCall.setWeights(
      netuid: 1, weights: [UidWeight(uid: 1, weight: 1)], versionKey: 0
    ).encoded(metadata)
  }

  /// Every type of the runtime, over random bytes.
  @Test func randomBytesOfAnyTypeNeverTrap() throws {
    var random = DeterministicRandom(seed: 6, domain: "random values")
    for name in Self.names {
      let metadata = try RuntimeVectors.metadata(name)
      let decoder = ValueDecoder(metadata.types)
      let encoder = ValueEncoder(metadata.types)
      var decoded = 0
      for type in metadata.types.definitions.indices {
        for _ in 0..<40 {
          // Small numbers make small counts and known variants.
          let top = [2, 12, 256][random.next(below: 3)]
          let bytes = (0..<random.next(below: 200)).map { _ in UInt8(random.next(below: top)) }
          var reader = ScaleReader(bytes)
          guard let value = try? decoder.decode(from: &reader, as: type) else { continue }
          decoded += 1
          #expect(
            try encoder.encode(value, as: type) == Array(bytes.prefix(reader.offset)), "\(type)")
        }
      }
      #expect(decoded > 5_000)
    }
  }

  @Test func absurdCountsAreRefusedBeforeAnythingIsAllocated() throws {
    let types = try TypeRegistry([
      TypeDefinition(shape: .primitive(.u64)), TypeDefinition(shape: .sequence(0)),
      TypeDefinition(shape: .tuple([])), TypeDefinition(shape: .sequence(2)),
      TypeDefinition(shape: .array(count: Int(UInt32.max), of: 0)),
      TypeDefinition(shape: .array(count: Int(UInt32.max), of: 2)),
      TypeDefinition(shape: .primitive(.str)), TypeDefinition(shape: .primitive(.u8)),
      TypeDefinition(shape: .bitSequence(store: 7, order: 2)),
      TypeDefinition(shape: .array(count: Int(UInt32.max), of: 4)),
    ])
    let decoder = ValueDecoder(types)
    var huge = ScaleWriter()
    huge.append(compact: UInt128(UInt64.max))
    let counts = [
      [0xFE, 0xFF, 0xFF, 0xFF], huge.bytes, [0x33] + [UInt8](repeating: 255, count: 16),
    ]
    let clock = ContinuousClock()
    let start = clock.now
    for count in counts {
      for type in [1, 3, 4, 5, 6, 8, 9] {
        #expect(throws: ScaleError.self, "\(type)") {
          try decoder.decode(count + [1, 2, 3], as: type)
        }
      }
    }
    #expect(clock.now - start < .seconds(1))
    #expect(try decoder.decode([12], as: 3) == .sequence([.unit, .unit, .unit]))
  }

  @Test func typesThatContainThemselvesEndAtADepth() throws {
    // 0: struct S(S); 1: struct T { t: T }; 2: Vec<2>; 3: enum { A(3), B }; 4: ((4,),); 5: compact 0;
    // 6: [7; 2] of 7: [6; 2], which doubles at every step.
    let types = try TypeRegistry([
      TypeDefinition(shape: .composite([TypeField(nil, 0)])),
      TypeDefinition(shape: .composite([TypeField("t", 1)])),
      TypeDefinition(shape: .sequence(2)),
      TypeDefinition(
        shape: .variant([
          TypeVariant("A", index: 0, fields: [TypeField(nil, 3)]), TypeVariant("B", index: 1),
        ])),
      TypeDefinition(shape: .tuple([4])), TypeDefinition(shape: .compact(0)),
      TypeDefinition(shape: .array(count: 2, of: 7)),
      TypeDefinition(shape: .array(count: 2, of: 6)),
    ])
    let decoder = ValueDecoder(types)
    let encoder = ValueEncoder(types)
    let deep = [UInt8](repeating: 4, count: 100_000)
    for type in 0..<types.definitions.count {
      #expect(throws: ScaleError.self) { try decoder.decode(deep, as: type) }
      #expect(throws: ScaleError.self) {
        try decoder.decode([UInt8](repeating: 0, count: 100_000), as: type)
      }
      #expect(throws: (any Error).self) { try encoder.encode(.unsigned(1), as: type) }
    }
    let nested = [UInt8](repeating: 4, count: 60) + [0]
    #expect(try encoder.encode(try decoder.decode(nested, as: 2), as: 2) == nested)
    let chain = [UInt8](repeating: 0, count: 60) + [1]
    #expect(try encoder.encode(try decoder.decode(chain, as: 3), as: 3) == chain)
    let limit = ScaleLimits().depthMaximum
    let longest = [UInt8](repeating: 4, count: limit - 1) + [0]
    #expect(try decoder.decode(longest, as: 2) != .unit)
    #expect(throws: ScaleError.self) { try decoder.decode([4] + longest, as: 2) }
  }

  @Test func itemsAndBytesAreBounded() throws {
    let types = try TypeRegistry([
      TypeDefinition(shape: .primitive(.bool)), TypeDefinition(shape: .sequence(0)),
    ])
    let decoder = ValueDecoder(types, limits: ScaleLimits(bytesMaximum: 12, itemsMaximum: 8))
    #expect(try decoder.decode([28] + [UInt8](repeating: 1, count: 7), as: 1) != .unit)
    #expect(throws: ScaleError.self) {
      try decoder.decode([32] + [UInt8](repeating: 1, count: 8), as: 1)
    }
    #expect(throws: ScaleError.limit(offset: 0, what: "bytes", maximum: 12)) {
      try decoder.decode([UInt8](repeating: 0, count: 13), as: 1)
    }
    #expect(throws: ScaleError.unknownType(id: 2)) {
      try TypeRegistry([TypeDefinition(shape: .sequence(2))])
    }
    let bytes = try RuntimeVectors.bytes("metadata-v14-spec343.scale")
    for limits in [
      MetadataLimits(bytesMaximum: bytes.count - 1), MetadataLimits(typesMaximum: 500),
      MetadataLimits(itemsMaximum: 5_000),
    ] {
      #expect(throws: ScaleError.self) { try RuntimeMetadata(decoding: bytes, limits: limits) }
    }
  }
}
