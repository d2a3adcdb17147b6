import Foundation
import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHTTP
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore
import Synchronization
import TestSupport

/// A round with honest miners and hostile repositories on a hub that is asked over HTTP, looked at by
/// one validator with the transfers, cache and client of a daemon.
///
/// Time is virtual but for what the kernel takes to move bytes; nothing waits for a clock.
final class HostileRound {
  /// One hostile repository.
  struct Entry {
    let kind: HostileKind
    let forge: HostileForge
    let repository: RepositoryID
    let signer: KeypairSigner

    var hotkey: SS58Address { signer.address }
  }

  private static let looksMaximum = 2_000

  let world: World
  let server: StandInHub
  let validator: ScenarioNode
  let pool: ThreadTransferPool
  private(set) var entries: [Entry] = []
  /// The most that lay in the validator's cache at once.
  let diskBytes = Gauge()
  /// The most transfers that ran at once.
  private(set) var transfersMaximum = 0
  /// How often time had to pass for something to get on.
  private(set) var waves = 0
  private let bell = Bell()

  /// Builds everything up to the close of the round, at which the honest publish.
  ///
  /// - Parameter isFirst: Whether the hostile commit before the honest, and so are fetched first.
  init(
    _ kinds: [HostileKind], honest: Int, isFirst: Bool = false,
    cacheBytesMaximum: Int = 1 << 30
  ) throws {
    OpenFiles.raiseLimit()
    var options = ScenarioOptions(seed: 1)
    options.miners = honest
    world = try World(options)
    let names = world.nodes.map(\.name)
    server = try StandInHub(
      tokens: Dictionary(uniqueKeysWithValues: names.map { ("hf_\($0)", $0) }))
    let section = world.configuration(validator: 1, "").hub
    for node in world.nodes { node.hub = try Self.hub(server, node.name, section) }
    validator = world.validators[1]
    let (clock, bell, observer) = (world.clock, bell, validator.observer)
    let cache = Mutex<ModelCache?>(nil)
    pool = ThreadTransferPool(now: { clock.now }, observer: observer) { [diskBytes] in
      if let cache = cache.withLock({ $0 }) { diskBytes.note(cache.bytesUsed) }
      bell.ring()
    }
    if isFirst { for node in world.miners { node.offlineUntil = .max } }
    let known = { [validator] in try validator.store.read { try $0.round(1) != nil } }
    try world.run(until: known)
    for node in world.validators { node.offlineUntil = .max }
    validator.transfers = pool
    validator.cacheBytesMaximum = cacheBytesMaximum
    try validator.crash()
    let opened = try validator.openCache()
    cache.withLock { $0 = opened }
    if isFirst {
      try commit(kinds)
      try world.chain.seal()
      for node in world.miners { node.offlineUntil = 0 }
    }
    try world.run { try submissions().allSatisfy { $0?.block != nil } }
    if !isFirst { try commit(kinds) }
    try world.run {
      try submissions().allSatisfy { $0?.state == .public || $0?.state == .verified }
    }
    for node in world.miners { node.offlineUntil = .max }
    guard let round = try validator.store.read({ try $0.round(1) }) else {
      throw ScenarioStuck(world: world)
    }
    // Nothing is fetched before the block that seeds the evaluation.
    while try world.chain.finalizedHead().number < round.seedBlock { try world.chain.seal() }
  }

  deinit {
    pool.stopAll()
    pool.waitUntilIdle(seconds: 60)
    server.close()
  }

  private static func hub(
    _ server: StandInHub, _ account: String, _ section: HubSection
  ) throws -> HuggingFaceHub {
    var settings = HuggingFaceSettings(
      endpoint: server.endpoint, account: account, token: .bearer("hf_\(account)"))
    settings.environment = RetryEnvironment(clock: ImpatientClock()) { 0.5 }
    var client = HubOpener(section, environment: [:]).clientSettings
    client.proxy = .none
    return try HuggingFaceHub(settings, client: HTTPClient(client))
  }

  private func submissions() throws -> [Submission?] {
    try world.miners.map { try $0.store.read { try $0.submission(round: 1) } }
  }

  // MARK: The hostile

