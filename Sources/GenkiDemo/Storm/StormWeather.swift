import Foundation
import GenkiChain
import GenkiCore

/// What happens to node and network while a round is played, by blocks.
final class StormWeather {
  /// A thing that happens once, when all daemons wait at a block.
  enum Event: String, CaseIterable, Sendable {
    /// The runtime is upgraded.
    case upgrade
    /// The newest blocks are dropped.
    case fork
    /// The node cannot be reached for a while.
    case outage
  }

  private static let newSpec = 393
  private static let forkDepth = 2
  /// A block of the round for each event.
  private static let schedule: [(block: UInt64, event: Event)] = [
    (5, .upgrade), (7, .fork), (9, .outage), (14, .fork), (26, .fork), (30, .outage),
  ]

  private let chain: SubtensorChain
  private let gateway: FaultyGateway
  private let daemons: [StageDaemon]
  private let outageSeconds: Double
  private let interruption: Interruption
  private var next = 0
  /// What has happened, how often.
  private(set) var counts: [Event: Int] = [:]
  /// Daemons whose status did not tell of an outage.
  private(set) var problems: [String] = []

  init(
    chain: SubtensorChain, gateway: FaultyGateway, daemons: [StageDaemon], outageSeconds: Double,
    interruption: Interruption
  ) {
    self.chain = chain
    self.gateway = gateway
    self.daemons = daemons
    self.outageSeconds = outageSeconds
    self.interruption = interruption
  }

  /// Lets happen what is due.
  func beforeSeal(_ head: BlockReference) throws {
    guard next < Self.schedule.count, head.number >= Self.schedule[next].block else { return }
    let event = Self.schedule[next].event
    next += 1
    counts[event, default: 0] += 1
    switch event {
    case .upgrade: _ = try chain.node.call("fake_upgrade", [JSONValue(Self.newSpec)])
    case .fork: _ = try chain.node.call("fake_fork", [JSONValue(Self.forkDepth)])
    case .outage: try outage()
    }
  }

  /// While the node is away every daemon that lives has to say so.
  private func outage() throws {
    gateway.set(isOut: true)
    defer { gateway.set(isOut: false) }
    let deadline = ContinuousClock.now + .seconds(outageSeconds)
    var silent = Set(daemons.filter(\.isRunning).map(\.name))
    while ContinuousClock.now < deadline {
      for daemon in daemons where silent.contains(daemon.name) {
        guard let status = try? daemon.status() else {
          if !daemon.isRunning { silent.remove(daemon.name) }
          continue
        }
        let codes = (status["problems"]?.arrayValue ?? []).compactMap { $0["code"]?.stringValue }
        if codes.contains("chain_unreachable") { silent.remove(daemon.name) }
      }
      try interruption.wait(seconds: 0.1, "the node was away")
    }
    problems += silent.sorted().map { "\($0)'s status said nothing of the outage" }
  }
}

/// Another client of a miner's key: it uses up the nonce that the daemon is about to use.
final class StormRival: @unchecked Sendable {
  private let chain: SubtensorChain
  private let signer: KeypairSigner
  private let lock = NSLock()
  private var isDone = false

  init(chain: SubtensorChain, keypair: Keypair) throws {
    self.chain = chain
    signer = try KeypairSigner(keypair)
  }

  /// Whether it has taken a nonce.
  var hasRaced: Bool { lock.withLock { isDone } }
  /// The hotkey.
  var address: SS58Address { signer.address }

  /// Takes the nonce of a submission of our key, once.
  func race(_ extrinsic: [UInt8]) {
    guard let sender = (try? BlockExtrinsic(extrinsic))?.signer, sender == signer.address else {
      return
    }
    let isFirst = lock.withLock {
      defer { isDone = true }
      return !isDone
    }
    guard isFirst else { return }
    do {
      let nonce = try chain.nextNonce(of: signer.address)
      // It has no permit: the call fails and the nonce is used.
      let call = ChainCall.setWeights(
        netuid: chain.netuid, weights: [UidWeight(uid: 0, weight: 1)], versionKey: 0)
      try chain.submit(try chain.makeExtrinsic(call, nonce: nonce, signer: signer))
    } catch {
      lock.withLock { isDone = false }
    }
  }
}
