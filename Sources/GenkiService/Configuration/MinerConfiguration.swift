/// `config/minerd.toml`, checked and with defaults.
public struct MinerConfiguration: Sendable, Equatable {
  /// `[daemon]`.
  public var daemon: DaemonSection
  /// `[wallet]`.
  public var wallet: WalletSection
  /// `[chain]`.
  public var chain: ChainSection
  /// `[hub]`.
  public var hub: HubSection
  /// `[compute]`.
  public var compute: ComputeSection
  /// `[round]`.
  public var round: Round
  /// `[[dataset]]`.
  public var datasets: [Dataset]
  /// `[finetune]`.
  public var finetune: Finetune
  /// `[publish]`.
  public var publish: Publish
  /// `[metrics]`.
  public var metrics: MetricsSection

  /// `[round]`.
  public struct Round: Sendable, Equatable {
    /// The hotkey, as SS58 address, that announces rounds; nil makes the daemon wait and say so.
    public var coordinator: String?
    /// False only watches: nothing is trained or committed unless told by RPC.
    public var participate = true
  }

  /// `[[dataset]]`: a file to train on. More can be added by `dataset.add`.
  public struct Dataset: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// A text or JSONL file.
    public var path: String
    /// How conversations are written; nil takes the base's own way.
    public var chatTemplate: String?
    /// What the base's own template is told beside the conversations: a JSON object.
    public var chatTemplateArguments: String?
  }

  /// `[finetune]`; the names are those of the command's options.
  public struct Finetune: Sendable, Equatable {
    /// `full` or `lora`.
    public var method = "lora"
    /// LoRA: the rank.
    public var rank = 8
    /// LoRA: alpha; nil takes the rank.
    public var alpha: Double?
    /// LoRA: names of linear modules; nil takes all of the blocks.
    public var targetModules: [String]?
    /// Optimiser steps; nil takes `epochs`.
    public var steps: Int?
    /// Passes over the data.
    public var epochs = 1.0
    /// Windows a batch.
    public var batch = 8
    /// Batches a step.
    public var gradientAccumulation = 1
    /// Tokens a window; nil takes the round's block size.
    public var blockSize: Int?
    /// The highest learning rate; nil takes the method's default.
    public var learningRate: Double?
    /// `constant`, `linear` or `cosine`.
    public var schedule = "constant"
    /// Steps until the highest learning rate.
    public var warmupSteps = 0
    /// AdamW's decay.
    public var weightDecay = 0.01
    /// The largest gradient norm; nil does not clip.
    public var clipNorm: Double?
    /// Steps between checkpoints.
    public var checkpointEvery = 50
    /// How the model is stored: `auto`, `float32`, `bfloat16`, `float16` or `base`.
    public var dtype = "auto"
    /// Precision of matrix products: `float32`, `bf16` or `auto`.
    public var compute = "auto"
  }

  /// `[publish]`.
  public struct Publish: Sendable, Equatable {
    /// Repositories are called `NAME-rROUND`; nil takes the hotkey's name.
    public var name: String?
    /// The Hub's id of the licence of what is published; nil states none.
    public var license: String?
    /// What the data are, for the model card.
    public var description: String?
    /// Codes of the languages of the data, for the model card.
    public var language: [String] = []
    /// A JSONL file that is published as `samples.jsonl`; nil shares none.
    public var samples: String?
    /// Finished rounds whose models and checkpoints are kept on this machine.
    public var keepRounds = 3
  }
}
