import Foundation
import GenkiTemplates
import Testing

/// What a template could do to its reader, and what is done about it.
@Suite struct HostileTemplateTests {
  private static func names(
    _ count: Int, _ name: (Int) -> String, _ separator: String = ""
  ) -> String {
    (0..<count).map(name).joined(separator: separator)
  }

  /// Builds `before`, runs `body` very often.
  private static func often(_ body: String, after before: String = "") -> String {
    before + "{% for i in range(90000) %}{% for j in range(90000) %}" + body
      + "{% endfor %}{% endfor %}"
  }

  private static let bigText = "{% set big = 'x' * 1000000 %}"
  private static let bigList = "{% set big = range(100000)|list * 4 %}"
  /// A tuple of two million million million parts, which share their memory.
  private static let shared =
    "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}"

  /// Each does little that looks like work, and much that is.
  static let dear: [String] =
    [
      "{{ {ns.t: 1}|length }}", "{% set d = {1: 1} %}{{ d[ns.t] }}", "{{ {1: 1}.get(ns.t) }}",
      "{{ ns.t in {1: 1} }}", "{{ [ns.t]|unique|list|length }}", "{{ dict([(ns.t, 1)])|length }}",
      "{{ ns.t|string|length }}", "{{ ns.t|tojson|length }}", "{{ ns.t is filter }}",
      "{% set nt = namespace(t=(1,)) %}{% for i in range(60) %}{% set nt.t = (nt.t, nt.t) %}"
        + "{% endfor %}{{ ns.t == nt.t }}{{ [ns.t, nt.t]|sort|length }}",
    ].map { shared + $0 }
    + [
      often("{{ big is filter }}", after: bigText), often("{{ big is test }}", after: bigText),
      often("{{ big|truncate(9) }}", after: bigText), often("{{ big|center(9) }}", after: bigText),
      often("{{ 'x'|attr(big) }}", after: bigText), often("{{ {}[big] }}", after: bigText),
      often("{% set ns = namespace() %}{{ ns[big] }}", after: bigText),
      often("{{ 'x'.startswith(big) }}", after: "{% set big = ('y',) * 400000 %}"),
      often("{{ dict(big) }}", after: "{% set big = [(1, 1)] * 400000 %}"),
      often("{{ loop.cycle(*big) }}", after: bigList),
      often("{{ loop.changed(*big) }}", after: bigList),
      often("{{ dict(**big) }}", after: "{% set big = dict(big) %}"),
      often("{{ o.\(String(repeating: "n", count: 500_000)) }}", after: "{% set o = {} %}"),
      often("{{ dict(\(String(repeating: "n", count: 500_000))=1) }}"),
      "{{ ([1] * 900000)|tojson(separators=('x' * 1000000, ':'))|length }}",
      "{{ ([[[1]]] * 900000)|tojson(indent='x' * 100000)|length }}",
      bigText + "{{ ('%s' * 10000 % ((big,) * 10000))|length }}",
      bigText + "{{ ('{0:s}' * 10000).format(big)|length }}",
      bigText + "{{ [1]|map(attribute='a.' * 9000000)|list }}",
      often("x", after: names(9000) { "{% set a\($0)=1 %}" }).replacingOccurrences(
        of: "x{%", with: names(9000) { "{% set a\($0)=a\($0) %}" } + "{%"),
      "{% macro f(\(names(9000, { "a\($0)=0" }, ","))) %}{% endmacro %}"
        + often("{{ f(\(names(9000, { "a\(8999 - $0)=1" }, ","))) }}"),
    ]

