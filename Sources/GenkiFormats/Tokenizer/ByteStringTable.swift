/// Numbers byte strings in the order of their first appearance: an open-addressing hash table whose
/// keys lie one after another in one array.
struct ByteStringTable: Sendable {
  private var storage: [UInt8] = []
  private var ends: [Int] = []
  /// Position of a key plus one, or 0 for a free slot; a power of two in size.
  private var slots: [UInt32]
  private let seed = SeededHash.seed

  /// The number of keys.
  var count: Int { ends.count }

  /// An empty table with room for `capacity` keys.
  init(capacity: Int = 0) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
    ends.reserveCapacity(capacity)
  }

  /// The key of a number.
  func key(_ index: Int) -> ArraySlice<UInt8> {
    storage[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  /// The number of a key.
  func find(_ key: UnsafeBufferPointer<UInt8>) -> Int? {
    let slot = slot(of: key)
    return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
  }

  /// The number of a key.
  func find(_ key: some Collection<UInt8>) -> Int? {
    if let found = key.withContiguousStorageIfAvailable({ find($0) }) { return found }
    return Array(key).withUnsafeBufferPointer { find($0) }
  }

  /// The number of a key, which is added if it is not there yet.
  mutating func insert(_ key: UnsafeBufferPointer<UInt8>) -> (index: Int, isNew: Bool) {
    let slot = slot(of: key)
    if slots[slot] != 0 { return (Int(slots[slot]) - 1, false) }
    storage.append(contentsOf: key)
    ends.append(storage.count)
    slots[slot] = UInt32(truncatingIfNeeded: ends.count)
    if ends.count * 2 > slots.count { grow() }
    return (ends.count - 1, true)
  }

  /// The number of a key, which is added if it is not there yet.
  mutating func insert(_ key: [UInt8]) -> (index: Int, isNew: Bool) {
    key.withUnsafeBufferPointer { insert($0) }
  }

  private func slot(of key: UnsafeBufferPointer<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: SeededHash.hash(key, seed: seed)) & mask
    return storage.withUnsafeBufferPointer { storage in
      while slots[slot] != 0 {
        let index = Int(slots[slot]) - 1
        let start = index == 0 ? 0 : ends[index - 1]
        let candidate = UnsafeBufferPointer(rebasing: storage[start..<ends[index]])
        if candidate.count == key.count, candidate.elementsEqual(key) { break }
        slot = (slot + 1) & mask
      }
      return slot
    }
  }

  private mutating func grow() {
    let mask = slots.count * 2 - 1
    var larger = [UInt32](repeating: 0, count: mask + 1)
    storage.withUnsafeBufferPointer { storage in
      var start = 0
      for (index, end) in ends.enumerated() {
        let key = UnsafeBufferPointer(rebasing: storage[start..<end])
        start = end
        var slot = Int(truncatingIfNeeded: SeededHash.hash(key, seed: seed)) & mask
        while larger[slot] != 0 { slot = (slot + 1) & mask }
        larger[slot] = UInt32(truncatingIfNeeded: index + 1)
      }
    }
    slots = larger
  }
}
