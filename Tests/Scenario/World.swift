import Foundation
import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiMiner
import GenkiNode
import GenkiService
import GenkiStore
import GenkiValidator
import Synchronization
import TestSupport

/// What a scenario is made of; everything else follows from the seed.
struct ScenarioOptions {
  /// Who acts first in a block.
  enum Order {
    /// One node after the other until it is quiet: faults cannot change the order of commitments.
    case turns
    /// Any node at any time.
    case interleaved
  }

  var seed: UInt64
  var miners = 2
  var attacks: [Attack] = []
  var rounds: UInt64 = 1
  var order = Order.turns
  var rates = FaultPlan.Rates.none
  var faultsMaximum = 25
  /// Nodes are offline for some blocks at times.
  var offline = false
  /// The second validator takes few looks in a block.
  var slowValidator = false
  /// Miners without any data set.
  var withoutData: Set<Int> = []
  /// The second validator has other held-out text.
  var otherValidationSet = false
  /// Miners train on noise, so that no step helps.
  var useless = false
  /// What becomes of repositories of rounds before the last finished one.
  var oldRepositories = HubSection.OldRepositories.keep

  /// How the first base is stored.
  var baseType = TensorType.F32
  /// `[aggregation] dtype`.
  var damaType = "float32"
  /// `[round] publish_bf16`.
  var publishesBF16 = false

  init(seed: UInt64) { self.seed = seed }
}

/// Chain, hub, clock, miners, attackers and two validators in one process.
final class World {
  static let netuid: UInt16 = 7
  static let lengthBlocks: UInt64 = 10
  static let revealBlocks: UInt64 = 6
  private static let stepsMaximum = 4_000

  let options: ScenarioOptions
  let models: TinyModels
  let folder: String
  let chain: LocalChain
  let clock = VirtualClock()
  let faults: FaultPlan
  var nodes: [ScenarioNode] = []
  var attackers: [Attacker] = []
  /// When each repository was made public, by the head's number.
  let publications = PublicationLog()
  private var random: DeterministicRandom
  private var isSettling = false

  init(_ options: ScenarioOptions) throws {
    self.options = options
    models = try TinyModels.shared.get()
    folder = Self.parentFolder + "/genki-scenario-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var settings = LocalChainSettings()
    settings.tempo = 19
    settings.weightsRateLimit = 0
    chain = try LocalChain(
      path: folder + "/chain.sqlite", netuid: Self.netuid, settings: settings, blockSeconds: 0,
      now: { 0 })
    faults = FaultPlan(seed: options.seed, rates: options.rates, maximum: options.faultsMaximum)
    random = DeterministicRandom(seed: options.seed, domain: "scenario/world")
    try addNodes()
    try chain.seal()
    faults.start()
  }