  @Test(arguments: dear) func workThatDoesNotLookLikeItIsCounted(template: String) throws {
    let time = CPUTime.of {
      #expect(throws: TemplateError.self) {
        do throws(TemplateError) {
          _ = try ChatTemplateProgram(template).render([], clock: nil)
        } catch {
          if case .limit = error {} else { Issue.record("\(error): \(template.prefix(200))") }
          throw error
        }
      }
    }
    #expect(time < CPUTime.bound, "\(template.prefix(200))")
  }

  /// Long, and read in time that grows with their length.
  @Test(arguments: [
    "{% if a %}" + names(9000) { "{% elif a %}{% set x\($0)=1 %}" } + "{% endif %}",
    names(9000) { "{% if a %}{% set x\($0)=1 %}{% endif %}" },
    String(repeating: "{% if a %}", count: 90) + names(9000) { "{% set x\($0)=1 %}" }
      + String(repeating: "{% endif %}", count: 90),
    "{{ dict(\(names(40_000, { "a\($0)=1" }, ",")))|length }}",
    "{% macro f(\(names(30_000, { "a\($0)=0" }, ","))) %}{% endmacro %}{{ f() }}",
    "{% macro f(\(names(9000, { "a\($0)=0" }, ","))) %}{% endmacro %}"
      + "{{ f(\(names(9000, { "a\(8999 - $0)=1" }, ","))) }}",
  ])
  func longTemplatesAreReadInTimeThatGrowsWithThem(template: String) throws {
    let time = try CPUTime.of { _ = try ChatTemplateProgram(template).render([], clock: nil) }
    #expect(time < CPUTime.bound)
  }

  /// Chains that are built in loops and walked at once; on a stack of 1 MiB, which is less than any
  /// thread of the programs has.
  @Test(arguments: [
    "{% set ns.v = [1]|select('in', ns.v) %}|{{ ns.v|list }}",
    "{% set ns.v = [1]|reject('in', ns.v) %}|{{ ns.v|list }}",
    "{% set ns.v = [[1]|select('in', ns.v)]|map('first') %}|{{ ns.v|list }}",
    "{% set ns.v = [1]|select('in', ns.v) %}|{{ 1 in ns.v }}",
    "{% set ns.v = [1]|map('join', d=ns.v) %}|{{ ns.v|list }}",
    "{% set ns.v = [1, 2]|map('default', ns.v) %}|{{ ns.v|list|length }}",
    "{% set ns.v = [1, 2]|select('in', ns.v)|unique %}|{{ ns.v|list|length }}",
    "{% set ns.v = [(1, ns.v)]|map(attribute='1')|map('first') %}|{{ ns.v|list|length }}",
    "{% set ns.v = m(ns.v) or ns.l %}|{{ ns.v.length }}",
    "{% set ns.v = [ns.v] %}|{{ ns.v }}", "{% set ns.v = {1: ns.v} %}|{{ ns.v }}",
    "{% set ns.v = (ns.v,) %}|{{ ns.v }}", "{% set ns.v = namespace(v=ns.v) %}|{{ ns.v }}",
    "{% set ns.v = {1: ns.v}.items() %}|{{ ns.v }}", "{% set ns.v = {1: ns.v}.get %}|{{ ns.v }}",
    "{% set ns.v = cycler(ns.v) %}|{{ ns.v.next() }}", "{% set ns.v = joiner(ns.v) %}|{{ ns.v() }}",
    "{% macro f() %}{{ ns.v }}{% endmacro %}{% set ns.v = f %}|{{ ns.v() }}",
    "{% macro f(v) %}{% macro g() %}{{ v() }}{% endmacro %}{% set ns.v = g %}{% endmacro %}{{ f(ns.v) }}|{{ ns.v() }}",
  ])
  func chainsNeitherFillTheStackWhenTheyAreWalkedNorWhenTheyEnd(parts: String) throws {
    let halves = parts.split(separator: "|{{", maxSplits: 1)
    let macro =
      "{% macro m(y) %}{% for x in [1, 2, 3] if y %}{% set ns.l = loop %}{% break %}{% endfor %}{% endmacro %}"
    for count in [90, 60_000] {
      let template =
        "{% set ns = namespace(v=[1], l=none) %}\(macro){% for i in range(\(count)) %}\(halves[0]){% endfor %}"
      try OnSmallStack.run {
        // Nothing is asked of the outcome but that there is one.
        _ = try? ChatTemplateProgram(template).render([], clock: nil)
        _ = try? ChatTemplateProgram(template + "{{" + halves[1]).render([], clock: nil)
      }
    }
  }

  /// The deepest that the limits allow, of what takes most of the stack.
  @Test(arguments: [
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{{ [x]|map('first')|map('default', f(x))|list }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{% if x %}{% for y in [x] %}{% set z %}{{ f(y)|trim }}{% endset %}{% endfor %}{% endif %}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{% call(y) g() %}{{ f(y) }}{% endcall %}{% endmacro %}{% macro g() %}{{ caller(1) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{% filter replace('a', f(x)) %}{% with a = f(x) %}{% endwith %}{% endfilter %}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{% for y in [x] if f(y) %}{% endfor %}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{{ '%s' % ('{}'.format([f(x)][0]) ~ x)|e }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{{ 1 if (x == 1 and {'a': f(x)}['a'][1:] is string) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{% generation %}{{ f(*[x], **{}) }}{% endgeneration %}{% endmacro %}{{ f(1) }}",
  ])
  func theDeepestCallsFitASmallStack(template: String) throws {
    try OnSmallStack.run {
      #expect(throws: TemplateError.limit(.callDepth(TemplateLimits.standard.callDepth), line: 1)) {
        try ChatTemplateProgram(template).render([], clock: nil)
      }
    }
  }

  @Test(arguments: [
    "{% for x in [ns, ns, ns]|map(attribute='l.length') %}{% set ns.l = loop %}{{ x }}{% endfor %}",
    "{% for x in [ns, ns, ns]|map(attribute='l.last') %}{% set ns.l = loop %}{{ x }}{% endfor %}",
    "{% for x in [ns, ns, ns]|map(attribute='l.nextitem') %}{% set ns.l = loop %}{{ x }}{% endfor %}",
    "{% for x in [ns, ns, ns]|map(attribute='l.revindex') %}{% set ns.l = loop %}{{ x }}{% endfor %}",
    "{% for x in [1, 2, 3] if ns.l is none or ns.l.length %}{% set ns.l = loop %}{{ x }}{% endfor %}",
    "{% for x in [1, 2, 3] if ns.l is none or ns.l %}{% set ns.l = loop %}{{ x }}{% endfor %}",
    "{% set ns.l = [ns, ns]|map(attribute='l.0')|select('in', ns.l) %}{% set ns.l = [ns]|map(attribute='l')|map('list') %}{{ ns.l|list }}",
  ])
  func aLoopThatAsksItselfForMoreIsRefusedAsPythonDoes(template: String) throws {
    #expect(throws: TemplateError.failed(line: 1, reason: "generator already executing")) {
      try ChatTemplateProgram("{% set ns = namespace(l=none) %}" + template).render(
        [], clock: nil)
    }
  }

  /// What Python 3.11 with jinja2 3.1.6 renders.
  @Test(arguments: [
    (
      "{% set ns = namespace() %}{% for a in [1,2] %}{% for x in [1,2] if ns.m is undefined or ns.m() %}"
        + "{% macro m() %}{{ loop.cycle('p','q') }}{% endmacro %}{% set ns.m = m %}{{ x }}{{ m() }},"
        + "{% endfor %}{% endfor %}", "1p,2q,1p,2q,"
    ),
    ("{{ '\\x7f'|tojson(ensure_ascii=true) }}{{ '\\x7f'|tojson }}", "\"\\u007f\"\"\u{7f}\""),
    ("{{ '٣'|int }} {{ '-٣_४'|int }} {{ '٣.५e1'|float }} {{ '½'|int }}", "3 -34 35.0 0"),
    ("{{ ('1' * 401)|float }} {{ ('-' ~ '1' * 401)|float }}", "inf -inf"),
    ("{{ {range(3): 1}[range(1, 4)] is defined }}", "False"),
    ("{{ {(1, 'a'): 2}[(1.0, 'a')] }}{{ {(1, 'a'): 2}.get((1, 'b'), 3) }}", "23"),
  ])
  func raritiesRenderAsInPython(template: String, expected: String) throws {
    #expect(try LanguageTests.render(template) == expected)
  }

  @Test func whatTheTemplateSaysIsSaidOnce() {
    #expect(TemplateError.raised(message: "no tools").why == "the template says: no tools")
  }
}

/// The time that a thread computes, which others beside it do not lengthen.
enum CPUTime {
  /// Some seconds where code is optimized.
  static let bound: Double = {
    #if DEBUG
      60
    #else
      3
    #endif
  }()

  static func of(_ body: () throws -> Void) rethrows -> Double {
    let start = now
    try body()
    return now - start
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A thread with a stack of 1 MiB.
enum OnSmallStack {
  static func run(_ body: @escaping @Sendable () throws -> Void) throws {
    let outcome = Outcome()
    let thread = Thread {
      do { try body() } catch { outcome.error = error }
      outcome.done.signal()
    }
    thread.stackSize = 1 << 20
    thread.start()
    outcome.done.wait()
    if let error = outcome.error { throw error }
  }

  /// Written before the signal, and read behind it.
  private final class Outcome: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    var error: (any Error)?
  }
}
