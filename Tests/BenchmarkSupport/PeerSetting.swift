/// A way in which PyTorch can do a workload: its precision, and whether it is compiled.
package struct PeerSetting: Sendable, Equatable {
  /// Training in bfloat16 is autocast; evaluation and decoding have bfloat16 weights.
  package enum DataType: String, Sendable, CaseIterable {
    case float32
    case bfloat16
  }

  package enum Mode: String, Sendable, CaseIterable {
    /// As the model is written.
    case eager
    /// By torch.compile, for the one shape that the workload has.
    case compile
    /// The same with weights that inductor may pack for the processor, because they do not change.
    case frozen
  }

  package let dataType: DataType
  package let mode: Mode

  package init(_ dataType: DataType, _ mode: Mode) {
    self.dataType = dataType
    self.mode = mode
  }

  /// What PyTorch does unless it is told otherwise.
  package static let plain = PeerSetting(.float32, .eager)

  /// As the table and the command line have it: `bfloat16 compile`.
  package var label: String { "\(dataType.rawValue) \(mode.rawValue)" }
}

extension Workload {
  /// The ways in which the other side can do it, the plainest first; one where there is no choice.
  package var peerSettings: [PeerSetting] {
    let modes: [PeerSetting.Mode]
    switch task {
    case .training: modes = [.eager, .compile]
    case .evaluation, .decoding: modes = [.eager, .compile, .frozen]
    // Models are loaded in every step, and compiling each of them anew would be all of the time.
    case .adapters: modes = [.eager]
    case .aggregation, .tokenization: return [.plain]
    }
    return PeerSetting.DataType.allCases.flatMap { type in
      modes.map { PeerSetting(type, $0) }
    }
  }
}
