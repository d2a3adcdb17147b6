import GenkiCore

/// What a worker says when it has loaded its model and done its first step.
package struct WorkerReady: Sendable, Equatable {
  /// The precision it computes in, as it names it.
  package let compute: String
  /// The first step's outcome.
  package let first: StepOutcome
  /// A choice that it made for itself, such as the optimiser's variant.
  package let remark: String?
  /// The memory of the program and its libraries before the model was loaded.
  package let programBytes: Int
  /// How PyTorch runs the model, in fact; nil for others.
  package let mode: String?
  /// Why that is not the mode it was told.
  package let problem: String?
  /// How much of it is compiled: graphs, and breaks between them.
  package let compiled: String?

  package init(
    compute: String, first: StepOutcome, remark: String? = nil, programBytes: Int = 0,
    mode: String? = nil, problem: String? = nil, compiled: String? = nil
  ) {
    self.compute = compute
    self.programBytes = programBytes
    self.mode = mode
    self.problem = problem
    self.compiled = compiled
    self.first = first
    self.remark = remark
  }

  package init(json: JSONValue, source: String) throws {
    guard let compute = json["compute"]?.stringValue else {
      throw BenchmarkError.badAnswer(source: source, text: json.encoded())
    }
    self.compute = compute
    first = StepOutcome(json: json)
    remark = json["remark"]?.stringValue
    programBytes = json["program_bytes"]?.intValue ?? 0
    mode = json["mode"]?.stringValue
    problem = json["problem"]?.stringValue
    compiled = json["compiled"]?.stringValue
  }

  package var json: JSONValue {
    var object = first.json
    object["compute"] = .string(compute)
    object["remark"] = JSONValue(remark)
    object["program_bytes"] = JSONValue(programBytes)
    object["mode"] = JSONValue(mode)
    object["problem"] = JSONValue(problem)
    object["compiled"] = JSONValue(compiled)
    return .object(object)
  }
}

/// What a worker says after its turn.
package struct TurnReport: Sendable, Equatable {
  package let steps: Int
  /// The time of the steps, without making their data.
  package let seconds: Double
  /// What all threads of the process computed in that time.
  package let cpuSeconds: Double
  /// The last step's outcome.
  package let last: StepOutcome

  package init(steps: Int, seconds: Double, cpuSeconds: Double, last: StepOutcome) {
    self.steps = steps
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.last = last
  }

  package init(json: JSONValue, source: String) throws {
    guard let steps = json["steps"]?.intValue, let seconds = json["seconds"]?.doubleValue,
      let cpuSeconds = json["cpu_seconds"]?.doubleValue, steps > 0, seconds > 0
    else { throw BenchmarkError.badAnswer(source: source, text: json.encoded()) }
    self.init(
      steps: steps, seconds: seconds, cpuSeconds: cpuSeconds, last: StepOutcome(json: json))
  }

  package var json: JSONValue {
    var object = last.json
    object["steps"] = JSONValue(steps)
    object["seconds"] = .number(seconds)
    object["cpu_seconds"] = .number(cpuSeconds)
    return .object(object)
  }
}

extension StepOutcome {
  init(json: JSONValue) {
    self.init(
      loss: json["loss"]?.doubleValue,
      tokens: (json["tokens"]?.arrayValue ?? []).compactMap { $0.intValue.flatMap(Int32.init) },
      digest: json["digest"]?.stringValue)
  }

  var json: JSONObject {
    var object: JSONObject = ["loss": loss.map { .number($0) } ?? .null]
    if let digest { object["digest"] = .string(digest) }
    if !tokens.isEmpty { object["tokens"] = .array(tokens.map { JSONValue(Int($0)) }) }
    return object
  }
}
