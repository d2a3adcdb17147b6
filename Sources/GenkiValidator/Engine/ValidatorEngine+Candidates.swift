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

  /// Fetches what can be had, all candidates at once; when the reveal window ends the rest is
  /// unavailable.
  ///
  /// A hub that does not answer says nothing of a candidate: it is asked again for another window's
  /// length, counted from the window's end or from our first look, whichever is later.
  func fetch(_ round: ValidatorRound, final: BlockReference) throws -> Progress {
    let number = round.announced.round
    guard let known = try context.store.read({ try $0.knownRound(number) }) else { return .waiting }
    let candidates = try context.store.read { try $0.candidates(round: number) }
    var settled: [RoundCandidate] = []
    var open = 0
    for (position, candidate) in candidates.enumerated() where candidate.state == .pending {
      if try settle(candidate, position, round, known, block: final.number) {
        settled.append(candidate)
      } else {
        open += 1
      }
    }
    try release(settled, round: number)
    if open == 0 {
      try change(round, .fetched)
      looks = looks.filter { $0.value.round != number }
      return .done
    }
    return settled.isEmpty ? .waiting : .done
  }

  /// What was brought of candidates that are refused may give way to others, unless somebody else's
  /// submission or a base is the same revision.
  private func release(_ settled: [RoundCandidate], round number: UInt64) throws {
    guard !settled.isEmpty else { return }
    let needed = try context.store.read { transaction in
      let before = try number > 0 ? transaction.candidates(round: number - 1) : []
      let candidates = try transaction.candidates(round: number) + before
      let bases = try transaction.knownRounds(limit: 64).map(\.announced)
      return Set(
        candidates.filter(\.isKept).compactMap(\.place)
          + bases.map { ModelPlace(repository: $0.repository, revision: $0.revision) })
    }
    for place in Set(settled.compactMap(\.place)).subtracting(needed) {
      context.cache.unpin(place.repository, revision: place.revision)
    }
  }

  private func settle(
    _ candidate: RoundCandidate, _ position: Int, _ round: ValidatorRound, _ known: KnownRound,
    block: UInt64
  ) throws -> Bool {
    let subject = "r\(candidate.round) \(candidate.hotkey)"
    let (kind, now) = (Self.fetchKind, context.now())
    var look =
      looks[subject] ?? CandidateLook(round: candidate.round, firstBlock: block, firstTime: now)
    defer { looks[subject] = look }
    if let status = effects.status(kind, subject), status.name != nil { look.status = status }
    if !effects.isTransferring(kind, subject) {
      // Looked at once for each block: what is private now may be public at the next one.
      guard block >= round.revealEndsAt || look.lastBlock != block else { return false }
      look.lastBlock = block
    }
    // A look that began in the window does not tell what is there at its end.
    let isOver = look.lastBlock.map { $0 >= round.revealEndsAt } ?? false
    var settled = candidate
    var wasFetched = false
    if let repository = candidate.repository, let revision = candidate.revision {
      context.cache.pin(repository, revision: revision)
    }
    let fetcher = ModelFetcher(context)
    let result = try effects.transfer(kind, subject, plan(candidate)) {
      try fetcher.submission(candidate, known: known, transfer: $0)
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
    if wasFetched { return true }
    if case .done = result { return false }
    guard block >= max(look.firstBlock, round.revealEndsAt) + round.rules.revealBlocks else {
      return false
    }
    // Transient is not invalid, but the round ends.
    let reason = look.reason(now: now, failure: effects.failure(kind, subject))
    try effects.abandon(kind, subject)
    settled.markUnavailable(reason: reason)
    try context.store.write { try $0.save(settled, position: position) }
    return true
  }

  private static let fetchKind = "fetch_candidate"

  private func plan(_ candidate: RoundCandidate) -> TransferPlan {
    TransferPlan(
      label: candidate.repository.map {
        TransferLabel(
          .down, $0,
          [
            "round": JSONValue(Int(clamping: candidate.round)),
            "hotkey": .string(candidate.hotkey.description),
          ])
      }, secondsMaximum: Double(configuration.hub.fetchSecondsMaximum), isForeign: true)
  }
}

/// How this process looks for a candidate.
struct CandidateLook {
  let round: UInt64
  /// The block at which it was looked for first.
  let firstBlock: UInt64
  /// Seconds since 1970 then.
  let firstTime: Double
  /// The block at which the last look began.
  var lastBlock: UInt64?
  /// How far the last transfer came.
  var status: TransferStatus?

  init(round: UInt64, firstBlock: UInt64, firstTime: Double) {
    self.round = round
    self.firstBlock = firstBlock
    self.firstTime = firstTime
  }

  /// Why it could not be had; `failure` is what the last try ended with.
  func reason(now: Double, failure: String?) -> String {
    let failure = failure.map { ": \($0)" } ?? ""
    guard var status else { return "the hub did not answer in time\(failure)" }
    status.seconds = max(0, now - firstTime)
    let distance = "the hub was not done in time: \(status.distance)"
    return status.bytesDone > 0 ? distance : distance + failure
  }
}