  private func commit(_ kinds: [HostileKind]) throws {
    guard let known = try validator.store.read({ try $0.knownRound(1) }) else {
      throw ScenarioStuck(world: world)
    }
    let base = try TextFile.readBytes("\(known.folder)/model.safetensors", sizeLimit: 1 << 20)
    // Who comes first has nobody to copy from.
    let copied = try submissions().first.flatMap { $0 }.map {
      try TextFile.readBytes("\($0.model)/model.safetensors", sizeLimit: 1 << 20)
    }
    for (number, kind) in kinds.enumerated() {
      guard let repository = RepositoryID(namespace: "hostile-\(number)", name: "model") else {
        throw CocoaError(.fileWriteInvalidFileName)
      }
      let signer = try World.signer(1_000 + number)
      try world.chain.register(
        hotkey: signer.address, coldkey: World.signer(20_000 + number).address)
      let entry = Entry(
        kind: kind, forge: HostileForge(number: number, base: base, honest: copied ?? base),
        repository: repository, signer: signer)
      entries.append(entry)
      try commit(entry, base: known.base)
    }
    let byName = Dictionary(uniqueKeysWithValues: entries.map { ("\($0.repository)", $0) })
    server.misbehave { request in
      guard let entry = request.repository.flatMap({ byName[$0] }) else { return nil }
      return entry.kind.fault(entry.forge, request)
    }
  }

  private func commit(_ entry: Entry, base: ContentDigest) throws {
    let (kind, id) = (entry.kind, entry.repository.description)
    let files = kind.files(entry.forge)
    let head = server.put(id, files: files)
    kind.spoil(server, id)
    let content =
      kind.bindsOther ? SHA256Hasher.digest(of: [1]) : HostileForge.contentHash(files)
    let never = [UInt8](repeating: 1, count: Revision.byteCount)
    let revision = kind.namesNoRevision ? never : Revision(hex: head)?.bytes ?? []
    let bytes = try SubmissionCommitment(
      basePrefix: Array(base.bytes.prefix(8)), revision: revision,
      boundHash: BoundHash.make(hotkey: entry.hotkey.publicKey, base: base, content: content),
      repository: id
    ).encoded()
    let call = ChainCall.setCommitment(netuid: World.netuid, bytes: bytes)
    let nonce = try world.chain.nextNonce(of: entry.hotkey)
    try world.chain.submit(
      try world.chain.makeExtrinsic(call, nonce: nonce, signer: entry.signer))
  }

  // MARK: The validator

  /// What the validator has of the candidates.
  func candidates() throws -> [SS58Address: RoundCandidate] {
    let all = try validator.store.read { try $0.candidates(round: 1) }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.hotkey, $0) })
  }

  /// What the validator has of the honest.
  func honest() throws -> [RoundCandidate] {
    let candidates = try candidates()
    return world.miners.compactMap { candidates[$0.hotkey] }
  }

  /// Transfers that will end by themselves or have ended, and whose result nobody has taken.
  private var unsettled: Int {
    let hanging = Set(entries.filter(\.kind.hangs).map(\.repository))
    let (all, running) = (pool.keys.count, pool.running)
    transfersMaximum = max(transfersMaximum, running.count)
    return all - running.count { hanging.contains($0.label.repository) }
  }

  /// Looks until nothing gets on any more without time; what hangs is left to hang.
  func look() throws {
    for _ in 0..<Self.looksMaximum {
      let outcome = try validator.tick()
      diskBytes.note(try validator.openCache().bytesUsed)
      if outcome == .progressed { continue }
      if unsettled == 0 { return }
      guard bell.wait() else { break }
    }
    throw ScenarioStuck(world: world)
  }

  /// Lets so many seconds pass, then looks.
  func wait(seconds: Double) throws {
    waves += 1
    world.clock.advance(to: world.clock.now + seconds)
    try look()
  }

  /// Seals so many blocks, then looks.
  func seal(_ count: Int) throws {
    try world.chain.seal(count: count)
    try wait(seconds: 12 * Double(count))
  }

  /// Seals up to the last block at which something may still become public, then looks.
  func sealRevealWindow() throws {
    guard let round = try validator.store.read({ try $0.round(1) }) else {
      throw ScenarioStuck(world: world)
    }
    let final = try world.chain.finalizedHead().number
    try seal(Int(max(final, round.revealEndsAt) - final))
  }

  /// Waits until the hanging ones have ended, too, then looks.
  func endHanging() throws {
    while !pool.running.isEmpty {
      guard bell.wait() else { throw ScenarioStuck(world: world) }
    }
    try look()
  }
}

/// Remembers the largest of what it is told.
final class Gauge: Sendable {
  private let most = Mutex(0)

  var maximum: Int { most.withLock { $0 } }

  func note(_ value: Int) { most.withLock { $0 = max($0, value) } }
}
