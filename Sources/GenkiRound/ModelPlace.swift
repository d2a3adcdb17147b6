import GenkiHub

/// A model on a hub: one revision of a repository.
public struct ModelPlace: Sendable, Hashable {
  /// The repository.
  public var repository: RepositoryID
  /// The commit.
  public var revision: Revision

  /// A revision of a repository.
  public init(repository: RepositoryID, revision: Revision) {
    self.repository = repository
    self.revision = revision
  }
}
