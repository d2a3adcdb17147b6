/// What a `namespace` holds.
final class NamespaceState {
  var entries: ObjectEntries

  init(_ entries: ObjectEntries) { self.entries = entries }
}

/// The slots of a running function.
final class Activation {
  var slots: [Value]
  let parent: Activation?

  init(slotCount: Int, parent: Activation?) {
    slots = Array(repeating: .missing, count: slotCount)
    self.parent = parent
  }
}

/// A macro together with the activation it was defined in.
final class MacroState {
  let body: MacroBody
  let extras: Bindings.MacroExtras
  let activation: Activation

  init(body: MacroBody, extras: Bindings.MacroExtras, activation: Activation) {
    self.body = body
    self.extras = extras
    self.activation = activation
  }
}

/// Something that gives values one after the other, once.
final class IteratorState {
  typealias Step = (Renderer) throws(TemplateError) -> Value?

  private let step: Step
  /// How many iterators it goes through.
  let depth: Int
  private var isRunning = false

  init(depth: Int, step: @escaping Step) {
    self.depth = depth
    self.step = step
  }

  /// The next value; an iterator that leads to itself is refused, as Python does, and one that
  /// leads to others counts as a call.
  func next(_ renderer: Renderer) throws(TemplateError) -> Value? {
    guard !isRunning else { throw renderer.failed("generator already executing") }
    try renderer.enter()
    isRunning = true
    defer {
      isRunning = false
      renderer.depth -= 1
    }
    return try step(renderer)
  }
}

/// `cycler`: its items, and which one is next.
final class CyclerState {
  let items: [Value]
  var position = 0

  init(_ items: [Value]) { self.items = items }
}

/// `joiner`: its separator, and whether it was asked before.
final class JoinerState {
  let separator: Value
  var isUsed = false

  init(_ separator: Value) { self.separator = separator }
}

/// The things of one rendering that change; values have their numbers.
struct Arena {
  var namespaces: [NamespaceState] = []
  var macros: [MacroState] = []
  var loops: [LoopState] = []
  var iterators: [IteratorState] = []
  var cyclers: [CyclerState] = []
  var joiners: [JoinerState] = []
}
