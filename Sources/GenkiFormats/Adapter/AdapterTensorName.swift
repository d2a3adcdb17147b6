import GenkiCore

/// What the name of a tensor in an adapter's file says: half of a module's change, or something foreign.
enum AdapterTensorName: Equatable {
  /// A [rank, in] of a module.
  case a(module: String)
  /// B [out, rank] of a module.
  case b(module: String)
  /// What is not read, by its kind.
  case foreign(AdapterError.Foreign)
  /// No name of PEFT's.
  case unknown

  static let prefix = "base_model.model."
  static let aSuffix = ".lora_A.weight"
  static let bSuffix = ".lora_B.weight"

  private static let heads: Set<Substring> = ["lm_head", "embed_out"]
  private static let embeddings: Set<Substring> = [
    "embed_tokens", "embed_in", "wte", "wpe", "embed_positions", "word_embeddings",
  ]

  init(_ name: String) {
    guard name.hasPrefix(Self.prefix) else {
      self = .unknown
      return
    }
    let rest = name.dropFirst(Self.prefix.count)
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    if let foreign = Self.foreign(parts) {
      self = .foreign(foreign)
    } else if let module = Self.module(rest, Self.aSuffix) {
      self = .a(module: module)
    } else if let module = Self.module(rest, Self.bSuffix) {
      self = .b(module: module)
    } else {
      self = .unknown
    }
  }

  private static func module(_ rest: Substring, _ suffix: String) -> String? {
    guard rest.hasSuffix(suffix) else { return nil }
    let path = String(rest.dropLast(suffix.count))
    return ModuleNames.isPlain(path) ? path : nil
  }

  private static func foreign(_ parts: [Substring]) -> AdapterError.Foreign? {
    if parts.contains(where: heads.contains) { return .head }
    if parts.contains(where: { embeddings.contains($0) || $0.hasPrefix("lora_embedding_") }) {
      return .embeddings
    }
    if parts.contains(where: { $0.hasPrefix("lora_magnitude") }) { return .magnitudes }
    if parts.last == "bias" { return .biases }
    guard let half = parts.firstIndex(where: { $0 == "lora_A" || $0 == "lora_B" }) else {
      return parts.last == "weight" ? .wholeModule : nil
    }
    return half + 2 < parts.count && parts.last == "weight" ? .named : nil
  }
}
