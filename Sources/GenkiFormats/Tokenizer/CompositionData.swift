import Foundation

/// What canonical composition (NFC) needs to know of each character, collected once from the runtime.
///
/// Foundation knows the mappings of single characters; putting them together is done by
/// `CanonicalComposer`, because Foundation's own composition of Hangul jamo is wrong on Linux.
struct CompositionData: Sendable {
  /// Full canonical decompositions, without Hangul syllables.
  let decompositions: [UInt32: [UInt32]]
  /// The composite of a starter (upper half) and a following character (lower half).
  let composites: [UInt64: UInt32]
  /// One bit a character below `limit`: it changes under NFC or may join with what stands before it.
  private let unstable: [UInt64]

  private static let limit: UInt32 = 0x30000

  /// The data of this runtime; collecting it takes some ten milliseconds.
  static let shared = CompositionData()

  /// Where characters with a canonical decomposition live; a test holds that there are no others.
  private static let decomposable: [ClosedRange<UInt32>] = [
    0xC0...0x30FF, 0xF900...0xFB4F, 0x10500...0x105FF, 0x11000...0x11FFF, 0x16100...0x16DFF,
    0x1D100...0x1D1FF, 0x2F800...0x2FA1F,
  ]

  private init() {
    var decompositions: [UInt32: [UInt32]] = [:]
    var composed: [[UInt32]: UInt32] = [:]
    var unstable = [UInt64](repeating: 0, count: Int(Self.limit / 64))
    func mark(_ value: UInt32) { unstable[Int(value / 64)] |= 1 << UInt64(value % 64) }

    for value in Self.decomposable.joined() {
      guard let scalar = Unicode.Scalar(value), Self.knows(scalar) else { continue }
      let text = String(scalar)
      let parts = text.decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
      guard parts != [value] else { continue }
      decompositions[value] = parts
      if text.precomposedStringWithCanonicalMapping.unicodeScalars.elementsEqual([scalar]) {
        composed[parts] = value
      } else {
        mark(value)
      }
    }
    var composites: [UInt64: UInt32] = [:]
    for (parts, value) in composed {
      guard let second = parts.last else { continue }
      let head = Array(parts.dropLast())
      guard let first = head.count == 1 ? head[0] : composed[head] else { continue }
      composites[Self.pair(first, second)] = value
      mark(second)
    }
    for value in UInt32(0x300)..<0x20000 where CanonicalComposer.combiningClass(value) != 0 {
      mark(value)
    }
    for value in UInt32(0x1161)...0x1175 { mark(value) }
    for value in UInt32(0x11A8)...0x11C2 { mark(value) }
    self.decompositions = decompositions
    self.composites = composites
    self.unstable = unstable
  }

  /// Whether NFC keeps the character as it is and never joins it with what stands before it.
  func isStable(_ value: UInt32) -> Bool {
    value >= Self.limit || unstable[Int(value / 64)] >> UInt64(value % 64) & 1 == 0
  }

  /// Whether a character was assigned by Unicode 9: what the reference library normalizes by.
  /// Later characters stay as they are, on every runtime.
  static func knows(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.age.map { $0.major <= 9 } ?? false
  }

  static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
    UInt64(first) << 32 | UInt64(second)
  }
}
