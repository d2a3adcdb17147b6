import GenkiCore
import GenkiData
import TestSupport
import Testing

/// Lines in all shapes that other trainers read, with what has to become of them: the judge is the file,
/// `Tests/Vectors/formats/chat/data_shapes.jsonl`.
@Suite("Shapes of data lines")
struct DataShapesTests {
  /// A line and what may become of it.
  struct Shape: CustomTestStringConvertible, Sendable {
    let name: String
    let line: String
    /// Conversions that are right, the wanted one first; none where the line is to be refused.
    let conversions: [JSONValue]
    let isRefusalRight: Bool
    let isRequired: Bool
    var testDescription: String { name }

    init(_ json: JSONValue) {
      name = json["case"]?.stringValue ?? ""
      line = json["line"]?.stringValue ?? ""
      let isRefused = json["expect"]?["refused"] == true
      conversions =
        (isRefused ? [] : [json["expect"] ?? .null]) + (json["right_too"]?.arrayValue ?? [])
      isRefusalRight = isRefused || json["refusal_is_right_too"] == true
      isRequired = json["required"] == true
    }
  }

  static let shapes: [Shape] = {
    let path = Vectors.path("formats/chat/data_shapes.jsonl")
    let text = (try? TextFile.readString(path, sizeLimit: 1 << 20)) ?? ""
    return text.split(separator: "\n").compactMap {
      (try? JSONValue.parse(String($0), source: path)).map(Shape.init)
    }
  }()

  private func parse(_ line: String) throws -> DataExample {
    try Array(line.utf8).withUnsafeBytes {
      try ExampleParser.parse($0, bytesMax: 1 << 20).example
    }
  }

  /// An example as the file writes it.
  private func json(_ example: DataExample) -> JSONValue {
    switch example {
    case .text(let text): ["text": .string(text)]
    case .conversation(let conversation):
      [
        "messages": .array(
          conversation.messages.map { message in
            var turn: JSONObject = [
              "role": .string(message.role.rawValue), "content": .string(message.content),
            ]
            if let thoughts = message.reasoning { turn["reasoning_content"] = .string(thoughts) }
            // The file leaves out the ids of calls, which some templates write.
            let calls = message.toolCalls.map { call -> JSONValue in
              ["type": call["type"] ?? .null, "function": call["function"] ?? .null]
            }
            if !calls.isEmpty { turn["tool_calls"] = .array(calls) }
            return .object(turn)
          }),
        "learned": .array(conversation.messages.map { .bool($0.isLearned) }),
      ]
    }
  }

  @Test func allShapesAreThere() {
    #expect(Self.shapes.count == 91)
    #expect(Self.shapes.count { $0.isRequired } == 69)
  }

  @Test(arguments: shapes) func aLineBecomesWhatTheFileSays(shape: Shape) throws {
    do {
      let made = json(try parse(shape.line))
      #expect(shape.conversions.contains(made), "\(made.encoded())")
    } catch let refusal as ExampleParser.Refusal {
      #expect(shape.isRefusalRight, "\(refusal.reason)")
      #expect(!refusal.reason.isEmpty)
    }
  }

  /// A number that Python writes and JSON does not have is refused. Everything else is converted.
  @Test func whatMayBeRefusedIsConvertedButForNaN() {
    let refused = Self.shapes.filter { !$0.conversions.isEmpty && (try? parse($0.line)) == nil }
    #expect(refused.map(\.name) == ["NaN in another field"])
    #expect(Self.shapes.count { (try? parse($0.line)) != nil } == 60)
  }

  @Test(arguments: [
    ("a tool turn without a call before it", "nothing was called"),
    ("function role", "'function'"), ("weight 0.5", "weight is 0.5"),
    ("weight 0 on all replies", "to be learned"), ("an image part", "'image'"),
    ("prompt, chosen and rejected", "preference"), ("ShareGPT, an unknown speaker", "'alien'"),
    ("alpaca, history of wrong shape", "history[0]"),
  ]) func aRefusalNamesWhatItIsAbout(name: String, says: String) throws {
    let shape = try #require(Self.shapes.first { $0.name == name })
    #expect {
      try parse(shape.line)
    } throws: { error in
      (error as? ExampleParser.Refusal)?.reason.contains(says) == true
    }
  }
}
