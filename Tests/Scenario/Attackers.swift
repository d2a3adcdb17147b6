import Foundation
import GenkiChain
import GenkiCore
import GenkiFormats
import GenkiHub
import GenkiModel
import GenkiRound

/// What somebody tries who wants a reward without work.
enum Attack: CaseIterable {
  /// The same files, committed later.
  case copy
  /// The same change with a little noise.
  case copyWithNoise
  /// A commitment that names the victim's repository and revision.
  case foreignRepository
  /// The victim's commitment, byte for byte.
  case foreignCommitment
  case garbage
  case wrongBase
  case notANumber
  case hugeNorm
  case neverPublic
  case oversize
  case pickle
  /// The model of somebody else in the round before.
  case previousRound
  /// A place in the order taken early, and a copy committed just before the close.
  case recommit
  /// The repository is removed between commitment and close.
  case deleted
  /// The repository is public between commitment and close, and private from then on.
  case hidden
}

/// Acts on chain and hub with a hotkey of its own, and may look at every file of this machine.
final class Attacker {
  let attack: Attack
  let index: Int
  let account: String
  let signer: KeypairSigner
  private let hub: DirectoryHub
  private var rounds: Set<UInt64> = []
  private var placed: Set<UInt64> = []
  private var open: [UInt64: RepositoryID] = [:]

  init(attack: Attack, index: Int, account: String, signer: KeypairSigner, hub: DirectoryHub) {
    self.attack = attack
    self.index = index
    self.account = account
    self.signer = signer
    self.hub = hub
  }

  /// Commits shortly before the close, when the victim's commitment is on the chain; publishes at it.
  func act(in world: World, head: UInt64) throws {
    guard let round = try world.coordinator.store.read({ try $0.rounds(limit: 1) }).first?.announced
    else { return }
    if attack == .recommit, head + 5 >= round.closesAt, head + 3 <= round.closesAt,
      placed.insert(round.round).inserted
    {
      try takePlace(in: world, round)
    }
    if head + 2 == round.closesAt, rounds.insert(round.round).inserted {
      try commit(in: world, round)
    }
    for (closesAt, repository) in open where head >= closesAt {
      try hub.setVisibility(attack == .hidden ? .private : .public, of: repository)
      open[closesAt] = nil
    }
  }

  /// Commits something, so that an early block stands beside this hotkey.
  private func takePlace(in world: World, _ round: AnnouncedRound) throws {
    guard let base = try world.coordinator.store.read({ try $0.knownRound(round.round) })?.base,
      let repository = RepositoryID(namespace: account, name: "m-r\(round.round)"),
      let revision = Revision(bytes: [UInt8](repeating: 1, count: 20))
    else { return }
    try send(bytes(base, revision, base, repository), in: world)
  }

  private func commit(in world: World, _ round: AnnouncedRound) throws {
    let head = try world.chain.head()
    let isPrevious = attack == .previousRound
    // Somebody whose commitment of this round is on the chain already.
    let victims = world.miners.compactMap { node -> (ScenarioNode, Submission)? in
      let number = isPrevious ? round.round - 1 : round.round
      guard let found = try? node.store.read({ try $0.submission(round: number) }),
        found.revision != nil, found.block != nil, isPrevious || !found.state.isEnded
      else { return nil }
      return (node, found)
    }
    guard let base = try world.coordinator.store.read({ try $0.knownRound(round.round) }),
      !victims.isEmpty
    else { return }
    let (victim, theirs) = victims[index % victims.count]
    switch attack {
    case .garbage:
      try send(Array("gd1m:\u{1}:not a commitment".utf8), in: world)
      return
    case .foreignCommitment:
      if let bytes = try world.chain.commitment(of: victim.hotkey, at: head)?.bytes {
        try send(bytes, in: world)
      }
      return
    case .foreignRepository:
      guard let revision = theirs.revision else { return }
      try send(
        bytes(base.base, revision, theirs.contentHash, theirs.repository), in: world)
      return
    default: break
    }
    let model = try model(from: theirs.model, base: base.folder, in: world)
    guard let repository = RepositoryID(namespace: account, name: "m-r\(round.round)") else {
      return
    }
    try hub.createRepository(repository, visibility: .private)
    let names = try FileManager.default.contentsOfDirectory(atPath: model).sorted()
    let revision = try hub.upload(
      names.map { HubFile(name: $0, path: "\(model)/\($0)") }, to: repository
    ) { _ in }
    let content =
      try attack == .oversize
      ? theirs.contentHash : WeightSet.open(folder: model).contentDigest()
    let bound = attack == .wrongBase ? SHA256Hasher.digest(of: [1]) : base.base
    try send(bytes(bound, revision, content, repository), in: world)
    switch attack {
    case .neverPublic: break
    case .deleted:
      try FileManager.default.removeItem(
        atPath: "\(hub.path)/repositories/\(repository.namespace)/\(repository.name)")
    case .hidden:
      try hub.setVisibility(.public, of: repository)
      open[round.closesAt] = repository
    default: open[round.closesAt] = repository
    }
  }

  /// Weights and configuration as the attack wants them.
  private func model(from source: String, base: String, in world: World) throws -> String {
    let folder = "\(world.folder)/\(account)-\(UUID().uuidString)"
    if [.copyWithNoise, .notANumber, .hugeNorm].contains(attack) {
      let model = try LanguageModel.load(folder: source)
      let start = try LanguageModel.load(folder: base)
      change(model, start)
      try model.save(folder: folder, type: .F32)
    } else {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for name in ["model.safetensors", "config.json"] {
        try FileManager.default.copyItem(
          atPath: "\(source)/\(name)", toPath: "\(folder)/\(name)")
      }
    }
    if attack == .oversize {
      let weights = folder + "/model.safetensors"
      let bytes = try TextFile.readBytes(weights, sizeLimit: 1 << 20)
      try AtomicFile.write(bytes + [UInt8](repeating: 0, count: 400_000), to: weights)
    }
    if attack == .pickle { try AtomicFile.write([128, 4, 46], to: folder + "/pytorch_model.bin") }
    return folder
  }

  private func change(_ model: LanguageModel, _ start: LanguageModel) {
    var random = DeterministicRandom(seed: UInt64(index), domain: "scenario/noise")
    var square = 0.0
    for place in model.weights.indices {
      let change = Double(model.weights[place] - start.weights[place])
      square += change * change
    }
    let scale = Float(0.05 * (square / Double(model.weights.count)).squareRoot())
    for parameter in model.parameters {
      for place in parameter.range {
        switch attack {
        case .copyWithNoise: model.weights[place] += scale * Float(random.gaussian())
        case .hugeNorm:
          model.weights[place] +=
            1e4 * (model.weights[place] - start.weights[place])
        default: break
        }
      }
    }
    if attack == .notANumber, let first = model.parameters.first {
      model.weights[first.range.lowerBound] = .nan
    }
  }

  private func bytes(
    _ base: ContentDigest, _ revision: Revision, _ content: ContentDigest,
    _ repository: RepositoryID
  ) throws -> [UInt8] {
    try SubmissionCommitment(
      basePrefix: Array(base.bytes.prefix(8)), revision: revision.bytes,
      boundHash: BoundHash.make(
        hotkey: signer.address.publicKey, base: base, content: content),
      repository: repository.description
    ).encoded()
  }

  private func send(_ bytes: [UInt8], in world: World) throws {
    let call = ChainCall.setCommitment(netuid: World.netuid, bytes: bytes)
    let nonce = try world.chain.nextNonce(of: signer.address)
    try world.chain.submit(try world.chain.makeExtrinsic(call, nonce: nonce, signer: signer))
  }
}
