import GenkiCore
import GenkiFormats

/// A token as a file of a model names it.
public struct NamedToken: Sendable, Equatable {
  /// How it is named.
  public enum Name: Sendable, Equatable {
    case text(String)
    case id(Int)
  }

  /// Its text or its number.
  public let name: Name
  /// The file and the key that name it; nil for a usual name that no file mentions.
  public let place: String?

  /// Its id, if the vocabulary has it.
  func id(in tokenizer: Tokenizer) -> Int32? {
    switch name {
    case .text(let text): tokenizer.id(of: text)
    case .id(let id): Int32(exactly: id).flatMap { tokenizer.contains($0) ? $0 : nil }
    }
  }

  /// It, for a reader.
  var description: String {
    let token =
      switch name {
      case .text(let text): text.quoted()
      case .id(let id): "the id \(id)"
      }
    return token + (place.map { " (\($0))" } ?? "")
  }
}

/// The token that ends documents and the replies of the plain template.
public struct EndToken: Sendable, Equatable {
  /// Its id; nil adds nothing.
  public var id: Int32?
  /// What a reader has to know about it; nil if all is as they expect.
  public var remark: String?

  /// Nothing ends a document, and nothing is said of it.
  public init() {}

  /// A token.
  public init(id: Int32) { self.id = id }

  /// The first of the names that the vocabulary has; those before it are remarked on.
  init(firstOf names: [NamedToken], in tokenizer: Tokenizer) {
    let missing = names.prefix { $0.id(in: tokenizer) == nil }
    let found = names.dropFirst(missing.count).first
    id = found?.id(in: tokenizer)
    let named = missing.filter { $0.place != nil }.map(\.description)
    let lacking =
      named.isEmpty
      ? nil : "end token \(named.joined(separator: " or ")) is not in the vocabulary"
    switch (lacking, found) {
    case (let lacking?, let found?): remark = "\(lacking): \(found.description) is used"
    case (let lacking?, nil): remark = "\(lacking) and no other is named: nothing ends a document"
    case (nil, nil): remark = "the base names no end token: nothing ends a document"
    case (nil, _?): remark = nil
    }
  }
}
