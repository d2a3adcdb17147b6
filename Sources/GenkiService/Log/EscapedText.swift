extension String {
  /// This text without characters that could move a terminal's cursor, forge lines of a log or hide:
  /// they are written as `\n`, `\t` or `\u{…}`.
  public func escapingControls() -> String {
    var result = ""
    result.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\n": result += "\\n"
      case .control where scalar == "\t": result += "\\t"
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
