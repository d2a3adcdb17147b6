import GenkiCore
import Testing

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(text, source: "t") }

  @Test(arguments: [
    ("0", JSONValue.integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .unsigned(1 << 63)),
    ("18446744073709551615", .unsigned(.max)), ("18446744073709551616", .number(0x1p64)),
    ("-9223372036854775809", .number(-0x1p63)), ("1.0", .number(1)), ("1e2", .number(100)),
    ("-0", .number(-0.0)), ("0.1", .number(0.1)), ("2.5E-3", .number(0.0025)),
    ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-999", .number(0)),
  ])
  func numbersKeepTheirValue(_ text: String, _ expected: JSONValue) throws {
    #expect(try parse(text) == expected)
    #expect(try parse(" [\(text)\t]\r\n") == .array([expected]))
  }

  @Test(arguments: [
    (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
    (#""\ud83d\ude00""#, "😀"), (#""名前 é""#, "名前 é"), (#""\u0000""#, "\0"), ("\"\u{7f}\"", "\u{7f}"),
  ])
  func stringsResolveEscapes(_ text: String, _ expected: String) throws {
    #expect(try parse(text) == .string(expected))
  }

  @Test(arguments: [
    ("", JSONProblem.unexpectedEnd), ("  ", .unexpectedEnd), ("{", .unexpectedEnd),
    ("[1", .unexpectedEnd), ("\"a", .unexpectedEnd), ("tru", .unexpectedEnd), ("-", .unexpectedEnd),
    ("1.", .unexpectedEnd), ("1e+", .unexpectedEnd), ("truf", .expectedValue),
    ("\u{feff}{}", .expectedValue), ("'a'", .expectedValue), ("NaN", .expectedValue),
    ("+1", .expectedValue), (".5", .expectedValue), ("01", .invalidNumber), ("-a", .invalidNumber),
    ("1.x", .invalidNumber), ("1e999", .numberOutOfRange), ("[1,]", .trailingComma),
    ("{\"a\":1,}", .trailingComma), ("{1:2}", .expectedKey), ("{\"a\" 1}", .expectedColon),
    ("[1 2]", .expectedCommaOrEnd), ("{\"a\":1 \"b\":2}", .expectedCommaOrEnd),
    ("1 2", .trailingCharacters), ("{}\0", .trailingCharacters), ("\"\n\"", .controlCharacter),
    (#""\x""#, .invalidEscape), (#""\u12g4""#, .invalidEscape), (#""\ud800""#, .loneSurrogate),
    (#""\udc00""#, .loneSurrogate), (#""\ud800\u0041""#, .loneSurrogate),
  ])
  func mistakesAreNamed(_ text: String, _ problem: JSONProblem) throws {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    guard case .invalid(_, _, _, _, let found) = error else {
      Issue.record("not a syntax error: \(String(describing: error))")
      return
    }
    #expect(found == problem)
  }

  @Test func errorsNameThePlace() throws {
    let error = #expect(throws: JSONError.self) { try parse("{\n \"a\": 1,\n \"b\": x}") }
    #expect(
      error
        == .invalid(source: "t", offset: 17, line: 3, column: 7, problem: .expectedValue))
    #expect(error?.description.hasPrefix("t: line 3, column 7 (byte 17): ") == true)
  }

  @Test func invalidUTF8IsRefusedEverywhere() {
    for bytes in [
      [0x22, 0xFF, 0x22], [0x22, 0x5C, 0x6E, 0xC3, 0x22], [0x7B, 0x22, 0xED, 0xA0, 0x80],
    ] {
      let rest: [UInt8] = bytes.count == 5 && bytes[0] == 0x7B ? [0x22, 0x3A, 0x31, 0x7D] : []
      #expect(throws: JSONError.self) {
        try JSONValue.parse(bytes.map { UInt8($0) } + rest, source: "t")
      }
    }
  }

  @Test func depthIsBounded() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try parse(nested(127))
    #expect(throws: JSONError.self) { try parse(nested(128)) }
    #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSONError.self) { try parse(String(repeating: "{\"a\":", count: 1_000_000)) }
  }

  @Test func valuesAndBytesAreBounded() throws {
    let limits = JSONLimits(depth: 3, bytes: 20, values: 4)
    _ = try JSONValue.parse("[1,2,3]", source: "t", limits: limits)
    #expect(throws: JSONError.self) {
      try JSONValue.parse("[1,2,3,4]", source: "t", limits: limits)
    }
    _ = try JSONValue.parse("[                  ]", source: "t", limits: limits)
    #expect(throws: JSONError.self) {
      try JSONValue.parse("[                   ]", source: "t", limits: limits)
    }
  }

  @Test func theLastDuplicateWins() throws {
    let value = try parse(#"{"a":1,"b":2,"a":3}"#)
    #expect(value["a"]?.intValue == 3)
    #expect(value.objectValue?.keys == ["a", "b", "a"])
    #expect(value.objectValue?.hasDuplicateKeys == true)
    var object = try #require(value.objectValue)
    object["a"] = nil
    object["c"] = "x"
    #expect(JSONValue.object(object).encoded() == #"{"b":2,"c":"x"}"#)
  }

  @Test(arguments: [
    "null", "true", "[]", "{}", #"{"a":[1,-2.5,"x\n\u0001é😀\"\\"],"b":{"c":null}}"#,
    "[18446744073709551615,-9223372036854775808,0.1,1e-05,1e+16,5e-324,1.7976931348623157e+308]",
  ])
  func encodingRoundTrips(_ text: String) throws {
    let value = try parse(text)
    #expect(try parse(value.encoded()) == value)
    #expect(try parse(value.encoded(pretty: true)) == value)
    #expect(value.encoded() == text)
  }

  @Test func prettyTextIsIndentedAndKeysMayBeSorted() {
    let value: JSONValue = ["b": [1, 2.5], "a": [:], "c": []]
    #expect(
      value.encoded(pretty: true, sortedKeys: true)
        == "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2.5\n  ],\n  \"c\": []\n}")
    #expect(JSONValue.array([.number(.nan), .number(.infinity)]).encoded() == "[null,null]")
  }
}
