import GenkiFormats

/// The head of a model whose configuration says that its head is its embedding.
///
/// Files may hold a copy of it all the same. One with other values, as some merges leave it, would be
/// another model than the one that is computed here.
public enum TiedHead {
  /// What files call the head.
  public static let name = "lm_head.weight"

  /// The name of the embedding that is the head, too; nil for a model with a head of its own.
  public static func embedding(of configuration: ModelConfiguration) -> String? {
    guard configuration.tiedHead else { return nil }
    let layout = ModelLayout(configuration)
    return layout.parameters[layout.tokenEmbedding].name
  }

  /// Refuses a head that is not a copy of the embedding; one in another type is one if its values are.
  ///
  /// - Throws: `ModelError.differentHead`, and what reading the tensors throws.
  public static func check(
    _ head: StoredTensor?, embedding: StoredTensor, called name: String, folder: String
  ) throws {
    guard let head else { return }
    guard head.info.shape == embedding.info.shape else {
      throw ModelError.differentHead(
        folder: folder, embedding: name,
        difference: "its shape is \(head.info.shape), not \(embedding.info.shape)")
    }
    if let element = try head.firstDifference(from: embedding) {
      throw ModelError.differentHead(
        folder: folder, embedding: name, difference: "element \(element) is another one")
    }
  }
}
