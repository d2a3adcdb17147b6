import Foundation
import GenkiTemplates
import Testing

/// No template takes more than it may.
@Suite struct LimitTests {
  /// Templates that would take for ever, or all memory, or the stack.
  static let greedy = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}",
    "{% set ns = namespace(x={}) %}{% for a in range(99999) %}{% set ns.x = {1: ns.x} %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(99999) %}{% set ns.x = ns.x|map('abs') %}{% endfor %}",
    "{{ 'x' * 99999999999 }}", "{{ [1] * 99999999999 }}", "{{ 'x'|center(99999999999) }}",
    "{{ '%99999999999d' % 1 }}", "{{ '%.99999999999f' % 1 }}", "{{ '{:99999999999}'.format('x') }}",
    "{{ 'a'|indent(99999999999, true) }}", "{{ [1]|tojson(indent=99999999999) }}",
    "{{ [1]|batch(99999999999, 1)|list }}", "{{ 'x'.zfill(99999999999) }}",
    "{{ ('x' * 100000)|replace('', 'y' * 100000) }}",
    "{{ ('x' * 100000)|list|join('y' * 100000) }}",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{% macro f() %}{{ caller() if false }}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
    "{% set ns = namespace() %}{% set ns.me = [ns] %}{{ ns }}", "{{ range(9999999) }}",
    "{% for a in range(99999) %}{{ 'x' * 10000 }}{% endfor %}",
    "{{ [1]|slice(99999999999)|list }}",
    "{% for a in range(99999) %}{% macro f() %}{% endmacro %}{% for b in range(99) %}{% endfor %}{% endfor %}",
    "{{ 9999999999 * 9999999999 }}", "{{ 2 ** 64 }}", "{{ 10 ** 400 }}",
  ]

  @Test(arguments: greedy) func greedyTemplatesAreStoppedSoon(template: String) throws {
    let program = try ChatTemplateProgram(template)
    let time = CPUTime.of {
      #expect(throws: TemplateError.self) {
        do throws(TemplateError) {
          _ = try program.render([], clock: nil)
        } catch {
          if case .limit = error {} else { Issue.record("\(error)") }
          throw error
        }
      }
    }
    #expect(time < CPUTime.bound)
  }

  @Test(arguments: [
    String(repeating: "(", count: 100_000), String(repeating: "{% if a %}", count: 100_000),
    "{{ " + String(repeating: "not ", count: 100_000) + "a }}",
    "{{ a" + String(repeating: "+a", count: 100_000) + " }}",
    "{{ a" + String(repeating: ".a", count: 100_000) + " }}",
    "{{ a" + String(repeating: "|trim", count: 100_000) + " }}",
    "{{ a" + String(repeating: " if a else a", count: 50_000) + " }}",
    "{{ " + String(repeating: "[", count: 100_000) + " }}",
    "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
    "{% set " + String(repeating: "(", count: 100_000) + "a %}",
    String(repeating: "{% if a %}{% set b = 1 %}{% endif %}", count: 20_000),
    String(repeating: "a", count: 2_000_000),
  ])
  func deepAndLongTemplatesAreRefused(template: String) {
    let text = template.hasPrefix("(") ? "{{ \(template) }}" : template
    #expect(throws: TemplateError.self) { try ChatTemplateProgram(text).render([], clock: nil) }
  }

  /// The deepest that is allowed, on a stack as small as those of worker threads.
  @Test(arguments: [
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{% macro f(x) %}{% if x %}{% for a in [x] %}{% set y %}{{ [f(a)|trim]|join }}{% endset %}{% endfor %}{% endif %}{% endmacro %}{{ f(1) }}",
    "{% macro f() %}{{ caller() if false }}{% call f() %}{% filter trim %}x{% endfilter %}{% endcall %}{% endmacro %}{{ f() }}",
    "{% macro f(x) %}{{ ([x]|map('string')|list) ~ ('%s' % (1 if f(x) else 2)) }}{% endmacro %}{{ f(1) }}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(90) %}{% set ns.x = [{'a': ns.x}] if a % 2 else [ns.x] %}{{ ns.x }}{{ ns.x|tojson }}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for a in range(98) %}{% set ns.x = ns.x|map('string') %}{% endfor %}{{ ns.x|list }}{{ raise_exception('x') }}",
  ])
  func theDeepestFitsASmallStack(template: String) throws {
    let program = try ChatTemplateProgram(template)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      #expect(throws: TemplateError.self) { try program.render([], clock: nil) }
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    #expect(done.wait(timeout: .now() + 60) == .success)
  }

  @Test func aDeepTemplateRendersOnAThreadsStack() throws {
    let text =
      "{{ " + String(repeating: "(1,", count: 30) + "1" + String(repeating: ")", count: 30)
      + "|string|length }}"
    let program = try ChatTemplateProgram(text)
    #expect(try !program.render([], clock: nil).utf8.isEmpty)
    let macro = try ChatTemplateProgram(
      "{% macro f(x) %}{% if x %}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(60) }}done")
    #expect(try macro.render([], clock: nil).utf8.count == 4)
  }
}
