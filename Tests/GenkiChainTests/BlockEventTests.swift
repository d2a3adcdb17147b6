import GenkiChain
import GenkiCore
import Testing

/// Events written by hand from the layout in the reference page, with the numbers of another parser.
@Suite("block events")
struct BlockEventTests {
  /// Weight {1, 2}, class Normal, pays fee.
  private static let info: [UInt8] = [4, 8, 0, 0]
  private static let account = [UInt8](repeating: 7, count: 32)

  private static func record(extrinsic index: UInt8, _ event: [UInt8]) -> [UInt8] {
    [0, index, 0, 0, 0] + event + [0]
  }

  private static func block(_ records: [[UInt8]]) -> [UInt8] {
    [UInt8(records.count << 2)] + records.flatMap { $0 }
  }

  private static let sample = block([
    [2, 7, 5, 35, 0, 138, 0, 0],
    record(extrinsic: 0, [0, 0] + info),
    record(extrinsic: 1, [18, 0, 35, 0] + account),
    record(
      extrinsic: 1, [6, 0] + account + [16, 39, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0]),
    record(extrinsic: 1, [0, 0] + info),
    record(extrinsic: 2, [0, 1, 3, 7, 28, 0, 0, 0] + info),
    record(extrinsic: 3, [0, 1, 7, 0] + info),
    record(extrinsic: 4, [0, 1, 2] + info),
    record(extrinsic: 5, [0, 1, 3, 99, 1, 0, 0, 0] + info),
    record(extrinsic: 6, [0, 1, 3, 7, 250, 0, 0, 0] + info),
    [1, 7, 5, 35, 0, 138, 0, 4] + [UInt8](repeating: 3, count: 32),
  ])

  @Test func recordsAreReadWithTheirPhases() throws {
    for name in RuntimeVectors.names {
      let metadata = try RuntimeVectors.metadata(name)
      let events = try BlockEvents(decoding: Self.sample, metadata: metadata)
      #expect(events.records.count == 11)
      #expect(events.records.first?.phase == .initialization)
      #expect(events.records.last?.phase == .finalization)
      #expect(events.records.first?.name == "WeightsSet")
      #expect(try events.records.first?.content[1].unsigned(UInt16.self) == 138)
      let commitment = events.records[2]
      #expect(commitment.phase == .extrinsic(1))
      #expect(commitment.pallet == "Commitments" && commitment.name == "Commitment")
      #expect(try commitment.content["netuid"].unsigned(UInt16.self) == 35)
      #expect(try commitment.content["who"].accountID().publicKey == Self.account)
      #expect(events.records(ofExtrinsic: 1).count == 3)
      #expect(try BlockEvents(decoding: nil, metadata: metadata).records.isEmpty)
      let type = try metadata.storage("System", "Events").value
      let value = try ValueDecoder(metadata.types).decode(Self.sample, as: type)
      #expect(try ValueEncoder(metadata.types).encode(value, as: type) == Self.sample)
    }
  }

  @Test func outcomesNameTheErrorOfTheRuntime() throws {
    for name in RuntimeVectors.names {
      let metadata = try RuntimeVectors.metadata(name)
      let events = try BlockEvents(decoding: Self.sample, metadata: metadata)
      func failure(_ index: UInt32) throws -> DispatchFailure? {
        let outcome = try events.outcome(ofExtrinsic: index, metadata: metadata)
        if case .failure(let failure)? = outcome { return failure }
        return nil
      }
      #expect(try events.outcome(ofExtrinsic: 0, metadata: metadata) == .success)
      #expect(try events.outcome(ofExtrinsic: 1, metadata: metadata) == .success)
      #expect(try events.outcome(ofExtrinsic: 9, metadata: metadata) == nil)
      let tooFast = try failure(2)
      #expect(tooFast?.description == "SubtensorModule.SettingWeightsTooFast")
      #expect(
        tooFast?.docs == "A transactor exceeded the rate limit for setting weights.")
      #expect(try failure(3)?.description == "Token(FundsUnavailable)")
      #expect(try failure(4)?.description == "BadOrigin")
      #expect(try failure(5)?.description == "Module(99, 1)")
      #expect(try failure(6)?.description == "SubtensorModule.Module(7, 250)")
      #expect(try events.fee(ofExtrinsic: 1) == 10_000)
      #expect(try events.fee(ofExtrinsic: 0) == nil)
    }
  }

  @Test func truncatedAndChangedEventsNeverTrap() throws {
    let metadata = try RuntimeVectors.metadata("metadata-v15-spec343.scale")
    for count in 0..<Self.sample.count {
      #expect(throws: ScaleError.self) {
        try BlockEvents(decoding: Array(Self.sample.prefix(count)), metadata: metadata)
      }
    }
    var random = DeterministicRandom(seed: 11, domain: "block events")
    for _ in 0..<5_000 {
      var bytes = Self.sample
      for _ in 0...random.next(below: 3) {
        bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
      }
      guard let events = try? BlockEvents(decoding: bytes, metadata: metadata) else { continue }
      for index in 0..<8 {
        _ = try? events.outcome(ofExtrinsic: UInt32(index), metadata: metadata)
        _ = try? events.fee(ofExtrinsic: UInt32(index))
      }
    }
  }
}
