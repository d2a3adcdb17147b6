import GenkiChain
import GenkiCore
import TestSupport
import Testing

/// Metadata of the chain, of two runtimes and in three versions of the format.
@Suite("runtime metadata")
struct RuntimeMetadataTests {
  /// Pallets, storage entries, calls and constants as another parser counts them.
  private static func counts(spec: Int) -> [Int] {
    spec == 343 ? [26, 295, 246, 126] : [27, 311, 263, 127]
  }

  @Test(arguments: RuntimeVectors.names) func everyFileIsReadToTheLastByte(name: String) throws {
    let metadata = try RuntimeVectors.metadata(name)
    #expect(name.contains("v\(metadata.version)-"))
    let calls = try metadata.pallets.compactMap(\.calls).map { type in
      if case .variant(let variants) = try metadata.types[type].shape { variants.count } else { 0 }
    }
    #expect(
      [
        metadata.pallets.count, metadata.pallets.reduce(0) { $0 + $1.storage.count },
        calls.reduce(0, +), metadata.pallets.reduce(0) { $0 + $1.constants.count },
      ] == Self.counts(spec: name.contains("343") ? 343 : 393))
    #expect(metadata.extrinsicVersions.contains(4))
    #expect(metadata.extensions.count == (name.contains("343") ? 11 : 13))
    #expect(metadata.apis.isEmpty == (metadata.version == 14))
  }

  @Test func versionsOfTheFormatSayTheSame() throws {
    for spec in [343, 393] {
      let all = try RuntimeVectors.all(spec: .init(spec))
      #expect(all.count == (spec == 343 ? 2 : 3))
      let first = try #require(all.first)
      for other in all.dropFirst() {
        #expect(other.extensions.map(\.identifier) == first.extensions.map(\.identifier))
        #expect(other.pallets.map(\.name) == first.pallets.map(\.name))
        #expect(
          other.pallets.map { $0.storage.map(\.path) }
            == first.pallets.map { $0.storage.map(\.path) })
      }
    }
  }

  @Test func namesAndConstantsAreFound() throws {
    for name in RuntimeVectors.names {
      let metadata = try RuntimeVectors.metadata(name)
      #expect(try metadata.constant("Commitments", "MaxFields").root.unsigned(UInt32.self) == 3)
      let version = try metadata.constant("System", "Version")
      #expect(try version["spec_name"].text() == "node-subtensor")
      #expect(
        try version["spec_version"].unsigned(UInt32.self) == (name.contains("343") ? 343 : 393))
      #expect(try metadata.pallet("Commitments").index == 18)
      #expect(try metadata.call("SubtensorModule", "set_weights").index == 0)
      #expect(try metadata.error("SubtensorModule", "SettingWeightsTooFast").index == 28)
      #expect(metadata.error(pallet: 18, error: 1)?.error.name == "AccountNotAllowedCommit")
      #expect(try metadata.event("System", "ExtrinsicFailed").index == 1)
      #expect(!metadata.hasCall("SubtensorModule", "make_tea"))
      #expect(throws: MetadataError.missing("call SubtensorModule.make_tea")) {
        try metadata.call("SubtensorModule", "make_tea")
      }
      if metadata.version > 14 {
        let method = try metadata.api("NeuronInfoRuntimeApi", "get_neurons_lite")
        #expect(method.inputs.map(\.name) == ["netuid"])
      }
    }
  }

  @Test func everyConstantAndEveryDefaultIsDecodedAndWrittenBack() throws {
    for name in RuntimeVectors.names {
      let metadata = try RuntimeVectors.metadata(name)
      let decoder = ValueDecoder(metadata.types)
      let encoder = ValueEncoder(metadata.types)
      var count = 0
      for pallet in metadata.pallets {
        let values =
          pallet.constants.map { ($0.type, $0.value) }
          + pallet.storage.filter { $0.modifier == .default }.map { ($0.value, $0.fallback) }
        for (type, bytes) in values {
          let value = try decoder.decode(bytes, as: type)
          #expect(try encoder.encode(value, as: type) == bytes)
          count += 1
        }
      }
      #expect(count > 300)
    }
  }

  @Test func theAnswerOfANodeIsUnwrapped() throws {
    let path = Vectors.path(
      "bittensor/rpc-state_call-Metadata_metadata_at_version-15-spec343.hex")
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    let hex = text.hasSuffix("\n") ? String(text.dropLast()) : text
    let answer = BittensorVectors.bytes(.string(hex))
    #expect(answer.count > 290_000)
    #expect(
      try RuntimeMetadata.unwrapped(answer)
        == RuntimeVectors.bytes("metadata-v15-spec343.scale"))
    #expect(try RuntimeMetadata.unwrapped([0]) == nil)
    for damaged in [[], [2], answer.dropLast(), answer + [0], [0, 0], [1]] as [[UInt8]] {
      #expect(throws: ScaleError.self) { try RuntimeMetadata.unwrapped(damaged) }
    }
  }

  @Test func otherVersionsAndOtherBytesAreRefused() {
    #expect(throws: MetadataError.version(13)) {
      try RuntimeMetadata(decoding: Array("meta".utf8) + [13, 0])
    }
    for bytes in [[], [0], Array("mete".utf8) + [14]] as [[UInt8]] {
      #expect(throws: MetadataError.notMetadata) { try RuntimeMetadata(decoding: bytes) }
    }
  }

  /// It is decoded at each upgrade of the runtime and at each start; a second would be noticed.
  @Test func decodingTakesMilliseconds() throws {
    let bytes = try RuntimeVectors.bytes("metadata-v16-spec393.scale")
    let clock = ContinuousClock()
    var best = Duration.seconds(60)
    for _ in 0..<5 {
      let start = clock.now
      _ = try RuntimeMetadata(decoding: bytes)
      best = min(best, clock.now - start)
    }
    #expect(best < .milliseconds(300), "\(best)")
  }
}
