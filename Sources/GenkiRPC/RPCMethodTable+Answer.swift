import GenkiCore

extension RPCMethodTable {
  /// Carries out one request, or a batch in order, and gives the answer to write.
  ///
  /// Whatever the bytes are, this returns; it takes as long as the handlers take.
  public func answer(_ line: [UInt8], from caller: RPCCaller) -> RPCAnswer {
    let jsonLimits = JSONLimits(
      depth: limits.requestDepth, bytes: limits.requestBytes, values: limits.requestValues)
    let value: JSONValue
    do {
      value = try JSONValue.parse(line, source: "the request", limits: jsonLimits)
    } catch {
      return RPCAnswer(text: Self.response(.null, fault: .parseError("\(error)")), streams: [])
    }
    var streams: [any RPCHostedStream] = []
    guard let batch = value.arrayValue else {
      let text = answer(value, from: caller, bytesLeft: limits.answerBytes, streams: &streams)
      return RPCAnswer(text: text, streams: streams)
    }
    if let fault = batchFault(batch) {
      return RPCAnswer(text: Self.response(.null, fault: fault), streams: [])
    }
    var text: [UInt8] = []
    for entry in batch {
      let left = limits.answerBytes - text.count
      guard let one = answer(entry, from: caller, bytesLeft: left, streams: &streams) else {
        continue
      }
      text.append(UInt8(ascii: text.isEmpty ? "[" : ","))
      text += one
    }
    if !text.isEmpty { text.append(UInt8(ascii: "]")) }
    return RPCAnswer(text: text.isEmpty ? nil : text, streams: streams)
  }

  /// The text of an answer that belongs to no request: the peer broke a limit.
  public static func refusal(_ fault: RPCFault) -> [UInt8] { response(.null, fault: fault) }

  private func batchFault(_ batch: [JSONValue]) -> RPCFault? {
    if batch.isEmpty { return .invalidRequest("the batch is empty") }
    guard batch.count > limits.batchEntries else { return nil }
    return .invalidRequest(
      "the batch has \(batch.count) entries, more than the limit of \(limits.batchEntries)")
  }

  /// One entry's answer; nil for a notification.
  private func answer(
    _ value: JSONValue, from caller: RPCCaller, bytesLeft: Int,
    streams: inout [any RPCHostedStream]
  ) -> [UInt8]? {
    let request: Request
    do throws(RPCFault) {
      request = try Request(value)
    } catch {
      return Self.response(Request.id(of: value) ?? .null, fault: error)
    }
    let started = ContinuousClock.now
    var stream: (any RPCHostedStream)?
    let outcome = outcome(of: request, from: caller, stream: &stream)
    note(request, from: caller, outcome, seconds: (ContinuousClock.now - started) / .seconds(1))
    guard let id = request.id else { return nil }
    switch outcome {
    case .failure(let fault): return Self.response(id, fault: fault)
    case .success(let result):
      let text = Self.response(id, result: result)
      guard text.count <= bytesLeft else {
        stream?.cancel()
        let message = "the answer has \(text.count) bytes, more than the limit; ask for less"
        return Self.response(id, fault: .named(.tooMany, message))
      }
      if let stream { streams.append(stream) }
      return text
    }
  }

  private func outcome(
    of request: Request, from caller: RPCCaller, stream: inout (any RPCHostedStream)?
  ) -> Result<JSONValue, RPCFault> {
    do {
      return .success(try carryOut(request, from: caller, stream: &stream))
    } catch {
      stream?.cancel()
      stream = nil
      if let fault = RPCFault.answering(error) { return .failure(fault) }
      log(
        RPCLogEntry(
          .error, "a call failed by a mistake of ours",
          ["method": request.method, "error": "\(error)"]))
      return .failure(.internalError)
    }
  }

  private func carryOut(
    _ request: Request, from caller: RPCCaller, stream: inout (any RPCHostedStream)?
  ) throws -> JSONValue {
    if caller.isStopping {
      throw RPCFault.named(.shuttingDown, "the daemon is about to end")
    }
    guard let entry = entries[request.method] else {
      throw RPCFault.methodNotFound(request.method)
    }
    let method = entry.method
    guard method.access == .read || caller.access == .write else {
      throw RPCFault.named(
        .notPermitted, "\(method.name) changes something: it is offered on the operators' socket")
    }
    var call = RPCCall(
      parameters: try method.checkedParameters(request.parameters), peer: caller.peer)
    guard method.isStream else {
      let result = try entry.handle(call, caller)
      try check(result, of: method)
      return result
    }
    guard request.id != nil, let host = caller.host else {
      throw RPCFault.invalidRequest("a stream's request needs an id")
    }
    let opened = try host.openStream(method: method.name)
    stream = opened
    call.stream = CheckedStream(opened, method: method, table: self)
    _ = try entry.handle(call, caller)
    return .object(["subscription": JSONValue(opened.id)])
  }

  /// Looks at a result or event before it goes out.
  func check(_ result: JSONValue, of method: RPCMethod) throws {
    onAnswer?(method, result)
    guard validatesResults else { return }
    do {
      try method.result.validate(result)
    } catch {
      throw BadResult(method: method.name, error: error)
    }
  }

  private func note(
    _ request: Request, from caller: RPCCaller, _ outcome: Result<JSONValue, RPCFault>,
    seconds: Double
  ) {
    let method = entries[request.method]?.method
    let isChange = method?.access == .write
    var fields = [
      "method": method?.name ?? request.method.quoted(limit: 60), "pid": "\(caller.peer.process)",
      "uid": "\(caller.peer.user)", "gid": "\(caller.peer.group)",
      "milliseconds": "\(Int(seconds * 1000))",
    ]
    if case .failure(let fault) = outcome { fields["error"] = fault.message }
    log(RPCLogEntry(isChange ? .info : .debug, "call", fields))
  }

  private static func response(_ id: JSONValue, result: JSONValue) -> [UInt8] {
    Array(
      JSONValue.object(["jsonrpc": "2.0", "id": id, "result": result]).encoded().utf8)
  }

  private static func response(_ id: JSONValue, fault: RPCFault) -> [UInt8] {
    Array(
      JSONValue.object(["jsonrpc": "2.0", "id": id, "error": fault.json]).encoded().utf8)
  }
}

/// A served result that does not fit what the method declares: a mistake of ours.
struct BadResult: Error, CustomStringConvertible {
  let method: String
  let error: JSONSchemaError

  var description: String { "the result of \(method) does not fit its schema: \(error)" }
}

/// A stream whose events are looked at like results.
private struct CheckedStream: RPCStream {
  let stream: any RPCHostedStream
  let method: RPCMethod
  let table: RPCMethodTable

  init(_ stream: any RPCHostedStream, method: RPCMethod, table: RPCMethodTable) {
    self.stream = stream
    self.method = method
    self.table = table
  }

  func send(_ event: JSONValue) -> Bool {
    do {
      try table.check(event, of: method)
    } catch {
      table.log(RPCLogEntry(.error, "an event was left out", ["error": "\(error)"]))
      return true
    }
    return stream.send(event)
  }

  func finish(_ reason: RPCStreamEnd) { stream.finish(reason) }

  func onEnd(_ body: @escaping @Sendable () -> Void) { stream.onEnd(body) }
}
