import Synchronization

/// Something that happens once, whoever comes first.
final class OneTime: Sendable {
  private let isTaken = Atomic(false)

  /// True for the first caller only.
  func take() -> Bool { !isTaken.exchange(true, ordering: .acquiringAndReleasing) }
}
