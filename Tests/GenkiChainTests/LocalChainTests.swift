import GenkiChain
import GenkiCore
import TestSupport
import Testing

@Suite("The embedded chain")
struct LocalChainTests {
  @Test func theGenesisDependsOnSubnetAndSettingsOnly() throws {
    let one = try LocalChainSample().chain.head()
    #expect(one.number == 0)
    #expect(try LocalChainSample().chain.head() == one)
    #expect(try LocalChainSample { $0.tempo = 10 }.chain.head() != one)
  }

  @Test func theSameSubmissionsMakeTheSameBlocks() throws {
    let heads = try (0..<2).map { _ in
      let sample = try LocalChainSample()
      try sample.populate(3, staked: [3])
      try sample.send(LocalChainSample.commit("a"), by: 1)
      try sample.chain.seal(count: 5)
      return try sample.chain.head()
    }
    #expect(heads[0] == heads[1])
    #expect(heads[0].number == 6)
  }

  @Test func blocksAreFoundByNumber() throws {
    let sample = try LocalChainSample()
    let head = try sample.chain.seal(count: 3)
    #expect(head.number == 3)
    #expect(try sample.chain.block(number: 3) == head)
    #expect(try sample.chain.finalizedHead() == head)
    #expect(try sample.chain.block(number: 4) == nil)
    #expect(try sample.chain.block(number: .max) == nil)
    #expect(try sample.chain.seal(count: 0) == head)
    #expect(try sample.chain.seal(count: -4) == head)
    #expect(
      LocalChainSample.refusal { try sample.chain.seal(count: 100_001) } == "ExhaustsResources")
  }

  @Test func unknownBlocksHaveNoState() throws {
    let sample = try LocalChainSample()
    let head = try sample.chain.seal(count: 1)
    let forged = BlockReference(number: 1, hash: SHA256Hasher.digest(of: [1]))
    for block in [forged, BlockReference(number: 2, hash: head.hash)] {
      #expect(throws: ChainError.unknownBlock(number: block.number)) {
        try sample.chain.metagraph(at: block)
      }
    }
    let far = BlockReference(number: .max, hash: head.hash)
    #expect(throws: ChainError.unknownBlock(number: .max)) { try sample.chain.subnet(at: far) }
  }

  @Test func settingsStayThoseOfTheFounding() throws {
    let sample = try LocalChainSample { $0.tempo = 9 }
    let again = try sample.again()
    #expect(again.settings == sample.chain.settings)
    #expect(try again.subnet(at: again.head()).tempo == 9)
    let path = sample.path
    #expect(
      throws: ChainError.otherGenesis(path: path, reason: "it is the ledger of subnet 7, not 8")
    ) {
      try LocalChain(path: path, netuid: 8, blockSeconds: 0, now: { 0 })
    }
  }

  @Test func commitmentsAreReadAtABlockAndReplacementMovesToTheEnd() throws {
    let sample = try LocalChainSample()
    try sample.populate(3)
    for number in [3, 1, 2] as [UInt8] {
      try sample.send(LocalChainSample.commit("first \(number)"), by: number)
    }
    let first = try sample.chain.seal(count: 1)
    try sample.send(LocalChainSample.commit("second"), by: 1)
    let second = try sample.chain.seal(count: 1)

    let before = try sample.chain.commitments(at: first)
    #expect(try before.map(\.hotkey) == [1, 2, 3].map(LocalChainSample.key))
    #expect(before.map(\.extrinsicIndex) == [0, 1, 2])
    let after = try sample.chain.commitments(at: second)
    #expect(try after.map(\.hotkey) == [2, 3, 1].map(LocalChainSample.key))
    #expect(after.last?.bytes == Array("second".utf8))
    #expect(after.map(\.block) == [2, 2, 3])
    let one = try LocalChainSample.key(1)
    #expect(try sample.chain.commitment(of: one, at: first)?.bytes == Array("first 1".utf8))
    #expect(try sample.chain.commitment(of: one, at: second)?.block == 3)
    let oneBlock = try #require(try sample.chain.block(number: 1))
    #expect(try sample.chain.commitments(at: oneBlock) == [])
  }

  @Test func twoCommitmentsOfAKeyInOneBlockLeaveTheSecond() throws {
    let sample = try LocalChainSample()
    try sample.populate(1)
    let first = try sample.send(LocalChainSample.commit("x"), by: 1)
    let second = try sample.send(LocalChainSample.commit("y"), by: 1)
    #expect(second.nonce == 1)
    let block = try sample.chain.seal(count: 1)
    let found = try sample.chain.commitments(at: block)
    #expect(found.map(\.bytes) == [Array("y".utf8)])
    #expect(found.map(\.extrinsicIndex) == [1])
    #expect(
      try sample.chain.outcome(of: first) == .included(block: block, index: 0, failure: nil))
  }

  @Test func oldStatesAreDiscarded() throws {
    let sample = try LocalChainSample()
    try sample.populate(1)
    #expect(try sample.failure(of: LocalChainSample.commit("old"), by: 1) == nil)
    let old = try sample.chain.head()
    #expect(try sample.failure(of: LocalChainSample.commit("new"), by: 1) == nil)
    try sample.chain.seal(count: 255)
    #expect(try sample.chain.commitments(at: old).map(\.bytes) == [Array("old".utf8)])
    let head = try sample.chain.seal(count: 1)
    #expect(throws: ChainError.stateDiscarded(block: old.number)) {
      try sample.chain.commitments(at: old)
    }
    #expect(throws: ChainError.stateDiscarded(block: old.number)) {
      try sample.chain.metagraph(at: old)
    }
    #expect(try sample.chain.block(number: old.number) == old)
    #expect(try sample.chain.commitments(at: head).map(\.bytes) == [Array("new".utf8)])
    #expect(try sample.chain.metagraph(at: head).neurons.count == 1)
  }

  @Test func anEpochRanksTheMembers() throws {
    let sample = try LocalChainSample {
      $0.tempo = 9
      $0.weightsRateLimit = 0
    }
    try sample.populate(3, staked: [3])
    let weights = LocalChainSample.weights([0: 3, 1: 1])
    #expect(try sample.failure(of: weights, by: 3) == nil)
    let before = try sample.chain.metagraph(at: sample.chain.head())
    #expect(before.neurons.map(\.incentive) == [0, 0, 0])
    #expect(before.neurons[2].weights.map(\.weight) == [65535, 21845])
    // (block + 7 + 1) % 10 == 0
    let epoch = try sample.chain.seal(count: 10)
    #expect(epoch.number == 12)
    let after = try sample.chain.metagraph(at: epoch)
    #expect(after.neurons.map(\.incentive) == [49151, 16383, 0])
    #expect(after.neurons[2].dividends == 65535)
    #expect(after.neurons[2].validatorTrust == 65535)
    #expect(after.neurons[0].emission > after.neurons[1].emission)
    let eleven = try #require(try sample.chain.block(number: 11))
    #expect(try sample.chain.metagraph(at: eleven).neurons.map(\.incentive) == [0, 0, 0])
  }

  @Test func theExtrasCount() throws {
    let sample = try LocalChainSample()
    try sample.chain.register(hotkey: LocalChainSample.key(1), coldkey: LocalChainSample.key(2))
    #expect(try sample.chain.pendingCount() == 1)
    #expect(try sample.chain.balances() == [])
    try sample.chain.seal(count: 1)
    #expect(try sample.chain.pendingCount() == 0)
    let key = try LocalChainSample.key(2)
    let rest: UInt64 = 1_000_000_000_000 - 100_000_000
    #expect(try sample.chain.balances() == [AccountBalance(coldkey: key, free: rest)])
    #expect(try sample.chain.balance(of: key) == rest)
    #expect(try sample.chain.balance(of: LocalChainSample.key(9)) == 1_000_000_000_000)
  }
}