  deinit {
    nodes = []
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static var parentFolder: String {
    let memory = "/dev/shm"
    return FileManager.default.isWritableFile(atPath: memory)
      ? memory : FileManager.default.temporaryDirectory.path
  }

  var validators: [ScenarioNode] { Array(nodes.prefix(2)) }
  var coordinator: ScenarioNode { nodes[0] }
  var miners: [ScenarioNode] { Array(nodes.dropFirst(2)) }

  // MARK: Building

  /// Keys depend on the number only, so that models can be taken from earlier scenarios.
  static func signer(_ number: Int) throws -> KeypairSigner {
    let seed = SHA256Hasher.digest(of: Array("scenario key \(number)".utf8)).bytes
    return try KeypairSigner(Keypair(seed: SecretBytes(copying: seed)))
  }

  private func register(_ number: Int, stake: UInt64 = 0) throws -> KeypairSigner {
    let signer = try Self.signer(number)
    let coldkey = try Self.signer(10_000 + number).address
    try chain.register(hotkey: signer.address, coldkey: coldkey)
    if stake > 0 { try chain.addStake(hotkey: signer.address, amount: stake) }
    return signer
  }

  func hub(_ account: String) throws -> DirectoryHub {
    try DirectoryHub(path: folder + "/hub", account: account)
  }

  private func addNodes() throws {
    let coordinator = try Self.signer(0).address.description
    for index in 0..<2 {
      try add(
        "validator-\(index)", index, .validator(configuration(validator: index, coordinator)),
        register(index, stake: 1_000_000_000))
    }
    for index in 0..<options.miners {
      try add(
        "miner-\(index)", index,
        .miner(
          minerConfiguration(coordinator),
          SyntheticFinetuner(
            models: models, lastRound: options.rounds, isUseless: options.useless)),
        register(100 + index))
      guard !options.withoutData.contains(index) else { continue }
      let text = try DatasetList.record(
        name: "own", path: models.text(ofMiner: index), chatTemplate: nil, origin: .rpc)
      try nodes[2 + index].store.write { try $0.save(text) }
    }
    for (index, attack) in options.attacks.enumerated() {
      let account = "attacker-\(index)"
      attackers.append(
        Attacker(
          attack: attack, index: index, account: account, signer: try register(200 + index),
          hub: try hub(account)))
    }
  }

  private func add(
    _ name: String, _ index: Int, _ role: ScenarioNode.Role, _ signer: KeypairSigner
  ) throws {
    let (log, chain) = (publications, chain)
    nodes.append(
      try ScenarioNode(
        name: name, index: index, role: role, signer: signer, folder: "\(folder)/\(name)",
        chain: ScenarioChain(inner: chain, faults: faults),
        hub: ScenarioHub(inner: try hub(name), faults: faults) { repository in
          if let head = try? chain.head().number { log.note(repository, head) }
        }, clock: clock, observer: CrashingObserver(faults)))
  }

  // MARK: Time

  /// Lets everybody act until nobody has anything to do, then seals a block.
  func block() throws {
    try act()
    try seal()
  }

  private func seal() throws {
    let sealed = try chain.seal()
    clock.advance(to: clock.now + 12)
    guard sealed.number < 400 else { throw ScenarioStuck(world: self) }
  }

  private func act() throws {
    let head = try chain.head().number
    for attacker in attackers { try attacker.act(in: self, head: head) }
    let isSlow = options.slowValidator && !isSettling
    validators[1].looksLeft = isSlow ? random.next(below: 4) : nil
    let awake = nodes.filter { $0.offlineUntil <= head }
    var order = awake
    random.shuffle(&order)
    switch options.order {
    case .turns: for node in order { while try !isQuiet(node) {} }
    case .interleaved:
      var steps = 0
      while !order.isEmpty, steps < Self.stepsMaximum {
        steps += 1
        let place = random.next(below: order.count)
        if try isQuiet(order[place]) { order.remove(at: place) }
      }
    }
    if options.offline, !isSettling {
      for node in nodes where node.offlineUntil <= head && random.next(below: 25) == 0 {
        node.offlineUntil = head + 2 + UInt64(random.next(below: 3))
      }
    }
  }

  private func isQuiet(_ node: ScenarioNode) throws -> Bool {
    if let left = node.looksLeft {
      guard left > 0 else { return true }
      node.looksLeft = left - 1
    }
    switch try node.tick() {
    case .progressed, .working: return false
    case .waiting: return true
    case .retrying(let time):
      guard time > clock.now else { return true }
      clock.advance(to: time)
      return false
    }
  }

  /// Goes on until a condition holds.
  func run(until isOver: () throws -> Bool) throws {
    while try !isOver() { try block() }
  }

  /// Goes on until every round is over and its base verified by both validators.
  func runAllRounds() throws {
    try run { try validators.allSatisfy { try isOver(for: $0) } }
    try settle()
  }

  /// Ends all faults and goes on until nothing is on its way; the last block is not sealed, so that
  /// everybody has seen everything. A node that is away for good stays away.
  func settle() throws {
    faults.stop()
    isSettling = true
    for node in nodes where node.offlineUntil < .max { node.offlineUntil = 0 }
    for _ in 0..<3 { try block() }
    try act()
    while try nodes.contains(where: { try $0.store.read { try !$0.openExtrinsics().isEmpty } }) {
      try seal()
      try act()
    }
  }

  /// Ends every process at rest and starts it again: nothing may come of it.
  ///
  /// - Returns: What differs.
  func restartEverybody() throws -> [String] {
    let present = nodes.filter { $0.offlineUntil < .max }
    let before = try present.map { try $0.fingerprint() }
    for node in present { try node.crash() }
    try act()
    return try zip(present, before).flatMap { node, before in
      let after = try node.fingerprint()
      return after == before
        ? [] : ["\(node.name) after a restart: \(after.difference(from: before))"]
    }
  }

  private func isOver(for validator: ScenarioNode) throws -> Bool {
    try validator.store.read { transaction in
      for round in 1...options.rounds {
        guard try transaction.verification(round: round + 1) != nil,
          let stored = try transaction.round(round), stored.state == .announced
        else { return false }
      }
      return true
    }
  }
}
