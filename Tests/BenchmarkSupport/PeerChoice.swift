import GenkiCore

/// The way in which the other side does a workload, and how it was found.
package struct PeerChoice: Sendable, Equatable {
  package let setting: PeerSetting
  /// All ways that were tried; empty where there was no choice.
  package let trials: [PeerTrial]
  /// Whether it is the best of all that the workload can be done in.
  package let isBest: Bool

  package init(_ setting: PeerSetting, trials: [PeerTrial] = [], isBest: Bool = false) {
    self.setting = setting
    self.trials = trials
    self.isBest = isBest
  }

  /// The ways that are left when the command line names a precision or a mode.
  ///
  /// - Throws: `BenchmarkError.noSetting` if none is.
  package static func candidates(
    _ workload: Workload, dataType: PeerSetting.DataType?, mode: PeerSetting.Mode?
  ) throws -> [PeerSetting] {
    let settings = workload.peerSettings
    // What has no choice does not ask for one.
    if settings.count == 1 { return settings }
    let left = settings.filter {
      (dataType == nil || $0.dataType == dataType) && (mode == nil || $0.mode == mode)
    }
    guard !left.isEmpty else {
      let words = [dataType?.rawValue, mode?.rawValue].compactMap { $0 }
      throw BenchmarkError.noSetting(
        workload: workload.name, setting: words.joined(separator: " "))
    }
    return left
  }

  /// Tries each of the candidates, one after the other, and takes the fastest.
  ///
  /// - Parameters:
  ///   - attempt: Tries one, knowing the trials before it.
  ///   - note: Called with what each trial gave.
  package static func best(
    of candidates: [PeerSetting], workload: Workload, note: (String) -> Void,
    attempt: (PeerSetting, [PeerTrial]) throws -> PeerTrial
  ) throws -> PeerChoice {
    let isBest = candidates == workload.peerSettings
    if candidates.count == 1, let only = candidates.first {
      return PeerChoice(only, isBest: isBest)
    }
    var trials: [PeerTrial] = []
    for candidate in candidates {
      let trial = try attempt(candidate, trials)
      note("  tried \(ComparisonTable.trial(trial))")
      trials.append(trial)
    }
    guard let winner = winner(of: trials) else {
      let last = trials.last?.problem ?? "nothing was tried"
      throw BenchmarkError.nothingWorks(workload: workload.name, problem: last)
    }
    return PeerChoice(winner.setting, trials: trials, isBest: isBest)
  }

  /// The fastest trial without a problem; of equals the one that was tried first.
  package static func winner(of trials: [PeerTrial]) -> PeerTrial? {
    var best: PeerTrial?
    for trial in trials where trial.problem == nil {
      guard let speed = trial.tokensPerSecond, speed.isFinite else { continue }
      if speed > best?.tokensPerSecond ?? 0 { best = trial }
    }
    return best
  }
}
