import Foundation
import GenkiCore
import GenkiTensor

/// The output folder of a run and the run's own state in it, `.genki-run`: a lock, the record and the
/// last checkpoints. One process at a time; the lock goes with the process, however it ends.
final class RunFolder {
  /// The output folder.
  let out: String
  /// The state folder.
  let state: String
  /// Where the finished model is put together.
  var staging: String { state + "/final" }
  private var recordPath: String { state + "/run.json" }
  private let lockDescriptor: Int32
  private let createdOut: Bool

  /// The name of the state folder.
  static let stateName = ".genki-run"
  /// Checkpoints that are kept: the last and the one before.
  static let checkpointsKept = 2
  private static let recordBytesMaximum = 1 << 20

  /// Takes the folder for this process; creates it if need be.
  ///
  /// - Throws: `FinetuneError.outputNotEmpty`, `.outputUnfinished`, `.notARun` or `.busy`; nothing has
  ///   been changed then.
  init(claiming out: String, resume: Bool) throws {
    self.out = out
    state = out + "/" + Self.stateName
    let manager = FileManager.default
    createdOut = !manager.fileExists(atPath: out)
    let others = try Self.entries(out).filter { $0 != Self.stateName }
    let isRun = manager.fileExists(atPath: state + "/run.json")
    if !others.isEmpty, !isRun {
      throw resume ? FinetuneError.notARun(path: out) : .outputNotEmpty(path: out)
    }
    try Self.createFolder(state)
    try AtomicFile.syncFolder(ofFile: out)
    try AtomicFile.syncFolder(ofFile: state)
    lockDescriptor = try Self.lock(state + "/lock", out: out)
    if !resume, isRun {
      let isFinished = (try? record())??.result != nil
      throw isFinished
        ? FinetuneError.outputNotEmpty(path: out) : .outputUnfinished(path: out)
    }
    removeTemporaries()
  }

  deinit { close(lockDescriptor) }

  /// Undoes the claim of a run that did not begin, so that a refused run leaves nothing behind.
  func abandonUnlessBegun() {
    guard !FileManager.default.fileExists(atPath: recordPath) else { return }
    unlink(state + "/lock")
    rmdir(state)
    if createdOut { rmdir(out) }
  }

  /// The run's record; nil before the run has begun.
  func record() throws -> RunRecord? {
    guard FileManager.default.fileExists(atPath: recordPath) else { return nil }
    let bytes = try TextFile.readBytes(recordPath, sizeLimit: Self.recordBytesMaximum)
    let value = try JSONValue.parse(bytes, source: recordPath)
    guard let record = RunRecord(json: value) else {
      throw FinetuneError.damagedState(path: recordPath, why: "it is not the record of a run")
    }
    return record
  }

  /// Replaces the record.
  func write(_ record: RunRecord) throws {
    try AtomicFile.write(record.json.encoded(pretty: true) + "\n", to: recordPath)
  }

  /// The path of a checkpoint.
  func checkpointPath(step: Int) -> String {
    let digits = String(step)
    let padding = String(repeating: "0", count: max(0, 9 - digits.count))
    return "\(state)/step-\(padding)\(digits).safetensors"
  }

  /// The steps of the checkpoints that there are, the last one first.
  func checkpointSteps() throws -> [Int] {
    try Self.entries(state).compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst(5).dropLast(12))
    }.sorted(by: >)
  }

  /// Removes all checkpoints but the last ones.
  func removeCheckpoints(keeping count: Int = RunFolder.checkpointsKept) throws {
    for step in try checkpointSteps().dropFirst(count) {
      unlink(checkpointPath(step: step))
    }
  }

  /// Empties the staging folder.
  func prepareStaging() throws {
    try? FileManager.default.removeItem(atPath: staging)
    try Self.createFolder(staging)
  }

  /// Moves the staged files out, the configuration last: a folder without it is no model, so the
  /// model appears complete or not at all. Repeats what a crash has cut short.
  func publish() throws {
    let files = try Self.entries(staging).sorted {
      (Self.isConfiguration($0) ? 1 : 0, $0) < (Self.isConfiguration($1) ? 1 : 0, $1)
    }
    for file in files {
      if Self.isConfiguration(file) { try AtomicFile.syncFolder(ofFile: out + "/" + file) }
      guard rename(staging + "/" + file, out + "/" + file) == 0 else {
        throw FileError.cannotCreate(path: out + "/" + file, code: errno)
      }
    }
    try AtomicFile.syncFolder(ofFile: out + "/" + Self.stateName)
    try? FileManager.default.removeItem(atPath: staging)
  }

  private static func isConfiguration(_ name: String) -> Bool {
    name == "config.json" || name == "adapter_config.json"
  }

  /// Removes what a killed process was writing.
  private func removeTemporaries() {
    for name in (try? Self.entries(state)) ?? [] where name.hasPrefix(".") && name.hasSuffix(".tmp")
    {
      unlink(state + "/" + name)
    }
  }

  private static func entries(_ folder: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) else { return [] }
    guard isFolder.boolValue else { throw FileError.cannotCreate(path: folder, code: ENOTDIR) }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw FileError.cannotRead(path: folder, code: EACCES)
    }
  }

  private static func createFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError.cannotCreate(path: path, code: errno == 0 ? EACCES : errno)
    }
  }

  private static func lock(_ path: String, out: String) throws -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError.cannotCreate(path: path, code: errno) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EINTR { continue }
      close(descriptor)
      throw code == EWOULDBLOCK
        ? FinetuneError.busy(path: out) : FileError.cannotCreate(path: path, code: code)
    }
    return descriptor
  }
}

/// What `run.json` keeps: with which settings a run began and, once it has ended, what it made.
struct RunRecord {
  var settings: FinetuneSettings
  var threads: Int
  /// The precision that `--compute` came to.
  var compute: ComputePrecision
  var result: FinetuneSummary?

  init(
    settings: FinetuneSettings, threads: Int, compute: ComputePrecision,
    result: FinetuneSummary? = nil
  ) {
    self.settings = settings
    self.threads = threads
    self.compute = compute
    self.result = result
  }

  init?(json: JSONValue) {
    guard json["format"]?.intValue == Self.format, let threads = json["threads"]?.intValue,
      let settings = json["settings"]?.objectValue
    else { return nil }
    self.settings = FinetuneSettings(values: settings)
    self.threads = threads
    // Records from before there was a choice are of float32 runs.
    compute = json["compute"]?.stringValue.flatMap(ComputePrecision.init) ?? .float32
    guard let result = json["result"], !result.isNull else { return }
    guard let steps = result["steps"]?.intValue, let digest = result["sha256"]?.stringValue,
      let out = result["out"]?.stringValue
    else { return nil }
    self.result = FinetuneSummary(
      steps: steps, trainLoss: result["train_loss"]?.doubleValue,
      evaluationLoss: result["eval_loss"]?.doubleValue,
      baseEvaluationLoss: result["base_eval_loss"]?.doubleValue, out: out, digest: digest)
  }

  var json: JSONValue {
    .object([
      "format": JSONValue(Self.format), "threads": JSONValue(threads),
      "compute": .string(compute.rawValue),
      "settings": .object(settings.values), "result": result?.json ?? .null,
    ])
  }

  private static let format = 1
}
