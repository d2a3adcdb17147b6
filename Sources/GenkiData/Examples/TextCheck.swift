import GenkiCore

/// Whether bytes are text at all, decided before anything is made of them.
public enum TextCheck {
  /// Starts of files that are not text, with what they are.
  private static let signatures: [(start: [UInt8], name: String)] = [
    ([0x1F, 0x8B], "it is gzip-compressed"),
    ([0x28, 0xB5, 0x2F, 0xFD], "it is zstd-compressed"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "it is xz-compressed"),
    (Array("BZh".utf8), "it is bzip2-compressed"),
    (Array("PK\u{3}\u{4}".utf8), "it is a ZIP archive"),
    (Array("%PDF-".utf8), "it is a PDF document"),
    (Array("SQLite format 3".utf8), "it is an SQLite database"),
    ([0xFF, 0xFE], "it is encoded in UTF-16"),
    ([0xFE, 0xFF], "it is encoded in UTF-16"),
  ]
  /// Starts of tables.
  private static let tables: [(start: [UInt8], format: TableFormat)] = [
    (Array("PAR1".utf8), .parquet), (Array("ARROW1".utf8), .feather),
  ]
  /// The UTF-8 form of U+FEFF.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Refuses what looks like another kind of file.
  ///
  /// - Parameter wholly: look for NUL bytes everywhere, not only at the beginning.
  /// - Throws: `DataError.binary`, `.table`.
  public static func requireText(
    _ bytes: UnsafeRawBufferPointer, path: String, wholly: Bool
  ) throws {
    for (start, format) in tables where bytes.starts(with: start) {
      throw DataError.table(path: path, format: format)
    }
    for (start, name) in signatures where bytes.starts(with: start) {
      throw DataError.binary(path: path, found: name)
    }
    let looked = wholly ? bytes : UnsafeRawBufferPointer(rebasing: bytes.prefix(4096))
    if let place = looked.firstIndex(of: 0) {
      throw DataError.binary(path: path, found: "there is a NUL byte at offset \(place)")
    }
  }

  /// Refuses bytes that are not UTF-8, naming the line.
  ///
  /// - Throws: `DataError.invalidUTF8`.
  public static func requireUTF8(_ bytes: UnsafeRawBufferPointer, path: String) throws {
    guard let offset = firstInvalidOffset(in: bytes) else { return }
    let line = 1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
    throw DataError.invalidUTF8(path: path, line: line, offset: offset)
  }

  /// A remark on text that looks like JSONL but for its name.
  static func linesNote(_ bytes: UnsafeRawBufferPointer, options: DatasetOptions) -> [String] {
    guard options.format == .byName,
      let start = bytes.firstIndex(where: { $0 > 0x20 && !byteOrderMark.contains($0) }),
      bytes[start] == UInt8(ascii: "{")
    else { return [] }
    let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    guard end - start <= options.lineBytesMaximum,
      let line = try? JSONValue.parse(
        UnsafeRawBufferPointer(rebasing: bytes[start..<end]), source: ""),
      line.objectValue != nil
    else { return [] }
    return [
      "it begins with a JSON object and is learned as text, braces and names included: JSONL has a"
        + " name that ends in .jsonl"
    ]
  }

  /// Where the first sequence starts that is not UTF-8; nil if all are.
  static func firstInvalidOffset(in bytes: UnsafeRawBufferPointer) -> Int? {
    let count = bytes.count
    var offset = 0
    while offset < count {
      // Eight ASCII bytes at a time, as nearly all text allows.
      while offset + 8 <= count,
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      {
        offset += 8
      }
      guard offset < count else { return nil }
      let length = sequenceLength(in: bytes, at: offset)
      guard length > 0 else { return offset }
      offset += length
    }
    return nil
  }

  /// The length of the well-formed sequence at an offset, 0 if there is none (Unicode, table 3-7).
  private static func sequenceLength(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    let first = bytes[offset]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return 0 }
    for index in 2..<max(length, 2) where bytes[offset + index] & 0xC0 != 0x80 { return 0 }
    return length
  }
}
