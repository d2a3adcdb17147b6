/// Learns merges from counted words: keeps the count of every adjacent pair up to date while merging
/// the most frequent one again and again.
struct MergeLearner {
  /// Token ids of a pair and of their union.
  typealias Merge = (left: Int32, right: Int32)

  /// The merges in the order they were learned.
  private(set) var merges: [Merge] = []
  private var tokens: ByteStringTable
  private let specialTokens: [String]

  /// All words one after another as token ids; a word shrinks in its place.
  private var symbols: [Int32] = []
  private var starts: [Int] = []
  private var lengths: [Int] = []
  private let counts: [Int]

  private var pairIndex: [UInt64: Int] = [:]
  private var pairs: [PairState] = []
  private var heap: [Candidate] = []

  private struct PairState {
    var count = 0
    /// Words that hold the pair, or held it once.
    var words: [Int32] = []
    /// The merge in which the pair's count last grew.
    var grownIn = -1
  }

  /// A pair as it was when it was last looked at; its count may have fallen since.
  private struct Candidate {
    var count: Int
    var pair: UInt64
    var index: Int

    /// Most frequent first, then lowest ids.
    func precedes(_ other: Candidate) -> Bool {
      count != other.count ? count > other.count : pair < other.pair
    }
  }

  /// A learner of distinct words and how often each occurs.
  init(words: ByteStringTable, counts: [Int], specialTokens: [String]) {
    self.counts = counts
    self.specialTokens = specialTokens
    tokens = ByteStringTable(capacity: 1 << 12)
    for token in specialTokens {
      _ = tokens.insert(ByteAlphabet.bytes(of: token) ?? Array(token.utf8))
    }
    // The bytes in the order of the characters that stand for them.
    var byteIDs = [Int32](repeating: 0, count: 256)
    let alphabet = (UInt8.min...UInt8.max).sorted {
      ByteAlphabet.scalars[Int($0)] < ByteAlphabet.scalars[Int($1)]
    }
    for byte in alphabet { byteIDs[Int(byte)] = Int32(tokens.insert([byte]).index) }

    for word in 0..<words.count {
      let bytes = words.key(word)
      starts.append(symbols.count)
      lengths.append(bytes.count)
      symbols.append(contentsOf: bytes.lazy.map { byteIDs[Int($0)] })
    }
    countPairs()
  }

  /// Tokens so far, special tokens and bytes included.
  var tokenCount: Int { tokens.count }

  /// The text of every token, as a `tokenizer.json` writes it.
  var tokenTexts: [String] {
    specialTokens
      + (specialTokens.count..<tokens.count).map { ByteAlphabet.text(of: tokens.key($0)) }
  }

  /// Merges until there are so many tokens, or nothing is left to merge.
  mutating func learn(vocabularySize: Int) {
    while tokens.count < vocabularySize, let best = popBest() {
      merge(best)
    }
  }

  private mutating func countPairs() {
    for word in starts.indices {
      let range = starts[word]..<starts[word] + lengths[word]
      for position in range.dropLast() {
        change(symbols[position], symbols[position + 1], by: counts[word], word: word)
      }
    }
    heap = pairIndex.map { Candidate(count: pairs[$1].count, pair: $0, index: $1) }
    heap.sort { $0.precedes($1) }
  }

  /// The most frequent pair; counts that have fallen since are put right on the way.
  private mutating func popBest() -> Candidate? {
    while var top = popTop() {
      let count = pairs[top.index].count
      if top.count == count { return top }
      guard count > 0 else { continue }
      top.count = count
      push(top)
    }
    return nil
  }

  private mutating func merge(_ best: Candidate) {
    let left = Int32(truncatingIfNeeded: best.pair >> 32)
    let right = Int32(truncatingIfNeeded: best.pair)
    let bytes = Array(tokens.key(Int(left))) + Array(tokens.key(Int(right)))
    let result = Int32(truncatingIfNeeded: tokens.insert(bytes).index)
    merges.append((left, right))
    let words = pairs[best.index].words
    pairs[best.index] = PairState()
    var grown: [UInt64] = []
    for word in words { mergeWord(Int(word), left, right, result, &grown) }
    pairs[best.index].count = 0
    for pair in grown {
      guard let index = pairIndex[pair], pairs[index].count > 0 else { continue }
      push(Candidate(count: pairs[index].count, pair: pair, index: index))
    }
  }

  /// Merges a pair wherever it stands in a word, from left to right, and counts what that changes.
  private mutating func mergeWord(
    _ word: Int, _ left: Int32, _ right: Int32, _ result: Int32, _ grown: inout [UInt64]
  ) {
    let start = starts[word]
    let end = start + lengths[word]
    let count = counts[word]
    var read = start
    var write = start
    while read < end {
      guard symbols[read] == left, read + 1 < end, symbols[read + 1] == right else {
        symbols[write] = symbols[read]
        write += 1
        read += 1
        continue
      }
      if write > start {
        change(symbols[write - 1], left, by: -count, word: word)
        grow(symbols[write - 1], result, by: count, word: word, &grown)
      }
      if read + 2 < end {
        change(right, symbols[read + 2], by: -count, word: word)
        grow(result, symbols[read + 2], by: count, word: word, &grown)
      }
      symbols[write] = result
      write += 1
      read += 2
    }
    lengths[word] = write - start
  }

  private mutating func grow(
    _ left: Int32, _ right: Int32, by count: Int, word: Int, _ grown: inout [UInt64]
  ) {
    let index = change(left, right, by: count, word: word)
    if pairs[index].grownIn != merges.count {
      pairs[index].grownIn = merges.count
      grown.append(Self.pair(left, right))
    }
  }

  @discardableResult
  private mutating func change(
    _ left: Int32, _ right: Int32, by count: Int, word: Int
  ) -> Int {
    let pair = Self.pair(left, right)
    let index: Int
    if let known = pairIndex[pair] {
      index = known
    } else {
      index = pairs.count
      pairIndex[pair] = index
      pairs.append(PairState())
    }
    pairs[index].count += count
    let number = Int32(truncatingIfNeeded: word)
    if count > 0, pairs[index].words.last != number { pairs[index].words.append(number) }
    return index
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private mutating func push(_ value: Candidate) {
    heap.append(value)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard value.precedes(heap[parent]) else { break }
      heap[child] = heap[parent]
      child = parent
    }
    heap[child] = value
  }

  private mutating func popTop() -> Candidate? {
    guard let last = heap.popLast() else { return nil }
    guard let top = heap.first else { return last }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(last) else { break }
      heap[parent] = heap[child]
      parent = child
    }
    heap[parent] = last
    return top
  }
}
