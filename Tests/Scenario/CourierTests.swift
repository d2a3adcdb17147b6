import GenkiChain
import GenkiHub
import GenkiNode
import Testing

/// Two extrinsics with one nonce would exclude each other.
@Suite struct CourierTests {
  @Test func nothingIsSignedWhileAnotherExtrinsicIsOnItsWay() throws {
    let world = try World(ScenarioOptions(seed: 1))
    let (node, chain) = (world.coordinator, world.chain)
    let context = NodeContext(
      chain: chain, hub: try world.hub(node.name), store: node.store, signer: node.signer,
      cache: try ModelCache(folder: world.folder + "/courier", bytesMaximum: 1 << 20),
      workFolder: world.folder, now: { 0 })
    let courier = ExtrinsicCourier(context, effects: EffectRunner(context))
    let call = ChainCall.setCommitment(netuid: World.netuid, bytes: Array("first".utf8))
    let first = try #require(try courier.sign(call, purpose: .announce, subject: "first"))
    try node.store.write { try $0.save(first) }
    // It is stored and was never sent: the chain does not know of its nonce.
    #expect(try chain.nextNonce(of: node.hotkey) == first.nonce)
    #expect(try courier.sign(call, purpose: .weights, subject: "second") == nil)
    try courier.trackAll(finalBlock: chain.head().number)
    #expect(try courier.sign(call, purpose: .weights, subject: "second") == nil)
    try courier.trackAll(finalBlock: chain.seal().number)
    let second = try #require(try courier.sign(call, purpose: .weights, subject: "second"))
    #expect(second.nonce == first.nonce + 1)
  }
}
