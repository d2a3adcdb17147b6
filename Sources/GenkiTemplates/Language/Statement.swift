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
