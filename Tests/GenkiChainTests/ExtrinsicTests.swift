import GenkiChain
import GenkiCore
import Testing

/// `extrinsics.json`: every part of signed extrinsics as other programs make them.
@Suite("extrinsics")
struct ExtrinsicTests {
  private static func digest(_ json: JSONValue?) throws -> ContentDigest {
    try #require(ContentDigest(bytes: BittensorVectors.bytes(json)))
  }

  /// The arguments; the list of a commitment's fields is shown inside of another one.
  private static func arguments(_ json: JSONValue?) throws -> [String: ScaleValue] {
    var result: [String: ScaleValue] = [:]
    for (name, value) in json?.objectValue?.entries ?? [] {
      if let fields = value["fields"]?.arrayValue?.first {
        result[name] = .structure(["fields": try ScaleValue(vector: fields)])
      } else {
        result[name] = try ScaleValue(vector: value)
      }
    }
    return result
  }

  private static func era(_ json: JSONValue?) throws -> Era {
    guard let period = json?["period"]?.intValue, let block = json?["current_block"]?.intValue
    else { return .immortal }
    return Era(period: UInt64(period), at: UInt64(block))
  }

  private static func context(_ entry: JSONValue) throws -> SigningContext {
    SigningContext(
      specVersion: UInt32(try #require(entry["spec_version"]?.intValue)),
      transactionVersion: UInt32(try #require(entry["transaction_version"]?.intValue)),
      genesis: try digest(entry["genesis_hash"]), era: try era(entry["era"]),
      eraBlock: try digest(entry["era_block_hash"]),
      nonce: UInt64(try #require(entry["nonce"]?.intValue)),
      tip: try #require(UInt128(entry["tip"]?.stringValue ?? "")))
  }

  @Test func everyPartIsThatOfTheReference() throws {
    let cases = try BittensorVectors.cases("extrinsics.json", "cases")
    #expect(cases.count == 22)
    var runs = 0
    for entry in cases {
      let pallet = try #require(entry["module"]?.stringValue)
      let function = try #require(entry["function"]?.stringValue)
      let context = try Self.context(entry)
      #expect(context.era.encoded == BittensorVectors.bytes(entry["era_hex"]))
      let signature = BittensorVectors.bytes(entry["signature"])
      let signer = try SS58Address(publicKey: BittensorVectors.bytes(entry["public"]))
      #expect(signer.description == entry["signer"]?.stringValue)
      for metadata in try RuntimeVectors.all(spec: entry["spec"]) {
        runs += 1
        let call = try metadata.callBytes(pallet, function, try Self.arguments(entry["args"]))
        #expect(call == BittensorVectors.bytes(entry["call"]))
        let unsigned = try metadata.unsignedExtrinsic(call: call, context: context)
        #expect(unsigned.extra == BittensorVectors.bytes(entry["extra"]))
        #expect(unsigned.implicit == BittensorVectors.bytes(entry["implicit"]))
        #expect(unsigned.fullPayload == BittensorVectors.bytes(entry["payload_raw"]))
        #expect(unsigned.fullPayload.count == entry["payload_raw_length"]?.intValue)
        let payload = try unsigned.payload
        #expect(payload == BittensorVectors.bytes(entry["payload"]))
        #expect(Sr25519.isValid(signature, of: payload, publicKey: signer.publicKey))
        let extrinsic = try unsigned.signed(by: signer, signature: signature)
        #expect(extrinsic == BittensorVectors.bytes(entry["extrinsic"]))
        #expect(
          try UnsignedExtrinsic.hash(of: extrinsic) == Self.digest(entry["extrinsic_hash"]))
        let opened = try BlockExtrinsic(extrinsic)
        #expect(opened.isSigned && opened.version == 4 && opened.signer == signer)
        #expect(Array(opened.body.suffix(call.count)) == call)
        try expectOwnSignature(entry, unsigned, call)
      }
    }
    #expect(runs == 11 * 2 + 11 * 3)
  }

  /// With our own signature all but the signature is the same.
  private func expectOwnSignature(
    _ entry: JSONValue, _ unsigned: UnsignedExtrinsic, _ call: [UInt8]
  ) throws {
    let signer = try KeypairSigner(
      Keypair(seed: SecretBytes(copying: BittensorVectors.bytes(entry["seed"]))))
    var ours = try unsigned.signed(by: signer)
    let theirs = BittensorVectors.bytes(entry["extrinsic"])
    #expect(ours.count == theirs.count)
    let tail = unsigned.extra.count + call.count
    let place = (ours.count - tail - 64)..<(ours.count - tail)
    #expect(
      Sr25519.isValid(
        Array(ours[place]), of: try unsigned.payload, publicKey: signer.address.publicKey))
    ours.replaceSubrange(place, with: theirs[place])
    #expect(ours == theirs)
  }

  @Test func theCallsOfThisProgramAreThoseOfTheReference() throws {
    var calls = 0
    for entry in try BittensorVectors.cases("extrinsics.json", "cases") {
      guard let call = try Self.call(entry) else { continue }
      #expect(call.function == entry["function"]?.stringValue)
      for metadata in try RuntimeVectors.all(spec: entry["spec"]) {
        #expect(try call.encoded(metadata) == BittensorVectors.bytes(entry["call"]))
        calls += 1
      }
    }
    #expect(calls == 9 * 2 + 9 * 3)
  }

  private static func call(_ entry: JSONValue) throws -> SubtensorCall? {
    let args = entry["args"]
    func numbers(_ name: String) -> [UInt16] {
      (args?[name]?.arrayValue ?? []).compactMap { $0.intValue.flatMap { UInt16(exactly: $0) } }
    }
    func vector(_ uids: String, _ values: String) -> [UidWeight] {
      zip(numbers(uids), numbers(values)).map { UidWeight(uid: $0, weight: $1) }
    }
    let netuid = UInt16(try #require(args?["netuid"]?.intValue))
    let versionKey = UInt64(args?["version_key"]?.intValue ?? 0)
    switch entry["function"]?.stringValue {
    case "set_commitment":
      let fields = args?["info"]?["fields"]?.arrayValue?.first?.arrayValue ?? []
      return .setCommitment(
        netuid: netuid,
        fields: fields.map { BittensorVectors.bytes($0.objectValue?.entries.first?.value) })
    case "set_weights":
      return .setWeights(
        netuid: netuid, weights: vector("dests", "weights"), versionKey: versionKey)
    case "set_mechanism_weights":
      return .setMechanismWeights(
        netuid: netuid, mechanism: UInt8(try #require(args?["mecid"]?.intValue)),
        weights: vector("dests", "weights"), versionKey: versionKey)
    case "commit_weights":
      return .commitWeights(netuid: netuid, hash: try digest(args?["commit_hash"]))
    case "reveal_weights":
      return .revealWeights(
        netuid: netuid, weights: vector("uids", "values"), salt: numbers("salt"),
        versionKey: versionKey)
    case "burned_register":
      return .burnedRegister(
        netuid: netuid, hotkey: try SS58Address(parsing: args?["hotkey"]?.stringValue ?? ""))
    default: return nil
    }
  }

  @Test func theFormsForMechanismsHaveTheMechanismAfterTheSubnet() throws {
    for name in RuntimeVectors.names {
      let metadata = try RuntimeVectors.metadata(name)
      let hash = try #require(ContentDigest(bytes: [UInt8](repeating: 5, count: 32)))
      #expect(
        try SubtensorCall.commitMechanismWeights(netuid: 35, mechanism: 1, hash: hash)
          .encoded(metadata) == [7, 115, 35, 0, 1] + hash.bytes)
      let reveal = SubtensorCall.revealMechanismWeights(
        netuid: 35, mechanism: 1, weights: [UidWeight(uid: 2, weight: 3)], salt: [4], versionKey: 9)
      #expect(
        try reveal.encoded(metadata) == [
          7, 116, 35, 0, 1, 4, 2, 0, 4, 3, 0, 4, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0,
        ])
      let register = SubtensorCall.registerLimit(
        netuid: 1, hotkey: try SS58Address(publicKey: hash.bytes), limitPrice: 7)
      if metadata.hasCall("SubtensorModule", "register_limit") {
        #expect(try register.encoded(metadata).count == 2 + 2 + 32 + 8)
      } else {
        #expect(throws: MetadataError.missing("call SubtensorModule.register_limit")) {
          try register.encoded(metadata)
        }
      }
    }
  }

  @Test func aCommitmentHoldsUpToThreeFieldsOf128Bytes() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    let long = [UInt8](repeating: 1, count: 128)
    let call = try SubtensorCall.setCommitment(netuid: 7, fields: [[1], [], long])
      .encoded(metadata)
    #expect(call == [18, 0, 7, 0, 12, 2, 1, 1, 129] + long)
    // "12000700040668656c6c6f" in the reference page.
    #expect(
      try SubtensorCall.setCommitment(netuid: 7, fields: [Array("hello".utf8)]).encoded(metadata)
        == [0x12, 0, 7, 0, 4, 6, 0x68, 0x65, 0x6C, 0x6C, 0x6F])
    for fields in [[long + [1]], [[], [], [], []]] {
      #expect(throws: ExtrinsicError.self) {
        try SubtensorCall.setCommitment(netuid: 7, fields: fields).encoded(metadata)
      }
    }
  }

  @Test func argumentsMustBeThoseOfTheCall() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    let hash = ScaleValue.bytes([UInt8](repeating: 1, count: 32))
    func call(_ arguments: [String: ScaleValue]) throws -> [UInt8] {
      try metadata.callBytes("SubtensorModule", "commit_weights", arguments)
    }
    #expect(try call(["netuid": .unsigned(1), "commit_hash": hash]).count == 36)
    let missing = #expect(throws: ScaleValueError.self) { try call(["netuid": .unsigned(1)]) }
    #expect(missing == .missing(path: "SubtensorModule.commit_weights", field: "commit_hash"))
    let unknown = #expect(throws: ScaleValueError.self) {
      try call(["netuid": .unsigned(1), "commit_hash": hash, "tea": .unit])
    }
    #expect(unknown == .unknown(path: "SubtensorModule.commit_weights", field: "tea"))
    let wide = #expect(throws: ScaleValueError.self) {
      try call(["netuid": .unsigned(70_000), "commit_hash": hash])
    }
    #expect(wide?.what.contains("SubtensorModule.commit_weights.netuid") == true)
    let fields = [ScaleField(nil, .unsigned(1)), ScaleField(nil, hash)]
    #expect(
      try metadata.callBytes("SubtensorModule", "commit_weights", fields: fields).count == 36)
    #expect(throws: ScaleValueError.self) {
      try metadata.callBytes("SubtensorModule", "commit_weights", fields: fields + fields)
    }
  }

  @Test func erasAreThoseOfTheReference() throws {
    let cases = try BittensorVectors.cases("extrinsics.json", "eras")
    #expect(cases.count == 15)
    for entry in cases {
      let current = UInt64(try #require(entry["current"]?.intValue))
      let era = Era(period: UInt64(try #require(entry["period"]?.intValue)), at: current)
      let bytes = BittensorVectors.bytes(entry["hex"])
      #expect(era.encoded == bytes)
      let birth = UInt64(try #require(entry["birth"]?.intValue))
      #expect(era.birth(at: current) == birth)
      var reader = ScaleReader(bytes)
      #expect(try Era(from: &reader) == era)
      #expect(reader.isAtEnd)
      guard case .mortal(let period, _) = era else { continue }
      #expect(era.lastValidBlock(at: current) == birth + period - 1)
      #expect(era.birth(at: birth + period - 1) == birth)
      #expect(era.birth(at: birth + period) == birth + period)
    }
    var immortal = ScaleReader([0])
    #expect(try Era(from: &immortal) == .immortal)
    #expect(Era.immortal.encoded == [0] && Era.immortal.lastValidBlock(at: 9) == nil)
    for code in 1...UInt16.max {
      var reader = ScaleReader([UInt8(code & 255), UInt8(code >> 8)])
      guard let era = try? Era(from: &reader), era != .immortal else { continue }
      #expect(era.encoded == [UInt8(code & 255), UInt8(code >> 8)])
    }
  }

  @Test func commitHashesAreThoseOfTheReference() throws {
    let cases = try BittensorVectors.cases("extrinsics.json", "commit_hashes")
    #expect(cases.count == 4)
    for entry in cases {
      func numbers(_ name: String) -> [UInt16] {
        (entry[name]?.arrayValue ?? []).compactMap { $0.intValue.map { UInt16($0) } }
      }
      let commit = WeightCommit(
        hotkey: try SS58Address(publicKey: BittensorVectors.bytes(entry["who"])),
        storageIndex: UInt16(try #require(entry["netuid_index"]?.intValue)),
        weights: zip(numbers("uids"), numbers("values")).map { UidWeight(uid: $0, weight: $1) },
        salt: numbers("salt"), versionKey: UInt64(try #require(entry["version_key"]?.intValue)))
      #expect(commit.preimage == BittensorVectors.bytes(entry["preimage"]))
      #expect(try commit.hash == Self.digest(entry["hash"]))
    }
    #expect(WeightCommit.storageIndex(netuid: 35, mechanism: 1) == 4131)
    #expect(WeightCommit.storageIndex(netuid: 4095, mechanism: 15) == 65_535)
    #expect(WeightCommit.storageIndex(netuid: 0, mechanism: 16) == nil)
  }

  @Test func anUnknownExtensionThatIsNotEmptyStopsTheSigning() throws {
    let entry = try #require(try BittensorVectors.cases("extrinsics.json", "cases").first)
    for name in RuntimeVectors.names {
      let bytes = try RuntimeVectors.bytes(name)
      let renamed = try RuntimeMetadata(
        decoding: Self.replacing("CheckNonce", by: "CheckTeaTi", in: bytes))
      let error = #expect(throws: ExtrinsicError.self) {
        try renamed.unsignedExtrinsic(call: [0, 0], context: try Self.context(entry))
      }
      #expect(error?.description.contains("CheckTeaTi") == true)
      #expect(error?.description.contains("has to be updated") == true)
      let empty = try RuntimeMetadata(
        decoding: Self.replacing("DrandPriority", by: "DrandPriorite", in: bytes))
      let unsigned = try empty.unsignedExtrinsic(call: [], context: try Self.context(entry))
      #expect(unsigned.extra == BittensorVectors.bytes(entry["extra"]))
    }
  }

  private static func replacing(_ old: String, by new: String, in bytes: [UInt8]) -> [UInt8] {
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    var result = bytes
    for place in 0..<(bytes.count - old.count)
    where bytes[place] == old[0] && bytes[place..<(place + old.count)].elementsEqual(old) {
      result.replaceSubrange(place..<(place + old.count), with: new)
    }
    return result
  }

  @Test func bytesThatAreNoExtrinsicAreRefused() throws {
    for bytes in [[], [4], [8, 1], [4, 1, 2], [1, 0, 5]] as [[UInt8]] {
      #expect(throws: ScaleError.self) { try BlockExtrinsic(bytes) }
    }
    let entry = try #require(try BittensorVectors.cases("extrinsics.json", "cases").first)
    let whole = BittensorVectors.bytes(entry["extrinsic"])
    for count in 0..<whole.count {
      #expect(throws: ScaleError.self) { try BlockExtrinsic(Array(whole.prefix(count))) }
    }
    let bare = try BlockExtrinsic([12, 4, 3, 0])
    #expect(!bare.isSigned && bare.version == 4 && bare.signer == nil)
    #expect(try BlockExtrinsic([0]).version == nil)
    #expect(try BlockExtrinsic([8, 0x84, 0]).signer == nil)
  }
}
