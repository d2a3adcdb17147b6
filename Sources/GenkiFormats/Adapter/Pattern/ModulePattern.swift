import GenkiCore

/// A regular expression over paths of modules, as PEFT takes them, evaluated in linear time.
public struct ModulePattern: Sendable, Equatable {
  /// How an expression is held against a path.
  package enum Form {
    /// It matches the whole path: target_modules, exclude_modules.
    case whole
    /// It is a key of rank_pattern or alpha_pattern, which PEFT puts into another expression:
    /// (.*\.)?(KEY)$, matched from the path's begin.
    case key
  }

  private enum Matcher: Equatable {
    /// A key without operators but the dot, which is any character: most are the end of a path.
    case ending([UInt8])
    case program(PatternProgram, isPrefix: Bool)
  }

  /// The expression as it was given.
  public let text: String
  private let matcher: Matcher

  /// The longest expression that is read.
  package static let bytesMaximum = 16_384
  /// The most states of one expression.
  package static let statesMaximum = 8_192

  package init(_ text: String, form: Form) throws(PatternError) {
    self.text = text
    guard text.utf8.count <= Self.bytesMaximum else {
      throw .tooLarge("it is longer than \(Self.bytesMaximum) bytes")
    }
    switch form {
    case .whole: matcher = .program(try Self.program(text), isPrefix: false)
    case .key:
      if ModuleNames.isPlain(text) {
        matcher = .ending(Array(text.utf8))
      } else {
        // As a whole, since a key may close the bracket that stands around it.
        matcher = .program(try Self.program(#"(.*\.)?("# + text + ")$"), isPrefix: true)
      }
    }
  }

  /// A key of rank_pattern or alpha_pattern.
  ///
  /// - Throws: `AdapterError.pattern` for what is not evaluated.
  public init(key text: String) throws {
    do throws(PatternError) {
      try self.init(text, form: .key)
    } catch {
      throw AdapterError.pattern(
        source: ModelFiles.adapterConfiguration, key: "pattern", pattern: text,
        reason: error.reason)
    }
  }

  private static func program(_ text: String) throws(PatternError) -> PatternProgram {
    try PatternProgram(PatternParser.parse(text), statesMaximum: statesMaximum)
  }

  /// How many states a match may visit for each character.
  var stateCount: Int {
    switch matcher {
    case .ending: 1
    case .program(let program, _): program.states.count
    }
  }

  /// Whether it matches a path of ASCII characters.
  package func matches(_ path: String) -> Bool {
    switch matcher {
    case .program(let program, let isPrefix): program.matches(path.utf8, isPrefix: isPrefix)
    case .ending(let ending): Self.matches(Array(path.utf8), ending: ending)
    }
  }

  private static func matches(_ path: [UInt8], ending: [UInt8]) -> Bool {
    let dot = UInt8(ascii: ".")
    guard path.count >= ending.count else { return false }
    let start = path.count - ending.count
    guard start == 0 || path[start - 1] == dot else { return false }
    return zip(path[start...], ending).allSatisfy { $0 == $1 || $1 == dot }
  }
}
