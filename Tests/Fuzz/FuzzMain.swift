import Foundation
import GenkiCore

/// A kind of input from outside, and what may be expected of whoever reads it.
protocol FuzzTarget: SendableMetatype {
  /// Inputs to begin with.
  static func seeds() throws -> [[UInt8]]
  /// Reads one input; a trap, a failed `expect`, too much time or memory is a finding.
  static func run(_ bytes: [UInt8]) throws
}

/// The targets by name; one program holds them all.
enum FuzzTargets {
  static let all: [String: any FuzzTarget.Type] = [
    "values": ValueTarget.self, "metadata": MetadataTarget.self, "events": EventTarget.self,
    "keyfiles": KeyfileTarget.self, "wire": WireTarget.self, "node": NodeTarget.self,
    "texts": TextTarget.self, "json": JSONTarget.self,
    "tokenizers": TokenizerTarget.self, "adapters": AdapterTarget.self,
    "configurations": ConfigurationTarget.self,
  ]

  /// The one that the environment names.
  static let chosen: any FuzzTarget.Type = {
    let name = ProcessInfo.processInfo.environment["GENKI_FUZZ_TARGET"] ?? ""
    guard let target = all[name] else {
      preconditionFailure("GENKI_FUZZ_TARGET is '\(name)', not one of \(all.keys.sorted())")
    }
    return target
  }()
}

/// States what must hold for every input.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
  precondition(condition, message())
}

/// Runs before the first input: writes the seeds and ends where a folder for them is named.
@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
  _ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?
) -> CInt {
  let target = FuzzTargets.chosen
  guard let folder = ProcessInfo.processInfo.environment["GENKI_FUZZ_SEEDS"] else { return 0 }
  do {
    for (index, seed) in try target.seeds().enumerated() {
      try Data(seed).write(to: URL(filePath: folder).appending(path: "seed-\(index)"))
    }
  } catch {
    preconditionFailure("the seeds cannot be made: \(error)")
  }
  exit(0)
}

/// Runs one input; whatever is thrown is an answer.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  do {
    try FuzzTargets.chosen.run(bytes)
  } catch let error as any ReportableError {
    // What is shown of an error must not trap either.
    _ = error.description
  } catch {}
  return 0
}
