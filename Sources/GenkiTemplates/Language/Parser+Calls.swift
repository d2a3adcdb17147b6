extension Parser {
  /// Arguments in parentheses, and how deep they nest.
  mutating func arguments() throws(TemplateError) -> (Arguments, depth: Int) {
    try expect(.leftParenthesis)
    var positional: [Expression] = []
    var named: [Arguments.Named] = []
    var rest: Expression?
    var namedRest: Expression?
    var names: Set<String> = []
    var deepest = 0
    var isFirst = true
    while !current.isSymbol(.rightParenthesis) {
      if !isFirst {
        try expect(.comma)
        if current.isSymbol(.rightParenthesis) { break }
      }
      isFirst = false
      let line = line
      func refuse(if isWrong: Bool) throws(TemplateError) {
        if isWrong { throw .syntax(line: line, reason: "the arguments of a call are out of order") }
      }
      if skip(.multiply) {
        try refuse(if: rest != nil || namedRest != nil)
        rest = try argument(&deepest)
      } else if skip(.power) {
        try refuse(if: namedRest != nil)
        namedRest = try argument(&deepest)
      } else if current.kind == .name, next.isSymbol(.assign) {
        try refuse(if: namedRest != nil)
        let name = take().text
        _ = take()
        if !names.insert(name).inserted {
          throw .syntax(line: line, reason: "the argument '\(name)' is given twice")
        }
        named.append(Arguments.Named(name: name, value: try argument(&deepest)))
      } else {
        try refuse(if: rest != nil || namedRest != nil || !named.isEmpty)
        positional.append(try argument(&deepest))
      }
    }
    try expect(.rightParenthesis)
    return (
      Arguments(positional: positional, named: named, rest: rest, namedRest: namedRest), deepest
    )
  }

  private mutating func argument(_ deepest: inout Int) throws(TemplateError) -> Expression {
    let parsed = try expression()
    deepest = max(deepest, parsed.depth)
    return parsed.expression
  }

  private mutating func dottedName() throws(TemplateError) -> String {
    var name = try expectName().text
    while skip(.dot) { name += "." + (try expectName().text) }
    return name
  }

  /// Filters, tests and calls behind an expression.
  mutating func filtersAndTests(_ start: Parsed) throws(TemplateError) -> Parsed {
    var result = start
    while true {
      if current.isSymbol(.pipe) {
        _ = take()
        result = try filter(on: result)
      } else if current.isName("is") {
        result = try test(on: result)
      } else if current.isSymbol(.leftParenthesis) {
        let (arguments, depth) = try arguments()
        result = try made(.call(result.expression, arguments), depth: max(result.depth, depth) + 1)
      } else {
        return result
      }
    }
  }

  /// One filter; the pipe is read already. Without an operand it takes a block's text.
  mutating func filter(on operand: Parsed?) throws(TemplateError) -> Parsed {
    let line = line
    let name = try dottedName()
    if BuiltinFilter.refused.contains(name) {
      throw .unsupported(construct: "the filter '\(name)'", line: line)
    }
    if BuiltinFilter(rawValue: name) == nil, branchDepth == 0 {
      unknown = unknown ?? .unsupported(construct: "the filter '\(name)'", line: line)
    }
    var given = Arguments.none
    var depth = operand?.depth ?? 0
    if current.isSymbol(.leftParenthesis) {
      let (arguments, argumentDepth) = try arguments()
      given = arguments
      depth = max(depth, argumentDepth)
    }
    return try made(
      .filter(operand?.expression, FilterUse(name: name, arguments: given)), depth: depth + 1)
  }

  /// The filters of a block: `filter` and `set` have them without an operand.
  mutating func blockFilters() throws(TemplateError) -> Parsed {
    var result = try filter(on: nil)
    while skip(.pipe) { result = try filter(on: result) }
    return result
  }

  private mutating func test(on operand: Parsed) throws(TemplateError) -> Parsed {
    _ = take()
    let isNegated = skip(name: "not")
    let line = line
    let name = try dottedName()
    if BuiltinTest(rawValue: name) == nil, branchDepth == 0 {
      unknown = unknown ?? .unsupported(construct: "the test '\(name)'", line: line)
    }
    var given = Arguments.none
    var depth = operand.depth
    if current.isSymbol(.leftParenthesis) {
      let (arguments, argumentDepth) = try arguments()
      given = arguments
      depth = max(depth, argumentDepth)
    } else if beginsArgumentOfTest {
      if current.isName("is") {
        throw .syntax(line: line, reason: "tests cannot follow one another")
      }
      let argument = try postfix(try primary())
      given = Arguments(
        positional: [argument.expression], named: [], rest: nil, namedRest: nil)
      depth = max(depth, argument.depth)
    }
    let result = try made(
      .test(operand.expression, TestUse(name: name, arguments: given)), depth: depth + 1)
    return isNegated ? try made(.not(result.expression), depth: result.depth + 1) : result
  }

  private var beginsArgumentOfTest: Bool {
    switch current.kind {
    case .name: !current.isName("else") && !current.isName("or") && !current.isName("and")
    case .string, .integer, .float, .symbol(.leftBracket), .symbol(.leftBrace): true
    default: false
    }
  }
}
