import GenkiCore
import GenkiTemplates
import TestSupport
import Testing

/// Small templates and what jinja2 makes of them.
@Suite struct LanguageTests {
  static func render(
    _ template: String, _ variables: [(String, TemplateValue)] = [], date: TemplateDate? = nil
  ) throws -> String {
    String(
      decoding: try ChatTemplateProgram(template).render(variables, clock: date).utf8,
      as: UTF8.self)
  }

  /// Templates of the grammar of Tests/Peers/template_peer, with jinja2's answers.
  @Test func randomTemplatesRenderAsJinja2RendersThem() throws {
    let lines = try String(
      decoding: TextFile.readBytes(
        Vectors.path("formats/chat/random_templates.jsonl"), sizeLimit: 1 << 20), as: UTF8.self
    ).split(separator: "\n").map { try JSONValue.parse(String($0), source: "random_templates") }
    let head = try #require(lines.first)
    let variables = (head["variables"]?.objectValue?.entries ?? []).map {
      ($0.key, TemplateValue(json: $0.value, mark: 1))
    }
    var named = 0
    for line in lines.dropFirst() {
      let template = line["template"]?.stringValue ?? ""
      let expected = line["text"]?.stringValue
      do {
        let text = try ChatTemplateProgram(template).render(variables, clock: nil)
        #expect(text.utf8 == expected.map { Array($0.utf8) }, "\(template)")
      } catch let error {
        switch error {
        case .unsupported, .limit: named += 1
        default: #expect(expected == nil, "\(template): \(error)")
        }
      }
    }
    #expect(lines.count > 500)
    #expect(named < 30)
  }

  @Test(arguments: [
    ("the filter 'xmlattr'", "{{ x|xmlattr }}"), ("the filter 'from_json'", "{{ x|from_json }}"),
    ("the tag 'include'", "{% include 'x' %}"), ("the tag 'extends'", "{% extends 'x' %}"),
    ("the tag 'import'", "{% import 'x' as y %}"),
    ("the tag 'block'", "{% block x %}{% endblock %}"),
    ("the tag 'do'", "{% do x %}"), ("a recursive loop", "{% for x in y recursive %}{% endfor %}"),
    ("the test 'odd_one'", "{{ x is odd_one }}"), ("the function 'lipsum'", "{{ lipsum() }}"),
    ("the method 'encode' of str", "{{ 'x'.encode() }}"),
    ("the attribute '__class__'", "{{ ''.__class__ }}"),
    ("the date format '%Q'", "{{ strftime_now('%Q') }}"),
  ])
  func whatIsNotRunIsNamed(construct: String, template: String) throws {
    #expect(throws: TemplateError.unsupported(construct: construct, line: 1)) {
      try Self.render(
        template, [("x", .text("x"))], date: TemplateDate("2024-07-26", isVisible: true))
    }
  }

  @Test(arguments: [
    "{{ messages.append(1) }}", "{{ d.update(a=1) }}", "{{ d.pop('a') }}", "{{ messages.clear() }}",
    "{{ messages.sort() }}", "{% set d.x = 1 %}", "{% set ns = namespace(_a=1) %}",
  ])
  func nothingThatIsGivenCanBeChanged(template: String) throws {
    #expect(throws: TemplateError.self) {
      try Self.render(template, [("messages", .list([])), ("d", .object([("a", .int(1))]))])
    }
  }

  @Test func theDateIsThereToBeCalledAndNotToBeAskedFor() throws {
    let template = "{{ strftime_now is defined }} {{ strftime_now('%d %b %Y') }}"
    let hidden = TemplateDate("2024-07-26", isVisible: false)
    let visible = TemplateDate("2024-07-26", isVisible: true)
    #expect(try Self.render(template, date: hidden) == "False 26 Jul 2024")
    #expect(try Self.render(template, date: visible) == "True 26 Jul 2024")
    #expect(throws: TemplateError.self) { try Self.render(template) }
  }

  @Test func aDateIsWrittenAsPythonWritesIt() throws {
    let format = "%a %A %b %B %c %C %d %D %e %F %G %g %H %I %j %m %p %u %U %V %w %W %x %X %y %Y %%"
    let texts = [
      "2024-07-26":
        "Fri Friday Jul July Fri Jul 26 00:00:00 2024 20 26 07/26/24 26 2024-07-26 2024 24 00 12 208 07 AM 5 29 30 5 30 07/26/24 00:00:00 24 2024 %",
      "2021-01-03":
        "Sun Sunday Jan January Sun Jan  3 00:00:00 2021 20 03 01/03/21  3 2021-01-03 2020 20 00 12 003 01 AM 7 01 53 0 00 01/03/21 00:00:00 21 2021 %",
      "2018-12-31":
        "Mon Monday Dec December Mon Dec 31 00:00:00 2018 20 31 12/31/18 31 2018-12-31 2019 19 00 12 365 12 AM 1 52 01 1 53 12/31/18 00:00:00 18 2018 %",
    ]
    for (day, text) in texts {
      let date = try #require(TemplateDate(day, isVisible: true))
      #expect(try Self.render("{{ strftime_now('\(format)') }}", date: date) == text)
    }
  }

  @Test func whatIsRaisedIsTold() {
    #expect(throws: TemplateError.raised(message: "No.")) {
      try Self.render("{{ raise_exception('No.') }}")
    }
  }

  @Test func theVariablesThatATemplateReadsAreKnown() throws {
    let program = try ChatTemplateProgram(
      "{% set x = a %}{% for m in messages %}{{ m.b }}{{ x }}{% endfor %}{{ range(n) }}")
    #expect(program.freeVariables == ["a", "messages", "n"])
  }

  @Test func linesOfErrorsAreTheTemplates() {
    #expect(throws: TemplateError.syntax(line: 3, reason: "an expression is expected, found '|'")) {
      try ChatTemplateProgram("a\nb\n{{ | }}")
    }
  }
}
