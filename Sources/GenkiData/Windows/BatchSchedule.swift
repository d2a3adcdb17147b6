import GenkiCore
import Synchronization

/// Which windows each step takes: a pure function of the step, so a run can go on from any.
public struct BatchSchedule: Sendable {
  /// In which order windows are taken.
  public enum Order: Sendable, Equatable {
    /// Every epoch in a fresh random order that depends on the seed and the epoch's number.
    case shuffled(seed: UInt64)
    /// As they are listed, from the first again after the last.
    case sequential
  }

  /// Rows of one step's batch.
  public let batchRows: Int
  /// In which order windows are taken.
  public let order: Order
  private let listed: [Int]
  private let cache = PermutationCache()

  /// A schedule over listed window numbers, of which there is at least one.
  public init(windows: [Int], batchRows: Int, order: Order) {
    precondition(!windows.isEmpty && batchRows > 0, "a schedule has windows and rows")
    listed = windows
    self.batchRows = batchRows
    self.order = order
  }

  /// Steps after which every window has been taken at least once.
  public var stepsPerEpoch: Int { (listed.count - 1) / batchRows + 1 }

  /// The windows of step `step`, counted from 0: row r takes number step · rows + r of the endless
  /// sequence of epochs, so an epoch may end within a batch.
  public func windows(step: Int) -> [Int] {
    precondition(step >= 0, "steps are counted from 0")
    return (0..<batchRows).map { row in
      let position = step * batchRows + row
      let index = position % listed.count
      switch order {
      case .sequential:
        return listed[index]
      case .shuffled(let seed):
        let epoch = position / listed.count
        return listed[cache.permutation(of: listed.count, epoch: epoch, seed: seed)[index]]
      }
    }
  }
}

/// Remembers the last epoch's permutation, which thousands of steps share.
private final class PermutationCache: Sendable {
  private let last = Mutex<(epoch: Int, order: [Int])?>(nil)

  func permutation(of count: Int, epoch: Int, seed: UInt64) -> [Int] {
    last.withLock { last in
      if let last, last.epoch == epoch { return last.order }
      let order = DeterministicRandom.permutation(
        count: count, seed: seed, domain: "genki/data/epoch/\(epoch)")
      last = (epoch, order)
      return order
    }
  }
}
