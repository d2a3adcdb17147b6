/// What can be computed. Names are numbers of uses: `Bindings` says where each one's value is.
indirect enum Expression: Sendable {
  case constant(Value)
  case name(Int)
  case list([Expression])
  case tuple([Expression])
  case object([ObjectPair])
  case attribute(Expression, AttributeName)
  case item(Expression, Expression)
  case slice(Expression, SliceBounds)
  case call(Expression, Arguments)
  /// Without an expression: the text of the block that the filter stands at.
  case filter(Expression?, FilterUse)
  case test(Expression, TestUse)
  case binary(BinaryOperator, Expression, Expression)
  case concatenation([Expression])
  case comparison(Expression, [Comparison])
  case and(Expression, Expression)
  case or(Expression, Expression)
  case not(Expression)
  case negative(Expression)
  case positive(Expression)
  case conditional(test: Expression, then: Expression, otherwise: Expression?)
}

extension Expression {
  /// Whether its value depends on nothing that is given, set or called.
  var isConstant: Bool {
    switch self {
    case .constant: true
    case .name, .call, .attribute, .item, .slice: false
    case .list(let items), .tuple(let items), .concatenation(let items):
      items.allSatisfy(\.isConstant)
    case .object(let pairs): pairs.allSatisfy { $0.key.isConstant && $0.value.isConstant }
    case .filter(let operand, let use):
      (operand?.isConstant ?? false) && use.arguments.positional.allSatisfy(\.isConstant)
    case .test(let operand, let use):
      operand.isConstant && use.arguments.positional.allSatisfy(\.isConstant)
    case .binary(_, let left, let right), .and(let left, let right), .or(let left, let right):
      left.isConstant && right.isConstant
    case .comparison(let left, let others):
      left.isConstant && others.allSatisfy(\.right.isConstant)
    case .not(let operand), .negative(let operand), .positive(let operand): operand.isConstant
    case .conditional(let test, let then, let otherwise):
      test.isConstant && then.isConstant && (otherwise?.isConstant ?? false)
    }
  }
}

struct ObjectPair: Sendable {
  let key: Expression
  let value: Expression
}

struct SliceBounds: Sendable {
  let start: Expression?
  let stop: Expression?
  let step: Expression?
}

enum BinaryOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"
}

enum ComparisonOperator: Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn
}

struct Comparison: Sendable {
  let comparison: ComparisonOperator
  let right: Expression
}

/// The name behind a dot.
final class AttributeName: Sendable {
  let text: String
  let bytes: [UInt8]
  /// The method of this name, if Python's values have one.
  let method: Method?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    text = String(decoding: bytes, as: UTF8.self)
    method = Method(rawValue: text)
  }
}

/// The arguments of a call, a filter or a test.
final class Arguments: Sendable {
  struct Named: Sendable {
    let name: String
    let value: Expression
  }

  let positional: [Expression]
  let named: [Named]
  /// `*list` and `**object`.
  let rest: Expression?
  let namedRest: Expression?

  static let none = Arguments(positional: [], named: [], rest: nil, namedRest: nil)

  init(positional: [Expression], named: [Named], rest: Expression?, namedRest: Expression?) {
    self.positional = positional
    self.named = named
    self.rest = rest
    self.namedRest = namedRest
  }

  var isEmpty: Bool { positional.isEmpty && named.isEmpty && rest == nil && namedRest == nil }
}

final class FilterUse: Sendable {
  /// Nil if there is no such filter: Jinja says so only when a branch that has it is run.
  let filter: BuiltinFilter?
  let name: String
  let arguments: Arguments

  init(name: String, arguments: Arguments) {
    self.name = name
    self.arguments = arguments
    filter = BuiltinFilter(rawValue: name)
  }
}

final class TestUse: Sendable {
  let test: BuiltinTest?
  let name: String
  let arguments: Arguments

  init(name: String, arguments: Arguments) {
    self.name = name
    self.arguments = arguments
    test = BuiltinTest(rawValue: name)
  }
}
