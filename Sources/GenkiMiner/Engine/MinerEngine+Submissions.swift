import Foundation
import GenkiChain
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// Submissions, each through its states.
extension MinerEngine {
  func advanceSubmissions(
    _ view: View, head: BlockReference, final: BlockReference
  ) throws -> Bool {
    var progressed = false
    for submission in try context.store.read({ try $0.openSubmissions() }) {
      do {
        if try advance(submission, view, head: head, final: final) { progressed = true }
      } catch let error as any ReportableError where !EffectRunner.isTransient(error) {
        try change(submission, .failed(reason: error.description))
        progressed = true
      }
    }
    return progressed
  }

  private func advance(
    _ submission: Submission, _ view: View, head: BlockReference, final: BlockReference
  ) throws -> Bool {
    guard let id = submission.id, let effect = submission.next(finalBlock: final.number) else {
      return false
    }
    let subject = "submission \(id)"
    switch effect {
    case .wait: return false
    case .upload:
      if try supersedeIfLate(submission, view, head) { return true }
      let hub = hubWork
      return try done(
        effects.transfer("upload", subject, Self.uploadPlan(submission)) {
          try hub.upload(submission, transfer: $0)
        } record: { transaction, revision in
          try transaction.noteOwnRepository(submission.repository, round: submission.round)
          try apply(.uploaded(revision), to: id, transaction)
        })
    case .sign:
      if try supersedeIfLate(submission, view, head) { return true }
      guard view.uid != nil else { return false }
      return try sign(submission, subject: subject)
    case .track: return try track(submission, view, head: head, final: final)
    case .publish:
      return try done(
        effects.transfer("publish", subject, .call) { [hub = context.hub] _ in
          try hub.setVisibility(.public, of: submission.repository)
        } record: { transaction, _ in
          try apply(.published, to: id, transaction)
        })
    case .verify:
      let hub = hubWork
      return try done(
        effects.transfer("verify_submission", subject, .call) { _ in
          try hub.verify(submission)
        } record: { transaction, _ in
          try apply(.verified, to: id, transaction)
          try transaction.removeMeta(SubmissionHubWork.textsKey(id))
        })
    }
  }

  private func done(_ result: EffectRunner.Result) -> Bool {
    if case .done = result { true } else { false }
  }

  /// A submission that could only be committed after the close, or to a base that is no more.
  private func supersedeIfLate(
    _ submission: Submission, _ view: View, _ head: BlockReference
  ) throws -> Bool {
    var reason: String?
    if !submission.isInTime(headBlock: head.number) {
      reason = "late: the round closes at block \(submission.closesAt), the head is \(head.number)"
    } else if let round = view.round, round.base != submission.base {
      reason = "round \(round.round) with another base is in force"
    }
    guard let reason else { return false }
    try change(submission, .superseded(reason: reason))
    return true
  }

  private var hubWork: SubmissionHubWork {
    SubmissionHubWork(context: context, configuration: configuration)
  }

  private static func uploadPlan(_ submission: Submission) -> TransferPlan {
    var fields: JSONObject = [
      "submission": .integer(submission.id ?? 0),
      "round": JSONValue(Int(clamping: submission.round)),
    ]
    if let job = submission.job { fields["job"] = .integer(job) }
    return TransferPlan(label: TransferLabel(.up, submission.repository, fields))
  }

  private func sign(_ submission: Submission, subject: String) throws -> Bool {
    guard let id = submission.id, let revision = submission.revision else { return false }
    let text = try SubmissionCommitment(
      basePrefix: Array(submission.base.bytes.prefix(8)), revision: revision.bytes,
      boundHash: BoundHash.make(
        hotkey: context.hotkey.publicKey, base: submission.base, content: submission.contentHash),
      repository: submission.repository.description)
    let bytes = text.encoded()
    if try isRecommit(bytes) {
      throw SubmissionError.alreadyCommitted(id: id)
    }
    let call = ChainCall.setCommitment(netuid: context.chain.netuid, bytes: bytes)
    if let failure = try context.chain.preflight(
      call, by: context.hotkey, at: try context.chain.head())
    {
      // Space for commitments comes back with the next epoch; for everything else there is a reason
      // that an operator has to remove.
      guard failure.name == "SpaceLimitExceeded" else {
        throw SubmissionError.refused(id: id, failure: failure)
      }
      return false
    }
    return try done(
      effects.perform("sign_commit", subject) {
        try courier.sign(call, purpose: .commit, subject: subject)
      } record: { transaction, extrinsic in
        try transaction.save(extrinsic)
        try apply(.signed(extrinsic: extrinsic.hash), to: id, transaction)
      })
  }

