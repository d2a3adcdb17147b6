/// Where the value of a use of a name is when the template runs.
enum Binding: Sendable, Equatable {
  /// A variable that is given to the template, or a function of the environment.
  case free(Int)
  /// A slot of a function's activation, so many functions outward.
  case local(hops: Int, slot: Int)
}

/// What happens to a slot when its scope begins.
enum SlotStart: Sendable, Equatable {
  case missing
  case copy(Binding)
}

struct ScopeSlot: Sendable, Equatable {
  let slot: Int
  let start: SlotStart
}

/// A function of the template: the template itself, or the body of a macro.
final class FunctionFrame {
  let parent: FunctionFrame?
  var slotCount = 0

  init(parent: FunctionFrame?) { self.parent = parent }

  func newSlot() -> Int {
    slotCount += 1
    return slotCount - 1
  }
}

/// The names of one scope, by Jinja's rules of what is local.
///
/// Jinja decides before it runs where each name lives: a name that a scope assigns is the scope's
/// own from its beginning, and starts as what the scope around it has there, as nothing, or as the
/// template's variable, by the order in which it is read and assigned.
final class Frame {
  /// What a name is when its scope begins.
  enum Load {
    case parameter
    case variable
    /// What it is in the frame further out that has it.
    case alias(Frame)
    case undefined
  }

  /// What one path through the scope knows; branches have copies that are joined behind them.
  struct State {
    var references: Set<String> = []
    var loads: [String: Load] = [:]
    var stores: Set<String> = []
  }

  let parent: Frame?
  let function: FunctionFrame
  var state = State()
  private var slots: [String: Int] = [:]

  init(parent: Frame?, function: FunctionFrame) {
    self.parent = parent
    self.function = function
  }

  /// The slot of a name in the frame's function.
  func slot(of name: String) -> Int {
    if let slot = slots[name] { return slot }
    let slot = function.newSlot()
    slots[name] = slot
    return slot
  }

  /// The frame, from this one outward, that has the name.
  func owner(of name: String) -> Frame? {
    var frame: Frame? = self
    while let candidate = frame {
      if candidate.state.references.contains(name) { return candidate }
      frame = candidate.parent
    }
    return nil
  }

  func load(_ name: String) {
    guard owner(of: name) == nil else { return }
    state.references.insert(name)
    state.loads[name] = .variable
  }

  func store(_ name: String) {
    state.stores.insert(name)
    guard !state.references.contains(name) else { return }
    state.references.insert(name)
    if let outer = parent?.owner(of: name) {
      state.loads[name] = .alias(outer)
    } else {
      state.loads[name] = .undefined
    }
  }

  func declareParameter(_ name: String) {
    state.stores.insert(name)
    state.references.insert(name)
    state.loads[name] = .parameter
  }

  /// Joins what the branches of an `if` know.
  func join(_ branches: [State]) {
    var assigned: Set<String> = []
    for branch in branches { assigned.formUnion(branch.stores) }
    assigned.subtract(state.stores)
    for branch in branches {
      state.references.formUnion(branch.references)
      state.loads.merge(branch.loads) { $1 }
      state.stores.formUnion(branch.stores)
    }
    for name in assigned {
      if let outer = parent?.owner(of: name) {
        state.loads[name] = .alias(outer)
      } else {
        state.loads[name] = .variable
      }
    }
  }

  /// Whether a name is read from the template's variables and never assigned here.
  func isVariable(_ name: String) -> Bool {
    guard case .variable = state.loads[name] else { return false }
    return !state.stores.contains(name)
  }
}
