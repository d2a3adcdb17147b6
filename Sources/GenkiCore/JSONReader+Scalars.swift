extension JSONReader {
  /// Reads a string and resolves its escapes.
  public mutating func readString() throws -> String {
    skipBlanks()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
      throw error(offset < bytes.count ? .expectedString : .unexpectedEnd)
    }
    try countValue()
    let start = offset + 1
    var end = start
    var allBits: UInt8 = 0
    while end < bytes.count {
      let byte = bytes[end]
      allBits |= byte
      if byte == UInt8(ascii: "\"") {
        let text = try text(start..<end, isASCII: allBits < 0x80)
        offset = end + 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try readEscapedString(from: start, firstEscape: end) }
      if byte < 0x20 {
        offset = end
        throw error(.controlCharacter)
      }
      end += 1
    }
    offset = end
    throw error(.unexpectedEnd)
  }

  /// Reads a number: an exact integer where it is one and fits 64 bits, a double else.
  public mutating func readNumber() throws -> JSONValue {
    skipBlanks()
    try countValue()
    let start = offset
    let isNegative = byte(at: offset) == UInt8(ascii: "-")
    if isNegative { offset += 1 }
    guard let first = byte(at: offset) else { throw error(.unexpectedEnd) }
    guard isDigit(first) else {
      throw error(isNegative ? .invalidNumber : .expectedNumber)
    }
    var magnitude: UInt64 = 0
    var fitsInteger = true
    if first == UInt8(ascii: "0") {
      offset += 1
      if let next = byte(at: offset), isDigit(next) { throw error(.invalidNumber) }
    } else {
      while let digit = byte(at: offset), isDigit(digit) {
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
        if overflow || carry { fitsInteger = false }
        magnitude = sum
        offset += 1
      }
    }
    if byte(at: offset) == UInt8(ascii: ".") {
      fitsInteger = false
      offset += 1
      try skipDigits()
    }
    if let byte = byte(at: offset), byte | 0x20 == UInt8(ascii: "e") {
      fitsInteger = false
      offset += 1
      if let sign = self.byte(at: offset), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
        offset += 1
      }
      try skipDigits()
    }
    if fitsInteger, let value = integer(magnitude, isNegative: isNegative) { return value }
    guard let value = Double(try text(start..<offset, isASCII: true)) else {
      throw error(.invalidNumber)
    }
    guard value.isFinite else { throw error(.numberOutOfRange) }
    return .number(value)
  }

  /// Minus zero stays a double, since integers have no sign of zero.
  private func integer(_ magnitude: UInt64, isNegative: Bool) -> JSONValue? {
    if !isNegative {
      return Int64(exactly: magnitude).map { .integer($0) } ?? .unsigned(magnitude)
    }
    if magnitude == 0 || magnitude > UInt64(Int64.max) + 1 { return nil }
    return .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
  }

  private mutating func skipDigits() throws {
    guard let first = byte(at: offset) else { throw error(.unexpectedEnd) }
    guard isDigit(first) else { throw error(.invalidNumber) }
    while let digit = byte(at: offset), isDigit(digit) { offset += 1 }
  }

  private mutating func readEscapedString(from start: Int, firstEscape: Int) throws -> String {
    var units = [UInt8](bytes[start..<firstEscape])
    offset = firstEscape
    while offset < bytes.count {
      let byte = bytes[offset]
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else {
          throw error(.invalidUTF8)
        }
        offset += 1
        return text
      case UInt8(ascii: "\\"):
        offset += 1
        try readEscape(into: &units)
      case 0..<0x20: throw error(.controlCharacter)
      default:
        units.append(byte)
        offset += 1
      }
    }
    throw error(.unexpectedEnd)
  }

  private mutating func readEscape(into units: inout [UInt8]) throws {
    guard let letter = byte(at: offset) else { throw error(.unexpectedEnd) }
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(letter)
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"):
      var code = UInt32(try readHex())
      if code & 0xFC00 == 0xD800, byte(at: offset) == UInt8(ascii: "\\"),
        byte(at: offset + 1) == UInt8(ascii: "u")
      {
        offset += 2
        let low = UInt32(try readHex())
        guard low & 0xFC00 == 0xDC00 else { throw error(.loneSurrogate) }
        code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error(.loneSurrogate) }
      units.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default:
      offset -= 1
      throw error(.invalidEscape)
    }
  }

  private mutating func readHex() throws -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = byte(at: offset) else { throw error(.unexpectedEnd) }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw error(.invalidEscape)
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }

  /// Decoding replaces what is not UTF-8, so only valid bytes come out as they went in.
  private func text(_ range: Range<Int>, isASCII: Bool) throws -> String {
    let units = UnsafeRawBufferPointer(rebasing: bytes[range])
      .assumingMemoryBound(to: UInt8.self)
    var text = String(decoding: units, as: UTF8.self)
    if isASCII { return text }
    let isValid = text.withUTF8 { $0.count == units.count && $0.elementsEqual(units) }
    guard isValid else { throw error(.invalidUTF8) }
    return text
  }

  @inline(__always)
  private func byte(at index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

  @inline(__always)
  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }
}
