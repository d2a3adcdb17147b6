import GenkiCore

/// Why a finetune did not start, or ended without a model.
public enum FinetuneError: ReportableError, Equatable {
  /// An option's value cannot be used.
  case option(name: String, why: String, advice: String?)
  /// The base is a LoRA adapter, or no model at all.
  case notABase(path: String, why: String)
  /// What is to be trained on is no adapter that can be.
  case notAnAdapter(path: String, why: String)
  /// The data give no window to train on.
  case noWindows(paths: [String], blockSize: Int)
  /// The output folder holds something.
  case outputNotEmpty(path: String)
  /// The output folder holds a run that has not ended.
  case outputUnfinished(path: String)
  /// There is nothing to resume in the output folder.
  case notARun(path: String)
  /// Another process works in the output folder.
  case busy(path: String)
  /// A resumed run was begun with another value.
  case settingDiffers(path: String, key: String, was: String, now: String)
  /// The run's own files cannot be used.
  case damagedState(path: String, why: String)
  /// The plan does not fit into the memory there is.
  case memory(neededBytes: Int, availableBytes: Int)
  /// The loss or the gradient is infinite or not a number.
  case notFinite(step: Int, figure: String, value: Double, checkpoint: String?)

  /// The kind of failure.
  public var kind: ErrorKind {
    switch self {
    case .option: .usage
    case .notABase, .notAnAdapter, .noWindows, .damagedState: .invalidData
    case .outputNotEmpty, .outputUnfinished, .notARun: .cannotCreate
    case .busy: .temporary
    case .settingDiffers(_, let key, _, _):
      key == "base" || key == "adapter" || key.hasPrefix("data") ? .invalidData : .usage
    case .memory, .notFinite: .failed
    }
  }

  /// What failed.
  public var what: String {
    switch self {
    case .option(let name, _, _): name
    case .notABase(let path, _): "cannot finetune \(path)"
    case .notAnAdapter(let path, _): "cannot go on with the adapter \(path)"
    case .noWindows(let paths, _): "no training windows in \(paths.joined(separator: ", "))"
    case .outputNotEmpty(let path), .outputUnfinished(let path): "cannot write to \(path)"
    case .notARun(let path), .settingDiffers(let path, _, _, _): "cannot resume \(path)"
    case .busy(let path): "cannot use \(path)"
    case .damagedState(let path, _): "cannot use \(path)"
    case .memory: "the run does not fit into memory"
    case .notFinite(let step, _, _, _): "training stopped at step \(step)"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .option(_, let why, _), .notABase(_, let why), .notAnAdapter(_, let why),
      .damagedState(_, let why):
      why
    case .noWindows(_, let blockSize):
      "there are fewer tokens than one window of \(blockSize) and its next token"
    case .outputNotEmpty: "the folder is not empty"
    case .outputUnfinished: "it holds a run that has not ended"
    case .notARun: "the folder holds other files and no run"
    case .busy: "another process is working in this folder"
    case .settingDiffers(_, let key, let was, let now):
      "\(key) was \(was) when the run began and is now \(now)"
    case .memory(let needed, let available):
      "it needs \(Self.mebibytes(needed)) MiB and \(Self.mebibytes(available)) MiB are available"
    case .notFinite(_, let figure, let value, _): "the \(figure) is \(value)"
    }
  }

  /// What to do about it.
  public var advice: String? {
    switch self {
    case .option(_, _, let advice): advice
    case .notABase: "give a folder with config.json, model.safetensors and tokenizer.json"
    case .notAnAdapter:
      "give a folder with \(ModelFiles.adapterConfiguration) and \(ModelFiles.adapterWeights)"
    case .noWindows: "add data or lower --block-size"
    case .outputNotEmpty: "give a new folder as --out"
    case .outputUnfinished: "add --resume to go on, or give another --out"
    case .notARun: "give the --out of the run, or a new folder"
    case .busy: "wait until it ends, or give another --out"
    case .settingDiffers: "use the same value, or begin anew in another --out"
    case .damagedState: "begin anew in another --out"
    case .memory: "lower --batch or --block-size, use --method lora, or free memory"
    case .notFinite(_, _, _, let checkpoint):
      "nothing was overwritten; lower --learning-rate or set --clip-norm"
        + (checkpoint.map { "; the last checkpoint is \($0)" } ?? "")
    }
  }

  private static func mebibytes(_ bytes: Int) -> Int { bytes >> 20 }
}
