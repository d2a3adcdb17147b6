extension String {
  /// This text in quotation marks, safe to show on a terminal: control, format and line-breaking
  /// characters are written as \u{…}, and what is longer than `limit` characters is cut.
  ///
  /// For names that come from files or from other people.
  public func quoted(limit: Int = 100) -> String {
    var result = "\""
    for (index, scalar) in unicodeScalars.enumerated() {
      if index == limit {
        result += "…"
        break
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
        .privateUse:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        if scalar == "\"" || scalar == "\\" { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
