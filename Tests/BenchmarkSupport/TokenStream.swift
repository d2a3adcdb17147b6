import GenkiModel

/// Token ids that look random, the same ones on both sides: torch_peer.py has the same formula.
///
/// Small ids are more frequent, as in text, so that training lowers the loss.
package enum TokenStream {
  /// The id at a place of a step's data.
  package static func token(step: Int, place: Int, vocabularySize: Int) -> Int32 {
    var mixed =
      UInt64(step + 1) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(place + 1) &* 0xD1B5_4A32_D192_ED03
    mixed ^= mixed >> 32
    mixed &*= 0xBF58_476D_1CE4_E5B9
    let share = mixed >> 32
    // share³ / 2⁶⁴, then from 32 bits to the vocabulary.
    let cube = (((share &* share) >> 32) &* share) >> 32
    return Int32((cube &* UInt64(vocabularySize)) >> 32)
  }

  /// A step's windows; every position's target is the token that follows it.
  package static func batch(
    step: Int, rows: Int, blockSize: Int, vocabularySize: Int
  ) -> TokenBatch {
    var batch = TokenBatch(rows: rows, blockSize: blockSize)
    for row in 0..<rows {
      for column in 0..<blockSize {
        let place = row * (blockSize + 1) + column
        batch.inputs[row * blockSize + column] = token(
          step: step, place: place, vocabularySize: vocabularySize)
        batch.targets[row * blockSize + column] = token(
          step: step, place: place + 1, vocabularySize: vocabularySize)
      }
    }
    return batch
  }

  /// A step's prompt.
  package static func prompt(step: Int, count: Int, vocabularySize: Int) -> [Int32] {
    (0..<count).map { token(step: step, place: $0, vocabularySize: vocabularySize) }
  }
}
