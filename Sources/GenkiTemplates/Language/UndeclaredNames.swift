/// Looks for names that statements read and have not assigned before, in the order of Jinja's tree.
struct UndeclaredNames {
  let names: [String]
  var wanted: Set<String>
  var found: Set<String> = []
  var work = 0

  private mutating func read(_ uses: Range<Int>) {
    work += uses.count
    for use in uses where wanted.contains(names[use]) { found.insert(names[use]) }
  }

  private mutating func assign(_ target: Target) {
    switch target {
    case .name(let use): wanted.remove(names[use])
    case .attribute: break
    case .tuple(let targets): for target in targets { assign(target) }
    }
  }

  mutating func walk(_ statements: [Statement]) {
    work += statements.count
    for statement in statements {
      switch statement.kind {
      case .data, .breakLoop, .continueLoop: break
      case .output(let output): read(output.names)
      case .branch(let branches, let otherwise):
        for branch in branches {
          read(branch.test.names)
          walk(branch.body)
        }
        walk(otherwise)
      case .loop(let loop):
        assign(loop.target)
        read(loop.sequence.names)
        walk(loop.body)
        walk(loop.otherwise)
        if let test = loop.test { read(test.names) }
      case .set(let target, let value):
        assign(target)
        read(value.names)
      case .setBlock(let block):
        assign(block.target)
        if let filter = block.filter { read(filter.names) }
        walk(block.body)
      case .macro(_, let macro): walk(macro)
      case .callBlock(let call, let macro):
        read(call.names)
        walk(macro)
      case .generation(let macro): walk(macro)
      case .filterBlock(let block):
        walk(block.body)
        read(block.filter.names)
      case .with(let with):
        for target in with.targets { assign(target) }
        for value in with.values { read(value.names) }
        walk(with.body)
      }
    }
  }

  private mutating func walk(_ macro: MacroBody) {
    for parameter in macro.parameters { wanted.remove(parameter.name) }
    for parameter in macro.parameters {
      if let standard = parameter.standard { read(standard.names) }
    }
    walk(macro.body)
  }
}
