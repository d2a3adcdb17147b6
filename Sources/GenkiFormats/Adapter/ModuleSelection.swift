import GenkiCore

/// Which modules a configuration means: target_modules or exclude_modules.
public struct ModuleSelection: Sendable, Equatable, ExpressibleByArrayLiteral,
  CustomStringConvertible
{
  private enum Form: Equatable {
    case names(ModuleNames)
    case pattern(ModulePattern)
    /// All linear modules but the head; how the file spells it.
    case allLinear(String)
  }

  private let form: Form

  /// Modules by the ends of their paths.
  public init(_ names: [String]) { form = .names(ModuleNames(names)) }

  /// Modules by the ends of their paths.
  public init(arrayLiteral names: String...) { self.init(names) }

  /// A list of names, a regular expression or, where `knowsAllLinear`, "all-linear"; nil where the key is
  /// absent, or null, or empty.
  init?(_ reader: ConfigurationReader, key: String, knowsAllLinear: Bool) throws {
    guard let value = reader.value(key) else { return nil }
    if let text = value.stringValue {
      guard !text.isEmpty else { return nil }
      if knowsAllLinear, text.lowercased() == "all-linear" {
        form = .allLinear(text)
      } else {
        form = .pattern(try reader.pattern(text, key: key, form: .whole))
      }
    } else if let list = value.arrayValue {
      guard !list.isEmpty else { return nil }
      form = .names(try ModuleNames(list, of: reader, key: key))
    } else {
      throw reader.wrongType(key, "a list of strings or a string", value)
    }
  }

  /// Whether a module of a model's blocks is meant.
  func contains(_ path: String) -> Bool {
    switch form {
    case .names(let names): names.contains(path)
    case .pattern(let pattern): pattern.matches(path)
    case .allLinear: true
    }
  }

  /// Whether a list names the module by its whole path.
  func namesWhole(_ path: String) -> Bool {
    if case .names(let names) = form { names.containsWhole(path) } else { false }
  }

  /// Whether it is a list of names.
  var isList: Bool { if case .names = form { true } else { false } }

  /// How many states a match may visit for each character.
  var stateCount: Int { if case .pattern(let pattern) = form { pattern.stateCount } else { 1 } }

  /// The names, or the expression in quotes.
  public var description: String {
    switch form {
    case .names(let names): names.names.joined(separator: ", ")
    case .pattern(let pattern): pattern.text.quoted(limit: 60)
    case .allLinear(let text): text
    }
  }

  /// As the file has it.
  public var json: JSONValue {
    switch form {
    case .names(let names): .array(names.names.map { .string($0) })
    case .pattern(let pattern): .string(pattern.text)
    case .allLinear(let text): .string(text)
    }
  }
}

extension ConfigurationReader {
  /// A regular expression of the file.
  func pattern(
    _ text: String, key: String, form: ModulePattern.Form
  ) throws -> ModulePattern {
    do throws(PatternError) {
      return try ModulePattern(text, form: form)
    } catch {
      throw AdapterError.pattern(
        source: source, key: prefix + key, pattern: text, reason: error.reason)
    }
  }
}
