/// Unicode normalization form C over UTF-8 bytes.
///
/// Most text is in this form already: a scan that allocates nothing finds that out, and else only the
/// stretches around characters that could change are taken apart and composed again.
enum CanonicalComposer {
  /// A character of a composed stretch and the characters of the stretch that it comes from.
  struct Character {
    var value: UInt32
    var first: Int
    var last: Int
  }

  /// The normalized bytes, or nil if the text is in form C as it stands.
  static func normalized(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8]?
    var copied = 0
    forEachChange(bytes) { range, characters in
      var text = result ?? []
      result = nil
      text.append(contentsOf: bytes[copied..<range.lowerBound])
      for character in characters { text.append(contentsOf: utf8(character.value)) }
      result = text
      copied = range.upperBound
    }
    result?.append(contentsOf: bytes[copied...])
    return result
  }

  /// Calls `body` for each stretch of the text that changes, with what it becomes.
  static func forEachChange(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, [Character]) -> Void
  ) {
    guard let base = bytes.baseAddress else { return }
    var offset = 0
    var before = 0
    let raw = UnsafeRawPointer(base)
    while offset < bytes.count {
      if offset + 8 <= bytes.count,
        raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        before = offset + 7
        offset += 8
        continue
      }
      let (value, length) = UTF8Text.scalar(base, offset)
      if isStable(value) {
        before = offset
        offset += length
        continue
      }
      // From the stable character before it (if any) to the next stable one.
      var stretch: [UInt32] = []
      var end = before
      while end < bytes.count {
        let (value, length) = UTF8Text.scalar(base, end)
        if end > offset, isStable(value) { break }
        stretch.append(value)
        end += length
      }
      let composed = compose(stretch)
      if !composed.lazy.map(\.value).elementsEqual(stretch) { body(before..<end, composed) }
      offset = end
      before = end
    }
  }

  /// A character in UTF-8.
  static func utf8(_ value: UInt32) -> [UInt8] {
    guard let scalar = Unicode.Scalar(value), let encoded = UTF8.encode(scalar) else {
      return Array(UTF8.encodedReplacementCharacter)
    }
    return Array(encoded)
  }

  /// The canonical combining class of a character; 0 for one that the data does not know.
  static func combiningClass(_ value: UInt32) -> UInt8 {
    guard let scalar = Unicode.Scalar(value), CompositionData.knows(scalar) else { return 0 }
    return scalar.properties.canonicalCombiningClass.rawValue
  }

  @inline(__always)
  private static func isStable(_ value: UInt32) -> Bool {
    if value < 0x300 { return true }
    switch value {
    // Letters and signs of common scripts, which need no look at the data.
    case 0x391...0x3CE, 0x400...0x481, 0x2010...0x2027, 0x2030...0x205E, 0x3001...0x3029,
      0x3041...0x3096, 0x30A1...0x30FA, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xFF01...0xFFEF,
      0x1F300...0x1FAFF:
      return true
    default: return CompositionData.shared.isStable(value)
    }
  }

  private static func compose(_ text: [UInt32]) -> [Character] {
    var parts: [Character] = []
    for (index, value) in text.enumerated() { decompose(value, from: index, into: &parts) }
    let classes = sortMarks(&parts)
    var result: [Character] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for (part, combiningClass) in zip(parts, classes) {
      // A mark is blocked from its starter by a mark of the same or a higher class between them.
      if let place = starter,
        result.count == place + 1 || (lastClass != 0 && lastClass < combiningClass),
        let composite = composite(result[place].value, part.value)
      {
        result[place].value = composite
        result[place].first = min(result[place].first, part.first)
        result[place].last = max(result[place].last, part.last)
        continue
      }
      if combiningClass == 0 { starter = result.count }
      lastClass = combiningClass
      result.append(part)
    }
    return result
  }

  private static func decompose(_ value: UInt32, from index: Int, into parts: inout [Character]) {
    func add(_ value: UInt32) { parts.append(Character(value: value, first: index, last: index)) }
    if case 0xAC00...0xD7A3 = value {
      let syllable = value - 0xAC00
      add(0x1100 + syllable / 588)
      add(0x1161 + syllable % 588 / 28)
      if syllable % 28 != 0 { add(0x11A7 + syllable % 28) }
    } else if let known = CompositionData.shared.decompositions[value] {
      for value in known { add(value) }
    } else {
      add(value)
    }
  }

  /// Puts each run of marks into the order of their classes and gives the class of every character.
  private static func sortMarks(_ parts: inout [Character]) -> [UInt8] {
    let classes = parts.map { combiningClass($0.value) }
    var order = Array(parts.indices)
    var start = 0
    while start < order.count {
      var end = start + 1
      if classes[start] != 0 {
        while end < order.count, classes[end] != 0 { end += 1 }
        order[start..<end].sort { (classes[$0], $0) < (classes[$1], $1) }
      }
      start = end
    }
    parts = order.map { parts[$0] }
    return order.map { classes[$0] }
  }

  private static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if case 0x1100...0x1112 = first, case 0x1161...0x1175 = second {
      return 0xAC00 + (first - 0x1100) * 588 + (second - 0x1161) * 28
    }
    if case 0xAC00...0xD7A3 = first, (first - 0xAC00) % 28 == 0, case 0x11A8...0x11C2 = second {
      return first + second - 0x11A7
    }
    return CompositionData.shared.composites[CompositionData.pair(first, second)]
  }
}
