import Foundation
import GenkiChain
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiRound
import GenkiService
import GenkiStore

/// A miner's part of a round: finetune → upload → commit → publish at the close → verify.
///
/// `tick` looks at chain and state, does what can be done now, and returns. All state is in the store;
/// an engine that is thrown away and made anew goes on where the old one stopped. One thread calls.
public final class MinerEngine {
  /// What a look at the world has found, for `status`.
  public struct View: Sendable {
    /// The newest block.
    public var head: BlockReference?
    /// The newest final block.
    public var final: BlockReference?
    /// The round in force.
    public var round: KnownRound?
    /// Our uid.
    public var uid: UInt16?
    /// What keeps us from working.
    public var problems: [Problem] = []
  }

  let context: NodeContext
  let configuration: MinerConfiguration
  let effects: EffectRunner
  let courier: ExtrinsicCourier
  let work: any WorkRunner
  let finetuner: any Finetuner
  private let watcher: RoundWatcher
  private let oldRepositories: OldRepositories
  private var retainedRound: UInt64?
  /// What the last tick has found.
  public private(set) var view = View()

  /// An engine over a state.
  public init(
    _ context: NodeContext, configuration: MinerConfiguration, work: any WorkRunner,
    finetuner: any Finetuner
  ) throws {
    self.context = context
    self.configuration = configuration
    self.work = work
    self.finetuner = finetuner
    // A file that could not be published is to be mended before the round, not at its close.
    if let samples = configuration.publish.samples { _ = try SharedSamples.read(samples) }
    effects = EffectRunner(context)
    courier = ExtrinsicCourier(context, effects: effects)
    let coordinator = try configuration.round.coordinator.map { try SS58Address.bittensor($0) }
    watcher = RoundWatcher(
      context, effects: effects, coordinator: coordinator,
      fetchSecondsMaximum: configuration.hub.fetchSecondsMaximum)
    oldRepositories = OldRepositories(context, effects: effects, configuration.hub)
    try context.store.write { transaction in
      // What a killed process was doing is to be done again.
      try transaction.endInterruptedEffects(now: context.now())
      for var job in try transaction.openJobs() where job.state != .queued {
        try job.apply(.interrupted)
        try transaction.save(&job)
      }
      try DatasetList.sync(configuration.datasets, transaction)
    }
  }

  /// Does what can be done now.
  public func tick() throws -> TickOutcome {
    do {
      return try look()
    } catch  where EffectRunner.isTransient(error) {
      view.problems = [Problem("chain_unreachable", error)] + effects.problems
      return .retrying(at: context.now() + EffectRunner.pauseSecondsMaximum / 12)
    } catch let error as ChainError {
      // Another chain, a subnet that is not there, answers that make no sense: an operator has to
      // look, and meanwhile nothing is lost.
      view.problems = [Problem("chain_error", error)] + effects.problems
      context.observer.report(NodeEvent("chain.error", .error, "\(error)"))
      return .retrying(at: context.now() + EffectRunner.pauseSecondsMaximum / 2)
    }
  }

  private func look() throws -> TickOutcome {
    let head = try context.chain.head()
    let final = try context.chain.finalizedHead()
    try courier.trackAll(finalBlock: final.number)
    var view = View(head: head, final: final)
    var progressed = false
    view.uid = try context.chain.neuron(of: context.hotkey, at: final)?.uid
    if view.uid == nil {
      view.problems.append(
        Problem(
          "not_registered",
          "hotkey \(context.hotkey) is not registered in subnet "
            + "\(context.chain.netuid)",
          advice: "register it: genki-validatord chain register"))
    }
    switch try watcher.view(at: final) {
    case .none(let problem): view.problems.append(problem)
    case .refused(_, let problem): view.problems.append(problem)
    case .fetching: break
    case .known(let known):
      view.round = known
      try retain(newest: known.round)
      if try retire(newest: known.round, &view.problems) { progressed = true }
      if try participate(in: known, head: head, &view.problems) { progressed = true }
    }
    if try advanceSubmissions(view, head: head, final: final) { progressed = true }
    let jobs = try advanceJobs(view)
    try effects.endLook()
    view.problems += effects.problems
    self.view = view
    if progressed || jobs == .progressed { return .progressed }
    if jobs == .running || !context.transfers.keys.isEmpty { return .working }
    if let due = effects.nextTry { return .retrying(at: due) }
    return .waiting(block: head.number)
  }

  /// Once for each round: models of old rounds give way to new ones.
  private func retain(newest: UInt64) throws {
    guard retainedRound != newest else { return }
    let folders = RetainedFolders(context)
    let keepRounds = configuration.publish.keepRounds
    try folders.keepBases(newest: newest, keepRounds: 0)
    // A submission that is still on its way needs its folder.
    let open = try context.store.read { try $0.openSubmissions().map(\.round).min() }
    try folders.removeWork(
      prefixes: ["round-"], newest: min(newest, open ?? newest), keepRounds: keepRounds)
    retainedRound = newest
  }

