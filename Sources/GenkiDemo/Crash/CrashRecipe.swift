import Foundation
import GenkiCore

/// The numbers of a round that takes seconds, and texts made from the seed.
package struct CrashRecipe {
  /// Decides texts, keys and trainings.
  package var seed: UInt64
  let miners = ["alpha", "beta", "gamma"]
  let coordinator = "coordinator"
  let verifier = "verifier"
  let vocabularySize = 320
  let blockSize = 32
  let batchRows = 4
  let baseSteps = 40
  let baseLearningRate = 3e-3
  package var minerSteps = 80
  let minerLearningRate = 1e-3
  let checkpointSteps = 10
  let windowsPerText = 24
  package var lengthBlocks = 8
  let revealBlocks = 3
  let evaluationDelayBlocks = 2
  package let tempo: UInt16 = 20
  let stakeTao = 100

  package init(seed: UInt64) { self.seed = seed }

  var validators: [String] { [coordinator, verifier] }
  var members: [String] { validators + miners }

  /// A model of two layers, in the form of `config.json`.
  var model: JSONObject {
    [
      "model_type": "gpt_neo", "architectures": ["GPTNeoForCausalLM"],
      "vocab_size": JSONValue(vocabularySize), "hidden_size": 32, "num_layers": 2,
      "num_heads": 2, "attention_types": [[["global", "local"], 1]], "window_size": 16,
      "max_position_embeddings": 64, "activation_function": "gelu_new", "bos_token_id": 0,
      "eos_token_id": 0,
    ]
  }

  /// A text of a language with few words, in which one follows another; each miner has its own.
  func text(of miner: String) -> String {
    var random = DeterministicRandom(seed: seed, domain: "crash text \(miner)")
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    let words = (0..<40).map { _ in
      String((0..<(2 + random.next(below: 5))).map { _ in letters[random.next(below: 26)] })
    }
    let followers = words.map { _ in (0..<3).map { _ in random.next(below: words.count) } }
    var text = ""
    var word = 0
    for line in 0..<700 {
      for _ in 0..<(6 + line % 5) {
        text += words[word] + " "
        word = followers[word][random.next(below: 3)]
      }
      text += "\n"
    }
    return text
  }
}
