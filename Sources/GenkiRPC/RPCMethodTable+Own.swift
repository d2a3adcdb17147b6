import GenkiCore

/// The methods that every table has.
extension RPCMethodTable {
  static let help = RPCMethod(
    "help", summary: "List the methods, or describe one",
    details: "For people; programs read rpc.discover.", access: .read,
    parameters: [
      RPCParameter(
        "method", .string(maxLength: 100), summary: "The method to describe; absent: all of them")
    ],
    result: .object([
      "text": .string(),
      "methods": .array(
        of: .object([
          "name": .string(), "summary": .string(), "access": .string(oneOf: ["read", "write"]),
          "stream": .boolean,
        ])),
    ]),
    errors: [.notFound], example: ["method": "status"])

  static let discovery = RPCMethod(
    "rpc.discover", summary: "The OpenRPC document that describes every method",
    details: "See https://spec.open-rpc.org.", access: .read,
    result: .object([
      "openrpc": .string(pattern: "^1\\.3\\.[0-9]+$"),
      "info": .object(["title": .string(), "version": .string()]),
      "methods": .array(
        of: .object(["name": .string()], additionalProperties: true)),
      "components": .object([:], additionalProperties: true),
    ]))

  static let unsubscription = RPCMethod(
    "rpc.unsubscribe", summary: "End a subscription of this connection",
    details: "No notification of the subscription follows the answer.", access: .read,
    parameters: [
      RPCParameter(
        "subscription", .integer(min: 1), isRequired: true,
        summary: "The number that the stream's first answer named")
    ],
    result: .object(["unsubscribed": .boolean]), errors: [.notFound],
    example: ["subscription": 1])

  /// What a stream's first answer looks like.
  static let subscriptionSchema = JSONSchema.object(["subscription": .integer(min: 1)])

  /// Reserves the names; the table replaces the bodies once it knows all methods.
  static let declaredHelp = RPCEndpoint(help) { _ in .null }
  static let declaredDiscovery = RPCEndpoint(discovery) { _ in .null }
}
