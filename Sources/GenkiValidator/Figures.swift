import GenkiConsole

/// How figures look in tables.
enum Figures {
  /// A gain with its sign.
  static func signed(_ value: Double) -> String {
    (value > 0 ? "+" : "") + HumanUnits.decimal(value, places: 4)
  }
}
