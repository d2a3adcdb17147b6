import GenkiCore

/// The answer to `rpc.discover`: https://spec.open-rpc.org, version 1.3.
struct OpenRPCDocument {
  let title: String
  let version: String
  let methods: [RPCMethod]

  var json: JSONValue {
    .object([
      "openrpc": "1.3.2",
      "info": .object(["title": .string(title), "version": .string(version)]),
      "methods": .array(methods.map { .object(Self.method($0)) }),
      "components": .object([
        "errors": .object(
          JSONObject(entries: Self.commonErrors.map { (key: $0.name, value: $0.json) }))
      ]),
    ])
  }

  private static func method(_ method: RPCMethod) -> JSONObject {
    var json: JSONObject = ["name": .string(method.name), "summary": .string(method.summary)]
    if !method.details.isEmpty { json["description"] = .string(method.details) }
    json["paramStructure"] = "either"
    json["params"] = .array(method.parameters.map(parameter))
    let result = method.isStream ? RPCMethodTable.subscriptionSchema : method.result
    json["result"] = .object([
      "name": .string(method.isStream ? "subscription" : "result"),
      "schema": .object(result.json),
    ])
    json["errors"] = .array(
      method.errors.map { ErrorRow(code: $0.code, name: $0.rawValue).json }
        + commonErrors.map { .object(["$ref": .string("#/components/errors/\($0.name)")]) })
    json["examples"] = .array([example(of: method)])
    json["x-access"] = .string(method.access.rawValue)
    if method.isStream {
      json["x-notification"] = .object([
        "name": .string(method.name), "event": .object(method.result.json),
      ])
    }
    return json
  }

  private static func parameter(_ parameter: RPCParameter) -> JSONValue {
    .object([
      "name": .string(parameter.name), "summary": .string(parameter.summary),
      "required": .bool(parameter.isRequired), "schema": .object(parameter.schema.json),
    ])
  }

  private static func example(of method: RPCMethod) -> JSONValue {
    .object([
      "name": .string(method.name),
      "params": .array(
        method.example.entries.map {
          .object(["name": .string($0.key), "value": $0.value])
        }),
    ])
  }

  /// An error as the document lists it: the stable name is both message and `data.name`.
  private struct ErrorRow {
    let code: Int
    let name: String

    var json: JSONValue {
      .object([
        "code": JSONValue(code), "message": .string(name),
        "data": .object(["name": .string(name)]),
      ])
    }
  }

  /// Errors that any method may answer with.
  private static let commonErrors: [ErrorRow] =
    [
      ErrorRow(code: -32602, name: "invalid_params"),
      ErrorRow(code: -32603, name: "internal_error"),
    ]
    + [RPCErrorName.notPermitted, .shuttingDown, .tooMany, .failed].map {
      ErrorRow(code: $0.code, name: $0.rawValue)
    }
}
