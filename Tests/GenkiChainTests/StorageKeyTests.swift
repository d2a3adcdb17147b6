import GenkiChain
import GenkiCore
import Testing

/// `storage_keys.json`: keys that two other programs agree on.
@Suite("storage keys")
struct StorageKeyTests {
  private static let hashers: [String: StorageHasher] = [
    "Blake2_128": .blake2b128, "Blake2_256": .blake2b256, "Blake2_128Concat": .blake2b128Concat,
    "Twox128": .twox128, "Twox256": .twox256, "Twox64Concat": .twox64Concat,
    "Identity": .identity,
  ]

  @Test func everyKeyIsThatOfTheReference() throws {
    let cases = try BittensorVectors.cases("storage_keys.json", "keys")
    #expect(cases.count == 118)
    var keys = 0
    var partsRead = 0
    for entry in cases {
      let pallet = try #require(entry["pallet"]?.stringValue)
      let item = try #require(entry["item"]?.stringValue)
      let parts = try (entry["params"]?.arrayValue ?? []).map(ScaleValue.init(vector:))
      let expected = BittensorVectors.bytes(entry["key"])
      for metadata in try RuntimeVectors.all(spec: entry["spec"]) {
        keys += 1
        let storage = try metadata.storage(pallet, item)
        #expect(
          storage.hashers
            == (entry["hashers"]?.arrayValue ?? []).map { Self.hashers[$0.stringValue ?? ""] })
        #expect("\(storage.modifier)" == entry["modifier"]?.stringValue?.lowercased())
        #expect(storage.fallback == BittensorVectors.bytes(entry["default"]))
        if entry["prefix_only"]?.boolValue == true {
          #expect(try metadata.storagePrefix(of: storage, parts) == expected)
          #expect(throws: ScaleValueError.self) {
            try metadata.storageKey(of: storage, parts)
          }
          continue
        }
        #expect(try metadata.storageKey(pallet, item, parts) == expected)
        #expect(try metadata.keyParts(of: expected, in: storage) == parts)
        partsRead += parts.count
      }
    }
    #expect(keys == 59 * 2 + 59 * 3)
    #expect(partsRead > 250)
  }

  @Test func aDamagedKeyIsRefused() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    let uids = try metadata.storage("SubtensorModule", "Uids")
    let address = try SS58Address(publicKey: [UInt8](repeating: 9, count: 32))
    let key = try metadata.storageKey(of: uids, [.unsigned(35), .account(address)])
    for count in 0..<key.count {
      #expect(throws: ScaleError.self) {
        try metadata.keyParts(of: Array(key.prefix(count)), in: uids)
      }
    }
    #expect(throws: ScaleError.self) { try metadata.keyParts(of: key + [0], in: uids) }
    // The subnet's number stands for itself; every other byte is bound by a hash or is one.
    for place in key.indices where !(32..<34).contains(place) {
      var other = key
      other[place] ^= 1
      #expect(throws: ScaleError.self) { try metadata.keyParts(of: other, in: uids) }
    }
  }

  @Test func wrongPartsAreRefused() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    for parts in [
      [.unsigned(65_536), .unsigned(0)], [.unsigned(1)],
      [.unsigned(1), .unsigned(2), .unsigned(3)],
      [.text("1"), .unsigned(1)],
    ] as [[ScaleValue]] {
      #expect(throws: ScaleValueError.self) {
        try metadata.storageKey("SubtensorModule", "Weights", parts)
      }
    }
  }

  /// From the specification of xxHash and its reference program.
  @Test(
    arguments: [
      ("", 0, 0xEF46_DB37_51D8_E999), ("a", 0, 0xD24E_C4F1_A98C_6E5B),
      ("abc", 0, 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64, UInt64)])
  func xxHashIsThatOfItsSpecification(text: String, seed: UInt64, hash: UInt64) {
    #expect(XXHash64.hash(Array(text.utf8), seed: seed) == hash)
  }
}