  /// Our repositories of old rounds; one whose submission is still on its way is not old.
  private func retire(newest: UInt64, _ problems: inout [Problem]) throws -> Bool {
    let open = try context.store.read { try $0.openSubmissions().map(\.repository) }
    return try oldRepositories.retire(newest: newest, keeping: Set(open), &problems)
  }

  /// Makes the round's job, and its submission when the job is done.
  private func participate(
    in known: KnownRound, head: BlockReference, _ problems: inout [Problem]
  ) throws -> Bool {
    guard configuration.round.participate else { return false }
    let (job, submission, datasets) = try context.store.read { transaction in
      (
        try transaction.job(round: known.round), try transaction.submission(round: known.round),
        try transaction.datasets()
      )
    }
    if let submission {
      if let reason = submission.reason {
        problems.append(
          Problem(
            "submission_\(submission.state.rawValue)", reason,
            advice: "the next round begins by itself; submission.list tells more"))
      }
      return false
    }
    guard head.number + 1 < known.announced.closesAt else {
      if job?.state != .done || job?.result == nil {
        problems.append(
          Problem(
            "late",
            "round \(known.round) closes at block \(known.announced.closesAt) and nothing "
              + "was committed in time",
            advice: "lower finetune.steps, or give compute.threads; the next round begins by itself"
          ))
      }
      return false
    }
    guard let job else { return try begin(known, datasets, &problems) }
    switch job.state {
    case .done: return try submit(job, known)
    case .failed:
      problems.append(
        Problem(
          "job_failed", job.reason ?? "the job failed",
          advice: "mend it and run: genkictl job resume \(job.id ?? 0)"))
      return false
    case .cancelled:
      problems.append(
        Problem(
          "job_cancelled", "the job of round \(known.round) was cancelled",
          advice: "genkictl job resume \(job.id ?? 0)"))
      return false
    case .queued, .preparing, .training, .evaluating: return false
    }
  }

  private func begin(
    _ known: KnownRound, _ datasets: [DatasetRecord], _ problems: inout [Problem]
  ) throws -> Bool {
    guard !datasets.isEmpty else {
      problems.append(
        Problem(
          "no_dataset", "there is nothing to train on",
          advice: "add a file: genkictl dataset add NAME PATH, or [[dataset]] in the configuration")
      )
      return false
    }
    let names = datasets.map(\.name).sorted()
    let job = Job(
      round: known.round, base: known.folder, datasets: names,
      seed: Seeds.training(round: known.round, hotkey: context.hotkey, datasets: names),
      out: "\(context.workFolder)/round-\(known.round)")
    try context.store.write { transaction in
      var job = job
      try transaction.save(&job)
    }
    report("job.queued", "round \(known.round): a finetune on \(names.joined(separator: ", "))")
    return true
  }

  private func submit(_ job: Job, _ known: KnownRound) throws -> Bool {
    guard let result = job.result else { return false }
    let name = configuration.repositoryName(round: known.round)
    guard let repository = RepositoryID(namespace: context.hub.account, name: name),
      repository.description.utf8.count <= SubmissionCommitment.repositoryBytesMaximum
    else { throw MinerError.repositoryName(account: context.hub.account, name: name) }
    try context.store.write { transaction in
      var submission = Submission(
        round: known.round, base: known.base, closesAt: known.announced.closesAt, job: job.id,
        model: job.out, contentHash: result.contentHash, repository: repository)
      try transaction.save(&submission)
    }
    report("submission.prepared", "round \(known.round): the model is ready")
    return true
  }

  func report(_ name: String, _ message: String, _ fields: JSONObject = [:]) {
    context.observer.report(NodeEvent(name, .info, message, fields))
  }
}

/// What a miner's daemon cannot do.
public enum MinerError: ReportableError, Equatable {
  /// Account and name make no repository id that a commitment can hold.
  case repositoryName(account: String, name: String)

  /// A mistake in the configuration.
  public var kind: ErrorKind { .configuration }
  /// The key.
  public var what: String { "publish.name" }
  /// The id that it would make.
  public var why: String {
    switch self {
    case .repositoryName(let account, let name):
      "\("\(account)/\(name)".quoted()) cannot be a repository of a commitment"
    }
  }
  /// What is allowed.
  public var advice: String? {
    "letters, digits, - _ and . ; at most \(SubmissionCommitment.repositoryBytesMaximum) "
      + "characters with hub.account"
  }
}
