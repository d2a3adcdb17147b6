import GenkiCore
import GenkiData
import TestSupport
import Testing

@Suite("Lines of JSONL")
struct ExampleParserTests {
  /// A line's number with the example that is expected, nil for a bad line.
  private func expectations() throws -> [(line: Int, normalForm: JSONValue)] {
    let path = Vectors.path("formats/dataset_lines_expected.json")
    let json = try JSONValue.parse(file: path, sizeLimit: 1 << 20)
    return try #require(json["lines"]?.arrayValue).map { entry in
      (try #require(entry["line"]?.intValue), entry["normal_form"] ?? .null)
    }
  }

  private func parse(_ line: String, bytesMax: Int = 1 << 20) throws -> DataExample {
    try Array(line.utf8).withUnsafeBytes {
      try ExampleParser.parse($0, bytesMax: bytesMax).example
    }
  }

  private func normalForm(of example: DataExample) -> JSONValue {
    switch example {
    case .text(let text): ["text": .string(text)]
    case .conversation(let conversation):
      [
        "messages": .array(
          conversation.messages.map {
            ["role": .string($0.role.rawValue), "content": .string($0.content)]
          })
      ]
    }
  }

  @Test func everyReferenceLineHasItsNormalForm() throws {
    let path = Vectors.path("formats/dataset_lines.jsonl")
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let expected = try expectations()
    #expect(expected.count == 18)
    for (number, normalForm) in expected where normalForm.stringValue != "skip" {
      let example = try? parse(lines[number - 1])
      #expect(example.map(self.normalForm) ?? .null == normalForm, "line \(number)")
    }
  }

  @Test(arguments: [
    (#"{"instruction":"x","output":""}"#, "'output' is empty"),
    (#"{"instruction":" ","output":"y"}"#, "'instruction' is empty"),
    (#"{"instruction":"x"}"#, "'instruction' without a field 'output' or 'response'"),
    (#"{"instruction":7,"output":"y"}"#, "'instruction' is an integer"),
    (#"{"instruction":"x","input":[],"output":"y"}"#, "'input' is an array"),
    (#"{"prompt":"x"}"#, "'prompt' without a field 'completion' or 'response'"),
    (#"{"prompt":"","completion":"y"}"#, "'prompt' is empty"),
    (#"{"prompt":"x","completion":"\n"}"#, "'completion' is empty"),
    (#"{"text":""}"#, "'text' is empty"),
    (#"{"text":null}"#, "'text' is null"),
    (#"{"messages":{}}"#, "'messages' is not a list"),
    (#"{"messages":[]}"#, "the assistant says nothing"),
    (#"{"messages":[5]}"#, "messages[0] has no text 'role'"),
    (#"{"messages":[{"role":"assistant"}]}"#, "messages[0] has no text 'content'"),
    (#"{"messages":[{"role":"tool","content":"x"}]}"#, "nothing was called before"),
    (#"{"messages":[{"role":"assistant","content":" "}]}"#, "the assistant says nothing"),
    (#"{"conversations":[{"from":"gpt","value":5}]}"#, "conversations[0] has no text 'value'"),
    (#"{"foo":1}"#, "none of the fields"),
    ("[1, 2]", "an array instead of a JSON object"),
    ("5", "an integer instead of a JSON object"),
    ("{not json", "not JSON at column"),
    (#"{"text":"a"} x"#, "not JSON at column"),
    ("{\"text\":\"a\tb\"}", "control character"),
    (#"{"text":"\ud800"}"#, "surrogate"),
    ("\u{FEFF}{\"text\":\"a\"}", "not JSON at column 1"),
    (String(repeating: "[", count: 200_000), "too deeply"),
  ]) func aBadLineIsRefusedWithItsReason(line: String, reason: String) throws {
    do {
      let example = try parse(line)
      Issue.record("accepted as \(example)")
    } catch let refusal as ExampleParser.Refusal {
      #expect(refusal.reason.contains(reason), "\(refusal.reason)")
    }
  }

  @Test func theLengthLimitIsExact() throws {
    let line = #"{"text":"abc"}"#
    #expect(throws: Never.self) { try parse(line, bytesMax: line.utf8.count) }
    #expect(throws: ExampleParser.Refusal.self) { try parse(line, bytesMax: line.utf8.count - 1) }
  }

  @Test func theMoreTellingFieldCounts() throws {
    let both = #"{"text":"all","instruction":"do","input":"","output":"done"}"#
    #expect(
      try parse(both)
        == .conversation(
          Conversation([
            ChatMessage(role: .user, content: "do"), ChatMessage(role: .assistant, content: "done"),
          ])))
  }
}
