import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// `generate --messages`: answers a conversation from a file.
struct GenerateMessagesTests {
  private static let turns = #"[{"role": "user", "content": "Who came home?"}]"#

  @Test func aFileAndTheStandardInputGiveTheSameReply() throws {
    let base = try ChatBase()
    let limit = ["--max-tokens", "10"]
    let file = try base.folder.write(Self.turns, to: "turns.json")
    let human = try base.generate(["--messages", file] + limit)
    #expect(human.status == 0, "\(human.errors)")
    #expect(human.errors.isEmpty)
    let piped = try base.generate(["--messages", "-"] + limit, input: Self.turns)
    let object = try base.generate(
      ["--messages", "-"] + limit, input: #"{"messages": \#(Self.turns)}"#)
    #expect([piped.output, object.output] == [human.output, human.output])
    let document = try base.generate(["--messages", file, "--json"] + limit).document()
    #expect(document["text"]?.stringValue.map { $0 + "\n" } == human.output)
    #expect(document["ids"]?.arrayValue?.count == 10)
    #expect(document["tokens"]?.intValue == 10)
    #expect(document["end"] == "length")
    #expect(document["prompt_ids"]?.arrayValue?.isEmpty == false)
    #expect(document["prompt"] == nil)
  }

  @Test func theDocumentSaysWhyATextEnded() throws {
    let base = try ChatBase(context: 64)
    func end(_ more: [String]) throws -> JSONValue? {
      try ProgramRun(
        "genki-minerd",
        ["generate", "--model", base.model, "--prompt", "The fire", "--json"] + more
      ).document()["end"]
    }
    #expect(try end(["--max-tokens", "5"]) == "length")
    #expect(try end([]) == "context_full")
    let first = try ProgramRun(
      "genki-minerd",
      ["generate", "--model", base.model, "--prompt", "The fire", "--json", "--max-tokens", "1"]
    ).document()["ids"]?.arrayValue?.first
    // The token that it writes first becomes one that ends a text.
    let id = try #require(first?.intValue)
    try base.folder.write(#"{"eos_token_id": \#(id)}"#, to: "model/generation_config.json")
    #expect(try end([]) == "end_token")
  }

  @Test(arguments: [
    ([], "neither is given"), (["--prompt", "a", "--messages", "-"], "both are given"),
    (["--prompt", "a", "--date", "2025-01-01"], "--date"),
    (["--prompt", "a", "--chat-template", "plain"], "--chat-template"),
    (["--messages", "-", "--chat-template", "none"], "none"),
    (["--messages", "-", "--date", "2023-02-29"], "date"),
    (["--messages", "-", "--chat-template-arguments", "{"], "chat template arguments"),
    (["--messages", "-", "--chat-template-arguments", "7"], "chat template arguments"),
    (["--messages", "-", "--max-tokens", "0"], "--max-tokens"),
  ])
  func optionsThatDoNotGoTogetherAreNamed(options: [String], named: String) throws {
    let run = try ProgramRun(
      "genki-minerd", ["generate", "--model", "nowhere"] + options, input: Self.turns)
    #expect(run.status == ErrorKind.usage.rawValue)
    #expect(run.errors.contains(named), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  /// The input and what the refusal names.
  private static let hostile: [(input: String, named: String)] = [
    ("", "standard input"), ("[", "standard input"), ("\"text\"", "standard input"),
    ("[]", "standard input"), ("{}", "messages"), (#"{"messages": 7}"#, "messages"),
    (#"{"messages": [], "tool": []}"#, "tool"),
    (#"[{"role": "user", "content": "a"}, 7]"#, "[1]"),
    (#"[{"content": "a"}]"#, "role"), (#"[{"role": "user"}]"#, "content"),
    (#"[{"role": "wizard", "content": "a"}]"#, "wizard"),
    (#"[{"role": "user", "content": 7}]"#, "content"),
    (#"[{"role": "user", "content": "\ud800"}]"#, "standard input"),
    (String(repeating: "[", count: 100_000), "standard input"),
    (
      #"[{"role": "user", "content": "a", "content": \#(String(repeating: "[", count: 200))"#,
      "nested"
    ),
  ]

  @Test(arguments: hostile.indices) func whatIsNoConversationIsRefused(index: Int) throws {
    let base = try ChatBase()
    let (input, named) = Self.hostile[index]
    let run = try base.generate(["--messages", "-"], input: input)
    #expect(run.status == ErrorKind.invalidData.rawValue, "\(run.errors)")
    #expect(run.errors.contains(named), "\(run.errors)")
    #expect(run.errors.utf8.count < 2000)
    #expect(run.output.isEmpty)
  }

  @Test func aConversationBeyondTheLimitOrTheContextIsRefused() throws {
    let base = try ChatBase(context: 64)
    let long = String(repeating: "word ", count: 100)
    let beyond = try base.generate(
      ["--messages", "-"], input: #"[{"role": "user", "content": "\#(long)"}]"#)
    #expect(
      beyond.status == ErrorKind.invalidData.rawValue || beyond.status == ErrorKind.usage.rawValue)
    #expect(beyond.errors.contains("64"))
    let blank = String(repeating: " ", count: (16 << 20) + 1)
    let run = try base.generate(["--messages", "-"], input: blank)
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.contains("limit"))
  }

  @Test func aFileThatIsNotThereIsNamed() throws {
    let base = try ChatBase()
    let run = try base.generate(["--messages", base.folder.file("nothing.json")])
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.contains("nothing.json"))
  }

  /// Nothing of this machine comes into a prompt unless somebody says so.
  @Test func aTemplateIsToldTheDayThatIsGiven() throws {
    let base = try ChatBase()
    func prompt(_ template: String, _ more: [String] = []) throws -> String {
      try base.folder.write(template, to: "model/chat_template.jinja")
      let document = try ProgramRun(
        "genki-minerd",
        ["generate", "--model", base.model, "--messages", "-", "--json", "--max-tokens", "1"]
          + more, input: Self.turns
      ).document()
      let ids = try #require(document["prompt_ids"]?.arrayValue?.compactMap { $0.intValue })
      return try Tokenizer.load(path: base.model).decode(ids.map { Int32($0) })
    }
    let asking =
      "{% if strftime_now is defined %}{{ strftime_now('%Y-%m-%d') }}{% else %}no day{% endif %}"
    #expect(try prompt(asking) == "no day")
    #expect(try prompt(asking, ["--date", "2025-01-02"]) == "2025-01-02")
    #expect(try prompt("{{ strftime_now('%d %b %Y') }}") == "26 Jul 2024")
    #expect(
      try prompt("{{ word }}", ["--chat-template-arguments", #"{"word": "told"}"#]) == "told")
  }

  @Test func aTemplateThatIsNotRunIsNamed() throws {
    let base = try ChatBase()
    try base.folder.write("{% import 'os' as os %}", to: "model/chat_template.jinja")
    let run = try ProgramRun(
      "genki-minerd", ["generate", "--model", base.model, "--messages", "-"], input: Self.turns)
    #expect(run.status == ErrorKind.invalidData.rawValue)
    #expect(run.errors.contains("chat_template.jinja") && run.errors.contains("import"))
    try base.folder.write("{{ raise_exception('only haiku') }}", to: "model/chat_template.jinja")
    let refused = try ProgramRun(
      "genki-minerd", ["generate", "--model", base.model, "--messages", "-"], input: Self.turns)
    #expect(refused.status == ErrorKind.invalidData.rawValue)
    #expect(refused.errors.contains("only haiku"))
  }
}
