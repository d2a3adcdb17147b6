import GenkiCore

/// A text of a fixed size, so that speeds are those of the same number of bytes.
package enum TextSample {
  /// The largest file that is read.
  private static let fileBytesMaximum = 64 << 20

  /// `count` bytes of the files' text.
  package static func read(_ paths: [String], count: Int) throws -> [UInt8] {
    let bytes = try paths.flatMap {
      Array(try TextFile.readString($0, sizeLimit: fileBytesMaximum).utf8)
    }
    guard let sample = cut(bytes, count: count) else {
      throw BenchmarkError.emptyText(paths.joined(separator: ", "))
    }
    return sample
  }

  /// The first `count` bytes of a UTF-8 text that is repeated as often as needed; in place of a
  /// character that does not fit whole there are spaces. Nil if there is no text.
  package static func cut(_ text: [UInt8], count: Int) -> [UInt8]? {
    guard !text.isEmpty else { return nil }
    var sample: [UInt8] = []
    sample.reserveCapacity(count)
    while sample.count < count { sample += text.prefix(count - sample.count) }
    // The repetition that was cut begins with a whole character, so a beginning is found.
    let isWhole = count % text.count == 0
    guard !isWhole, let last = sample.lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return sample }
    let length = max(1, (~sample[last]).leadingZeroBitCount)
    if last + length > count {
      sample.replaceSubrange(last..., with: repeatElement(UInt8(ascii: " "), count: count - last))
    }
    return sample
  }
}
