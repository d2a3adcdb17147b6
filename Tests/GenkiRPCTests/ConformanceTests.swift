import GenkiCore
import GenkiRPC
import Testing

/// JSON-RPC 2.0, with the examples of the specification's section 7 and the cases it leaves open.
@Suite struct ConformanceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let request: String
    /// One text, `#` in the place of messages; nil for no answer.
    let answer: String?

    init(_ request: String, _ answer: String?) {
      self.request = request
      self.answer = answer
    }

    var testDescription: String { request }
  }

  private static func result(_ value: String, _ id: String) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"result":\#(value)}"#
  }

  private static func error(_ code: Int, _ id: String) -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"error":\#(code)}"#
  }

  static let rows: [Row] = [
    // Positional and named parameters.
    Row(
      #"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#, result("19", "1")),
    Row(
      #"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#, result("-19", "2")),
    Row(
      #"{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":3}"#,
      result("19", "3")),
    Row(
      #"{"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":23},"id":4}"#,
      result("19", "4")),
    // Notifications.
    Row(#"{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}"#, nil),
    Row(#"{"jsonrpc": "2.0", "method": "foobar"}"#, nil),
    // Errors.
    Row(#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#, error(-32601, #""1""#)),
    Row(#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, error(-32700, "null")),
    Row(#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, error(-32600, "null")),
    // Batches.
    Row(
      #"[{"jsonrpc":"2.0","method":"sum","params":[1,2,4],"id":"1"},{"jsonrpc":"2.0","method"]"#,
      error(-32700, "null")),
    Row("[]", error(-32600, "null")),
    Row("[1]", "[" + error(-32600, "null") + "]"),
    Row(
      "[1,2,3]",
      "[" + [String](repeating: error(-32600, "null"), count: 3).joined(separator: ",") + "]"),
    Row(
      #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},"#
        + #"{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},"#
        + #"{"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},"#
        + #"{"foo": "boo"},"#
        + #"{"jsonrpc":"2.0","method":"foo.get","params":{"name":"myself"},"id":"5"},"#
        + #"{"jsonrpc": "2.0", "method": "status", "params": {"a":1}, "id": 9}]"#,
      "["
        + [
          result("7", #""1""#), result("19", #""2""#), error(-32600, "null"),
          error(-32601, #""5""#), error(-32602, "9"),
        ].joined(separator: ",") + "]"),
    Row(
      #"[{"jsonrpc":"2.0","method":"notify_hello"},{"jsonrpc":"2.0","method":"notify_hello"}]"#,
      nil),
    // Ids.
    Row(#"{"jsonrpc":"2.0","method":"sum","id":null}"#, result("0", "null")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1.5}"#, result("0", "1.5")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":"a\nb"}"#, result("0", #""a\nb""#)),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":true}"#, error(-32600, "null")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":[1]}"#, error(-32600, "null")),
    Row(#"{"jsonrpc":"1.0","method":"sum","id":1}"#, error(-32600, "1")),
    Row(#"{"method":"sum","id":1}"#, error(-32600, "1")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":null}"#, error(-32600, "1")),
    // Parameters.
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":{}}"#, result("0", "1")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":{"a":null,"b":2}}"#, result("2", "1")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":[null,2]}"#, result("2", "1")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":[1,2,3,4]}"#, error(-32602, "1")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":{"d":1}}"#, error(-32602, "1")),
    Row(#"{"jsonrpc":"2.0","method":"sum","id":1,"params":{"a":1,"a":1}}"#, error(-32602, "1")),
    Row(#"{"jsonrpc":"2.0","method":"subtract","id":1,"params":[1]}"#, error(-32602, "1")),
    Row(#"{"jsonrpc":"2.0","method":"subtract","id":1,"params":[1,null]}"#, error(-32602, "1")),
    Row("7", error(-32600, "null")), Row("null", error(-32600, "null")),
    Row("\u{FEFF}{}", error(-32700, "null")),
  ]

  @Test(arguments: rows) func theAnswerIsTheSpecifications(row: Row) throws {
    let table = TestMethods(gate: Gate(), ticker: Ticker()).table()
    let caller = RPCCaller(peer: RPCPeer(process: 1, user: 2, group: 3), access: .write)
    let answer = table.answer(Array(row.request.utf8), from: caller)
    let text = try answer.text.map { try Self.withoutMessages($0) }
    #expect(text == row.answer)
  }

  /// The answer with each error reduced to its code.
  private static func withoutMessages(_ text: [UInt8]) throws -> String {
    func reduced(_ value: JSONValue) -> JSONValue {
      guard var object = value.objectValue else { return value }
      if let error = object["error"] {
        #expect(error["message"]?.stringValue?.isEmpty == false)
        #expect(error["data"]?["name"]?.stringValue?.isEmpty == false)
        object["error"] = error["code"]
      }
      return .object(object)
    }
    let value = try JSONValue.parse(text, source: "answer")
    guard let batch = value.arrayValue else { return reduced(value).encoded() }
    return JSONValue.array(batch.map(reduced)).encoded()
  }
}
