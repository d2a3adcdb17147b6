/// Merges pieces of any length in O(n log n): a linked list of symbols and a heap of the pairs that
/// could merge, lowest rank first and leftmost first among equals.
struct LongPiece {
  private var ids: [Int32] = []
  /// Where the text of each symbol ended before anything merged.
  private var ends: [Int] = []
  /// Neighbours of each symbol; −1 at both ends.
  private var previous: [Int] = []
  private var next: [Int] = []
  /// Rank in the upper bits, position of the left symbol in the lower `positionBits`.
  private var heap: [UInt64] = []

  private static let positionBits = UInt64(42)
  private static let removed: Int32 = -1

  /// Appends the ids of a piece; `ended` is called with where the text of each ends in the piece.
  mutating func merge(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, symbols: SymbolTable, merges: MergeTable,
    into output: inout [Int32], ended: ((Int) -> Void)? = nil
  ) {
    start(bytes, count, symbols, keepsEnds: ended != nil)
    for position in ids.indices.dropLast() { offer(position, merges) }
    while let top = popLowest() {
      let position = Int(truncatingIfNeeded: top & (1 << Self.positionBits - 1))
      guard ids[position] != Self.removed, next[position] >= 0 else { continue }
      let neighbour = next[position]
      let merge = merges.find(ids[position], ids[neighbour])
      // The pair at this place may have changed since it was offered.
      guard merge != MergeTable.none, merge >> 32 == top >> Self.positionBits else { continue }
      ids[position] = MergeTable.result(merge)
      ids[neighbour] = Self.removed
      next[position] = next[neighbour]
      if next[position] >= 0 { previous[next[position]] = position }
      if previous[position] >= 0 { offer(previous[position], merges) }
      offer(position, merges)
    }
    output.append(contentsOf: ids.lazy.filter { $0 != Self.removed })
    if let ended {
      for position in ids.indices where ids[position] != Self.removed {
        ended(ends[(next[position] < 0 ? ids.count : next[position]) - 1])
      }
    }
    // A giant piece does not keep its memory.
    if ids.count > 1 << 20 { self = LongPiece() }
  }

  private mutating func start(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ symbols: SymbolTable, keepsEnds: Bool
  ) {
    ids.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    symbols.forEach(bytes, count) { id, end in
      ids.append(id)
      if keepsEnds { ends.append(end) }
    }
    previous.removeAll(keepingCapacity: true)
    previous.append(contentsOf: -1..<max(ids.count - 1, -1))
    next.removeAll(keepingCapacity: true)
    next.append(contentsOf: 1..<ids.count + 1)
    if !next.isEmpty { next[next.count - 1] = -1 }
    heap.removeAll(keepingCapacity: true)
  }

  private mutating func offer(_ position: Int, _ merges: MergeTable) {
    guard next[position] >= 0 else { return }
    let merge = merges.find(ids[position], ids[next[position]])
    guard merge != MergeTable.none else { return }
    push((merge >> 32) << Self.positionBits | UInt64(position))
  }

  private mutating func push(_ value: UInt64) {
    heap.append(value)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent] <= value { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = value
  }

  private mutating func popLowest() -> UInt64? {
    guard let last = heap.popLast() else { return nil }
    guard let lowest = heap.first else { return last }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[child] >= last { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return lowest
  }
}
