/// The part of STROBE-128/1600 that Merlin transcripts use: `meta-AD`, `AD` and `PRF`.
///
/// A value; copying it forks the protocol.
struct Strobe128 {
  private static let rate = 166
  private static let version = "STROBEv1.0.2"

  private struct Flags: OptionSet {
    let rawValue: UInt8
    static let inbound = Flags(rawValue: 1)
    static let application = Flags(rawValue: 2)
    static let cipher = Flags(rawValue: 4)
    static let meta = Flags(rawValue: 16)
    static let key = Flags(rawValue: 32)
  }

  private var state: [UInt8]
  private var position = 0
  private var operationStart = 0

  /// A protocol with a label.
  package init(label: String) {
    let header = [1, UInt8(Self.rate + 2), 1, 0, 1, 96] + Array(Self.version.utf8)
    state = header + [UInt8](repeating: 0, count: KeccakF1600.byteCount - header.count)
    KeccakF1600.permute(&state)
    absorbMeta(Array(label.utf8))
  }

  /// Absorbs framing data; `more` continues the operation before it.
  mutating func absorbMeta(_ bytes: some Collection<UInt8>, more: Bool = false) {
    if !more { begin([.meta, .application]) }
    absorb(bytes)
  }

  /// Absorbs data.
  mutating func absorb(data: some Collection<UInt8>) {
    begin(.application)
    absorb(data)
  }

  /// Gives pseudo-random bytes that depend on all before.
  mutating func squeeze(count: Int) -> [UInt8] {
    begin([.inbound, .application, .cipher])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for _ in 0..<count {
      bytes.append(state[position])
      state[position] = 0
      advance()
    }
    return bytes
  }

  private mutating func begin(_ flags: Flags) {
    let old = UInt8(operationStart)
    operationStart = position + 1
    absorb([old, flags.rawValue])
    if !flags.isDisjoint(with: [.cipher, .key]), position != 0 { permute() }
  }

  private mutating func absorb(_ bytes: some Collection<UInt8>) {
    for byte in bytes {
      state[position] ^= byte
      advance()
    }
  }

  private mutating func advance() {
    position += 1
    if position == Self.rate { permute() }
  }

  private mutating func permute() {
    state[position] ^= UInt8(operationStart)
    state[position + 1] ^= 0x04
    state[Self.rate + 1] ^= 0x80
    KeccakF1600.permute(&state)
    position = 0
    operationStart = 0
  }
}
