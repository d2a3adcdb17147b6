import Foundation
import GenkiCore
import GenkiTensor

/// Our side of a measurement: waits for `step N` on stdin, does N steps, answers with their time.
package struct WorkerLoop {
  private var work: any MeasuredWork
  private var nextStep = 0
  private let programBytes: Int
  private let kernel: ProductKernel
  private let emit: (JSONValue) -> Void

  /// Loads the workload.
  ///
  /// - Parameter emit: Sends one message.
  package init(
    workload: Workload, inputs: MeasureInputs, threads: Int, kernel: ProductKernel,
    emit: @escaping (JSONValue) -> Void
  ) throws {
    programBytes =
      MachineFigures.memory("VmRSS", status: MachineFigures.status(of: getpid())) ?? 0
    let folders = try CachedModel(workload: workload, inputs: inputs)
    self.kernel = kernel
    work = try workload.load(folders, threads: threads, kernel: kernel)
    self.emit = emit
  }

  /// Serves until stdin ends.
  package mutating func run() throws {
    let orders = OrderQueue()
    let first = try turn(1).last
    emit(WorkerReady(compute: kernel.rawValue, first: first, programBytes: programBytes).json)
    while true {
      let line = orders.next()
      guard let steps = Self.steps(of: line) else {
        throw BenchmarkError.badOrder(line)
      }
      emit(try turn(steps).json)
    }
  }

  /// The number of steps that an order asks for.
  package static func steps(of line: String) -> Int? {
    let words = line.split(separator: " ")
    guard words.first == "step", words.count <= 2 else { return nil }
    guard words.count == 2 else { return 1 }
    return Int(words[1]).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
  }

  private mutating func turn(_ steps: Int) throws -> TurnReport {
    var seconds = 0.0
    var cpuSeconds = 0.0
    var last = StepOutcome()
    for _ in 0..<steps {
      try work.prepare(step: nextStep)
      nextStep += 1
      let cpuBefore = MachineFigures.processSeconds
      let before = MachineFigures.monotonicSeconds
      last = try work.perform()
      seconds += MachineFigures.monotonicSeconds - before
      cpuSeconds += MachineFigures.processSeconds - cpuBefore
      work.describe(&last)
    }
    return TurnReport(steps: steps, seconds: seconds, cpuSeconds: cpuSeconds, last: last)
  }
}

/// Lines of stdin, read by a thread of its own: when stdin ends, because the driver is gone, the
/// process ends at once, even in the middle of a step.
private final class OrderQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var lines: [String] = []

  init() {
    let thread = Thread { [self] in
      while let line = readLine() {
        condition.lock()
        lines.append(line)
        condition.signal()
        condition.unlock()
      }
      _exit(0)
    }
    thread.start()
  }

  func next() -> String {
    condition.lock()
    defer { condition.unlock() }
    while lines.isEmpty { condition.wait() }
    return lines.removeFirst()
  }
}
