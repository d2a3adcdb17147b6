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

  /// What one path through the scope knows.
  struct State {
    var references: Set<String> = []
    var loads: [String: Load] = [:]
    var stores: Set<String> = []
  }

  /// What a branch adds to the state of its frame.
  struct Lesson {
    var references: [String] = []
    var loads: [(name: String, load: Load)] = []
    var stores: [String] = []

    /// How much it is, as work.
    var size: Int { references.count + loads.count + stores.count }
  }

  private enum Change {
    case reference(String)
    case load(String, before: Load?)
    case store(String)
  }

  let parent: Frame?
  let function: FunctionFrame
  private(set) var state = State()
  /// The changes of the state, so that a branch can be taken back at the price of what it changed.
  private var journal: [Change] = []
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
    refer(name)
    set(.variable, of: name)
  }

  func store(_ name: String) {
    markStored(name)
    guard !state.references.contains(name) else { return }
    refer(name)
    if let outer = parent?.owner(of: name) {
      set(.alias(outer), of: name)
    } else {
      set(.undefined, of: name)
    }
  }

  func declareParameter(_ name: String) {
    markStored(name)
    refer(name)
    set(.parameter, of: name)
  }

  /// What a branch of an `if` learns; the frame is as before behind it.
  func branch(_ body: () -> Void) -> Lesson {
    let start = journal.count
    body()
    var lesson = Lesson()
    for change in journal[start...].reversed() {
      switch change {
      case .reference(let name):
        state.references.remove(name)
        lesson.references.append(name)
      case .load(let name, let before):
        lesson.loads.append((name, state.loads[name] ?? .undefined))
        state.loads[name] = before
      case .store(let name):
        state.stores.remove(name)
        lesson.stores.append(name)
      }
    }
    journal.removeSubrange(start...)
    return lesson
  }

  /// Joins what the branches of an `if` learned.
  func join(_ branches: [Lesson]) {
    var assigned: Set<String> = []
    for branch in branches {
      for name in branch.references { refer(name) }
      for name in branch.stores where !state.stores.contains(name) {
        assigned.insert(name)
        markStored(name)
      }
    }
    for branch in branches {
      // The last change was undone first, and is the one that holds.
      for (name, load) in branch.loads.reversed() where !assigned.contains(name) {
        // Said once, or what is said would grow with the nesting.
        if case .variable = load, case .variable = state.loads[name] { continue }
        set(load, of: name)
      }
    }
    for name in assigned {
      if let outer = parent?.owner(of: name) {
        set(.alias(outer), of: name)
      } else {
        set(.variable, of: name)
      }
    }
  }

  private func refer(_ name: String) {
    if state.references.insert(name).inserted { journal.append(.reference(name)) }
  }

  private func set(_ load: Load, of name: String) {
    journal.append(.load(name, before: state.loads.updateValue(load, forKey: name)))
  }

  private func markStored(_ name: String) {
    if state.stores.insert(name).inserted { journal.append(.store(name)) }
  }

  /// Whether a name is read from the template's variables and never assigned here.
  func isVariable(_ name: String) -> Bool {
    guard case .variable = state.loads[name] else { return false }
    return !state.stores.contains(name)
  }
}
