/// How long turns and answers last, and what ends a wait.
package struct TurnConditions {
  /// A turn lasts this long, or one step.
  package let turnSeconds: Double
  /// The longest that any answer may take.
  package let secondsMaximum: Double
  /// Called during waits; throws to end them.
  package let check: () throws -> Void

  package init(turnSeconds: Double, secondsMaximum: Double, check: @escaping () throws -> Void) {
    self.turnSeconds = turnSeconds
    self.secondsMaximum = secondsMaximum
    self.check = check
  }
}
