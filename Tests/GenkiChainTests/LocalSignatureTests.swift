import Foundation
import GRDB
import GenkiChain
import GenkiCore
import Testing

@Suite("Signatures on the embedded chain")
struct LocalSignatureTests {
  private typealias Sample = LocalChainSample

  /// What a signature can be made over in the place of what the chain expects.
  private struct Signing {
    var genesis: ContentDigest
    var eraBlock: ContentDigest
    var specVersion = LocalRuntime.specVersion
    var transactionVersion = LocalRuntime.transactionVersion
    var metadataHash: [UInt8] = [0]

    init(_ chain: LocalChain) throws {
      genesis = try #require(try chain.block(number: 0)).hash
      eraBlock = try chain.head().hash
    }

    var implicit: [UInt8] {
      var writer = ScaleWriter()
      writer.append(integer: specVersion)
      writer.append(integer: transactionVersion)
      writer.append(genesis.bytes + eraBlock.bytes + metadataHash)
      return writer.bytes
    }
  }

  private func extrinsic(
    _ sample: Sample, _ call: ChainCall = Sample.commit("x"), by number: UInt8 = 1,
    signing: Signing
  ) throws -> Extrinsic {
    let signer = try Sample.signer(number)
    let head = try sample.chain.head()
    var made = try LocalExtrinsic(
      unsigned: call, signer: signer.address, nonce: 0, head: head.number)
    let unsigned = try made.unsigned(genesis: signing.genesis, eraBlock: signing.eraBlock)
    made.signature = try signer.signature(over: unsigned.call + unsigned.extra + signing.implicit)
    return try made.extrinsic(validIn: head.number)
  }

  private func refusal(_ sample: Sample, _ extrinsic: Extrinsic) -> String? {
    Sample.refusal { try sample.chain.submit(extrinsic) }
  }

  private func ready() throws -> Sample {
    let sample = try Sample { $0.weightsRateLimit = 0 }
    try sample.populate(2)
    return sample
  }

  @Test func aSignatureIsOverCallExtraAndImplicit() throws {
    let sample = try ready()
    let made = try extrinsic(sample, signing: Signing(sample.chain))
    #expect(try made == sample.make(Sample.commit("x"), by: 1))
    #expect(refusal(sample, made) == nil)
  }

  @Test func anythingElseThatIsSignedIsRefused() throws {
    let sample = try ready()
    let good = try Signing(sample.chain)
    var changed = [good, good, good, good, good]
    changed[0].genesis = SHA256Hasher.digest(of: [1])
    changed[1].eraBlock = good.genesis
    changed[2].specVersion += 1
    changed[3].transactionVersion += 1
    changed[4].metadataHash = [1] + good.genesis.bytes
    for signing in changed {
      #expect(refusal(sample, try extrinsic(sample, signing: signing)) == "BadProof")
    }
    #expect(try sample.chain.pendingCount() == 0)
  }

