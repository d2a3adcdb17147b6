import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite struct PatternTests {
  private struct Line: Sendable {
    var pattern: String
    var form: ModulePattern.Form
    /// What Python's re says of each path; nil where it finds no expression.
    var matches: [Bool]?
  }

  private static func vectors() throws -> (paths: [String], lines: [Line]) {
    let path = Vectors.path("formats/adapter_patterns.jsonl")
    let text = try TextFile.readString(path, sizeLimit: 1 << 20)
    let values: [JSONValue] = try text.split(separator: "\n").map {
      try JSONValue.parse(String($0), source: path)
    }
    let listed: [JSONValue] = values.first?["paths"]?.arrayValue ?? []
    let paths = listed.compactMap(\.stringValue)
    let lines = values.dropFirst().map { value -> Line in
      let form: ModulePattern.Form = value["form"]?.stringValue == "key" ? .key : .whole
      let digits: String? = value["matches"]?.stringValue
      return Line(
        pattern: value["pattern"]?.stringValue ?? "", form: form,
        matches: digits.map { $0.map { $0 == "1" } })
    }
    return (paths, lines)
  }

  @Test func pathsMatchWhereTheyDoInPython() throws {
    let (paths, lines) = try Self.vectors()
    #expect(lines.count > 600)
    var compared = 0
    for line in lines {
      let pattern: ModulePattern
      do {
        pattern = try ModulePattern(line.pattern, form: line.form)
      } catch {
        guard case PatternError.construct = error else {
          #expect(line.matches == nil, "\(line.pattern): \(error)")
          continue
        }
        continue
      }
      let expected = try #require(line.matches, "\(line.pattern) is no expression for Python")
      #expect(paths.map(pattern.matches) == expected, "\(line.pattern)")
      compared += paths.count
    }
    #expect(compared > 12_000)
  }

  @Test(arguments: [
    ("(?!lm_head).*", "lookahead"), ("(?=a)a", "lookahead"), ("(?<=a)b", "lookbehind"),
    ("(?<!a)b", "lookbehind"), (#"(a)\1"#, "a backreference"), ("(?P<a>b)(?P=a)", "a named group"),
    ("(?P=a)", "a backreference"), ("(?i)a", "a flag"), ("(?i:a)", "a flag"),
    ("(?-i:a)", "a flag"), ("(?>a)", "an atomic group"), ("(?#a)", "a comment"),
    ("(a)(?(1)b|c)", "a condition"), ("a*+", "a possessive repetition"),
    ("a++", "a possessive repetition"), ("a?+", "a possessive repetition"),
    (#"\x41"#, "this escape"),
    (#"\u0041"#, "this escape"), (#"\N{DIGIT ONE}"#, "this escape"), (#"\0"#, "this escape"),
    (#"[\b]"#, "this escape"), (#"\p{L}"#, "this escape"), ("(?", "a flag"), ("(?<", "lookbehind"),
    ("(?P", "a named group"),
  ])
  func otherConstructsAreRefusedByName(_ pattern: String, _ name: String) {
    for form in [ModulePattern.Form.whole, .key] {
      #expect {
        try ModulePattern(pattern, form: form)
      } throws: {
        guard case PatternError.construct(_, let found) = $0 else { return false }
        return found == name
      }
    }
  }

  @Test(arguments: [
    ("(a", "is not closed"), ("a)", "closes nothing"), ("[a", "is not closed"),
    ("*", "repeats nothing"),
    ("a**", "repeats a repetition"), ("a{3,2}", "more at least"), ("[z-a]", "is no range"),
    (#"a\"#, "ends with a backslash"), ("^*", "repeats nothing"), ("{2}", "repeats nothing"),
  ])
  func whatIsNoExpressionIsRefused(_ pattern: String, _ words: String) {
    #expect {
      try ModulePattern(pattern, form: .whole)
    } throws: {
      ($0 as? PatternError)?.reason.contains(words) == true
    }
  }

  @Test func sizesAreBounded() throws {
    func isRead(_ pattern: String) -> Bool {
      (try? ModulePattern(pattern, form: .whole)) != nil
    }
    let depth = PatternParser.depthMaximum
    for (count, isFine) in [(depth, true), (depth + 1, false), (5_000, false)] {
      let nested = String(repeating: "(", count: count) + String(repeating: ")", count: count)
      #expect(isRead(nested) == isFine)
    }
    #expect(isRead("a{\(PatternParser.repetitionsMaximum)}"))
    #expect(!isRead("a{\(PatternParser.repetitionsMaximum + 1)}"))
    #expect(!isRead("a{99999999999999999999}"))
    // The last state is the match.
    #expect(isRead(String(repeating: "a", count: ModulePattern.statesMaximum - 1)))
    #expect(!isRead(String(repeating: "a", count: ModulePattern.statesMaximum)))
    #expect(!isRead(String(repeating: "\u{E9}", count: ModulePattern.bytesMaximum / 2 + 1)))
    #expect(!isRead("((a{200}){200}){200}"))
    #expect(!isRead("(((){200}){200}){200}"))
    #expect(!isRead("((((|){200}){200}){200}){200}"))
  }

  /// Backtracking needs 2²⁰⁰ steps for some of these.
  @Test(arguments: [
    "(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*)*(.*)*(.*)*x", "(a?){200}b", "((a{1,200}){1,20})*b",
    "(?:(?:a|b|.)*(?:a|.)*)*x", "(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*b",
  ])
  func noExpressionTakesLong(_ pattern: String) throws {
    let path = String(repeating: "a", count: 200)
    let pattern = try ModulePattern(pattern, form: .whole)
    let clock = ContinuousClock()
    let duration = clock.measure { for _ in 0..<10 { #expect(!pattern.matches(path)) } }
    #expect(duration < .seconds(5))
  }
}
