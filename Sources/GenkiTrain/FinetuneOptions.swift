import Foundation
import GenkiCore
import GenkiData
import GenkiFormats
import GenkiTensor

/// Everything a finetune can be told; the names are those of the command's options.
public struct FinetuneOptions: Sendable, Equatable {
  /// What is trained.
  public enum Method: String, Sendable, CaseIterable {
    /// All weights.
    case full
    /// A low-rank adapter; the base stays as it is.
    case lora
  }

  /// When the run ends.
  public enum Length: Sendable, Equatable {
    /// After a number of optimiser steps.
    case steps(Int)
    /// After a number of passes over the training windows, all of them together rounded up to whole steps.
    case epochs(Double)
  }

  /// In which order windows are seen.
  public enum Order: String, Sendable, CaseIterable {
    /// A new seeded order each epoch.
    case shuffled
    /// From the file's begin to its end, again and again.
    case sequential
  }

  /// Which weights decay.
  public enum Decay: String, Sendable, CaseIterable {
    /// Matrices only: biases and norms stay as they are.
    case matrices
    /// Everything, as PyTorch does by default.
    case all
  }

  /// How the output's weights are stored.
  public enum Storage: String, Sendable, CaseIterable {
    /// Four bytes a weight, exact.
    case float32
    /// Two bytes a weight, rounded to the range of float32.
    case bfloat16
    /// Two bytes a weight, rounded more finely within ±65,504.
    case float16
    /// As the base's are, tensor by tensor.
    case base

    /// The type in the weight files; nil where the base decides.
    public var tensorType: TensorType? {
      switch self {
      case .float32: .F32
      case .bfloat16: .BF16
      case .float16: .F16
      case .base: nil
      }
    }
  }

  /// In which types a round takes a full model.
  public enum StorageRule: Sendable, Equatable {
    /// There is no round.
    case any
    /// In the base's, or in float32 over 16 bits.
    case baseOrWider
    /// In the base's only, as rounds were before they stated the type of their Dama.
    case baseOnly
  }

  /// A file to train on.
  public struct DataFile: Sendable, Equatable {
    /// Plain text or JSONL.
    public var path: String
    /// How its conversations are written; nil takes the base's own way.
    public var chatTemplate: String?
    /// What the base's own template is told beside the conversations.
    public var chatTemplateArguments: JSONObject

    /// A file to train on.
    public init(
      path: String, chatTemplate: String? = nil, chatTemplateArguments: JSONObject = [:]
    ) {
      self.path = path
      self.chatTemplate = chatTemplate
      self.chatTemplateArguments = chatTemplateArguments
    }
  }

  /// The base model's folder.
  public var base: String
  /// Text or JSONL files.
  public var data: [DataFile]
  /// How their lines become tokens; nil takes the rules that the run began with, or the current ones.
  public var dataRules: DatasetOptions.Rules?
  /// The day that the base's chat template sees, if it asks; nil takes that of the run's begin, or
  /// `ChatChoice.unaskedDate`.
  public var date: CalendarDate?
  /// The folder that receives the model.
  public var out: String
  /// What an adapter's configuration calls the base; nil takes the folder's path. An adapter that is
  /// published should not tell of this machine's folders.
  public var baseName: String?

  /// What is trained.
  public var method = Method.full
  /// The folder of a LoRA adapter that is trained on; nil begins a fresh one. It has its own modules,
  /// ranks and alphas, and the method is LoRA.
  public var adapter: String?
  /// LoRA: the rank of a fresh adapter's change; nil takes `defaultRank`.
  public var rank: Int?
  /// The rank of a fresh adapter.
  public var effectiveRank: Int { rank ?? Self.defaultRank }
  /// LoRA: the change is scaled by alpha / rank; nil takes the rank, a scale of 1.
  public var alpha: Double?
  /// The alpha that counts.
  var alphaOrRank: Double { alpha ?? Double(effectiveRank) }
  /// LoRA: the share of the adapter's inputs that a step leaves out; nil takes that of the adapter that is
  /// gone on with, and none for a fresh one.
  public var dropout: Double?
  /// LoRA: names of linear modules; nil takes all linear modules of the blocks.
  public var targetModules: [String]?

