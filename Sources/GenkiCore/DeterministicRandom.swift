import Glibc

/// Random numbers that are a pure function of a seed and a domain, equal on every machine.
///
/// The stream is SHA-256(seed ‖ domain ‖ counter) for counter = 0, 1, …, the counter as 8 bytes
/// little-endian, each digest read as four little-endian 64-bit numbers.
public struct DeterministicRandom: Sendable {
  private let prefix: [UInt8]
  private var counter: UInt64 = 0
  private var buffer: [UInt64] = []
  private var position = 0
  private var spareGaussian: Double?
  private static let digestsPerRefill = 16

  /// A stream; `domain` says what it is for, so that two uses of a seed are independent.
  public init(seed: [UInt8], domain: String) { prefix = seed + Array(domain.utf8) }

  /// A stream from a number, taken as 8 bytes little-endian.
  public init(seed: UInt64, domain: String) {
    self.init(seed: withUnsafeBytes(of: seed.littleEndian) { Array($0) }, domain: domain)
  }

  /// The next 64 bits.
  public mutating func nextUInt64() -> UInt64 {
    if position == buffer.count { refill() }
    defer { position += 1 }
    return buffer[position]
  }

  /// A number from 0 up to, not including, `bound`; every one equally likely, by rejection.
  public mutating func next(below bound: Int) -> Int {
    precondition(bound > 0, "a random number below nothing was asked for")
    let bound = UInt64(bound)
    // The highest multiple of bound that fits; numbers from there on would favour small results.
    let rest = (UInt64.max % bound + 1) % bound
    while true {
      let value = nextUInt64()
      if value <= UInt64.max - rest { return Int(value % bound) }
    }
  }

  /// A number in [0, 1) with 53 random bits.
  public mutating func uniform() -> Double { Double(nextUInt64() >> 11) * 0x1p-53 }

  /// A normal deviate with mean 0 and variance 1 (Box and Muller's transform).
  public mutating func gaussian() -> Double {
    if let spare = spareGaussian {
      spareGaussian = nil
      return spare
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spareGaussian = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Puts the elements in random order (Fisher and Yates, from the end).
  public mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, next(below: last + 1))
    }
  }

  /// The numbers 0 ..< count in random order.
  public static func permutation(count: Int, seed: UInt64, domain: String) -> [Int] {
    var random = DeterministicRandom(seed: seed, domain: domain)
    var order = Array(0..<count)
    random.shuffle(&order)
    return order
  }

  private mutating func refill() {
    var base = SHA256Hasher()
    base.update(prefix)
    var hasher = SHA256Hasher()
    buffer.removeAll(keepingCapacity: true)
    for _ in 0..<Self.digestsPerRefill {
      hasher.restart(from: base)
      withUnsafeBytes(of: counter.littleEndian) { hasher.update($0) }
      counter &+= 1
      hasher.finish().bytes.withUnsafeBytes { digest in
        for word in 0..<4 {
          buffer.append(
            UInt64(littleEndian: digest.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)))
        }
      }
    }
    position = 0
  }
}
