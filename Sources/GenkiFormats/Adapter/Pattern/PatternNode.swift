/// A regular expression, taken apart. Whether it is lazy does not matter to whether it matches.
indirect enum PatternNode: Equatable {
  /// One character of a set.
  case character(CharacterSet128)
  /// A place between characters.
  case assertion(PatternAssertion)
  /// One after the other; none is the empty text.
  case sequence([PatternNode])
  /// Any one of them.
  case alternatives([PatternNode])
  /// At least so often, and at most so often or without a limit.
  case repetition(PatternNode, minimum: Int, maximum: Int?)
}

/// What must be true of a place for the match to go on.
enum PatternAssertion: Equatable {
  /// `^`, `\A`
  case start
  /// `$`, `\Z`; a path has no newline before its end.
  case end
  /// `\b`, or `\B` where it is not one.
  case wordBoundary(Bool)
}
