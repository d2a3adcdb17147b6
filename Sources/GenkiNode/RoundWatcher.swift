import GenkiChain
import GenkiCore
import GenkiHub
import GenkiRound
import GenkiStore

/// Follows the coordinator's announcements: which round is in force, and is its base the announced one?
public final class RoundWatcher {
  /// What is in force.
  public enum View {
    /// There is no round; the problem says why.
    case none(Problem)
    /// The base is not here yet.
    case fetching(AnnouncedRound)
    /// The base is here and is what was announced.
    case known(KnownRound)
    /// What was announced cannot be used.
    case refused(AnnouncedRound, Problem)
  }

  private let context: NodeContext
  private let effects: EffectRunner
  private let coordinator: SS58Address?
  private let fetchSecondsMaximum: Double
  private var refused: [AnnouncedRound: Problem] = [:]

  /// A watcher; without a coordinator there is never a round.
  ///
  /// - Parameter fetchSecondsMaximum: A fetch of a base that takes longer is begun again where it was.
  public init(
    _ context: NodeContext, effects: EffectRunner, coordinator: SS58Address?,
    fetchSecondsMaximum: Int
  ) {
    self.context = context
    self.effects = effects
    self.coordinator = coordinator
    self.fetchSecondsMaximum = Double(fetchSecondsMaximum)
  }

  /// What is in force in the state of a final block; fetches the base if it is new.
  public func view(at block: BlockReference) throws -> View {
    guard let coordinator else {
      return .none(
        Problem(
          "no_coordinator", "the configuration names no coordinator",
          advice: "set round.coordinator to the hotkey that announces this subnet's rounds"))
    }
    guard let record = try context.chain.commitment(of: coordinator, at: block),
      let announced = AnnouncedRound(record)
    else {
      return .none(
        Problem(
          "no_round", "the coordinator \(coordinator) has announced no round",
          advice: "wait for its announcement, or check round.coordinator and chain.netuid"))
    }
    if let known = try context.store.read({ try $0.knownRound(announced.round) }),
      known.announced == announced
    {
      return .known(known)
    }
    if let problem = refused[announced] { return .refused(announced, problem) }
    return try fetch(announced)
  }

  private func fetch(_ announced: AnnouncedRound) throws -> View {
    var fetched: KnownRound?
    do {
      let fetcher = ModelFetcher(context)
      let plan = TransferPlan(
        label: TransferLabel(
          .down, announced.repository, ["round": JSONValue(Int(clamping: announced.round))]),
        secondsMaximum: fetchSecondsMaximum)
      let result = try effects.transfer(
        "fetch_base", "r\(announced.round) \(announced.revision)", plan
      ) {
        try fetcher.base(announced, transfer: $0)
      } record: { transaction, known in
        try transaction.save(known)
        fetched = known
      }
      guard case .done = result, let fetched else { return .fetching(announced) }
      context.observer.report(
        NodeEvent(
          "round.known", .notice,
          "round \(announced.round) is open until block \(announced.closesAt), its base is "
            + "\(announced.repository) at \(announced.revision)",
          ["round": JSONValue(Int(clamping: announced.round))]))
      return .known(fetched)
    } catch let error as any ReportableError {
      let problem = Problem("bad_base", error)
      refused[announced] = problem
      context.observer.report(
        NodeEvent(
          "round.refused", .error, "round \(announced.round) cannot be followed: \(error)"))
      return .refused(announced, problem)
    }
  }
}
