/// Numbers the way a person reads them; never used in `--json` output.
public enum HumanUnits {
  /// Bytes in binary units with three significant digits: `1.50 GiB`.
  public static func bytes(_ count: Int) -> String {
    let names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(count)
    var unit = 0
    while value.magnitude >= 999.5, unit < names.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(significant(value)) \(names[unit])"
  }

  /// A count in groups of three digits: `1,234,567`.
  public static func count(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (value < 0 ? "-" : "") + String(digits)
  }

  /// A large count with a suffix: `124 M`.
  public static func shortCount(_ value: Int) -> String {
    let names = ["", " k", " M", " G", " T"]
    var scaled = Double(value)
    var unit = 0
    while scaled.magnitude >= 999.5, unit < names.count - 1 {
      scaled /= 1000
      unit += 1
    }
    return unit == 0 ? "\(value)" : "\(significant(scaled))\(names[unit])"
  }

  /// A duration: `0.42 s`, `12.3 s`, `4:05`, `1:02:09`.
  public static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    if seconds < 59.95 { return "\(significant(seconds)) s" }
    let whole = Int(seconds.rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    if hours > 0 { return "\(hours):\(padded(minutes)):\(padded(rest))" }
    return "\(minutes):\(padded(rest))"
  }

  /// A fixed number of decimals: `3.1416`.
  public static func decimal(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let scale = (0..<max(0, places)).reduce(1.0) { product, _ in product * 10 }
    let scaled = (value.magnitude * scale).rounded()
    guard scaled < 9e18 else { return "\(value)" }
    let digits = String(Int(scaled))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + digits }
    let full = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return sign + full.dropLast(places) + "." + full.suffix(places)
  }

  private static func significant(_ value: Double) -> String {
    decimal(value, places: value.magnitude < 9.995 ? 2 : value.magnitude < 99.95 ? 1 : 0)
  }

  private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
