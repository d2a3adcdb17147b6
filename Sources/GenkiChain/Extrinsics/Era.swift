/// For which blocks an extrinsic is valid.
public enum Era: Sendable, Hashable {
  /// For all of them.
  case immortal
  /// For `period` blocks from the last block whose number modulo the period is `phase`.
  case mortal(period: UInt64, phase: UInt64)

  /// The shortest and the longest period.
  public static let periods: ClosedRange<UInt64> = 4...65536

  /// The era that a block lies in; the period is rounded up to a power of two.
  ///
  /// For long periods it may begin some blocks before `block`.
  public init(period: UInt64, at block: UInt64) {
    var rounded = Self.periods.lowerBound
    while rounded < min(period, Self.periods.upperBound) { rounded *= 2 }
    let quantum = Self.quantum(rounded)
    self = .mortal(period: rounded, phase: block % rounded / quantum * quantum)
  }

  /// The block that the era begins with, for an extrinsic seen at a block; 0 for the immortal one.
  public func birth(at block: UInt64) -> UInt64 {
    guard case .mortal(let period, let phase) = self, period > 0 else { return 0 }
    let block = max(block, phase)
    return (block - phase) / period * period + phase
  }

  /// The last block that may hold it; nil if there is none.
  public func lastValidBlock(at block: UInt64) -> UInt64? {
    guard case .mortal(let period, _) = self else { return nil }
    let (last, isTooMuch) = birth(at: block).addingReportingOverflow(period)
    return isTooMuch ? nil : last - 1
  }

  /// One byte for the immortal era, two for others.
  public var encoded: [UInt8] {
    guard case .mortal(let period, let phase) = self, period > 0 else { return [0] }
    let exponent = UInt64(min(max(period.trailingZeroBitCount - 1, 1), 15))
    let code = exponent | (phase / Self.quantum(period)) << 4
    return [UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8)]
  }

  /// Reads what `encoded` gives.
  public init(from reader: inout ScaleReader) throws(ScaleError) {
    let start = reader.offset
    let first = try reader.byte("an era")
    guard first != 0 else {
      self = .immortal
      return
    }
    let code = UInt64(first) | UInt64(try reader.byte("the second byte of an era")) << 8
    let period = UInt64(2) << (code & 15)
    let phase = (code >> 4) * Self.quantum(period)
    guard period >= Self.periods.lowerBound, phase < period else {
      throw .unexpected(
        offset: start, expected: "an era", found: "period \(period) with phase \(phase)")
    }
    self = .mortal(period: period, phase: phase)
  }

  /// Phases of long periods are kept in steps, so that they fit 12 bits.
  private static func quantum(_ period: UInt64) -> UInt64 { max(period >> 12, 1) }
}
