/// Floats as Python writes them.
enum FloatText {
  /// Python's `repr`: the fewest digits that read back as the same, with an exponent below 1e-4 and
  /// from 1e16.
  static func repr(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let (digits, exponent, isNegative) = shortest(value)
    let sign = isNegative ? "-" : ""
    if exponent < -4 || exponent >= 16 {
      let rest = digits.dropFirst()
      let size = exponent.magnitude
      return sign + String(digits.prefix(1)) + (rest.isEmpty ? "" : "." + String(rest)) + "e"
        + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + String(size)
    }
    if exponent < 0 {
      return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
    }
    if digits.utf8.count <= exponent + 1 {
      return sign + digits + String(repeating: "0", count: exponent + 1 - digits.utf8.count) + ".0"
    }
    return sign + String(digits.prefix(exponent + 1)) + "." + String(digits.dropFirst(exponent + 1))
  }

  /// The fewest digits, without zeros at the ends, and the power of ten of the first of them.
  private static func shortest(
    _ value: Double
  ) -> (digits: String, exponent: Int, isNegative: Bool) {
    var mantissa: [UInt8] = []
    var exponent = 0
    var pointAt: Int?
    var isNegative = false
    var bytes = Array(value.description.utf8)[...]
    if bytes.first == UInt8(ascii: "-") {
      isNegative = true
      bytes = bytes.dropFirst()
    }
    if let place = bytes.firstIndex(of: UInt8(ascii: "e")) {
      exponent = Int(String(decoding: bytes[(place + 1)...], as: UTF8.self)) ?? 0
      bytes = bytes[..<place]
    }
    for byte in bytes {
      if byte == UInt8(ascii: ".") { pointAt = mantissa.count } else { mantissa.append(byte) }
    }
    exponent += (pointAt ?? mantissa.count) - 1
    let leading = mantissa.prefix { $0 == UInt8(ascii: "0") }.count
    guard leading < mantissa.count else { return ("0", 0, isNegative) }
    mantissa.removeFirst(leading)
    exponent -= leading
    while mantissa.last == UInt8(ascii: "0") { mantissa.removeLast() }
    return (String(decoding: mantissa, as: UTF8.self), exponent, isNegative)
  }

  /// The value with so many digits behind the point, rounded from its exact value, half to even.
  static func fixed(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var decimal = ExactDecimal(value.magnitude)
    decimal.round(toPlaces: places)
    return (value.sign == .minus ? "-" : "") + decimal.text(places: places)
  }
}

/// The exact decimal digits of a float, which can be many hundred.
struct ExactDecimal {
  /// Digits in front of the point and behind it.
  private var whole: [UInt8]
  private var fraction: [UInt8]

  init(_ value: Double) {
    // The value is significand * 2^exponent with both whole.
    var significand = value.significandBitPattern
    var exponent = Int(value.exponentBitPattern) - 1075
    if value.exponentBitPattern == 0 { exponent += 1 } else { significand |= 1 << 52 }
    var digits = Array(String(significand).utf8).map { $0 - 0x30 }
    fraction = []
    if exponent >= 0 {
      for _ in 0..<exponent { Self.double(&digits) }
      whole = digits
      return
    }
    // Dividing by two is multiplying by five with one more place.
    for _ in 0..<(-exponent) { Self.multiplyByFive(&digits) }
    let places = -exponent
    if digits.count <= places {
      fraction = Array(repeating: 0, count: places - digits.count) + digits
      whole = [0]
    } else {
      fraction = Array(digits[(digits.count - places)...])
      whole = Array(digits[..<(digits.count - places)])
    }
  }

  private static func double(_ digits: inout [UInt8]) { multiply(&digits, 2) }
  private static func multiplyByFive(_ digits: inout [UInt8]) { multiply(&digits, 5) }

  private static func multiply(_ digits: inout [UInt8], _ factor: UInt8) {
    var carry: UInt8 = 0
    for index in digits.indices.reversed() {
      let product = digits[index] * factor + carry
      digits[index] = product % 10
      carry = product / 10
    }
    if carry > 0 { digits.insert(carry, at: 0) }
  }

  /// Keeps so many places; a negative number of them rounds in front of the point.
  mutating func round(toPlaces places: Int) {
    var digits = whole + fraction
    let kept = whole.count + places
    guard kept < digits.count else { return }
    guard kept >= 0 else {
      whole = [0]
      fraction = []
      return
    }
    let tail = digits[kept...]
    let isAbove =
      tail[kept] > 5 || (tail[kept] == 5 && tail.dropFirst().contains { $0 != 0 })
    let isHalf = tail[kept] == 5 && !isAbove
    let isOdd = kept > 0 && digits[kept - 1] % 2 == 1
    for index in kept..<digits.count { digits[index] = 0 }
    if isAbove || (isHalf && isOdd) {
      var index = kept - 1
      while index >= 0, digits[index] == 9 {
        digits[index] = 0
        index -= 1
      }
      if index >= 0 {
        digits[index] += 1
      } else {
        digits.insert(1, at: 0)
        whole.append(0)
      }
    }
    let wholeCount = whole.count
    whole = Array(digits[..<wholeCount])
    fraction = Array(digits[wholeCount...])
  }

  func text(places: Int) -> String {
    var front = Array(whole.drop { $0 == 0 })
    if front.isEmpty { front = [0] }
    var result = String(decoding: front.map { $0 + 0x30 }, as: UTF8.self)
    if places > 0 {
      let behind = fraction.prefix(places).map { $0 + 0x30 }
      result +=
        "." + String(decoding: behind, as: UTF8.self)
        + String(repeating: "0", count: places - behind.count)
    }
    return result
  }
}
