import GenkiCore
import GenkiReport
import Testing

@Suite struct RoundReportJSONTests {
  @Test func jsonRoundTrips() throws {
    let report = Samples.round()
    let text = report.json.encoded()
    let value = try JSONValue.parse(Array(text.utf8), source: "round")
    #expect(try RoundReport(json: value) == report)
  }

  @Test func unknownKeysAndAbsentListsAreFine() throws {
    let report = try RoundReport(json: ["title": "x", "round": 3, "news": [1, 2]])
    #expect(report == RoundReport(title: "x", round: 3))
  }

  @Test(
    arguments: [
      (#"[]"#, "expected an object"),
      (#"{"round":1}"#, "'title'"),
      (#"{"title":"x"}"#, "'round'"),
      (#"{"title":1,"round":1}"#, "expected a string, found an integer"),
      (#"{"title":"x","round":1.5}"#, "'round'"),
      (#"{"title":"x","round":1,"losses":{}}"#, "expected an array"),
      (#"{"title":"x","round":1,"losses":[{"text":"a","base":1}]}"#, "'losses[0].dama'"),
      (#"{"title":"x","round":1,"losses":[{"text":"a","base":"1","dama":1}]}"#, "'losses[0].base'"),
      (
        #"{"title":"x","round":1,"candidates":[{"name":"a","score":1,"weight":1,"verdict":"maybe"}]}"#,
        "'accepted' or 'rejected'"
      ),
      (#"{"title":"x","round":1,"candidates":[7]}"#, "'candidates[0]'"),
      (#"{"title":"x","round":1,"similarity":{"names":["a"],"values":[[1,2]]}}"#, "not a square"),
      (#"{"title":"x","round":1,"similarity":{"names":["a"],"values":[1]}}"#, "values[0]"),
      (
        #"{"title":"x","round":1,"trainings":[{"name":"a","steps":[1,2],"losses":[1]}]}"#,
        "there are 2 steps"
      ),
      (
        #"{"title":"x","round":1,"trainings":[{"name":"a","steps":[2,1],"losses":[1,1]}]}"#,
        "do not increase"
      ),
      (#"{"title":"x","round":1,"verified":"yes"}"#, "expected true or false"),
      (
        #"{"title":"x","round":1,"links":[{"title":"a","file":"javascript:b.html"}]}"#,
        "'links[0].file'"
      ),
      (#"{"title":"x","round":1,"links":[{"title":"a","file":"../a.html"}]}"#, "'links[0].file'"),
    ])
  func badJSONIsAnErrorThatNamesTheKey(text: String, expected: String) throws {
    let value = try JSONValue.parse(Array(text.utf8), source: "round")
    let error = #expect(throws: ReportError.self) { try RoundReport(json: value) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "no error")")
    #expect(error?.kind == .invalidData)
  }

  @Test func moreThanAPageCanHoldIsRefused() throws {
    let names = (0...256).map { JSONValue.string("m\($0)") }
    let value: JSONValue = .object([
      "title": "x", "round": 1, "similarity": .object(["names": .array(names), "values": []]),
    ])
    let error = #expect(throws: ReportError.self) { try RoundReport(json: value) }
    #expect(error == .tooMany(path: "similarity.names", count: 257, maximum: 256))
  }
}
