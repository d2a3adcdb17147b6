import GenkiTemplates
import Testing

/// A turn's words stay a turn's, whatever a template does with them.
@Suite struct OriginTests {
  /// Control tokens of published templates.
  static let tokens = [
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|start_header_id|>",
    "<|end_header_id|>", "<|begin_of_text|>", "<|end_of_text|>", "<s>", "</s>", "[INST]", "[/INST]",
    "[SYSTEM_PROMPT]", "<<SYS>>", "<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<|user|>",
    "<|assistant|>", "<|system|>", "<|end|>", "<|start_of_role|>", "<|end_of_role|>",
    "<｜User｜>", "<｜Assistant｜>", "<｜end▁of▁sentence｜>", "<think>", "</think>", "<tool_call>",
    "</tool_call>", "<|python_tag|>", "<|channel|>", "<|message|>",
  ]

  /// Ways of a text through the language; each must write the words, and no byte of them as its own.
  static let ways = [
    "{{ w }}", "{{ w|trim }}", "{{ w.strip() }}", "{{ w.split('a')|join('a') }}",
    "{{ w.split('|')|join('|') }}", "{{ w|list|join }}", "{{ w|replace('q', 'r') }}",
    "{{ (w ~ 'q')|replace('q', '') }}", "{{ w|tojson }}", "{{ [w]|tojson }}",
    "{{ {'k': w}|tojson(indent=2) }}", "{{ {w: 1}|tojson }}", "{{ w|upper|lower }}",
    "{{ w[:2] }}{{ w[2:] }}", "{{ w[::-1][::-1] }}", "{{ '%s' % w }}", "{{ '%s and %s' % (w, 1) }}",
    "{{ '{}'.format(w) }}", "{{ '{a:>40}'.format(a=w) }}", "{{ '%(a)s'|format(a=w) }}",
    "{% macro f(x) %}({{ x }}){% endmacro %}{{ f(w) }}",
    "{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}{{ w }}{% endcall %}",
    "{% set x %}a{{ w }}b{% endset %}{{ x }}", "{% set x %}{{ w }}{% endset %}{{ x|trim }}",
    "{{ [w, w]|map('trim')|join(' ') }}",
    "{% for k, v in {'a': w}.items() %}{{ k }}{{ v }}{% endfor %}",
    "{% for k, v in {w: 1}|items %}{{ k }}{% endfor %}", "{{ w|indent(2, true) }}",
    "{{ (w ~ '\n' ~ w)|indent(4) }}", "{% filter trim %} {{ w }} {% endfilter %}",
    "{{ w|string }}", "{{ w|safe }}", "{{ w|default('x') }}", "{{ w or 'x' }}",
    "{{ 'x' if false else w }}", "{% set ns = namespace(a=w) %}{{ ns.a }}", "{{ [w] }}",
    "{{ {'a': [w]} }}", "{{ w ~ '' }}", "{{ '' + w + '' }}", "{{ w * 2 }}",
    "{{ w.splitlines()|join }}",
    "{{ w|center(60) }}", "{{ w.ljust(60) }}", "{{ w.partition('a')|join }}",
    "{{ (w ~ ' x').rsplit(' ', 1)[0] }}",
    "{{ w|reverse|reverse }}", "{{ [w]|first }}", "{{ [w]|sort|last }}",
    "{{ {'a': w}|dictsort|join }}",
    "{{ w.removeprefix('zz') }}", "{{ ('zz' ~ w).removeprefix('zz') }}",
    "{{ [w]|groupby(0)|list }}",
    "{% generation %}{{ w }}{% endgeneration %}", "{% with x = w %}{{ x }}{% endwith %}",
    "{{ [[w]]|sum(start=[])|join }}", "{{ [w]|unique|join }}", "{{ w|e }}",
    "{% for c in w %}{{ c }}{% endfor %}", "{{ d.content }}", "{{ d['content'] }}",
    "{{ d|tojson }}",
    "{{ d }}", "{{ d.values()|join }}", "{{ d|map(attribute=0)|join }}{{ d.get('content') }}",
  ]

  /// The bytes of a rendering that are the template's own.
  private func own(_ text: RenderedText) -> String {
    var start = 0
    var result: [UInt8] = []
    for run in text.runs {
      if run.mark == 0 {
        result += text.utf8[start..<run.end]
        // Bytes of the template on both sides of a turn's do not become one.
        result.append(0)
      }
      start = run.end
    }
    return String(decoding: result, as: UTF8.self)
  }

  @Test(arguments: ways) func noWordOfATurnIsTheTemplates(way: String) throws {
    let program = try ChatTemplateProgram(way)
    for token in Self.tokens {
      for words in [token, "a\(token)b", " \(token)\(token) ", "é\(token)"] {
        let text = try program.render(
          [
            ("w", .text(words, mark: 7)),
            ("d", .object([("role", .text("user")), ("content", .text(words, mark: 7))], mark: 7)),
          ], clock: nil)
        #expect(text.runs.last?.end == text.utf8.count)
        #expect(text.runs.contains { $0.mark == 7 })
        // What the template has by itself is the same for words without a token.
        let plain = try program.render(
          [
            ("w", .text("", mark: 7)),
            ("d", .object([("role", .text("user")), ("content", .text("", mark: 7))], mark: 7)),
          ], clock: nil)
        let written = own(text)
        #expect(!written.contains(token), "\(way): \(written)")
        #expect(
          written.utf8.filter { $0 == 0x3C || $0 == 0x5B }.count
            <= own(plain).utf8.filter { $0 == 0x3C || $0 == 0x5B }.count)
      }
    }
  }

  @Test func whatATemplateReplacesInATurnIsTheTurns() throws {
    let program = try ChatTemplateProgram("{{ w|replace('[END]', '<|im_end|>') }}")
    let text = try program.render([("w", .text("x[END]y", mark: 2))], clock: nil)
    #expect(String(decoding: text.utf8, as: UTF8.self) == "x<|im_end|>y")
    #expect(text.runs == [RenderedText.Run(end: 12, mark: 2)])
  }

  @Test(arguments: ["{{ 'a' + w + 'b' }}", "a{{ w }}b", "{{ 'a' ~ w|trim ~ 'b' }}"])
  func anEmptyTextSaysWhereItStood(template: String) throws {
    let text = try ChatTemplateProgram(template).render([("w", .text("", mark: 4))], clock: nil)
    #expect(
      text.runs == [
        RenderedText.Run(end: 1, mark: 0), RenderedText.Run(end: 1, mark: 4),
        RenderedText.Run(end: 2, mark: 0),
      ])
  }

  @Test func aTextOfBlanksThatIsStrippedSaysWhereItStood() throws {
    let text = try ChatTemplateProgram("{{ ('a: ' + w)|trim }}").render(
      [("w", .text("  ", mark: 4))], clock: nil)
    #expect(text.utf8 == Array("a:".utf8))
    #expect(text.runs.last == RenderedText.Run(end: 2, mark: 4))
  }

  @Test func numbersOfMarkedValuesAreMarked() throws {
    let text = try ChatTemplateProgram("{{ d.n }}{{ d.n + 1 }}{{ d.f|round(1) }}{{ w|length }}")
      .render(
        [
          ("d", TemplateValue(json: ["n": 5, "f": 1.25], mark: 3)), ("w", .text("abc", mark: 3)),
        ], clock: nil)
    #expect(String(decoding: text.utf8, as: UTF8.self) == "561.23")
    #expect(text.runs == [RenderedText.Run(end: 6, mark: 3)])
  }
}
