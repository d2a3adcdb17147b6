import GenkiCore
import GenkiTemplates
import Testing

@Suite struct SmokeTests {
  @Test func rendersALoop() throws {
    let program = try ChatTemplateProgram("{% for m in ms %}{{ m.a }}{% endfor %}")
    let text = try program.render(
      [("ms", .list([.object([("a", .text("x", mark: 3))])]))], clock: nil)
    #expect(String(decoding: text.utf8, as: UTF8.self) == "x")
  }
}
