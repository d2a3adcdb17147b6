import GenkiChain
import GenkiCore
import GenkiHub

/// The seeds that decide anything in a round: pure functions of public values.
public enum Seeds {
  /// A miner's finetune: of round, hotkey and the names of its data sets.
  public static func training(round: UInt64, hotkey: SS58Address, datasets: [String]) -> UInt64 {
    var bytes = Array("genki-dama/train/1\0".utf8) + littleEndian(round) + hotkey.publicKey
    for name in datasets { bytes += Array(name.utf8) + [0] }
    return first(SHA256Hasher.digest(of: bytes))
  }

  /// The windows of an evaluation: of the round and the hash of block B_c + d.
  public static func evaluation(round: UInt64, probeSeed: ContentDigest) -> UInt64 {
    first(
      SHA256Hasher.digest(
        of: Array("genki-dama/evaluation/1\0".utf8) + littleEndian(round) + probeSeed.bytes))
  }

  private static func littleEndian(_ value: UInt64) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func first(_ digest: ContentDigest) -> UInt64 {
    digest.bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
