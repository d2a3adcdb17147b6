import GenkiChain
import GenkiCore
import Testing

/// What a client reads of a subnet.
struct SubtensorReadTests {
  private typealias Sample = SubtensorSample

  @Test(arguments: [UInt32(343), 393]) func membersAreAsTheStateSays(spec: UInt32) throws {
    let node = try MemoryNode(spec: spec)
    try Sample.found(node, members: 3)
    try node.put("TotalHotkeyAlpha", [.account(Sample.key(3)), .unsigned(0)], .unsigned(1 << 40))
    try node.put("TaoWeight", [], .unsigned(1 << 63))
    try node.put(
      "Weights", [Sample.netuid, .unsigned(0)],
      .sequence([.tuple([.unsigned(1), .unsigned(65_535)]), .tuple([.unsigned(2), .unsigned(9)])]))
    node.seal()
    let chain = try node.client()
    let head = try chain.head()
    let metagraph = try chain.metagraph(at: head)
    #expect(metagraph.neurons.map(\.uid) == [0, 1, 2])
    #expect(try metagraph.neurons.map(\.hotkey) == [1, 2, 3].map { try Sample.key($0) })
    #expect(try metagraph.neurons[1].coldkey == Sample.key(101))
    #expect(metagraph.neurons.map(\.stake) == [0, 1_000, 2_000 + (1 << 39)])
    #expect(metagraph.neurons.map(\.hasValidatorPermit) == [true, false, false])
    #expect(metagraph.neurons.map(\.lastUpdate) == [1, 2, 3])
    #expect(metagraph.neurons.map(\.registeredAt) == [0, 1, 2])
    #expect(metagraph.neurons[2].incentive == 20)
    #expect(metagraph.neurons[2].dividends == 40)
    #expect(metagraph.neurons[2].consensus == 60)
    #expect(metagraph.neurons[2].validatorTrust == 80)
    #expect(metagraph.neurons[2].emission == 100)
    #expect(
      metagraph.neurons[0].weights
        == [UidWeight(uid: 1, weight: 65_535), UidWeight(uid: 2, weight: 9)])
    let neuron = try chain.neuron(of: try Sample.key(2), at: head)
    #expect(neuron == metagraph.neurons[1])
    #expect(try chain.neuron(of: Sample.key(50), at: head) == nil)
  }

  @Test func settingsAreAsTheStateSays() throws {
    let node = try MemoryNode()
    try Sample.found(node, members: 1)
    try node.put("CommitRevealWeightsEnabled", [Sample.netuid], .bool(true))
    try node.put("RevealPeriodEpochs", [Sample.netuid], .unsigned(3))
    try node.put("StakeThreshold", [], .unsigned(77))
    try node.put("Burn", [Sample.netuid], .unsigned(500))
    try node.put("SubnetOwnerHotkey", [Sample.netuid], .account(Sample.key(1)))
    node.seal()
    let chain = try node.client()
    let settings = try chain.subnet(at: try chain.head())
    #expect(settings.tempo == 20 && settings.weightsRateLimit == 5)
    #expect(settings.isCommitRevealOn && settings.revealPeriodEpochs == 3)
    #expect(settings.stakeThreshold == 77 && settings.burn == 500)
    #expect(try settings.ownerHotkey == Sample.key(1))
  }

  @Test func aSubnetThatIsNotThereIsAnError() throws {
    let node = try MemoryNode()
    let chain = try node.client()
    #expect {
      try chain.subnet(at: try chain.head())
    } throws: {
      if case .refused("SubnetNotExists", _)? = $0 as? ChainError { true } else { false }
    }
  }

  // MARK: Commitments

  private static func committed(_ node: MemoryNode) throws {
    try Sample.found(node, members: 3)
    try Sample.commit(node, 1, "old", block: 1)
    node.seal(events: [try Sample.committed(1, 1)])
    try Sample.commit(node, 3, "second", block: 2)
    try Sample.commit(node, 2, "first", block: 2)
    // The events tell the order, and others' subnets are none of ours.
    node.seal(events: [
      try Sample.committed(1, 3, netuid: 8), try Sample.committed(2, 2),
      try Sample.committed(5, 3),
    ])
    node.seal(count: 3)
  }

  @Test func commitmentsComeInTheOrderOfTheirExtrinsics() throws {
    let node = try MemoryNode()
    try Self.committed(node)
    let chain = try node.client()
    let records = try chain.commitments(at: try chain.finalizedHead(), from: 2)
    #expect(
      records.map { String(decoding: $0.bytes, as: UTF8.self) } == ["old", "first", "second"])
    #expect(records.map(\.block) == [1, 2, 2])
    #expect(records.map(\.extrinsicIndex) == [nil, 2, 5])
    let one = try chain.commitment(of: Sample.key(3), at: try chain.head())
    #expect(one?.bytes == Array("second".utf8))
    #expect(try chain.commitment(of: Sample.key(9), at: try chain.head()) == nil)
  }

  @Test func placesOutliveTheNodesMemory() throws {
    let node = try MemoryNode()
    try Self.committed(node)
    let notebook = PassingNotebook()
    let chain = try node.client(notebook: notebook)
    try chain.observe(try chain.finalizedHead())
    node.seal(count: 5)
    node.discard(before: 5)
    let later = try node.client(notebook: notebook)
    let records = try later.commitments(at: try later.finalizedHead(), from: 1)
    #expect(records.map(\.extrinsicIndex) == [1, 2, 5])
    // Who was not there in time says so and guesses nothing.
    let stranger = try node.client()
    #expect {
      try stranger.commitments(at: try stranger.finalizedHead(), from: 1)
    } throws: {
      if case .stateDiscarded(1...2)? = $0 as? ChainError { true } else { false }
    }
  }

  @Test func manyCommitmentsAreReadPageByPage() throws {
    let node = try MemoryNode()
    try Sample.found(node, members: 1)
    for number in 0..<1_200 {
      let key = SHA256Hasher.digest(of: [UInt8(number >> 8), UInt8(number & 255)]).bytes
      try node.put(
        "CommitmentOf", [Sample.netuid, .bytes(key)], of: "Commitments",
        .structure([
          "deposit": .unsigned(0), "block": .unsigned(1),
          "info": .structure(["fields": .sequence([.named("Raw2", [.bytes([65, 66])])])]),
        ]))
    }
    node.seal()
    let chain = try node.client()
    #expect(try chain.commitments(at: try chain.head(), from: 2).count == 1_200)
    #expect(node.calls.filter { $0 == "state_getKeysPaged" }.count == 2)
  }

  @Test func otherProtocolsCommitmentsHaveNoBytes() throws {
    let node = try MemoryNode()
    try node.put(
      "CommitmentOf", [Sample.netuid, .account(Sample.key(1))], of: "Commitments",
      .structure([
        "deposit": .unsigned(0), "block": .unsigned(1),
        "info": .structure([
          "fields": .sequence([
            .named("Raw1", [.bytes([65])]),
            .named("Sha256", [.bytes([UInt8](repeating: 1, count: 32))]),
          ])
        ]),
      ]))
    node.seal()
    let chain = try node.client()
    #expect(try chain.commitments(at: try chain.head(), from: 9).map(\.bytes) == [[]])
  }

  @Test func aCommitmentWithoutAnEventStopsNobody() throws {
    let node = try MemoryNode()
    try Sample.found(node, members: 3)
    let sealed = ScaleValue.named("TimelockEncrypted", [.bytes([1, 2]), .unsigned(99)])
    try node.put(
      "CommitmentOf", [Sample.netuid, .account(Sample.key(1))], of: "Commitments",
      .structure([
        "deposit": .unsigned(0), "block": .unsigned(1),
        "info": .structure(["fields": .sequence([sealed])]),
      ]))
    try Sample.commit(node, 2, "by root", block: 1)
    try Sample.commit(node, 3, "honest", block: 1)
    node.seal(events: [try Sample.committed(4, 3)])
    node.seal(count: 3)
    let chain = try node.client()
    try chain.observe(try chain.finalizedHead())
    let records = try chain.commitments(at: try chain.finalizedHead(), from: 1)
    #expect(records.count == 3)
    #expect(
      records.filter { $0.extrinsicIndex != nil }.map(\.bytes) == [Array("honest".utf8)])
  }

  // MARK: Blocks

  @Test func aStateRemembersItsChain() throws {
    let notebook = PassingNotebook()
    _ = try MemoryNode().client(notebook: notebook).head()
    let other = try MemoryNode()
    other.fork(depth: 1)
    other.seal(count: 3)
    #expect {
      try other.client(notebook: notebook).head()
    } throws: {
      if case .otherGenesis? = $0 as? ChainError { true } else { false }
    }
  }

  @Test func aNodeThatFallsBehindIsNotBelieved() throws {
    let node = try MemoryNode()
    node.seal(count: 30)
    let chain = try node.client()
    #expect(try chain.finalizedHead().number == 28)
    node.fork(depth: 15)
    #expect(throws: ChainError.self) { try chain.finalizedHead() }
  }

  @Test func openWeightCommitsTellTheirEpoch() throws {
    let node = try MemoryNode()
    try Sample.found(node, members: 1)
    let hash = [UInt8](repeating: 3, count: 32)
    let old: [ScaleValue] = [.bytes(hash), .unsigned(41), .unsigned(50), .unsigned(70)]
    let new: [ScaleValue] = [.bytes(hash), .unsigned(6), .unsigned(44), .unsigned(0)]
    try node.put(
      "WeightCommits", [Sample.netuid, .account(Sample.key(1))],
      .sequence([.tuple(old), .tuple(new)]))
    node.seal()
    let chain = try node.client()
    let commits = try chain.weightCommits(of: Sample.key(1), at: try chain.head())
    // (41 + 7 + 1) / 21 = 2.
    #expect(commits.map(\.epoch) == [2, 6])
    #expect(commits.map(\.block) == [41, 44])
  }
}
