import GenkiCore

/// What the hub says of a repository as a whole.
public struct RepositoryInfo: Sendable, Hashable {
  /// The newest commit of its main branch; nil if it has none.
  public var head: Revision?
  /// Whether only its owner may see it; nil if the server does not say.
  public var isPrivate: Bool?

  init(_ json: JSONValue, source: String) throws(HubError) {
    guard json.objectValue != nil else {
      throw .unreachable(source: source, reason: "it describes a repository by no object")
    }
    isPrivate = json["private"]?.boolValue
    switch json["sha"] {
    case nil, .null: head = nil
    case let sha?:
      guard let head = sha.stringValue.flatMap({ Revision(hex: $0) }) else {
        throw .unreachable(source: source, reason: "it names a commit that is none")
      }
      self.head = head
    }
  }
}

extension HuggingFaceHub {
  /// What the hub says of a repository; nil if there is none, or none that we may see.
  public func look(at repository: RepositoryID) throws -> RepositoryInfo? {
    do {
      return try info(of: repository)
    } catch HubError.repositoryNotFound {
      return nil
    }
  }
}
