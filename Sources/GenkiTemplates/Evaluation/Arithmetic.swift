import Foundation

extension Renderer {
  func arithmetic(
    _ sign: BinaryOperator, _ left: Number, _ right: Number
  ) throws(TemplateError) -> Value {
    let mark = max(left.mark, right.mark)
    if case .int(let first, _) = left, case .int(let second, _) = right {
      return try integers(sign, first, second, mark)
    }
    let (first, second) = (left.double, right.double)
    switch sign {
    case .add: return .float(first + second, mark)
    case .subtract: return .float(first - second, mark)
    case .multiply: return .float(first * second, mark)
    case .divide:
      guard second != 0 else { throw failed("float division by zero") }
      return .float(first / second, mark)
    case .floorDivide, .modulo:
      guard second != 0 else { throw failed("float divmod by zero") }
      let (quotient, remainder) = Self.divided(first, second)
      return .float(sign == .modulo ? remainder : quotient, mark)
    case .power: return .float(try power(first, second), mark)
    }
  }

  private func integers(
    _ sign: BinaryOperator, _ first: Int, _ second: Int, _ mark: Int32
  ) throws(TemplateError) -> Value {
    let result: (partialValue: Int, overflow: Bool)
    switch sign {
    case .add: result = first.addingReportingOverflow(second)
    case .subtract: result = first.subtractingReportingOverflow(second)
    case .multiply: result = first.multipliedReportingOverflow(by: second)
    case .divide:
      guard second != 0 else { throw failed("division by zero") }
      return .float(Double(first) / Double(second), mark)
    case .floorDivide, .modulo:
      guard second != 0 else { throw failed("integer division or modulo by zero") }
      let quotient = first.dividedReportingOverflow(by: second)
      guard !quotient.overflow else {
        if sign == .modulo { return .int(0, mark) }
        throw .limit(.integer, line: line)
      }
      let remainder = first % second
      let isBelow = remainder != 0 && (remainder < 0) != (second < 0)
      if sign == .modulo { return .int(isBelow ? remainder + second : remainder, mark) }
      return .int(isBelow ? quotient.partialValue - 1 : quotient.partialValue, mark)
    case .power:
      guard second >= 0 else { return .float(try power(Double(first), Double(second)), mark) }
      return .int(try power(first, second), mark)
    }
    guard !result.overflow else { throw .limit(.integer, line: line) }
    return .int(result.partialValue, mark)
  }

  private func power(_ base: Int, _ exponent: Int) throws(TemplateError) -> Int {
    if base == 0 || base == 1 { return exponent == 0 ? 1 : base }
    if base == -1 { return exponent.isMultiple(of: 2) ? 1 : -1 }
    var result = 1
    for _ in 0..<min(exponent, 64) {
      let (product, overflow) = result.multipliedReportingOverflow(by: base)
      guard !overflow else { throw .limit(.integer, line: line) }
      result = product
    }
    guard exponent <= 64 else { throw .limit(.integer, line: line) }
    return result
  }

  private func power(_ base: Double, _ exponent: Double) throws(TemplateError) -> Double {
    if base == 0, exponent < 0 { throw failed("0.0 cannot be raised to a negative power") }
    if base < 0, exponent.isFinite, exponent.rounded() != exponent {
      throw unsupported("a complex number")
    }
    let result = pow(base, exponent)
    if result.isInfinite, base.isFinite, exponent.isFinite {
      throw failed("the result of ** is too large")
    }
    return result
  }

  /// Python's `divmod` of floats.
  static func divided(_ first: Double, _ second: Double) -> (quotient: Double, remainder: Double) {
    var remainder = first.truncatingRemainder(dividingBy: second)
    var quotient = (first - remainder) / second
    if remainder != 0 {
      if (second < 0) != (remainder < 0) {
        remainder += second
        quotient -= 1
      }
    } else {
      remainder = Double(signOf: second, magnitudeOf: 0)
    }
    guard quotient != 0 else {
      return (Double(signOf: first / second, magnitudeOf: 0), remainder)
    }
    var floored = quotient.rounded(.down)
    if quotient - floored > 0.5 { floored += 1 }
    return (floored, remainder)
  }
}
