import ArgumentParser
import GenkiConsole
import GenkiFormats
import GenkiModel

/// How tokens are chosen; what is not given is the command's to decide.
struct SamplingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("0 is greedy; 1 samples as the model says.", valueName: "x"))
  var temperature: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from the n likeliest tokens.", valueName: "n"))
  var topK: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Sample from the likeliest tokens of this share.", valueName: "x"))
  var topP: Double?
  @Option(parsing: .unconditional, help: ArgumentHelp("Decides the sampling.", valueName: "n"))
  var seed: UInt64?

  /// - Throws: `UsageError` for a value out of range.
  func check() throws {
    if let temperature { try UsageError.check("--temperature", temperature, in: 0...100) }
    if let topK { try UsageError.check("--top-k", topK, in: 1...10_000_000) }
    if let topP { try UsageError.check("--top-p", topP, in: 1e-6...1) }
  }

  /// What the model's authors want, but for what is given. A share or a number of tokens to draw from
  /// means that tokens are drawn.
  func settings(over defaults: GenerationDefaults) -> SamplingSettings {
    var settings = SamplingSettings(defaults)
    if topK != nil || topP != nil { settings.temperature = defaults.temperature }
    settings.temperature = temperature ?? settings.temperature
    settings.topK = topK ?? settings.topK
    settings.topP = topP ?? settings.topP
    return settings
  }
}
