import GenkiCore

/// Continues a prompt token by token, keeping the keys and values of what it has read.
public final class Generator {
  private let decoder: Decoder

  /// Takes the memory for prompts and continuations of at most `contextLength` tokens together.
  ///
  /// - Throws: `ModelError.windowTooLong`, `TensorError.outOfMemory`.
  public init(model: LanguageModel, contextLength: Int, threads: Int) throws {
    decoder = try Decoder(model: model, capacity: contextLength, threads: threads)
  }

  /// The tokens that follow `prompt`.
  ///
  /// - Parameters:
  ///   - maximumTokens: At most this many new tokens; fewer when the context is full.
  ///   - stop: Ids that end the text; the one that does is not returned.
  ///   - onToken: Called with each new token; returning false ends the text after it.
  /// - Throws: `ModelError.empty` without a prompt, `ModelError.windowTooLong` when it does not fit,
  ///   `ModelError.tokenOutOfRange`.
  public func generate(
    prompt: [Int32], maximumTokens: Int, sampling: SamplingSettings = .greedy, seed: UInt64 = 0,
    stop: Set<Int32> = [], onToken: (Int32) -> Bool = { _ in true }
  ) throws -> [Int32] {
    guard !prompt.isEmpty else { throw ModelError.empty("the prompt") }
    var sampler = Sampler(settings: sampling, seed: seed)
    var result: [Int32] = []
    decoder.reset()
    var pending = prompt
    while result.count < maximumTokens {
      guard decoder.length + pending.count <= decoder.capacity else {
        if result.isEmpty {
          throw ModelError.windowTooLong(blockSize: prompt.count, maximum: decoder.capacity)
        }
        break
      }
      let logits = try decoder.read(pending)
      let token = sampler.next(logits)
      if stop.contains(token) { break }
      result.append(token)
      if !onToken(token) { break }
      pending = [token]
    }
    return result
  }
}
