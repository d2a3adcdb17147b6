import GenkiChain
import GenkiCore
import Testing

/// `storage_values.json`: values of the chain, and what other decoders make of them.
@Suite("storage values")
struct StorageValueTests {
  private struct Case {
    var json: JSONValue
    var metadata: RuntimeMetadata
    var type: TypeID
    var raw: [UInt8]
  }

  private static func cases() throws -> (vectors: Int, cases: [Case]) {
    let values = try BittensorVectors.cases("storage_values.json", "values")
    var result: [Case] = []
    for entry in values {
      for metadata in try RuntimeVectors.all(spec: entry["spec"]) {
        let type: TypeID
        if let pallet = entry["pallet"]?.stringValue, let item = entry["item"]?.stringValue {
          type = try metadata.storage(pallet, item).value
        } else if metadata.version > 14 {
          type = try metadata.api(
            entry["api"]?.stringValue ?? "", entry["method"]?.stringValue ?? ""
          ).output
        } else {
          continue
        }
        result.append(
          Case(
            json: entry, metadata: metadata, type: type,
            raw: BittensorVectors.bytes(entry["raw"])))
      }
    }
    return (values.count, result)
  }

  @Test func everyValueIsDecodedAsByOthersAndWrittenBack() throws {
    let (vectors, cases) = try Self.cases()
    #expect(vectors == 58)
    // Runtime calls are described by versions 15 and 16 only.
    #expect(cases.count == 36 * 2 + 3 + 19 * 3)
    for entry in cases {
      let value = try ValueDecoder(entry.metadata.types).decode(entry.raw, as: entry.type)
      let name = entry.json["item"]?.stringValue ?? entry.json["method"]?.stringValue ?? ""
      #expect(value.isShown(as: entry.json["decoded"] ?? .null), "\(name)")
      #expect(
        try ValueEncoder(entry.metadata.types).encode(value, as: entry.type) == entry.raw,
        "\(name)")
    }
  }

  @Test func theListsReadInOneGoAreTheSame() throws {
    var lists = 0
    for entry in try Self.cases().cases {
      let decoder = ValueDecoder(entry.metadata.types)
      let decoded = entry.json["decoded"]?.arrayValue ?? []
      switch entry.json["item"]?.stringValue {
      case "Weights":
        let list = try decoder.weightList(entry.raw, as: entry.type)
        #expect(
          list.map { [Int($0.uid), Int($0.weight)] }
            == decoded.map { ($0.arrayValue ?? []).compactMap(\.intValue) })
      case "ValidatorPermit":
        let list = try decoder.boolList(entry.raw, as: entry.type)
        #expect(list == decoded.map { $0.boolValue == true })
      case "LastUpdate":
        let list = try decoder.uint64List(entry.raw, as: entry.type)
        #expect(list.map { Int($0) } == decoded.map { $0.intValue ?? -1 })
      default: continue
      }
      lists += 1
      #expect(throws: ScaleError.self) { try decoder.uint16List(entry.raw, as: entry.type) }
    }
    #expect(lists == 15)
  }

  @Test func aListReadInOneGoIsBounded() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    let decoder = ValueDecoder(metadata.types)
    let incentive = try metadata.storage("SubtensorModule", "Incentive").value
    let permit = try metadata.storage("SubtensorModule", "ValidatorPermit").value
    #expect(try decoder.uint16List([8, 1, 0, 2, 1], as: incentive) == [1, 258])
    for bytes in [[8, 1, 0, 2], [4, 1, 0, 2], [], [0xFE, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
      #expect(throws: ScaleError.self) { try decoder.uint16List(bytes, as: incentive) }
    }
    #expect(throws: ScaleError.unexpected(offset: 2, expected: "0 or 1", found: "byte 2")) {
      try decoder.boolList([8, 1, 2], as: permit)
    }
  }

  /// A row of weights with an entry for every possible uid.
  @Test func aLongRowOfWeightsTakesMilliseconds() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    let type = try metadata.storage("SubtensorModule", "Weights").value
    var writer = ScaleWriter()
    writer.append(count: 65_536)
    for uid in 0...UInt16.max {
      writer.append(integer: uid)
      writer.append(integer: ~uid)
    }
    let decoder = ValueDecoder(metadata.types)
    let clock = ContinuousClock()
    let start = clock.now
    let list = try decoder.weightList(writer.bytes, as: type)
    let fast = clock.now - start
    #expect(list.count == 65_536 && list[65_535] == UidWeight(uid: 65_535, weight: 0))
    #expect(fast < .milliseconds(100), "\(fast)")
    let value = try decoder.decode(writer.bytes, as: type)
    #expect(clock.now - start < .seconds(2), "\(clock.now - start)")
    #expect(try ValueEncoder(metadata.types).encode(value, as: type) == writer.bytes)
  }

  @Test func commitmentsAreTakenApart() throws {
    var kinds: [String: Int] = [:]
    for entry in try Self.cases().cases where entry.json["item"]?.stringValue == "CommitmentOf" {
      let value = try ValueDecoder(entry.metadata.types).decode(entry.raw, as: entry.type)
      let commitment = try ChainCommitment(value)
      let decoded = try #require(entry.json["decoded"])
      #expect(Int(commitment.block) == decoded["block"]?.intValue)
      #expect(Int(commitment.deposit) == decoded["deposit"]?.intValue)
      let field = try #require(decoded["info"]?["fields"]?.arrayValue?.first)
      let shown = field.objectValue?.entries.first
      let content = shown?.value
      let kind: String
      switch try #require(commitment.fields.first) {
      case .none: kind = "None"
      case .resetBonds: kind = "ResetBondsFlag"
      case .raw(let bytes):
        kind = shown?.key == "BigRaw" ? "BigRaw" : "Raw\(bytes.count)"
        #expect(bytes == BittensorVectors.bytes(content))
        #expect(commitment.rawFields == [bytes])
      case .digest(let function, let bytes):
        kind = function
        #expect(bytes == BittensorVectors.bytes(content))
      case .timelocked(let bytes, let round):
        kind = "TimelockEncrypted"
        #expect(bytes == BittensorVectors.bytes(content?["encrypted"]))
        #expect(Int(round) == content?["reveal_round"]?.intValue)
      case .other(let name): kind = "other \(name)"
      }
      #expect(kind == shown?.key ?? field.stringValue)
      kinds[kind, default: 0] += 1
    }
    #expect(
      Set(kinds.keys) == [
        "None", "ResetBondsFlag", "Raw0", "Raw1", "Raw103", "Raw128", "Sha256", "BigRaw",
        "TimelockEncrypted",
      ])
    #expect(kinds.values.reduce(0, +) == 45)
  }

  @Test func absentValuesAreDefaultsOrAbsent() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    let account = try metadata.storage("System", "Account")
    let value = try #require(try metadata.storageValue(of: account, nil))
    #expect(try value["nonce"].unsigned(UInt32.self) == 0)
    #expect(try value["data"]["free"].unsigned(UInt64.self) == 0)
    let uids = try metadata.storage("SubtensorModule", "Uids")
    #expect(try metadata.storageValue(of: uids, nil) == nil)
    #expect(try metadata.storageValue(of: uids, [0x1D, 0]) == .unsigned(29))
  }

  @Test func truncatedAndChangedValuesNeverTrap() throws {
    var random = DeterministicRandom(seed: 3, domain: "storage values")
    var truncations = 0
    for entry in try Self.cases().cases {
      let decoder = ValueDecoder(entry.metadata.types)
      let step = max(entry.raw.count / 600, 1)
      for count in stride(from: 0, to: entry.raw.count, by: step) {
        truncations += 1
        #expect(throws: ScaleError.self) {
          try decoder.decode(Array(entry.raw.prefix(count)), as: entry.type)
        }
      }
      for _ in 0..<20 {
        var bytes = entry.raw
        bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
        guard let value = try? decoder.decode(bytes, as: entry.type) else { continue }
        #expect(try ValueEncoder(entry.metadata.types).encode(value, as: entry.type) == bytes)
        _ = try? ChainCommitment(value)
      }
    }
    #expect(truncations > 5_000)
  }
}
