import GenkiFormats

/// The head of a model whose configuration says that its head is its embedding.
///
/// Files may hold a copy of it all the same. One with other values, as some merges leave it, would be
/// another model than the one that is computed here.
public struct TiedHead: Sendable {
  /// What files call the head.
  public let name: String
  /// What they call the embedding.
  public let embedding: String

  /// Nil for a model with a head of its own.
  public init?(_ configuration: ModelConfiguration) {
    guard configuration.tiedHead else { return nil }
    let parts = configuration.parts
    name = parts.head
    embedding = parts.tokenEmbedding
  }

  /// Refuses a head that is not a copy of the embedding; one in another type is one if its values are.
  ///
  /// - Throws: `ModelError.differentHead`, and what reading the tensors throws.
  public func check(_ head: StoredTensor?, embedding tensor: StoredTensor, folder: String) throws {
    guard let head else { return }
    guard head.info.shape == tensor.info.shape else {
      throw ModelError.differentHead(
        folder: folder, head: name, embedding: embedding,
        difference: "its shape is \(head.info.shape), not \(tensor.info.shape)")
    }
    if let element = try head.firstDifference(from: tensor) {
      throw ModelError.differentHead(
        folder: folder, head: name, embedding: embedding,
        difference: "element \(element) is another one")
    }
  }
}
