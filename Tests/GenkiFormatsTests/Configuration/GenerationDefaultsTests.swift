import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// generation_config.json as transformers reads it.
@Suite struct GenerationDefaultsTests {
  private func load(_ text: String) throws -> GenerationDefaults {
    let folder = try TemporaryFolder()
    try folder.write(text, to: "generation_config.json")
    return try GenerationDefaults.load(folder: folder.path)
  }

  @Test func withoutAFileTransformersDefaultsApply() throws {
    let folder = try TemporaryFolder()
    let defaults = try GenerationDefaults.load(folder: folder.path)
    #expect(defaults == GenerationDefaults())
    #expect(!defaults.samples && defaults.temperature == 1 && defaults.topK == 50)
    #expect(defaults.topP == nil && defaults.minP == nil && defaults.repetitionPenalty == 1)
    #expect(try load("{}") == defaults)
    #expect(try load(#"{"top_k": null, "do_sample": null, "max_new_tokens": null}"#) == defaults)
  }

  /// As Qwen2.5's and Llama 3's authors have it.
  @Test func whatAuthorsSayIsTaken() throws {
    let qwen = try load(
      """
      {"bos_token_id": 151643, "do_sample": true, "eos_token_id": [151645, 151643],
       "repetition_penalty": 1.1, "temperature": 0.7, "top_p": 0.8, "top_k": 20,
       "transformers_version": "4.37.0"}
      """)
    #expect(qwen.samples && qwen.temperature == 0.7 && qwen.topK == 20 && qwen.topP == 0.8)
    #expect(qwen.repetitionPenalty == 1.1 && qwen.notApplied.isEmpty)
    let other = try load(#"{"min_p": 0.15, "top_k": 0, "top_p": 1.0, "max_new_tokens": 2048}"#)
    #expect(other.minP == 0.15 && other.topK == nil && other.topP == nil)
    #expect(other.maximumNewTokens == 2048)
  }

  @Test func whatIsNotAppliedIsNamed() throws {
    let defaults = try load(
      """
      {"typical_p": 0.9, "num_beams": 4, "no_repeat_ngram_size": 0, "min_length": 0,
       "suppress_tokens": [1, 2], "guidance_scale": null, "use_cache": false, "num_beam_groups": 1,
       "eta_cutoff": 0.0, "length_penalty": 2.0, "stop_strings": "x", "bad_words_ids": false}
      """)
    #expect(
      defaults.notApplied == [
        "bad_words_ids", "num_beams", "stop_strings", "suppress_tokens", "typical_p",
      ])
  }

  @Test(arguments: [
    (#"{"temperature": "hot"}"#, "temperature"), (#"{"temperature": -1}"#, "temperature"),
    (#"{"temperature": 1e300}"#, "temperature"), (#"{"top_p": 1.5}"#, "top_p"),
    (#"{"top_k": -1}"#, "top_k"), (#"{"top_k": 1.5}"#, "top_k"),
    (#"{"do_sample": 1}"#, "do_sample"), (#"{"min_p": 2}"#, "min_p"),
    (#"{"repetition_penalty": 0}"#, "repetition_penalty"),
    (#"{"max_new_tokens": 99999999999999999999}"#, "max_new_tokens"), ("[]", "generation_config"),
    ("{", "generation_config"),
  ])
  func aValueOutOfItsBoundsIsNamed(text: String, key: String) throws {
    let error = #expect(throws: (any Error).self) { try load(text) }
    #expect("\(try #require(error))".contains(key))
  }
}
