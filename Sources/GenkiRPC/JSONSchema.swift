import GenkiCore

/// A JSON Schema (draft 2020-12) of the few keywords that our methods need.
///
/// Objects list all their members: `additionalProperties` is false unless said otherwise.
public struct JSONSchema: Sendable, Equatable {
  /// The schema as it is published.
  public var json: JSONObject

  /// A schema from its keywords.
  public init(json: JSONObject) { self.json = json }
}