  /// The same commitment again would only lose its place in the order.
  private func isRecommit(_ bytes: [UInt8]) throws -> Bool {
    let head = try context.chain.head()
    return try context.chain.commitment(of: context.hotkey, at: head)?.bytes == bytes
  }

  private func track(
    _ submission: Submission, _ view: View, head: BlockReference, final: BlockReference
  ) throws -> Bool {
    guard let hash = submission.extrinsic,
      let sent = try courier.track(hash, finalBlock: final.number)
    else { return false }
    switch (submission.state, sent.state) {
    case (.submitted, .included), (.submitted, .final):
      guard let block = sent.block, let index = sent.index else { return false }
      guard block >= 1, block < submission.closesAt else {
        try change(
          submission, .superseded(reason: "late: committed in block \(block) of a closed round"))
        return true
      }
      try change(submission, .included(block: block, index: index))
      return true
    case (.included, .final):
      try change(submission, .finalized)
      return true
    case (.included, .signed):
      try change(submission, .reverted)
      return true
    case (_, .expired):
      try change(submission, submission.state == .submitted ? .expired : .reverted)
      return true
    case (_, .failed):
      try change(
        submission,
        .failed(reason: "the chain refused the commitment: \(sent.failureReason)"))
      return true
    default: return false
    }
  }

  // MARK: States

  private func apply(
    _ event: Submission.Event, to id: Int64, _ transaction: Transaction
  ) throws {
    guard var submission = try transaction.submission(id), !submission.state.isEnded else { return }
    try submission.apply(event)
    try transaction.save(&submission)
    reportState(submission)
  }

  private func change(_ submission: Submission, _ event: Submission.Event) throws {
    guard let id = submission.id else { return }
    try context.store.write { try apply(event, to: id, $0) }
  }

  private func reportState(_ submission: Submission) {
    report(
      "submission.state",
      "submission of round \(submission.round) is \(submission.state.rawValue)"
        + (submission.reason.map { ": \($0)" } ?? ""),
      [
        "submission": .integer(submission.id ?? 0), "state": .string(submission.state.rawValue),
        "round": JSONValue(Int(clamping: submission.round)),
      ])
  }
}

/// What the hub does with a submission, in the background.
struct SubmissionHubWork: Sendable {
  let context: NodeContext
  let configuration: MinerConfiguration

  func upload(_ submission: Submission, transfer: HubTransfer) throws -> Revision {
    try context.hub.createRepository(submission.repository, visibility: .private)
    let folder = submission.model
    let files = try SubmissionFolder.files(folder, made: try makeTexts(of: submission))
    return try context.hub.upload(files, to: submission.repository, transfer: transfer)
  }

  /// What the hub now shows to everybody must be what we made.
  func verify(_ submission: Submission) throws {
    guard let id = submission.id, let revision = submission.revision else { return }
    let listed = try context.hub.list(submission.repository, revision: revision)
    let names = Set(listed.map(\.name))
    let files = try SubmissionFolder.files(submission.model, made: try madeTexts(of: submission))
      .filter { names.contains($0.name) || !SubmissionFolder.addedLater.contains($0.name) }
    if let difference = try HubEntry.difference(of: listed, from: files) {
      throw SubmissionError.differs(id: id, reason: difference)
    }
  }
}

/// A submission cannot go on.
public enum SubmissionError: ReportableError, Equatable {
  /// The chain holds this very commitment.
  case alreadyCommitted(id: Int64)
  /// Chain or hub show something else than was made.
  case differs(id: Int64, reason: String)
  /// The chain would refuse the commitment.
  case refused(id: Int64, failure: CallFailure)

  /// The operation failed.
  public var kind: ErrorKind { .failed }
  /// Which one.
  public var what: String {
    switch self {
    case .alreadyCommitted(let id), .differs(let id, _), .refused(let id, _): "submission \(id)"
    }
  }
  /// Why.
  public var why: String {
    switch self {
    case .alreadyCommitted: "the chain holds this commitment already"
    case .differs(_, let reason): reason
    case .refused(_, let failure): "the chain would refuse the commitment with \(failure.name)"
    }
  }
  /// What to do.
  public var advice: String? {
    switch self {
    case .alreadyCommitted: "a second one would move it to the end of the order"
    case .differs: "look at the repository: somebody else may have changed it"
    case .refused: "see `genki-validatord chain status` and whether the hotkey is registered"
    }
  }
}
