import GenkiCore

/// The answer to `help`, made from the declarations.
struct HelpText {
  let title: String
  let version: String
  let methods: [RPCMethod]

  func answer(method name: String?) throws -> JSONValue {
    guard let name else {
      return Self.json(text: overview, methods)
    }
    guard let method = methods.first(where: { $0.name == name }) else {
      throw RPCFailure(
        name: .notFound, message: "there is no method \(name.quoted(limit: 60))",
        data: ["advice": "help without parameters lists them"])
    }
    return Self.json(text: Self.page(of: method), [method])
  }

  private static func json(text: String, _ methods: [RPCMethod]) -> JSONValue {
    .object([
      "text": .string(text),
      "methods": .array(
        methods.map {
          .object([
            "name": .string($0.name), "summary": .string($0.summary),
            "access": .string($0.access.rawValue), "stream": .bool($0.isStream),
          ])
        }),
    ])
  }

  private var overview: String {
    let width = methods.map(\.name.count).max() ?? 0
    let rows = methods.map { method in
      let padding = String(repeating: " ", count: width - method.name.count)
      let mark = method.isStream ? " (stream)" : ""
      return "  \(method.name)\(padding)  \(method.summary)\(mark)"
    }
    return (["\(title) \(version)", ""] + rows).joined(separator: "\n")
  }

  private static func page(of method: RPCMethod) -> String {
    let call = method.parameters.map { $0.isRequired ? $0.name : "[\($0.name)]" }
    var lines = [([method.name] + call).joined(separator: " "), "", method.summary + "."]
    if !method.details.isEmpty { lines += ["", method.details] }
    if !method.parameters.isEmpty {
      lines += ["", "Parameters:"]
      lines += method.parameters.map {
        "  \($0.name)\($0.isRequired ? "" : " (optional)"): \($0.summary)"
      }
    }
    if !method.errors.isEmpty {
      lines += ["", "Errors:"] + method.errors.map { "  \($0.rawValue) (\($0.code))" }
    }
    let right = method.access == .read ? "both sockets" : "the operators' socket"
    lines += ["", "Offered on \(right)." + (method.isStream ? " A stream of events." : "")]
    lines += ["", "Example parameters: " + JSONValue.object(method.example).encoded()]
    return lines.joined(separator: "\n")
  }
}
