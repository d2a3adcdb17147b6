import GenkiCore
import GenkiTemplates

/// Renders templates for a program beside it, which compares them with another interpreter's.
///
/// A line has `template` and `variables`; `date` makes `strftime_now`, and with `marks` every text
/// of `messages` is somebody's. An answer has `text` and `runs` (end and mark in turn), or `error`
/// and its `kind`. With `repeat` it renders so often, and `nanoseconds` says what one took; `scale`
/// divides the limits of steps and bytes.
final class TemplatePeer {
  private var programs: [String: ChatTemplateProgram] = [:]

  func answer(_ line: String) -> String {
    do {
      let input = try JSONValue.parse(line, source: "line")
      return try render(input).encoded()
    } catch let error as TemplateError {
      return JSONValue.object([
        "error": .string("\(error.why)"), "kind": .string(Self.kind(error)),
      ]).encoded()
    } catch {
      return JSONValue.object(["error": .string("\(error)"), "kind": .string("input")]).encoded()
    }
  }

  private static func kind(_ error: TemplateError) -> String {
    switch error {
    case .syntax: "syntax"
    case .unsupported: "unsupported"
    case .limit: "limit"
    case .raised: "raised"
    case .failed: "failed"
    }
  }

  private func program(
    _ source: String, scale: Int
  ) throws(TemplateError) -> ChatTemplateProgram {
    if scale == 1, let program = programs[source] { return program }
    var limits = TemplateLimits.standard
    limits.steps /= scale
    limits.valueBytes /= scale
    let program = try ChatTemplateProgram(source, limits: limits)
    if programs.count > 200 { programs = [:] }
    if scale == 1 { programs[source] = program }
    return program
  }

  private func render(_ input: JSONValue) throws -> JSONValue {
    let program = try program(
      input["template"]?.stringValue ?? "", scale: max(1, input["scale"]?.intValue ?? 1))
    let marks = input["marks"]?.boolValue ?? false
    let variables = (input["variables"]?.objectValue?.entries ?? []).map { entry in
      (entry.key, TemplateValue(json: entry.value, mark: marks && entry.key == "messages" ? 1 : 0))
    }
    let clock = input["date"]?.stringValue.flatMap { CalendarDate($0) }.map {
      TemplateDate($0, isVisible: true)
    }
    let start = ContinuousClock.now
    let repeats = max(1, input["repeat"]?.intValue ?? 1)
    var rendered = try program.render(variables, clock: clock)
    for _ in stride(from: 1, to: repeats, by: 1) {
      rendered = try program.render(variables, clock: clock)
    }
    let nanoseconds = (ContinuousClock.now - start) / repeats / .nanoseconds(1)
    return .object([
      "text": .string(String(decoding: rendered.utf8, as: UTF8.self)),
      "nanoseconds": .number(nanoseconds),
      "runs": .array(
        rendered.runs.flatMap { [.integer(Int64($0.end)), .integer(Int64($0.mark))] }),
    ])
  }
}