  /// When the run ends.
  public var length = Length.epochs(1)
  /// Windows a batch.
  public var batchRows = 8
  /// Batches a step.
  public var gradientAccumulation = 1
  /// Tokens a window; nil takes the model's context, at most `defaultBlockSizeMaximum`.
  public var blockSize: Int?

  /// The highest learning rate; nil takes the method's default.
  public var learningRate: Double?
  /// The shape of the learning rate.
  public var schedule = LearningRateSchedule.Kind.constant
  /// Steps until the highest learning rate.
  public var warmupSteps = 0
  /// AdamW's decay of the weights per unit of learning rate.
  public var weightDecay = 0.01
  /// Which weights decay.
  public var decay = Decay.matrices
  /// AdamW's decay of the first moment.
  public var beta1 = 0.9
  /// AdamW's decay of the second moment.
  public var beta2 = 0.999
  /// AdamW's epsilon.
  public var epsilon = 1e-8
  /// The largest gradient norm; nil does not clip.
  public var clipNorm: Double?

  /// Decides the order of windows, the split, a fresh adapter and dropout.
  public var seed: UInt64 = 0
  /// The order of windows.
  public var order = Order.shuffled
  /// The share of windows that is held out; nil takes 5 %, at most `defaultValidationWindowsMaximum`
  /// windows, and none with a sequential order.
  public var evaluationFraction: Double?
  /// Steps between evaluations; 0 evaluates at the begin and the end only.
  public var evaluationEvery = 0
  /// Steps between checkpoints; 0 writes one only when the run is asked to stop.
  public var checkpointEvery = 50
  /// Go on with the run that the output folder holds, if it holds one.
  public var resume = false
  /// Worker threads; nil takes those the run began with, or one a processor.
  public var threads: Int?
  /// In what precision matrix products are computed; nil takes that which the run began with, or
  /// float32.
  public var compute: ComputePrecision?
  /// How the output is stored; nil takes what the run began with, or `unaskedStorage`.
  public var storage: Storage?
  /// How the output of a new run is stored unless told.
  public var unaskedStorage = Storage.float32
  /// What the round takes that the model is made for; anything else is refused before the first step.
  public var storageRule = StorageRule.any
  /// The steps that the run was begun with.
  var recordedSteps: Int?
  /// Bad lines a data file may have; they are skipped and reported.
  public var badLinesMaximum = 100

  /// Memory that the run may plan; nil takes what the machine has left.
  public var memoryBytesMaximum: Int?

  /// The rank that is taken unasked.
  public static let defaultRank = 8
  /// The largest window that is taken unasked.
  public static let defaultBlockSizeMaximum = 256
  /// The most windows that are held out unasked: an evaluation stays short on large data.
  public static let defaultValidationWindowsMaximum = 64
  /// The share that is held out unasked.
  public static let defaultEvaluationFraction = 0.05

  /// A finetune with default settings.
  public init(base: String, data: [String], out: String) {
    self.base = base
    self.data = data.map { DataFile(path: $0) }
    self.out = out
  }

  /// The highest learning rate that is used: 1e-4 for full and 2e-4 for LoRA unless told.
  public var effectiveLearningRate: Double { learningRate ?? (method == .full ? 1e-4 : 2e-4) }

  /// How lines of data become tokens where no earlier run decides.
  var effectiveDataRules: DatasetOptions.Rules { dataRules ?? .current }

  /// The day that counts where no earlier run decides.
  var effectiveDate: CalendarDate? { date ?? ChatChoice.unaskedDate }

  /// The files as they are read: under the first rules the first template that is named holds for all.
  var effectiveData: [DataFile] {
    guard effectiveDataRules == .first else { return data }
    let template = data.compactMap(\.chatTemplate).first
    return data.map { DataFile(path: $0.path, chatTemplate: template) }
  }
  /// How the output is stored where no earlier run decides.
  public var effectiveStorage: Storage { storage ?? unaskedStorage }

  /// Windows a step.
  public var rowsPerStep: Int { batchRows * gradientAccumulation }

  /// The threads that are used where no earlier run decides.
  public var effectiveThreads: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
}
