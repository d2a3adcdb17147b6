/// A value of a running template, as Python has them.
///
/// Every value that can be printed carries a mark (see `MarkedText`); lists and objects have one
/// for the brackets and commas that printing them makes. Things that change, like namespaces, are
/// numbers of an `Arena`: a value is never part of a cycle, and nothing outlives its rendering.
enum Value: Sendable {
  /// A slot that nothing has been stored in.
  case missing
  indirect case undefined(UndefinedReason)
  case none(Int32)
  case bool(Bool, Int32)
  case int(Int, Int32)
  /// An integer of JSON beyond `Int.max`; it can be printed and compared, not computed with.
  case unsigned(UInt64, Int32)
  case float(Double, Int32)
  case text(MarkedText)
  case list(ListValue)
  case tuple(ListValue)
  case object(ObjectValue)
  /// What `keys`, `values` and `items` of an object give.
  case view(ObjectValue, ViewKind)
  case range(RangeValue)
  /// A function of the environment.
  case function(BuiltinFunction)
  /// A method that is not called yet.
  case method(BoundMethod)
  case namespace(Int)
  case macro(Int)
  case loop(Int)
  /// A generator or iterator: it can be walked once.
  case iterator(Int)
  case cycler(Int)
  case joiner(Int)

  static let none = Value.none(0)
  static let emptyText = Value.text(.empty)

  static func text(_ text: String, mark: Int32 = 0) -> Value { .text(MarkedText(text, mark: mark)) }
  static func bool(_ value: Bool) -> Value { .bool(value, 0) }
}

/// Why there is no value; what it says when it is used.
enum UndefinedReason: Sendable, Equatable {
  case variable(String)
  case attribute(owner: String, name: String)
  /// An attribute that the sandbox does not give out.
  case unsafe(owner: String, name: String)
  case other(String)

  var message: String {
    switch self {
    case .variable(let name): "'\(name)' is undefined"
    case .attribute(let owner, let name): "'\(owner)' has no attribute '\(name)'"
    case .unsafe(let owner, let name): "access to attribute '\(name)' of '\(owner)' is unsafe"
    case .other(let message): message
    }
  }
}

/// The parts of an object that can be walked.
enum ViewKind: Sendable { case keys, values, items }

/// What the environment gives besides the variables.
enum BuiltinFunction: String, Sendable, CaseIterable {
  case range
  case dict
  case namespace
  case cycler
  case joiner
  case lipsum
  case raiseException = "raise_exception"
  case strftimeNow = "strftime_now"
}

/// A method of a value, before it is called.
final class BoundMethod: Sendable {
  let receiver: Value
  let method: Method

  init(_ receiver: Value, _ method: Method) {
    self.receiver = receiver
    self.method = method
  }
}

/// Python's range: numbers that are not made before they are asked for.
struct RangeValue: Sendable, Equatable {
  let start: Int
  let stop: Int
  let step: Int
  let count: Int

  func element(_ index: Int) -> Int { start &+ index &* step }
}

/// A list or tuple; it never changes.
final class ListValue: Sendable {
  let items: [Value]
  /// The origin of the brackets and commas.
  let mark: Int32
  /// How deep lists and objects nest in it, itself included.
  let depth: Int
  /// Whether it is what `groupby` gives, whose parts have names.
  let isGroup: Bool

  init(_ items: [Value], mark: Int32 = 0, isGroup: Bool = false) {
    self.items = items
    self.mark = mark
    self.isGroup = isGroup
    depth = 1 + items.reduce(0) { max($0, $1.depth) }
  }
}

extension Value {
  /// How deep lists and objects nest.
  var depth: Int {
    switch self {
    case .list(let list), .tuple(let list): list.depth
    case .object(let object), .view(let object, _): object.depth
    case .method(let method): 1 + method.receiver.depth
    default: 0
    }
  }

  /// The mark of what printing it makes; of a text the highest one.
  var mark: Int32 {
    switch self {
    case .none(let mark), .bool(_, let mark), .int(_, let mark), .unsigned(_, let mark),
      .float(_, let mark):
      mark
    case .text(let text): text.highestMark
    case .list(let list), .tuple(let list): list.mark
    case .object(let object), .view(let object, _): object.mark
    default: 0
    }
  }

  /// Python's name of the type, as its messages have it.
  var typeName: String {
    switch self {
    case .missing, .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .int, .unsigned: "int"
    case .float: "float"
    case .text(let text): text.isMarkup ? "Markup" : "str"
    case .list: "list"
    case .tuple: "tuple"
    case .object: "dict"
    case .view(_, .keys): "dict_keys"
    case .view(_, .values): "dict_values"
    case .view(_, .items): "dict_items"
    case .range: "range"
    case .function: "function"
    case .method: "builtin_function_or_method"
    case .namespace: "Namespace"
    case .macro: "Macro"
    case .loop: "LoopContext"
    case .iterator: "generator"
    case .cycler: "Cycler"
    case .joiner: "Joiner"
    }
  }

  var isUndefined: Bool {
    if case .undefined = self { return true }
    return false
  }

  var isMissing: Bool {
    if case .missing = self { return true }
    return false
  }
}
