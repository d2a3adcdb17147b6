/// The last elements that were appended, at most so many: a ring.
struct BoundedQueue<Element: Sendable>: Sendable {
  private let maximum: Int
  private var slots: [Element?] = []
  private var start = 0
  private(set) var count = 0

  init(maximum: Int) { self.maximum = max(1, maximum) }

  var isEmpty: Bool { count == 0 }

  /// Oldest first.
  var elements: [Element] { (0..<count).compactMap { slots[(start + $0) % slots.count] } }

  /// Appends; true if the oldest element had to go.
  @discardableResult
  mutating func append(_ element: Element) -> Bool {
    if count == maximum {
      slots[start] = element
      start = (start + 1) % slots.count
      return true
    }
    if count == slots.count { grow() }
    slots[(start + count) % slots.count] = element
    count += 1
    return false
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[start]
    slots[start] = nil
    start = (start + 1) % slots.count
    count -= 1
    return element
  }

  private mutating func grow() {
    let kept = elements
    let size = Swift.min(maximum, Swift.max(16, slots.count * 2))
    slots = kept + [Element?](repeating: nil, count: size - kept.count)
    start = 0
  }
}
