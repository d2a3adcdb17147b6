/// The ids of short pieces seen before: a table of fixed size where a new piece replaces the one in
/// its slot. An entry is one cache line.
struct WordCache: ~Copyable {
  /// The longest piece that is kept.
  static let keyBytesMaximum = 31
  /// The longest encoding that is kept.
  static let idsMaximum = 7

  /// A piece, padded with zeros, and its length in the last byte.
  struct Key {
    var word0: UInt64 = 0
    var word1: UInt64 = 0
    var word2: UInt64 = 0
    var word3: UInt64 = 0

    /// A key that no piece has.
    init() {}

    /// The key of `count` bytes, of which `readable` may be looked at.
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>, count: Int, readable: Int) {
      if readable >= 32 {
        let raw = UnsafeRawPointer(bytes)
        word0 = Self.head(raw.loadUnaligned(as: UInt64.self), count)
        if count > 8 {
          word1 = Self.head(raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self), count - 8)
          if count > 16 {
            word2 = Self.head(raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self), count - 16)
            word3 = Self.head(raw.loadUnaligned(fromByteOffset: 24, as: UInt64.self), count - 24)
          }
        }
      } else {
        withUnsafeMutableBytes(of: &self) { key in
          key.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: count))
        }
      }
      word3 |= UInt64(count) << 56
    }

    /// The first `count` bytes of a word, the others zero.
    @inline(__always)
    private static func head(_ word: UInt64, _ count: Int) -> UInt64 {
      if count >= 8 { return word }
      return count <= 0 ? 0 : word & ((1 &<< UInt64(8 * count)) &- 1)
    }

    @inline(__always)
    static func == (left: Key, right: Key) -> Bool {
      (left.word0 ^ right.word0) | (left.word1 ^ right.word1) | (left.word2 ^ right.word2)
        | (left.word3 ^ right.word3) == 0
    }

    @inline(__always)
    var hash: UInt64 {
      var hash = (word0 ^ word3) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 32
      hash = (hash ^ word1 ^ (word2 << 1 | word2 >> 63)) &* 0xD6E8_FEB8_6659_FD93
      return hash ^ hash >> 32
    }
  }

  struct Entry {
    var key: Key
    var count: Int32 = 0
    var ids: (Int32, Int32, Int32, Int32, Int32, Int32, Int32) = (0, 0, 0, 0, 0, 0, 0)
  }

  private static let size = 1 << 14
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: Self.size)
    // A key of zeros has length 0, which no piece has.
    entries.initialize(repeating: Entry(key: Key()), count: Self.size)
  }

  deinit { entries.deallocate() }

  /// The slot of a key, filled or not.
  @inline(__always)
  func slot(_ key: Key) -> UnsafeMutablePointer<Entry> {
    entries + (Int(truncatingIfNeeded: key.hash) & (Self.size - 1))
  }
}
