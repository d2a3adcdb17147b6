import GenkiChain
import GenkiCore
import GenkiHub

// Digests, revisions, repositories and addresses are written as the texts that people know them by.

private func read<Value>(
  _ decoder: any Decoder, _ kind: String, _ make: (String) -> Value?
) throws -> Value {
  let text = try decoder.singleValueContainer().decode(String.self)
  guard let value = make(text) else {
    throw DecodingError.dataCorrupted(
      DecodingError.Context(
        codingPath: decoder.codingPath, debugDescription: "\(text.quoted()) is no \(kind)"))
  }
  return value
}

private func write(_ text: String, _ encoder: any Encoder) throws {
  var container = encoder.singleValueContainer()
  try container.encode(text)
}

extension ContentDigest: Codable {
  /// Reads 64 hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    self = try read(decoder, "SHA-256 digest") { ContentDigest(hex: $0) }
  }
  /// Writes 64 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws { try write(hex, encoder) }
}

extension Revision: Codable {
  /// Reads 40 hexadecimal digits.
  public init(from decoder: any Decoder) throws {
    self = try read(decoder, "revision") { Revision(hex: $0) }
  }
  /// Writes 40 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws { try write(hex, encoder) }
}

extension RepositoryID: Codable {
  /// Reads `namespace/name`.
  public init(from decoder: any Decoder) throws {
    self = try read(decoder, "repository id") { RepositoryID($0) }
  }
  /// Writes `namespace/name`.
  public func encode(to encoder: any Encoder) throws { try write(description, encoder) }
}

extension SS58Address: Codable {
  /// Reads an address of Bittensor's format.
  public init(from decoder: any Decoder) throws {
    self = try read(decoder, "address") { try? SS58Address.bittensor($0) }
  }
  /// Writes the address.
  public func encode(to encoder: any Encoder) throws { try write(description, encoder) }
}
