import GenkiTensor

extension Workload {
  /// What our side is to reach beside PyTorch on the same machine.
  package struct Goal: Sendable, Equatable {
    /// Which PyTorch it holds beside.
    package enum Beside: String, Sendable {
      /// float32 and eager, whatever we compute in.
      case plain
      /// The fastest way that it has; speed is promised where we compute in bf16.
      case best
    }

    /// The most that our peak memory may be.
    package enum Memory: Sendable, Equatable {
      case bytes(Int)
      /// A share of PyTorch's.
      case share(Double)

      package func bytesMaximum(theirs: Int) -> Int {
        switch self {
        case .bytes(let bytes): bytes
        case .share(let share): Int(share * Double(theirs))
        }
      }
    }

    package let beside: Beside
    /// Ours divided by PyTorch's tokens per second, at least.
    package let ratioMinimum: Double
    /// What the ratio aims at, if at more.
    package let ratioAim: Double?
    package let memory: Memory

    package init(beside: Beside, ratioMinimum: Double, ratioAim: Double?, memory: Memory) {
      self.beside = beside
      self.ratioMinimum = ratioMinimum
      self.ratioAim = ratioAim
      self.memory = memory
    }

    /// Whether a speed is held against it: beside the best PyTorch only that of the same precision.
    package func judgesSpeed(compute: String) -> Bool {
      beside == .plain || compute == ProductKernel.wideBFloat16.rawValue
    }
  }
}
