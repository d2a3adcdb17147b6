/// The parts of a text that are somebody's words: special tokens in them are text.
struct QuotedRanges {
  private let ranges: [Range<Int>]

  /// Ranges in ascending order, none overlapping another.
  init(_ ranges: [Range<Int>]) {
    self.ranges = ranges.filter { !$0.isEmpty }
  }

  var isEmpty: Bool { ranges.isEmpty }

  /// Whether any byte of a range is quoted.
  func overlap(_ range: Range<Int>) -> Bool {
    // The first quoted range that ends behind the beginning of this one.
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound < range.upperBound
  }
}
