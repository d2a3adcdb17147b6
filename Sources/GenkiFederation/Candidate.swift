import GenkiCore
import GenkiFormats
import GenkiKernels

/// A model that was made from the base: a full folder, or a PEFT adapter over the base.
///
/// Its own configuration and tokenizer are never read (an adapter's configuration is, because it
/// holds the scale). Weights stay mapped; an adapter's factors are read into memory.
public struct Candidate: Sendable {
  enum Content: Sendable {
    case full(MappedTensors)
    /// Factors by the base's tensor index.
    case adapter([Int: LowRankFactors])
  }

  /// What it is called in tables and reasons.
  public let name: String
  /// Its folder.
  public let folder: String
  /// SHA-256 over its weight files.
  public let contentDigest: ContentDigest
  /// SHA-256 of `adapter_config.json`; nil for a full model.
  public let configurationDigest: ContentDigest?
  let content: Content

  /// A full finetune.
  public var isFullModel: Bool {
    if case .full = content { true } else { false }
  }

  /// The mapped files that are read; an adapter's are in memory.
  var files: [MappedFile] {
    if case .full(let tensors) = content { tensors.weights.mappedFiles } else { [] }
  }

  /// Whether the candidate can differ from the base in this tensor at all.
  func changes(tensor: Int) -> Bool {
    switch content {
    case .full: true
    case .adapter(let factors): factors[tensor] != nil
    }
  }

  /// Gives back the memory of a stretch of a tensor that will not be read again soon.
  func release(_ chunk: Chunk) {
    if case .full(let tensors) = content { tensors.release(chunk) }
  }

  /// candidate − base in float32 for a stretch of a tensor; `base` holds the base's elements.
  func readChange(
    _ chunk: Chunk, base: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>
  ) throws {
    switch content {
    case .full(let tensors):
      try tensors.read(chunk, into: out)
      genki_subtract(out, out, base, chunk.range.count)
    case .adapter(let factors):
      guard let factors = factors[chunk.tensor] else {
        out.update(repeating: 0, count: chunk.range.count)
        return
      }
      factors.readChange(range: chunk.range, into: out)
    }
  }
}
