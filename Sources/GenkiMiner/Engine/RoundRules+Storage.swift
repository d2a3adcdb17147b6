import GenkiRound
import GenkiTrain

extension RoundRules {
  /// How a full model may be stored: rounds that do not state their Dama's type are judged by validators
  /// that take the base's types only.
  var storageRule: FinetuneOptions.StorageRule { areFirst ? .baseOnly : .baseOrWider }
}
