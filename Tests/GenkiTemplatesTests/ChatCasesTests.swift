import Foundation
import GenkiCore
import GenkiTemplates
import TestSupport
import Testing

/// The renderings of transformers, byte for byte.
@Suite struct ChatCasesTests {
  struct Case {
    let template: String
    let name: String
    let variables: [(String, TemplateValue)]
    let text: String?
  }

  static let folder = "formats/chat"

  static func source(_ path: String) throws -> String {
    String(decoding: try TextFile.readBytes(Vectors.path(path), sizeLimit: 1 << 20), as: UTF8.self)
  }

  static func program(_ template: String) throws -> ChatTemplateProgram {
    try ChatTemplateProgram(try source("\(folder)/templates/\(template).jinja"))
  }

  /// The variables that transformers gives a template; messages are marked with their number.
  static func variables(of value: JSONValue) -> [(String, TemplateValue)] {
    let messages = value["messages"]?.arrayValue ?? []
    var variables: [(String, TemplateValue)] = [
      (
        "messages",
        .list(messages.enumerated().map { TemplateValue(json: $1, mark: Int32($0 + 1)) })
      ),
      ("tools", TemplateValue(json: value["tools"] ?? .null, mark: 0)),
      ("documents", .null),
      (
        "add_generation_prompt",
        .bool(value["add_generation_prompt"]?.boolValue ?? false)
      ),
    ]
    for name in ["bos_token", "eos_token"] {
      if let token = value[name]?.stringValue { variables.append((name, .text(token))) }
    }
    for entry in value["arguments"]?.objectValue?.entries ?? [] {
      variables.append((entry.key, TemplateValue(json: entry.value, mark: 0)))
    }
    return variables
  }

  static func cases() throws -> [Case] {
    try source("\(folder)/chat_cases.jsonl").split(separator: "\n").map { line in
      let value = try JSONValue.parse(String(line), source: "chat_cases.jsonl")
      return Case(
        template: value["template"]?.stringValue ?? "", name: value["case"]?.stringValue ?? "",
        variables: variables(of: value), text: value["text"]?.stringValue)
    }
  }

  static func rendered(_ program: ChatTemplateProgram, _ item: Case) -> String? {
    guard let rendered = try? program.render(item.variables, clock: nil) else { return nil }
    return String(decoding: rendered.utf8, as: UTF8.self)
  }

  @Test func everyRenderingIsTransformers() throws {
    var programs: [String: ChatTemplateProgram] = [:]
    var rendered = 0
    var refused = 0
    for item in try Self.cases() {
      let program = try programs[item.template] ?? Self.program(item.template)
      programs[item.template] = program
      let text = Self.rendered(program, item)
      #expect(
        text.map { Array($0.utf8) } == item.text.map { Array($0.utf8) },
        "\(item.template) \(item.name)")
      if text == nil { refused += 1 } else { rendered += 1 }
    }
    #expect(rendered == 510)
    #expect(refused == 46)
  }

  @Test(arguments: [
    ("chatml", "dots"), ("chatml", "double_quotes"), ("chatml", "generation_marks"),
    ("chatml", "joined_end"), ("chatml", "lines_and_dashes"), ("chatml", "older_default"),
    ("chatml", "one_expression"), ("chatml", "roles_apart"), ("chatml", "text_outside"),
    ("chatml", "tilde"), ("llama3", "bos_first"), ("llama3", "set_content"),
  ])
  func otherWordingsRenderTheSame(form: String, wording: String) throws {
    let program = try ChatTemplateProgram(
      try Self.source("\(Self.folder)/wordings/\(form)/\(wording).jinja"))
    for item in try Self.cases() where item.template == form {
      #expect(Self.rendered(program, item) == item.text, "\(item.name)")
    }
  }

  @Test func everyReplyIsAGenerationBlockWithItsEnd() throws {
    let program = try ChatTemplateProgram(
      try Self.source("\(Self.folder)/wordings/chatml/generation_marks.jinja"))
    let messages = JSONValue.array([
      ["role": "user", "content": "Hi"], ["role": "assistant", "content": "ÄÖ"],
      ["role": "user", "content": ""], ["role": "assistant", "content": ""],
    ])
    let rendered = try program.render(
      [("messages", TemplateValue(json: messages, mark: 1))], clock: nil)
    let blocks = rendered.generation.map { String(decoding: rendered.utf8[$0], as: UTF8.self) }
    #expect(blocks == ["ÄÖ<|im_end|>", "<|im_end|>"])
  }

  @Test func aTurnsWordsKeepTheirTurnAndTheTemplatesAreNobodys() throws {
    let program = try Self.program("chatml")
    for item in try Self.cases() where item.template == "chatml" {
      guard let rendered = try? program.render(item.variables, clock: nil) else { continue }
      var start = 0
      var outside = ""
      for run in rendered.runs {
        if run.mark == 0 {
          outside += String(decoding: rendered.utf8[start..<run.end], as: UTF8.self)
        }
        start = run.end
      }
      // Only roles and words are marked: what is left is the frame of the turns.
      let turns = outside.components(separatedBy: "<|im_start|>\n<|im_end|>\n").joined()
      #expect(turns.isEmpty || turns == "<|im_start|>assistant\n", "\(outside)")
    }
  }
}
