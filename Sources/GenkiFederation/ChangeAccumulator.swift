import GenkiKernels
import GenkiTensor
import Synchronization

/// Collects √p changes of several models position by position and sums their dot products.
///
/// A row is √p over the vocabulary, or for large vocabularies over the base's likeliest tokens and
/// one bin for the rest.
struct ChangeAccumulator {
  /// Elements of a row.
  let width: Int
  private(set) var products: SymmetricMatrix
  private(set) var positions = 0
  private(set) var nonFinite: Set<Int> = []
  private let vocabularySize: Int
  private let isDense: Bool
  private var base: [Float] = []
  private var keptTokens: [Int32] = []
  private var changes: [[Float]]
  private var roots: [Float]
  private var current = 0
  private var position = 0
  private var blockPositions = 0

  init(count: Int, vocabularySize: Int) {
    self.vocabularySize = vocabularySize
    width = Self.width(vocabularySize: vocabularySize)
    // A row of kept tokens is shorter than any vocabulary that is not compared whole.
    isDense = width == vocabularySize
    products = SymmetricMatrix(count: count)
    changes = Array(repeating: [], count: count)
    roots = Array(repeating: 0, count: vocabularySize)
  }

  /// The elements of a row for a vocabulary.
  static func width(vocabularySize: Int) -> Int {
    vocabularySize <= FunctionalSimilarity.denseVocabularyMaximum
      ? vocabularySize : FunctionalSimilarity.keptTokens + 1
  }

  /// Starts a block of so many positions; the base's rows come first.
  mutating func beginBlock(positions count: Int) {
    blockPositions = count
    position = 0
    base = Array(repeating: 0, count: count * width)
    if !isDense {
      keptTokens = Array(repeating: 0, count: count * FunctionalSimilarity.keptTokens)
    }
  }

  /// Adds the base's predictions at the next position.
  mutating func addBase(_ logits: UnsafeBufferPointer<Float>) {
    guard position < blockPositions else { return }
    if !isDense {
      let kept = FunctionalSimilarity.keptTokens
      let largest = Self.largest(kept, of: logits)
      keptTokens.replaceSubrange((position * kept)..<((position + 1) * kept), with: largest)
    }
    var rows: [Float] = []
    swap(&rows, &base)
    let start = position * width
    _ = rows.withUnsafeMutableBufferPointer { writeRow(logits, into: $0, at: start) }
    swap(&rows, &base)
    position += 1
  }

  /// The next rows belong to this candidate.
  mutating func beginCandidate(_ index: Int) {
    current = index
    position = 0
    if changes[index].count != base.count {
      changes[index] = Array(repeating: 0, count: base.count)
    }
  }

  /// Adds the candidate's predictions at the next position, less the base's.
  mutating func addCandidate(_ logits: UnsafeBufferPointer<Float>) {
    guard position < blockPositions else { return }
    var rows: [Float] = []
    swap(&rows, &changes[current])
    let (start, width, baseRows) = (position * width, width, base)
    let isFinite = rows.withUnsafeMutableBufferPointer { rows in
      guard writeRow(logits, into: rows, at: start) else { return false }
      baseRows.withUnsafeBufferPointer { baseRows in
        guard let row = rows.baseAddress, let baseRow = baseRows.baseAddress else { return }
        genki_subtract(row + start, row + start, baseRow + start, width)
      }
      return true
    }
    swap(&rows, &changes[current])
    if !isFinite { nonFinite.insert(current) }
    position += 1
  }

  /// Adds the block to the sums: each pair by one thread, positions ascending.
  mutating func endBlock(models: [Int], pool: WorkerPool) {
    let pairs = models.indices.flatMap { row in (0...row).map { (models[row], models[$0]) } }
    let sums = Mutex(products)
    let (changes, width, count) = (changes, width, blockPositions)
    pool.run { worker in
      for index in stride(from: worker, to: pairs.count, by: pool.count) {
        let (row, column) = pairs[index]
        var sum = sums.withLock { $0[row, column] }
        changes[row].withUnsafeBufferPointer { left in
          changes[column].withUnsafeBufferPointer { right in
            guard let left = left.baseAddress, let right = right.baseAddress else { return }
            for place in 0..<count {
              sum += genki_dot_product(left + place * width, right + place * width, width)
            }
          }
        }
        sums.withLock { $0[row, column] = sum }
      }
    }
    products = sums.withLock { $0 }
    positions += count
  }

  /// Writes √p of a position into `rows` at `start`; false where it is not finite.
  private mutating func writeRow(
    _ logits: UnsafeBufferPointer<Float>, into rows: UnsafeMutableBufferPointer<Float>,
    at start: Int
  ) -> Bool {
    guard logits.count == vocabularySize, let source = logits.baseAddress,
      let target = rows.baseAddress
    else { return false }
    if isDense { return genki_root_probabilities(target + start, source, vocabularySize) != 0 }
    let kept = FunctionalSimilarity.keptTokens
    let (ids, place) = (keptTokens, position)
    return roots.withUnsafeMutableBufferPointer { roots in
      guard let root = roots.baseAddress,
        genki_root_probabilities(root, source, logits.count) != 0
      else { return false }
      ids.withUnsafeBufferPointer { ids in
        guard let ids = ids.baseAddress else { return }
        genki_gather_root_probabilities(target + start, root, ids + place * kept, kept)
      }
      return true
    }
  }

  /// The ids of the `count` largest values in descending order; of equal ones the lower id first.
  static func largest(_ count: Int, of values: UnsafeBufferPointer<Float>) -> [Int32] {
    var ids: [Int32] = []
    for index in values.indices {
      let value = values[index]
      if ids.count == count, let last = ids.last, !(value > values[Int(last)]) { continue }
      var place = ids.count
      while place > 0, value > values[Int(ids[place - 1])] { place -= 1 }
      ids.insert(Int32(index), at: place)
      if ids.count > count { ids.removeLast() }
    }
    return ids
  }
}
