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

/// An expression of a statement with the uses of names that are in it.
struct RootExpression: Sendable {
  let expression: Expression
  let names: Range<Int>
}

/// What is assigned to.
indirect enum Target: Sendable {
  case name(Int)
  /// An attribute of a namespace.
  case attribute(name: Int, attribute: AttributeName)
  case tuple([Target])
}

struct Statement: Sendable {
  let line: Int
  let kind: StatementKind
}

indirect enum StatementKind: Sendable {
  case data(MarkedText)
  case output(RootExpression)
  case branch([Branch], otherwise: [Statement])
  case loop(LoopStatement)
  case set(Target, RootExpression)
  case setBlock(SetBlock)
  case macro(name: Int, MacroBody)
  case callBlock(RootExpression, MacroBody)
  case generation(MacroBody)
  case filterBlock(FilterBlock)
  case with(WithStatement)
  case breakLoop
  case continueLoop
}

struct Branch: Sendable {
  let test: RootExpression
  let body: [Statement]
}

final class LoopStatement: Sendable {
  let target: Target
  let sequence: RootExpression
  /// Only the items that pass it are taken; it has its own uses of the target's names.
  let test: RootExpression?
  let testTarget: Target?
  let body: [Statement]
  let otherwise: [Statement]
  /// Numbers of the scopes of body, `else` and test.
  let bodyScope: Int
  let otherwiseScope: Int
  let testScope: Int
  /// The use of the name `loop` that stands for this loop.
  let loopName: Int

  init(
    target: Target, sequence: RootExpression, test: RootExpression?, testTarget: Target?,
    body: [Statement], otherwise: [Statement], firstScope: Int, loopName: Int
  ) {
    self.target = target
    self.sequence = sequence
    self.test = test
    self.testTarget = testTarget
    self.body = body
    self.otherwise = otherwise
    bodyScope = firstScope
    otherwiseScope = firstScope + 1
    testScope = firstScope + 2
    self.loopName = loopName
  }
}

final class SetBlock: Sendable {
  let target: Target
  let filter: RootExpression?
  let body: [Statement]
  let scope: Int

  init(target: Target, filter: RootExpression?, body: [Statement], scope: Int) {
    self.target = target
    self.filter = filter
    self.body = body
    self.scope = scope
  }
}

final class FilterBlock: Sendable {
  let filter: RootExpression
  let body: [Statement]
  let scope: Int

  init(filter: RootExpression, body: [Statement], scope: Int) {
    self.filter = filter
    self.body = body
    self.scope = scope
  }
}

final class WithStatement: Sendable {
  let targets: [Target]
  let values: [RootExpression]
  let body: [Statement]
  let scope: Int

  init(targets: [Target], values: [RootExpression], body: [Statement], scope: Int) {
    self.targets = targets
    self.values = values
    self.body = body
    self.scope = scope
  }
}

/// A macro, or the body of a `call` or `generation` block, which is a macro without a name.
final class MacroBody: Sendable {
  struct Parameter: Sendable {
    let name: String
    let use: Int
    let standard: RootExpression?
  }

  let name: String?
  let parameters: [Parameter]
  let body: [Statement]
  let scope: Int
  /// Uses of the names `caller`, `kwargs` and `varargs` that stand for this macro's own.
  let callerUse: Int

  init(name: String?, parameters: [Parameter], body: [Statement], scope: Int, callerUse: Int) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.scope = scope
    self.callerUse = callerUse
  }

  var kwargsUse: Int { callerUse + 1 }
  var varargsUse: Int { callerUse + 2 }
}
