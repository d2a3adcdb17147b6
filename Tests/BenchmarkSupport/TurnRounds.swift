import GenkiTensor

/// Several workloads of our side that take turns, so that they can be related to each other.
package struct TurnRounds: Sendable {
  /// In the order of the workloads.
  package let measurements: [Measurement]

  package init(measurements: [Measurement]) { self.measurements = measurements }

  /// Starts all workers, then lets each have a turn, round after round.
  ///
  /// - Parameter threads: The threads of a workload.
  package static func run(
    _ workloads: [Workload], inputs: MeasureInputs, threads: (Workload) -> Int,
    kernel: ProductKernel,
    rounds: Int,
    turnSeconds: Double, secondsMaximum: Double, check: @escaping () throws -> Void
  ) throws -> TurnRounds {
    var peers: [MeasuredPeer] = []
    defer { peers.forEach { $0.end() } }
    for workload in workloads {
      peers.append(
        try MeasuredPeer(
          .genki(workload, inputs: inputs, threads: threads(workload), kernel: kernel),
          workload: workload,
          threads: threads(workload), turnSeconds: turnSeconds, secondsMaximum: secondsMaximum,
          check: check))
    }
    for _ in 0..<rounds {
      for peer in peers { try peer.turn() }
    }
    return TurnRounds(measurements: peers.map(\.measurement))
  }

  /// A workload's speed divided by the first one's, round by round.
  package func ratios(_ index: Int) -> Samples {
    guard let first = measurements.first else { return Samples() }
    let other = measurements[index]
    return Samples(
      zip(other.turns, first.turns).map {
        other.tokensPerSecond($0) / first.tokensPerSecond($1)
      })
  }

  /// The figures as a Markdown table.
  package var lines: [String] {
    let head = [
      "| workload | threads | tok/s | to the first (min–max) |", "| --- | ---: | ---: | ---: |",
    ]
    return head
      + measurements.enumerated().map { index, measurement in
        let ratios = ratios(index)
        let speed = ComparisonTable.fixed(measurement.speeds.median, 1)
        let range =
          "\(ComparisonTable.fixed(ratios.minimum, 2))–\(ComparisonTable.fixed(ratios.maximum, 2))"
        return "| \(measurement.workload) | \(measurement.threads) | \(speed) "
          + "| \(ComparisonTable.fixed(ratios.median, 2)) (\(range)) |"
      }
  }
}
