import GenkiCore

/// Continues a prompt token by token, keeping the keys and values of what it has read: a prompt that
/// begins as the last text did, as the next turn of a conversation does, is read from where they differ.
public final class Generator {
  /// How many of the last prompt's tokens had been computed before and were not read again.
  public private(set) var computedTokens = 0
  /// Tokens of prompt and continuation together, at most.
  public var contextLength: Int { decoder.capacity }
  private let decoder: Decoder

  /// Takes the memory for prompts and continuations of at most `contextLength` tokens together.
  ///
  /// - Throws: `ModelError.windowTooLong`, `TensorError.outOfMemory`.
  public init(model: DecodingModel, contextLength: Int, threads: Int) throws {
    decoder = try Decoder(model: model, capacity: contextLength, threads: threads)
  }

  /// The same for a model in float32 with the adapter that it has now, whose weights are shared.
  public convenience init(model: LanguageModel, contextLength: Int, threads: Int) throws {
    try self.init(model: DecodingModel(model), contextLength: contextLength, threads: threads)
  }

  /// The tokens that follow `prompt`, and why they ended.
  ///
  /// - Parameters:
  ///   - maximumTokens: At most this many new tokens; fewer when the context is full.
  ///   - stop: Ids that end the text; the one that does is not among the new tokens.
  ///   - onToken: Called with each new token; returning false ends the text after it.
  /// - Throws: `ModelError.empty` without a prompt, `ModelError.windowTooLong` when it does not fit,
  ///   `ModelError.tokenOutOfRange`. What was computed is kept for the next prompt all the same.
  public func generate(
    prompt: [Int32], maximumTokens: Int, sampling: SamplingSettings = .greedy, seed: UInt64 = 0,
    stop: Set<Int32> = [], onToken: (Int32) -> Bool = { _ in true }
  ) throws -> Generation {
    var pending = try rest(of: prompt)
    var sampler = Sampler(settings: sampling, seed: seed)
    sampler.note(prompt)
    var result = Generation(ids: [], end: .length)
    while result.ids.count < maximumTokens {
      guard decoder.length + pending.count <= decoder.capacity else {
        result.end = .contextFull
        break
      }
      let token = sampler.next(try decoder.read(pending))
      if stop.contains(token) {
        result.end = .endToken(token)
        break
      }
      result.ids.append(token)
      if !onToken(token) {
        result.end = .stopped
        break
      }
      sampler.note([token])
      pending = [token]
    }
    return result
  }

  /// The logits after a text's last token, as `generate` has them for its first new one.
  package func logits(after text: [Int32]) throws -> [Float] {
    Array(try decoder.read(rest(of: text)))
  }

  /// What of a text has to be read, when all that it does not share with the last one is forgotten.
  private func rest(of text: [Int32]) throws -> ArraySlice<Int32> {
    guard !text.isEmpty else { throw ModelError.empty("the prompt") }
    guard text.count <= decoder.capacity else {
      throw ModelError.windowTooLong(blockSize: text.count, maximum: decoder.capacity)
    }
    // The logits of the last token are needed, whatever else is known.
    computedTokens = min(zip(text, decoder.ids).prefix { $0 == $1 }.count, text.count - 1)
    decoder.forget(after: computedTokens)
    return text[computedTokens...]
  }
}
