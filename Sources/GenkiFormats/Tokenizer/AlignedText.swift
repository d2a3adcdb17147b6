/// A text on its way through normalization, each byte with the place in the source that it comes from.
struct AlignedText {
  /// The text as it is now.
  private(set) var bytes: [UInt8]
  /// Where the characters that a byte comes from start and end in the source.
  private(set) var starts: [Int]
  private(set) var ends: [Int]

  /// A text as it stands at a place of the source: each byte comes from its character.
  init(_ text: UnsafeBufferPointer<UInt8>, at place: Int = 0) {
    bytes = Array(text)
    starts = []
    ends = []
    starts.reserveCapacity(text.count)
    ends.reserveCapacity(text.count)
    guard let base = text.baseAddress else { return }
    var offset = 0
    while offset < text.count {
      let length = UTF8Text.scalar(base, offset).length
      for _ in 0..<length {
        starts.append(place + offset)
        ends.append(place + offset + length)
      }
      offset += length
    }
  }

  /// Puts bytes in front, which come from the first character.
  mutating func prepend(_ prefix: [UInt8]) {
    guard let start = starts.first, let end = ends.first else { return }
    bytes.insert(contentsOf: prefix, at: 0)
    starts.insert(contentsOf: repeatElement(start, count: prefix.count), at: 0)
    ends.insert(contentsOf: repeatElement(end, count: prefix.count), at: 0)
  }

  /// Puts `content` in the place of each `pattern`.
  mutating func replace(_ pattern: [UInt8], with content: [UInt8]) {
    var places: [Int] = []
    bytes.withUnsafeBufferPointer { text in
      TextNormalizer.forEach(pattern, in: text) { places.append($0) }
    }
    rewrite(
      places.map { place in
        let range = place..<place + pattern.count
        let source = source(range)
        return Change(range: range, pieces: [(content, source.lowerBound, source.upperBound)])
      })
  }

  /// Normalization form C. A composed character comes from all that it was composed of.
  mutating func compose() {
    var changes: [Change] = []
    bytes.withUnsafeBufferPointer { text in
      CanonicalComposer.forEachChange(text) { range, characters in
        // Where each character of the stretch starts.
        var offsets: [Int] = []
        var offset = range.lowerBound
        while offset < range.upperBound, let base = text.baseAddress {
          offsets.append(offset)
          offset += UTF8Text.scalar(base, offset).length
        }
        offsets.append(range.upperBound)
        var pieces: [(bytes: [UInt8], start: Int, end: Int)] = []
        for character in characters {
          let source = source(offsets[character.first]..<offsets[character.last + 1])
          // Where marks change places the ends still ascend.
          let start = min(source.lowerBound, pieces.last?.end ?? source.lowerBound)
          let end = max(source.upperBound, pieces.last?.end ?? 0)
          pieces.append((CanonicalComposer.utf8(character.value), start, end))
        }
        changes.append(Change(range: range, pieces: pieces))
      }
    }
    rewrite(changes)
  }

  private struct Change {
    var range: Range<Int>
    var pieces: [(bytes: [UInt8], start: Int, end: Int)]
  }

  /// A part of the text, with the places that it comes from.
  subscript(range: Range<Int>) -> AlignedText {
    var part = AlignedText(UnsafeBufferPointer(start: nil, count: 0))
    part.append(self, range)
    return part
  }

  /// Where the bytes of a range come from.
  func source(_ range: Range<Int>) -> Range<Int> {
    guard let first = range.first, let last = range.last else { return 0..<0 }
    return starts[first]..<ends[last]
  }

  private mutating func rewrite(_ changes: [Change]) {
    guard !changes.isEmpty else { return }
    var result = AlignedText(UnsafeBufferPointer(start: nil, count: 0))
    var copied = 0
    for change in changes {
      result.append(self, copied..<change.range.lowerBound)
      for piece in change.pieces {
        result.bytes.append(contentsOf: piece.bytes)
        result.starts.append(contentsOf: repeatElement(piece.start, count: piece.bytes.count))
        result.ends.append(contentsOf: repeatElement(piece.end, count: piece.bytes.count))
      }
      copied = change.range.upperBound
    }
    result.append(self, copied..<bytes.count)
    self = result
  }

  private mutating func append(_ other: AlignedText, _ range: Range<Int>) {
    bytes.append(contentsOf: other.bytes[range])
    starts.append(contentsOf: other.starts[range])
    ends.append(contentsOf: other.ends[range])
  }
}
