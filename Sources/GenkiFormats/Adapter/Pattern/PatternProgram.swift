/// A regular expression as the states of an automaton that reads a text once, in all of them at once.
struct PatternProgram: Equatable {
  enum State: Equatable {
    /// Goes on with the next state after one character of the set.
    case character(CharacterSet128)
    /// Goes on with the next state where this holds.
    case assertion(PatternAssertion)
    /// Goes on with both.
    case split(Int, Int)
    /// Goes on there.
    case jump(Int)
    /// The expression has matched.
    case match
  }

  private(set) var states: [State] = []

  /// - Parameter maximum: The most states that are made.
  init(_ node: PatternNode, statesMaximum maximum: Int) throws(PatternError) {
    var compiler = Compiler(statesMaximum: maximum)
    try compiler.add(node)
    try compiler.append(.match)
    states = compiler.states
  }

  /// Whether the expression matches from the text's begin, to its end or, with `isPrefix`, to anywhere.
  ///
  /// Costs at most one visit of each state for each character.
  func matches(_ text: some Collection<UInt8>, isPrefix: Bool = false) -> Bool {
    let text = Array(text)
    var run = Run(states: states)
    run.follow(0, at: 0, text)
    for position in text.indices {
      if isPrefix, run.hasMatched { return true }
      if run.active.isEmpty { return false }
      run.step(at: position, text)
    }
    return run.hasMatched
  }

  /// Makes states of a tree whose depth the parser has bounded.
  private struct Compiler {
    let statesMaximum: Int
    private(set) var states: [State] = []
    /// Nodes visited: a repetition of nothing makes no states, and must end nevertheless.
    private var visits = 0

    init(statesMaximum: Int) { self.statesMaximum = statesMaximum }

    mutating func append(_ state: State) throws(PatternError) {
      guard states.count < statesMaximum else { throw tooLarge }
      states.append(state)
    }

    private var tooLarge: PatternError {
      .tooLarge("it is too large: more than \(statesMaximum) states")
    }

    mutating func add(_ node: PatternNode) throws(PatternError) {
      visits += 1
      guard visits <= 2 * statesMaximum else { throw tooLarge }
      switch node {
      case .character(let set): try append(.character(set))
      case .assertion(let assertion): try append(.assertion(assertion))
      case .sequence(let items): for item in items { try add(item) }
      case .alternatives(let branches): try add(branches)
      case .repetition(let item, let minimum, let maximum):
        for _ in 0..<minimum { try add(item) }
        guard let maximum else { return try addLoop(item) }
        try addOptional(item, count: maximum - minimum)
      }
    }

    private mutating func add(_ branches: [PatternNode]) throws(PatternError) {
      var ends: [Int] = []
      for (index, branch) in branches.enumerated() {
        guard index + 1 < branches.count else {
          try add(branch)
          break
        }
        let split = states.count
        try append(.split(split + 1, 0))
        try add(branch)
        ends.append(states.count)
        try append(.jump(0))
        states[split] = .split(split + 1, states.count)
      }
      for end in ends { states[end] = .jump(states.count) }
    }

    private mutating func addLoop(_ item: PatternNode) throws(PatternError) {
      let split = states.count
      try append(.split(split + 1, 0))
      try add(item)
      try append(.jump(split))
      states[split] = .split(split + 1, states.count)
    }

    private mutating func addOptional(_ item: PatternNode, count: Int) throws(PatternError) {
      var splits: [Int] = []
      for _ in 0..<count {
        splits.append(states.count)
        try append(.split(0, 0))
        try add(item)
      }
      for split in splits { states[split] = .split(split + 1, states.count) }
    }
  }

  /// The states that are reached at one place of the text.
  private struct Run {
    let states: [State]
    /// Character states, each once.
    private(set) var active: [Int] = []
    private(set) var hasMatched = false
    private var seenAt: [Int]
    private var pending: [Int] = []

    init(states: [State]) {
      self.states = states
      seenAt = [Int](repeating: -1, count: states.count)
    }

    /// Reads the character at a position.
    mutating func step(at position: Int, _ text: [UInt8]) {
      let before = active
      active.removeAll(keepingCapacity: true)
      hasMatched = false
      for index in before {
        guard case .character(let set) = states[index], set.contains(text[position]) else {
          continue
        }
        follow(index + 1, at: position + 1, text)
      }
    }

    /// Takes up all character states that are reached from one without reading.
    mutating func follow(_ first: Int, at position: Int, _ text: [UInt8]) {
      pending.append(first)
      while let index = pending.popLast() {
        guard seenAt[index] != position else { continue }
        seenAt[index] = position
        switch states[index] {
        case .character: active.append(index)
        case .assertion(let assertion):
          if Self.holds(assertion, at: position, text) { pending.append(index + 1) }
        case .split(let one, let other):
          pending.append(one)
          pending.append(other)
        case .jump(let target): pending.append(target)
        case .match: hasMatched = true
        }
      }
    }

    private static func holds(
      _ assertion: PatternAssertion, at position: Int, _ text: [UInt8]
    ) -> Bool {
      func isWord(_ index: Int) -> Bool {
        text.indices.contains(index) && CharacterSet128.wordCharacters.contains(text[index])
      }
      switch assertion {
      case .start: return position == 0
      case .end: return position == text.count
      case .wordBoundary(let isBoundary):
        return (isWord(position - 1) != isWord(position)) == isBoundary
      }
    }
  }
}
