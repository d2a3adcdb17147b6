/// Where every use of a name finds its value, and what scopes do when they begin.
struct Bindings: Sendable {
  /// What a macro takes besides its parameters.
  struct MacroExtras: Sendable {
    var slotCount = 0
    var takesCaller = false
    var takesKwargs = false
    var takesVarargs = false
  }

  /// By the number of the use.
  var uses: [Binding]
  /// By the number of the scope.
  var scopes: [[ScopeSlot]]
  var rootScope: [ScopeSlot] = []
  var rootSlotCount = 0
  /// By the number of the macro's scope.
  var macros: [Int: MacroExtras] = [:]
  /// Scopes of loop bodies that read `loop`.
  var readsLoop: Set<Int> = []
  /// The names that come from outside, by the number of `Binding.free`.
  var freeNames: [String] = []
}
