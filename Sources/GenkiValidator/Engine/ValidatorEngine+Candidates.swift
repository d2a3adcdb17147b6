import GenkiChain
import GenkiCore
import GenkiNode
import GenkiRound
import GenkiStore

/// From the close to the fetched candidates.
extension ValidatorEngine {
  /// Candidates at most: more than a subnet has uids.
  static let candidatesMaximum = 4_096

  /// Stores the commitments in force in the state of block B_c − 1.
  func snapshot(_ round: ValidatorRound) throws -> Progress {
    let announced = round.announced
    return Self.progress(
      try effects.perform("snapshot", "r\(announced.round)") { () -> [RoundCandidate]? in
        guard let block = try context.chain.block(number: announced.closesAt - 1) else {
          throw ChainError.unreachable(
            source: "", reason: "the final block \(announced.closesAt - 1) is not there")
        }
        return try context.chain.commitments(at: block, from: announced.opensAt)
          .compactMap { RoundCandidate($0, round: announced, base: round.base) }
          .sorted(by: RoundCandidate.isInCommitOrder).prefix(Self.candidatesMaximum).map { $0 }
      } record: { transaction, candidates in
        for (position, candidate) in candidates.enumerated() {
          try transaction.save(candidate, position: position)
        }
        try apply(.closed, to: round, transaction)
      })
  }

  /// Stores the hash of block B_c + d, which nobody knew while commitments were taken.
  func readSeed(_ round: ValidatorRound) throws -> Progress {
    Self.progress(
      try effects.perform("read_seed", "r\(round.announced.round)") { () -> ContentDigest? in
        guard let block = try context.chain.block(number: round.seedBlock) else {
          throw ChainError.unreachable(
            source: "", reason: "the final block \(round.seedBlock) is not there")
        }
        return block.hash
      } record: { transaction, seed in
        try apply(.seeded(seed), to: round, transaction)
      })
  }

  /// Fetches what can be had; when the reveal window ends the rest is unavailable.
  ///
  /// A hub that does not answer says nothing of a candidate: it is asked again for another window's
  /// length, counted from the window's end or from our first look, whichever is later.
  func fetch(_ round: ValidatorRound, final: BlockReference) throws -> Progress {
    let number = round.announced.round
    guard let known = try context.store.read({ try $0.knownRound(number) }) else { return .waiting }
    let candidates = try context.store.read { try $0.candidates(round: number) }
    var changed = false
    var open = 0
    for (position, candidate) in candidates.enumerated() where candidate.state == .pending {
      let settled = try settle(candidate, position, round, known, block: final.number)
      if settled { changed = true } else { open += 1 }
    }
    if open == 0 {
      try change(round, .fetched)
      return .done
    }
    return changed ? .done : .waiting
  }

  private func settle(
    _ candidate: RoundCandidate, _ position: Int, _ round: ValidatorRound, _ known: KnownRound,
    block: UInt64
  ) throws -> Bool {
    let name = candidate.hotkey.description
    let isOver = block >= round.revealEndsAt
    // Looked at once for each block: what is private now may be public at the next one.
    let lookKey = "\(candidate.round) \(name)"
    guard isOver || lastLook[lookKey] != block else { return false }
    lastLook[lookKey] = block
    let first = firstLook[lookKey] ?? block
    firstLook[lookKey] = first
    let lastTry = max(first, round.revealEndsAt) + round.rules.revealBlocks
    var settled = candidate
    var wasFetched = false
    if let repository = candidate.repository, let revision = candidate.revision {
      context.cache.pin(repository, revision: revision)
    }
    let result = try effects.perform("fetch_candidate", "r\(candidate.round) \(name)") {
      try ModelFetcher(context).submission(candidate, known: known)
    } record: { transaction, found in
      switch found {
      case .fetched(let folder, let contentHash):
        settled.state = .fetched
        settled.folder = folder
        settled.contentHash = contentHash
      case .rejected(let gate, let code, let reason):
        settled.reject(gate: gate, code: code, reason: reason)
      case .unavailable(let reason):
        guard isOver else { return }
        settled.markUnavailable(reason: reason)
      }
      wasFetched = settled.state != .pending
      if wasFetched { try transaction.save(settled, position: position) }
    }
    if case .deferred = result, block >= lastTry {
      // Transient is not invalid, but the round ends.
      effects.forget("fetch_candidate", "r\(candidate.round) \(name)")
      settled.markUnavailable(reason: "the hub did not answer in time")
      try context.store.write { try $0.save(settled, position: position) }
      return true
    }
    return wasFetched
  }
}
