import GenkiCore
import GenkiRPC
import Synchronization
import Testing

@Suite struct MethodTableTests {
  private let caller = RPCCaller(peer: RPCPeer(process: 1, user: 2, group: 3), access: .write)

  private func answer(
    _ request: String, access: RPCMethod.Access = .write, limits: RPCLimits = RPCLimits(),
    log: LogLines = LogLines(), change: (inout RPCMethodTable) -> Void = { _ in }
  ) throws -> JSONValue {
    var table = TestMethods(gate: Gate(), ticker: Ticker()).table(limits: limits) { log.add($0) }
    change(&table)
    var caller = caller
    caller.access = access
    let text = try #require(table.answer(Array(request.utf8), from: caller).text)
    return try JSONValue.parse(text, source: "answer")
  }

  private func call(_ method: String, _ parameters: String = "{}") -> String {
    #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(parameters)}"#
  }

  @Test func readersMayNotCallWhatChanges() throws {
    let error = try answer(call("echo", "[1]"), access: .read)["error"]
    #expect(error?["code"]?.intValue == RPCErrorName.notPermitted.code)
    #expect(error?["data"]?["name"] == "not_permitted")
    #expect(try answer(call("status"), access: .read)["result"]?["state"] == "well")
  }

  @Test func theApplicationsErrorsHaveCodeAndName() throws {
    let failure = try answer(call("fail", #"["failure"]"#))["error"]
    #expect(failure?["code"]?.intValue == RPCErrorName.conflict.code)
    #expect(failure?["message"] == "it clashes")
    #expect(failure?["data"]?["name"] == "conflict")
    #expect(failure?["data"]?["with"] == "another")
  }

  @Test func reportableErrorsSayWhatWhyAndWhatToDo() throws {
    let file = try answer(call("fail", #"["file"]"#))["error"]
    #expect(file?["data"]?["name"] == "invalid_data")
    #expect(file?["data"]?["what"] == "cannot read nowhere")
    #expect(file?["data"]?["why"] == "no such file")
    #expect(file?["data"]?["advice"] == "check the path")
    let named = try answer(call("fail", #"["named"]"#))["error"]
    #expect(named?["data"]?["name"] == "hub_unreachable")
  }

  @Test func mistakesOfOursStandInTheLogOnly() throws {
    let log = LogLines()
    let error = try answer(call("fail", #"["secret"]"#), log: log)["error"]
    #expect(error?["code"]?.intValue == -32603)
    #expect(error?.encoded().contains("1234") == false)
    #expect(log.hold("1234"))
  }

  @Test func aResultThatBreaksItsPromiseIsNotServed() throws {
    let log = LogLines()
    let error = try answer(call("misfit"), log: log)["error"]
    #expect(error?["code"]?.intValue == -32603)
    #expect(log.hold("misfit does not fit its schema"))
    let unchecked = try answer(call("misfit")) { $0.validatesResults = false }
    #expect(unchecked["result"] == "no integer")
  }

  @Test func theHookSeesEveryResult() throws {
    let seen = Mutex<[String]>([])
    _ = try answer("[\(call("status")),\(call("sum", "[1,2]"))]") { table in
      table.onAnswer = { method, result in
        seen.withLock { $0.append("\(method.name) \(result.encoded())") }
      }
    }
    #expect(seen.withLock { $0 } == [#"status {"state":"well","uid":2}"#, "sum 3"])
  }

  @Test func wrongParametersAreNamed() throws {
    let error = try answer(call("sum", #"{"b":"x"}"#))["error"]
    #expect(error?["code"]?.intValue == -32602)
    #expect(error?["data"]?["path"] == "b")
    #expect(error?["data"]?["expected"] == "an integer")
  }

  @Test func deepAndCrowdedRequestsAreRefused() throws {
    var limits = RPCLimits()
    limits.requestDepth = 8
    limits.requestValues = 20
    limits.batchEntries = 3
    let deep = call("echo", String(repeating: "[", count: 9) + String(repeating: "]", count: 9))
    #expect(try answer(deep, limits: limits)["error"]?["code"]?.intValue == -32700)
    let many = call("echo", "[[" + String(repeating: "1,", count: 30) + "1]]")
    #expect(try answer(many, limits: limits)["error"]?["code"]?.intValue == -32700)
    let full = "[" + String(repeating: "1,", count: 2) + "1]"
    #expect(try answer(full, limits: limits).arrayValue?.count == 3)
    let batch = "[" + String(repeating: "1,", count: 3) + "1]"
    #expect(try answer(batch, limits: limits)["error"]?["code"]?.intValue == -32600)
  }

  @Test func anAnswerThatIsTooLongIsRefusedAndTheRestOfTheBatchGoesOn() throws {
    var limits = RPCLimits()
    limits.answerBytes = 1000
    let batch = "[\(call("big", "[600]")),\(call("big", "[600]")),\(call("sum", "[1]"))]"
    let answers = try #require(try answer(batch, limits: limits).arrayValue)
    #expect(answers.map { $0["error"]?["data"]?["name"]?.stringValue } == [nil, "too_many", nil])
  }

  @Test func everyCallIsRefusedWhileTheDaemonEnds() throws {
    let table = TestMethods(gate: Gate(), ticker: Ticker()).table()
    var caller = caller
    caller.isStopping = true
    let text = try #require(table.answer(Array(call("status").utf8), from: caller).text)
    let error = try JSONValue.parse(text, source: "answer")["error"]
    #expect(error?["data"]?["name"] == "shutting_down")
  }

  @Test func discoveryDescribesEveryMethod() throws {
    let document = try #require(try answer(call("rpc.discover"))["result"])
    let methods = try #require(document["methods"]?.arrayValue)
    let names = methods.compactMap { $0["name"]?.stringValue }
    #expect(names == names.sorted())
    for name in ["status", "ticks", "help", "rpc.discover", "rpc.unsubscribe"] {
      #expect(names.contains(name))
    }
    let ticks = try #require(methods.first { $0["name"] == "ticks" })
    #expect(ticks["result"]?["schema"]?["properties"]?["subscription"] != nil)
    #expect(ticks["x-notification"]?["event"]?["properties"]?["tick"] != nil)
    let sum = try #require(methods.first { $0["name"] == "sum" })
    #expect(sum["params"]?.arrayValue?.map { $0["name"]?.stringValue } == ["a", "b", "c"])
    let fail = try #require(methods.first { $0["name"] == "fail" })
    #expect(fail["errors"]?.arrayValue?.first?["code"]?.intValue == RPCErrorName.conflict.code)
  }

  @Test func helpListsAllOrExplainsOne() throws {
    let all = try #require(try answer(call("help"))["result"])
    #expect(all["text"]?.stringValue?.contains("subtract") == true)
    let one = try #require(try answer(call("help", #"["subtract"]"#))["result"])
    #expect(one["text"]?.stringValue?.hasPrefix("subtract minuend subtrahend\n") == true)
    #expect(one["methods"]?.arrayValue?.count == 1)
    let none = try answer(call("help", #"["nothing"]"#))
    #expect(none["error"]?["data"]?["name"] == "not_found")
  }

  @Test func aStreamNeedsAnId() throws {
    let table = TestMethods(gate: Gate(), ticker: Ticker()).table()
    let text = #"{"jsonrpc":"2.0","method":"ticks"}"#
    #expect(table.answer(Array(text.utf8), from: caller).text == nil)
  }
}
