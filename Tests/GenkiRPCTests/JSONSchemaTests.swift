import GenkiCore
import GenkiRPC
import Testing

@Suite struct JSONSchemaTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let schema: JSONSchema
    let text: String
    /// nil: fits; else the path that the error names and a part of its words.
    let path: String?
    let words: String

    init(_ schema: JSONSchema, _ text: String, _ path: String? = nil, _ words: String = "") {
      self.schema = schema
      self.text = text
      self.path = path
      self.words = words
    }

    var testDescription: String { "\(text) by \(JSONValue.object(schema.json).encoded())" }
  }

  private static let person = JSONSchema.object(
    ["name": .string(maxLength: 4), "age": .nullable(.integer(0...150))], required: ["name"])
  private static let shape = JSONSchema.oneOf([
    .object(["kind": .string(oneOf: ["round"]), "radius": .number(min: 0)]),
    .object(["kind": .string(oneOf: ["square"]), "side": .number(min: 0)]),
  ])

  static let rows: [Row] = [
    Row(.any, "[1,{}]"), Row(.boolean, "true"), Row(.boolean, "0", "", "true or false"),
    Row(.null, "null"), Row(.null, "0", "", "null"),
    Row(.string(), "\"\""), Row(.string(), "1", "", "a string"),
    Row(.string(maxLength: 3), "\"äöü\""),
    Row(.string(maxLength: 3), "\"abcd\"", "", "at most 3 characters, found 4"),
    Row(.string(minLength: 1), "\"\"", "", "at least 1"),
    Row(.string(pattern: "^[a-f]+$"), "\"abc\""),
    Row(.string(pattern: "^[a-f]+$"), "\"abz\"", "", "^[a-f]+$"),
    Row(.string(oneOf: ["a", "b"]), "\"b\""),
    Row(.string(oneOf: ["a", "b"]), "\"c\"", "", "one of \"a\", \"b\", found \"c\""),
    Row(.string(oneOf: RPCMethod.Access.allNames), "\"read\""),
    Row(.integer(), "-5"), Row(.integer(), "5.0", "", "an integer"),
    Row(.integer(), "18446744073709551615"), Row(.integer(1...10), "10"),
    Row(.integer(1...10), "11", "", "an integer from 1 to 10, found 11"),
    Row(.integer(1...10), "18446744073709551615", "", "from 1 to 10"),
    Row(.number(), "5"), Row(.number(0...1), "0.5"), Row(.number(0...1), "1.5", "", "found 1.5"),
    Row(.array(of: .integer(), max: 2), "[1,2]"),
    Row(.array(of: .integer(), max: 2), "[1,2,3]", "", "found 3 elements"),
    Row(.array(of: .integer()), "[1,\"2\"]", "[1]", "an integer, found a string"),
    Row(person, "{\"name\":\"Ada\",\"age\":null}"), Row(person, "{\"name\":\"Ada\",\"age\":36}"),
    Row(person, "{\"age\":36}", "name", "is missing"),
    Row(person, "{\"name\":\"Ada\",\"age\":-1}", "age", "or null"),
    Row(person, "{\"name\":\"Ada\",\"x\":1}", "x", "only name, age"),
    Row(person, "{\"name\":\"Ada\",\"name\":\"Bob\"}", "name", "twice"),
    Row(.list(of: person), "{\"items\":[{\"name\":7}]}", "items[0].name", "a string"),
    Row(.object([:], additionalProperties: true), "{\"x\":1}"),
    Row(.object([:]), "{\"x\":1}", "x", "no member"),
    Row(.map(of: .integer()), "{\"x\":1}"), Row(.map(of: .integer()), "{\"x\":\"\"}", "x"),
    Row(shape, "{\"kind\":\"round\",\"radius\":1}"),
    Row(shape, "{\"kind\":\"round\",\"side\":1}", "side"),
    Row(.oneOf([.integer(), .number()]), "1", "", "fits several"),
    Row(.oneOf([.integer(), .number()]), "1.5"),
  ]

  @Test(arguments: rows) func aValueFitsOrTheErrorNamesThePlace(row: Row) throws {
    let value = try JSONValue.parse(row.text, source: "test")
    do throws(JSONSchemaError) {
      try row.schema.validate(value)
      #expect(row.path == nil)
    } catch {
      let path = try #require(row.path)
      // Of alternatives either may be the one that got furthest.
      #expect(error.path == path || row.text.contains("round"))
      #expect(row.words.isEmpty || error.description.contains(row.words))
    }
  }

  @Test func descriptionsArePublished() {
    let schema = JSONSchema.integer(min: 0).described("bytes")
    let text = #"{"type":"integer","minimum":0,"description":"bytes"}"#
    #expect(JSONValue.object(schema.json).encoded() == text)
  }
}

extension RPCMethod.Access {
  static var allNames: [String] { [read.rawValue, write.rawValue] }
}