  @Test func aLongPayloadIsSignedByItsHash() throws {
    let sample = try ready()
    let call = ChainCall.setWeights(
      netuid: 7, weights: (0..<100).map { UidWeight(uid: $0, weight: 1) }, versionKey: 0)
    #expect(
      refusal(sample, try extrinsic(sample, call, signing: Signing(sample.chain))) == "BadProof")
    #expect(refusal(sample, try sample.make(call, by: 1)) == nil)
  }

  @Test func anotherKeysSignatureIsRefused() throws {
    let sample = try ready()
    struct Impostor: Signer {
      let address: SS58Address
      let other: KeypairSigner
      func signature(over payload: [UInt8]) throws -> [UInt8] {
        try other.signature(over: payload)
      }
    }
    let signer = Impostor(address: try Sample.key(1), other: try Sample.signer(2))
    let forged = try sample.chain.makeExtrinsic(Sample.commit("x"), nonce: 0, signer: signer)
    #expect(refusal(sample, forged) == "BadProof")
    let zeros = Impostor(
      address: try SS58Address(publicKey: [UInt8](repeating: 0, count: 32)),
      other: try Sample.signer(2))
    let neutral = try sample.chain.makeExtrinsic(Sample.commit("x"), nonce: 0, signer: zeros)
    #expect(refusal(sample, neutral) == "BadProof")
  }

  @Test func everyBitIsCovered() throws {
    let sample = try ready()
    for call in [
      Sample.commit("hello"), Sample.weights([0: 1]),
      .commitWeights(netuid: 7, hash: SHA256Hasher.digest(of: [1])),
      .revealWeights(
        netuid: 7, weights: [UidWeight(uid: 0, weight: 1)], salt: [7, 8], versionKey: 0),
    ] {
      let good = try sample.make(call, by: 1, nonce: 3)
      for place in good.bytes.indices {
        for bit in 0..<8 {
          var bytes = good.bytes
          bytes[place] ^= 1 << UInt8(bit)
          let name = refusal(sample, try described(bytes, like: good))
          #expect(name == "BadProof" || name == "BadFormat" || name == "AncientBirthBlock")
          // Only the era, two bytes after the signature, can say that its time is over.
          let era = 2 + 1 + 1 + 32 + 1 + 64
          if !(era..<(era + 2)).contains(place) { #expect(name != "AncientBirthBlock") }
        }
      }
    }
    #expect(try sample.chain.pendingCount() == 0)
  }

  /// An extrinsic whose description is what its bytes say, if they say anything.
  private func described(_ bytes: [UInt8], like good: Extrinsic) throws -> Extrinsic {
    guard let read = try? LocalExtrinsic(decoding: bytes) else {
      var changed = good
      changed.bytes = bytes
      return changed
    }
    return try read.extrinsic(validIn: 2)
  }

  @Test func anEraHasAFirstAndALastBlock() throws {
    let sample = try ready()
    let early = try sample.send(Sample.commit("first"), by: 1)
    let first = try sample.chain.seal()
    #expect(first.number + 62 == early.lastBlock)
    #expect(
      try sample.chain.outcome(of: early) == .included(block: first, index: 0, failure: nil))
    let late = try sample.make(Sample.commit("last"), by: 2)
    let over = try sample.make(Sample.commit("over"), by: 1)
    try sample.chain.seal(count: 62)
    try sample.chain.submit(late)
    let last = try sample.chain.seal()
    #expect(last.number == late.lastBlock)
    #expect(try sample.chain.outcome(of: late) == .included(block: last, index: 0, failure: nil))
    #expect(refusal(sample, over) == "AncientBirthBlock")
    #expect(try sample.chain.outcome(of: over) == .expired)
    try sample.chain.seal(count: 65)
    #expect(refusal(sample, over) == "AncientBirthBlock")
    var renewed = over
    renewed.lastBlock += 1
    #expect(refusal(sample, renewed) == "BadFormat")
    renewed.lastBlock = over.lastBlock + 128
    #expect(
      refusal(sample, renewed) == "BadProof", "the era of the bytes has another birth block now")
  }

  @Test func whatWasIncludedCannotBeSentAgain() throws {
    let sample = try ready()
    let sent = try sample.send(Sample.commit("x"), by: 1)
    try sample.chain.seal()
    let outcome = try sample.chain.outcome(of: sent)
    try sample.chain.submit(sent)
    #expect(try sample.chain.pendingCount() == 0)
    #expect(try sample.chain.outcome(of: sent) == outcome)
    // The same nonce in other bytes.
    #expect(refusal(sample, try sample.make(Sample.commit("y"), by: 1, nonce: 0)) == "Stale")
  }

  @Test func anotherLedgerRefusesIt() throws {
    let one = try ready()
    let sent = try one.make(Sample.commit("x"), by: 1)
    let settings = try Sample {
      $0.weightsRateLimit = 0
      $0.tempo = 99
    }
    try settings.populate(2)
    #expect(refusal(settings, sent) == "BadProof")
    let history = try Sample { $0.weightsRateLimit = 0 }
    try history.populate(3)
    #expect(refusal(history, sent) == "BadProof")
    #expect(refusal(try ready(), sent) == nil, "a ledger with the same blocks is the same chain")
  }

  @Test func twoClientsOfALedgerRaceForANonce() throws {
    let sample = try ready()
    let clients = [sample.chain, try sample.again()]
    let signer = try Sample.signer(1)
    let rivals = try clients.enumerated().map { index, chain in
      try chain.makeExtrinsic(
        Sample.commit("from \(index)"), nonce: chain.nextNonce(of: signer.address), signer: signer)
    }
    try clients[0].submit(rivals[0])
    #expect(Sample.refusal { try clients[1].submit(rivals[1]) } == "TooLowPriority")
    let block = try clients[1].seal()
    #expect(try clients[1].outcome(of: rivals[1]) == .expired)
    #expect(
      try clients[1].outcome(of: rivals[0]) == .included(block: block, index: 0, failure: nil))
  }

  // MARK: Rows that somebody else has written

  private func store(_ extrinsic: Extrinsic, _ sample: Sample) throws {
    try DatabaseQueue(path: sample.path).write {
      try $0.execute(
        sql: """
          INSERT INTO extrinsic (hash, signer, nonce, last_block, bytes) VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          Data(extrinsic.hash.bytes), Data(extrinsic.signer.publicKey), Int64(extrinsic.nonce),
          Int64(extrinsic.lastBlock), Data(extrinsic.bytes),
        ])
    }
  }

  @Test func aRowWithoutAValidSignatureIsNeverIncluded() throws {
    let sample = try ready()
    var signing = try Signing(sample.chain)
    signing.specVersion += 1
    let forged = try extrinsic(sample, Sample.commit("forged"), signing: signing)
    try store(forged, sample)
    #expect(try sample.chain.pendingCount() == 1)
    #expect(try sample.chain.outcome(of: forged) == .pending)
    let honest = try sample.make(Sample.commit("honest"), by: 1, nonce: 0)
    try store(honest, sample)
    let block = try sample.chain.seal()
    #expect(try sample.chain.outcome(of: forged) == .expired)
    #expect(
      try sample.chain.outcome(of: honest) == .included(block: block, index: 0, failure: nil))
    #expect(try sample.chain.includedCalls().map(\.call) == [Sample.commit("honest")])
  }

  @Test func aRowThatItsBytesBelieIsNeverIncluded() throws {
    let sample = try ready()
    let good = try sample.make(Sample.commit("x"), by: 1)
    var changed = [good, good, good, good, good]
    changed[0].nonce = 1
    changed[1].lastBlock += 64
    changed[2].signer = try Sample.key(2)
    changed[3].bytes[70] ^= 1
    changed[4].bytes = [1, 2, 3]
    for (index, row) in changed.enumerated() {
      var row = row
      if index < 3 { row.hash = SHA256Hasher.digest(of: [UInt8(index)]) }
      if index == 4 { row.hash = try Blake2b.digest(row.bytes) }
      try store(row, sample)
    }
    #expect(try sample.chain.pendingCount() == 5)
    try sample.chain.seal()
    #expect(try sample.chain.includedCalls() == [])
    #expect(try sample.chain.pendingCount() == 0)
    #expect(try sample.chain.nextNonce(of: Sample.key(1)) == 0)
  }

  @Test func aRowThatIsNotItsTurnWaits() throws {
    let sample = try ready()
    let ahead = try sample.make(Sample.commit("later"), by: 1, nonce: 1)
    try store(ahead, sample)
    try sample.chain.seal()
    #expect(try sample.chain.outcome(of: ahead) == .pending)
    try sample.send(Sample.commit("now"), by: 1)
    let block = try sample.chain.seal()
    #expect(
      try sample.chain.outcome(of: ahead) == .included(block: block, index: 1, failure: nil))
  }
}
