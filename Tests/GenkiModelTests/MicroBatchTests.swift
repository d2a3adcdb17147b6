import GenkiCore
import GenkiFormats
import GenkiModel
import Testing

/// How many windows of training go through at once.
@Suite struct MicroBatchTests {
  private func rows(_ json: JSONValue, lora: Bool = false, of maximum: Int, _ block: Int) throws
    -> Int
  {
    let configuration = try ModelConfiguration(json: json, source: "shape")
    return try Trainer.windowsAtOnce(
      configuration: configuration,
      adapter: lora
        ? AdapterConfiguration(rank: 8, alpha: 16, targetModules: ["q_proj", "v_proj"]) : nil,
      blockSize: block, rowsMaximum: maximum)
  }

  @Test func largeModelsSendFewerWindowsThrough() throws {
    let pythia: JSONValue = [
      "model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 768, "num_hidden_layers": 12,
      "num_attention_heads": 12, "intermediate_size": 3072,
    ]
    #expect(try rows(pythia, of: 4, 256) == 1)
    let smol: JSONValue = [
      "model_type": "llama", "vocab_size": 49152, "hidden_size": 576, "num_hidden_layers": 30,
      "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
      "tie_word_embeddings": true,
    ]
    #expect(try rows(smol, lora: true, of: 4, 256) == 2)
    let tiny: JSONValue = [
      "model_type": "gpt_neo", "vocab_size": 1024, "hidden_size": 64, "num_layers": 2,
      "num_heads": 4, "attention_types": [[["global", "local"], 1]],
    ]
    #expect(try rows(tiny, of: 16, 128) == 16)
    #expect(try rows(tiny, of: 1024, 128) == 32)
    #expect(try rows(tiny, of: 1, 128) == 1)
  }
}
