import GenkiCore

/// One side's figures of one workload.
package struct Measurement: Sendable, Equatable {
  package let workload: String
  package let side: String
  package let compute: String
  package let threads: Int
  package let tokensPerStep: Int
  /// The first steps' outcomes: the losses at the beginning, and after one update.
  package let first: StepOutcome
  package let second: StepOutcome
  package let remark: String?
  /// The memory before the model was loaded.
  package let programBytes: Int
  /// How PyTorch ran the model, why it was not as it was told, and how much was compiled.
  package let mode: String?
  package let problem: String?
  package let compiled: String?
  /// All measured turns.
  package private(set) var turns: [TurnReport] = []
  package var peakBytes = 0
  package var peakAnonymousBytes = 0
  package var loadAverage = Double.nan
  /// The share of the machine's processors that other work took, turn by turn.
  package var otherShares = Samples()

  package init(
    workload: Workload, side: String, threads: Int, ready: WorkerReady, second: StepOutcome
  ) {
    self.workload = workload.name
    self.side = side
    compute = ready.compute
    self.threads = threads
    tokensPerStep = workload.tokensPerStep
    first = ready.first
    remark = ready.remark
    programBytes = ready.programBytes
    mode = ready.mode
    problem = ready.problem
    compiled = ready.compiled
    self.second = second
  }

  /// Who measured, or how PyTorch did.
  package var label: String { mode.map { "\(compute) \($0)" } ?? side }

  package mutating func add(_ turn: TurnReport) { turns.append(turn) }

  /// The speed in one turn.
  package func tokensPerSecond(_ turn: TurnReport) -> Double {
    Double(tokensPerStep * turn.steps) / turn.seconds
  }

  /// The speeds of all turns.
  package var speeds: Samples { Samples(turns.map(tokensPerSecond)) }
  /// The measured steps.
  package var steps: Int { turns.reduce(0) { $0 + $1.steps } }

  /// The line that `run` prints.
  package var json: JSONValue {
    let secondsPerStep = Samples(turns.map { $0.seconds / Double($0.steps) })
    let cpuPerStep = Samples(turns.map { $0.cpuSeconds / Double($0.steps) })
    var object: JSONObject = [
      "workload": .string(workload), "side": .string(side), "compute": .string(compute),
      "tokens_per_second_median": .number(speeds.median),
      "tokens_per_second_best": .number(speeds.maximum),
      "cpu_seconds_per_step": .number(cpuPerStep.median),
      "seconds_per_step": .number(secondsPerStep.median),
      "peak_rss_bytes": JSONValue(peakBytes),
      "peak_anonymous_bytes": JSONValue(peakAnonymousBytes),
      "program_rss_bytes": JSONValue(programBytes),
      "load_average": .number(loadAverage),
      "other_cpu_share": .number(otherShares.median), "threads": JSONValue(threads),
      "tokens_per_step": JSONValue(tokensPerStep), "steps": JSONValue(steps),
      "first_loss": first.loss.map { .number($0) } ?? .null,
      "second_loss": second.loss.map { .number($0) } ?? .null,
    ]
    if !first.tokens.isEmpty {
      object["first_tokens"] = .array(first.tokens.map { JSONValue(Int($0)) })
    }
    if let digest = first.digest { object["first_digest"] = .string(digest) }
    for (name, text) in [
      ("remark", remark), ("mode", mode), ("problem", problem), ("compiled", compiled),
    ] {
      if let text { object[name] = .string(text) }
    }
    return .object(object)
  }
}

/// A worker and what it has shown.
package final class MeasuredPeer {
  package private(set) var measurement: Measurement
  /// The steps of a turn.
  package let stepsPerTurn: Int
  private let peer: Peer

  /// Starts the worker and lets it do two steps: one to take its memory, one to see its pace.
  package init(
    _ command: PeerCommand, workload: Workload, threads: Int, turnSeconds: Double,
    secondsMaximum: Double, check: @escaping () throws -> Void
  ) throws {
    peer = try Peer(command, secondsMaximum: secondsMaximum, check: check)
    let ready = try peer.ready()
    let second = try peer.turn(steps: 1)
    stepsPerTurn = Self.stepsPerTurn(stepSeconds: second.seconds, turnSeconds: turnSeconds)
    measurement = Measurement(
      workload: workload, side: command.side, threads: threads, ready: ready, second: second.last)
  }

  /// As many steps as last `turnSeconds`; one if it lasts longer.
  package static func stepsPerTurn(stepSeconds: Double, turnSeconds: Double) -> Int {
    guard stepSeconds > 0 else { return 1 }
    return max(1, min(100_000, Int((turnSeconds / stepSeconds).rounded(.up))))
  }

  /// One measured turn.
  @discardableResult package func turn() throws -> TurnReport {
    let report = try peer.turn(steps: stepsPerTurn)
    measurement.add(report)
    measurement.peakBytes = peer.peakBytes
    measurement.peakAnonymousBytes = peer.peakAnonymousBytes
    measurement.otherShares = peer.otherShares
    measurement.loadAverage = MachineFigures.loadAverage
    return report
  }

  /// Ends the worker.
  package func end() { peer.end() }
}
