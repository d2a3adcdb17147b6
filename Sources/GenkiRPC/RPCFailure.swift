import GenkiCore

/// What a handler throws to answer with one of the application's errors.
public struct RPCFailure: Error, Sendable, Equatable {
  /// Which error, and with it the code.
  public var name: RPCErrorName
  /// What failed and why, in one sentence.
  public var message: String
  /// More for programs; `name` is added.
  public var data: JSONObject

  /// A failure.
  public init(name: RPCErrorName, message: String, data: JSONObject = [:]) {
    self.name = name
    self.message = message
    self.data = data
  }
}

/// An error of another module that says by which name it is answered.
///
/// Without this the name follows from the error's kind: bad data is `invalid_data`, a missing right
/// `not_permitted`, a temporary failure `busy`, everything else `failed`.
public protocol RPCNamedError: ReportableError {
  /// The name on the wire.
  var rpcName: RPCErrorName { get }
}

/// An error as it stands in an answer.
public struct RPCFault: Error, Sendable, Equatable {
  /// The code of JSON-RPC or of ``RPCErrorName``.
  public var code: Int
  /// What failed and why.
  public var message: String
  /// `name`, and what belongs to the error.
  public var data: JSONObject

  /// A fault with its stable name in `data.name`.
  public init(code: Int, name: String, message: String, data: JSONObject = [:]) {
    self.code = code
    self.message = message
    self.data = JSONObject(
      entries: [(key: "name", value: .string(name))] + data.entries.filter { $0.key != "name" })
  }

  /// −32700: the text is no JSON.
  public static func parseError(_ why: String) -> RPCFault {
    RPCFault(code: -32700, name: "parse_error", message: "Parse error: \(why)")
  }

  /// −32600: the JSON is no request.
  public static func invalidRequest(_ why: String) -> RPCFault {
    RPCFault(code: -32600, name: "invalid_request", message: "Invalid request: \(why)")
  }

  /// −32601: no such method.
  public static func methodNotFound(_ method: String) -> RPCFault {
    RPCFault(
      code: -32601, name: "method_not_found",
      message: "Method not found: \(method.quoted(limit: 60))", data: ["see": "help"])
  }

  /// −32602: a parameter does not fit; `data.path` names it.
  public static func invalidParameters(_ error: JSONSchemaError) -> RPCFault {
    var data: JSONObject = ["path": .string(error.path), "expected": .string(error.expected)]
    if let found = error.found { data["found"] = .string(found) }
    return RPCFault(
      code: -32602, name: "invalid_params", message: "Invalid params: \(error.description)",
      data: data)
  }

  /// −32603: a mistake of ours, which stands in the log only.
  public static let internalError = RPCFault(
    code: -32603, name: "internal_error",
    message: "Internal error: the daemon's log says more")

  /// One of the application's errors.
  public static func named(
    _ name: RPCErrorName, _ message: String, data: JSONObject = [:]
  ) -> RPCFault {
    RPCFault(code: name.code, name: name.rawValue, message: message, data: data)
  }

  /// What an error that a handler threw is answered with; nil if only the log may know it.
  static func answering(_ error: any Error) -> RPCFault? {
    if let fault = error as? RPCFault { return fault }
    if let failure = error as? RPCFailure {
      return .named(failure.name, failure.message, data: failure.data)
    }
    if let error = error as? JSONSchemaError { return .invalidParameters(error) }
    guard let error = error as? any ReportableError, let name = name(of: error) else { return nil }
    var data: JSONObject = ["what": .string(error.what), "why": .string(error.why)]
    if let advice = error.advice { data["advice"] = .string(advice) }
    return .named(name, error.description, data: data)
  }

  private static func name(of error: any ReportableError) -> RPCErrorName? {
    if let named = error as? any RPCNamedError { return named.rpcName }
    switch error.kind {
    case .internalError: return nil
    case .invalidData, .usage: return .invalidData
    case .notPermitted: return .notPermitted
    case .temporary: return .busy
    case .failed, .unavailable, .cannotCreate, .inputOutput, .configuration: return .failed
    }
  }

  var json: JSONValue {
    .object([
      "code": JSONValue(code), "message": .string(message), "data": .object(data),
    ])
  }
}
