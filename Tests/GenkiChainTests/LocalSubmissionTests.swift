import GenkiChain
import GenkiCore
import Testing

@Suite("Submission to the embedded chain")
struct LocalSubmissionTests {
  private typealias Sample = LocalChainSample

  private func ready() throws -> Sample {
    let sample = try Sample()
    try sample.populate(3)
    return sample
  }

  @Test func theWayOfAnExtrinsic() throws {
    let sample = try ready()
    let extrinsic = try sample.make(Sample.commit("x"), by: 1)
    #expect(extrinsic.lastBlock == 64)
    #expect(try sample.chain.outcome(of: extrinsic) == .unknown)
    try sample.chain.submit(extrinsic)
    #expect(try sample.chain.outcome(of: extrinsic) == .pending)
    #expect(try sample.chain.pendingCount() == 1)
    let block = try sample.chain.seal(count: 1)
    try sample.chain.seal(count: 100)
    #expect(
      try sample.chain.outcome(of: extrinsic) == .included(block: block, index: 0, failure: nil))
  }

  @Test func sendingAgainChangesNothing() throws {
    let sample = try ready()
    let good = try sample.send(Sample.commit("x"), by: 1)
    let bad = try sample.send(Sample.commit("x"), by: 9)
    try sample.chain.submit(good)
    #expect(try sample.chain.pendingCount() == 2)
    try sample.chain.seal(count: 1)
    let outcomes = try [good, bad].map(sample.chain.outcome)
    for extrinsic in [good, bad] { try sample.again().submit(extrinsic) }
    #expect(try sample.chain.pendingCount() == 0)
    try sample.chain.seal(count: 200)
    for extrinsic in [good, bad] { try sample.chain.submit(extrinsic) }
    #expect(try [good, bad].map(sample.chain.outcome) == outcomes)
  }

  @Test func noncesAreUsedOnce() throws {
    let sample = try ready()
    let key = try Sample.key(1)
    try sample.send(Sample.commit("x"), by: 1)
    #expect(try sample.chain.nextNonce(of: key) == 1)
    let rival = try sample.make(Sample.commit("y"), by: 1, nonce: 0)
    #expect(Sample.refusal { try sample.chain.submit(rival) } == "TooLowPriority")
    #expect(try sample.chain.outcome(of: rival) == .unknown)
    try sample.chain.seal(count: 1)
    #expect(Sample.refusal { try sample.chain.submit(rival) } == "Stale")
    #expect(try sample.chain.outcome(of: rival) == .expired)
    #expect(try sample.chain.nextNonce(of: key) == 1)
  }

  @Test func aNonceAheadWaits() throws {
    let sample = try ready()
    let ahead = try sample.send(Sample.commit("later"), by: 1, nonce: 2)
    #expect(try sample.chain.nextNonce(of: Sample.key(1)) == 0)
    try sample.chain.seal(count: 2)
    #expect(try sample.chain.outcome(of: ahead) == .pending)
    try sample.send(Sample.commit("a"), by: 1)
    try sample.send(Sample.commit("b"), by: 1)
    #expect(try sample.chain.nextNonce(of: Sample.key(1)) == 3)
    let block = try sample.chain.seal(count: 1)
    #expect(
      try sample.chain.outcome(of: ahead) == .included(block: block, index: 2, failure: nil))
  }

  @Test func whatIsNotIncludedInTimeExpires() throws {
    let sample = try ready()
    let unsent = try sample.make(Sample.commit("x"), by: 2)
    let ahead = try sample.send(Sample.commit("later"), by: 1, nonce: 1)
    try sample.chain.seal(count: 62)
    #expect(try sample.chain.outcome(of: ahead) == .pending)
    #expect(try sample.chain.outcome(of: unsent) == .unknown)
    try sample.chain.seal(count: 1)
    #expect(try sample.chain.outcome(of: ahead) == .expired)
    #expect(try sample.chain.outcome(of: unsent) == .expired)
    #expect(Sample.refusal { try sample.chain.submit(unsent) } == "AncientBirthBlock")
    try sample.chain.submit(ahead)
    try sample.send(Sample.commit("a"), by: 1)
    try sample.chain.seal(count: 2)
    #expect(try sample.chain.outcome(of: ahead) == .expired)
    #expect(try sample.chain.pendingCount() == 0)
    #expect(try sample.chain.nextNonce(of: Sample.key(1)) == 1)
  }

  @Test func theLastBlockStillCounts() throws {
    let sample = try ready()
    let extrinsic = try sample.make(Sample.commit("x"), by: 1)
    try sample.chain.seal(count: 62)
    try sample.chain.submit(extrinsic)
    let block = try sample.chain.seal(count: 1)
    #expect(block.number == extrinsic.lastBlock)
    #expect(
      try sample.chain.outcome(of: extrinsic) == .included(block: block, index: 0, failure: nil))
  }

  @Test func registrationsComeBeforeExtrinsics() throws {
    let sample = try Sample()
    let extrinsic = try sample.send(Sample.commit("x"), by: 1)
    try sample.chain.register(hotkey: Sample.key(1), coldkey: Sample.key(2))
    let block = try sample.chain.seal(count: 1)
    #expect(
      try sample.chain.outcome(of: extrinsic) == .included(block: block, index: 0, failure: nil))
  }

  @Test func aBlockIsOrderedByHotkeyWhateverTheArrival() throws {
    let orders: [[UInt8]] = [[1, 2, 3], [3, 1, 2]]
    let heads = try orders.map { order in
      let sample = try ready()
      for number in order { try sample.send(Sample.commit("c\(number)"), by: number) }
      return try sample.chain.seal(count: 1)
    }
    #expect(heads[0] == heads[1])
  }

  @Test func signaturesOfAnotherLengthAreRefused() throws {
    struct ShortSigner: Signer {
      let address: SS58Address
      func signature(over payload: [UInt8]) throws -> [UInt8] { [1] }
    }
    let sample = try ready()
    let signer = ShortSigner(address: try Sample.key(1))
    #expect(
      Sample.refusal {
        _ = try sample.chain.makeExtrinsic(Sample.commit("x"), nonce: 0, signer: signer)
      } == "BadFormat")
  }
}
