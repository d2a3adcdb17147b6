import GenkiCore

/// A value that a template is given: JSON whose texts and numbers carry a mark.
///
/// Mark 0 is what a template may treat as its own; any other mark says whose words a text has, and
/// comes back in `RenderedText.runs` for every character that the template makes of it.
public struct TemplateValue: Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }

  /// A JSON value with one mark for all of it, keys of objects included.
  ///
  /// A `JSONValue` does not tell integers beyond 64 bits, and `-0`, from floats: such a number is
  /// printed as the float that it is there, where Python would print all its digits.
  public init(json: JSONValue, mark: Int32) { value = Value(json, mark: mark) }

  /// A text.
  public static func text(_ text: String, mark: Int32 = 0) -> TemplateValue {
    TemplateValue(.text(text, mark: mark))
  }

  /// A list; `mark` is that of the brackets and commas where it is printed.
  public static func list(_ items: [TemplateValue], mark: Int32 = 0) -> TemplateValue {
    TemplateValue(.list(ListValue(items.map(\.value), mark: mark)))
  }

  /// An object with keys in this order, each with the mark of the object.
  public static func object(
    _ entries: [(String, TemplateValue)], mark: Int32 = 0
  ) -> TemplateValue {
    var collected = ObjectEntries()
    for (key, value) in entries { collected.set(MarkedText(key, mark: mark), value.value) }
    return TemplateValue(.object(ObjectValue(entries: collected, mark: mark)))
  }

  /// True or false.
  public static func bool(_ value: Bool, mark: Int32 = 0) -> TemplateValue {
    TemplateValue(.bool(value, mark))
  }

  /// A whole number.
  public static func int(_ value: Int, mark: Int32 = 0) -> TemplateValue {
    TemplateValue(.int(value, mark))
  }

  /// A number.
  public static func float(_ value: Double, mark: Int32 = 0) -> TemplateValue {
    TemplateValue(.float(value, mark))
  }

  /// JSON's null, Python's None.
  public static let null = TemplateValue(Value.none(0))

  /// As if the variable were not given.
  public static let undefined = TemplateValue(.missing)
}

extension Value {
  /// A JSON value with one mark.
  init(_ json: JSONValue, mark: Int32) {
    switch json {
    case .null: self = .none(mark)
    case .bool(let value): self = .bool(value, mark)
    case .integer(let value): self = .int(Int(value), mark)
    case .unsigned(let value): self = .unsigned(value, mark)
    case .number(let value): self = .float(value, mark)
    case .string(let value): self = .text(value, mark: mark)
    case .array(let elements):
      self = .list(ListValue(elements.map { Value($0, mark: mark) }, mark: mark))
    case .object(let object):
      var entries = ObjectEntries()
      for entry in object.entries {
        entries.set(MarkedText(entry.key, mark: mark), Value(entry.value, mark: mark))
      }
      self = .object(ObjectValue(entries: entries, mark: mark))
    }
  }
}
