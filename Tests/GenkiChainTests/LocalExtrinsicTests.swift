import GenkiChain
import GenkiCore
import Testing

@Suite("Extrinsics of the embedded chain")
struct LocalExtrinsicTests {
  private func samples() throws -> [LocalExtrinsic] {
    let calls: [ChainCall] = [
      .setCommitment(netuid: 7, bytes: []),
      .setCommitment(netuid: 7, bytes: [UInt8](repeating: 9, count: 128)),
      .setWeights(netuid: 7, weights: [], versionKey: .max),
      .setWeights(
        netuid: 7, weights: (0..<20).map { UidWeight(uid: $0, weight: 65535 - $0) }, versionKey: 3),
    ]
    return try calls.enumerated().map { index, call in
      var extrinsic = try LocalExtrinsic(
        unsigned: call, signer: LocalChainSample.key(UInt8(index)), nonce: UInt64(index) << 12,
        head: 5)
      extrinsic.signature = [UInt8](repeating: 1, count: 64)
      return extrinsic
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    for sample in try samples() {
      let extrinsic = try sample.extrinsic(validIn: 5)
      #expect(try LocalExtrinsic(decoding: extrinsic.bytes) == sample)
      #expect(try extrinsic.hash == Blake2b.digest(extrinsic.bytes))
      #expect(extrinsic.lastBlock == 68)
    }
  }

  @Test func everyCutIsRefused() throws {
    for sample in try samples() {
      let bytes = try sample.extrinsic(validIn: 5).bytes
      for count in 0..<bytes.count {
        #expect(
          LocalChainSample.refusal { _ = try LocalExtrinsic(decoding: Array(bytes[..<count])) }
            == "BadFormat")
      }
      #expect(
        LocalChainSample.refusal { _ = try LocalExtrinsic(decoding: bytes + [0]) } == "BadFormat")
    }
    let long = [UInt8](repeating: 1, count: 1 << 20)
    #expect(LocalChainSample.refusal { _ = try LocalExtrinsic(decoding: long) } == "BadFormat")
  }

  @Test func mutationsAreReadExactlyOrRefused() throws {
    var random = DeterministicRandom(seed: 41, domain: "extrinsic mutations")
    let samples = try samples().map { try $0.extrinsic(validIn: 5).bytes }
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = samples[random.next(below: samples.count)]
      for _ in 0...random.next(below: 4) {
        let place = random.next(below: bytes.count)
        switch random.next(below: 4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(UInt8(truncatingIfNeeded: random.nextUInt64()), at: place)
        case 2: bytes[place] = [0, 1, 127, 128, 255][random.next(below: 5)]
        default: bytes[place] ^= 1 << UInt8(random.next(below: 8))
        }
      }
      do {
        let read = try LocalExtrinsic(decoding: bytes)
        #expect(try read.extrinsic(validIn: 5).bytes == bytes)
      } catch ChainError.refused(let name, _) {
        #expect(name == "BadFormat")
        refused += 1
      }
    }
    #expect(refused > 1000)
  }

  @Test func aDescriptionThatItsBytesBelieIsRefused() throws {
    let sample = try LocalChainSample()
    try sample.populate(1)
    let good = try sample.make(LocalChainSample.commit("x"), by: 1)
    var changed = [good, good, good, good]
    changed[0].nonce += 1
    changed[1].lastBlock += 1
    changed[2].signer = try LocalChainSample.key(9)
    changed[3].hash = SHA256Hasher.digest(of: [])
    for extrinsic in changed {
      #expect(LocalChainSample.refusal { try sample.chain.submit(extrinsic) } == "BadFormat")
    }
    #expect(LocalChainSample.refusal { try sample.chain.submit(good) } == nil)
  }

  @Test func settingsAreStoredWhole() throws {
    var settings = LocalChainSettings()
    #expect(LocalChainSettings(encoded: settings.encoded) == settings)
    (settings.tempo, settings.minimumWeights, settings.maximumUids) = (1, 2, 3)
    (settings.maximumValidators, settings.kappa, settings.bondsPenalty) = (4, 5, 6)
    (settings.maximumWeightLimit, settings.weightsRateLimit, settings.immunityPeriod) = (7, 8, 9)
    (settings.activityCutoff, settings.bondsMovingAverage, settings.stakeThreshold) = (10, 11, 12)
    (settings.weightsVersionKey, settings.burn, settings.genesisBalance) = (13, 14, 15)
    (settings.emissionPerEpoch, settings.revealPeriodEpochs) = (16, 17)
    settings.commitRevealEnabled = true
    #expect(LocalChainSettings(encoded: settings.encoded) == settings)
    #expect(LocalChainSettings(encoded: settings.encoded + [0]) == nil)
    #expect(LocalChainSettings(encoded: Array(settings.encoded.dropLast())) == nil)
  }
}
