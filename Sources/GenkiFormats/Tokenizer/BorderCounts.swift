/// Counts the tokens that end at or before each of some places in a text, while the text is encoded.
struct BorderCounts {
  private let borders: [Int]
  private(set) var counts: [Int] = []

  /// Borders in ascending order.
  init(_ borders: [Int]) { self.borders = borders }

  /// Whether a border lies before `end` and is not counted yet.
  func isDue(before end: Int) -> Bool {
    counts.count < borders.count && borders[counts.count] < end
  }

  /// Settles the borders before `end`, where a token ends that `count` tokens stand in front of.
  mutating func settle(before end: Int, count: Int) {
    while isDue(before: end) { counts.append(count) }
  }

  /// Settles all that are left: `count` is the number of all tokens.
  mutating func finish(count: Int) {
    counts.append(contentsOf: repeatElement(count, count: borders.count - counts.count))
  }
}
