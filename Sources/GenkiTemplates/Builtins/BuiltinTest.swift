/// The tests that are run here: all of Jinja's.
enum BuiltinTest: String, Sendable, CaseIterable {
  case odd, even, divisibleby, defined, undefined, filter, test, none, boolean, `false`, `true`
  case integer, float, lower, upper, string, mapping, number, sequence, iterable, callable, sameas
  case escaped, `in`
  case equalSign = "=="
  case eq, equalto
  case notEqualSign = "!="
  case ne
  case greaterSign = ">"
  case gt, greaterthan, ge
  case greaterOrEqualSign = ">="
  case lessSign = "<"
  case lt, lessthan
  case lessOrEqualSign = "<="
  case le
}
