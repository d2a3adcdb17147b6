import GenkiData

/// Looks how a first base's conversations will be written.
enum BaseChat {
  /// What is found, in words.
  ///
  /// - Throws: `ValidatorError.baseTemplate` naming what in the base's template is not run.
  static func look(_ base: String) throws -> String {
    let settings = try ModelChatSettings.load(folder: base)
    switch try ChatFormat(settings: settings, choice: ChatChoice()) {
    case .own(let template):
      if let shortcoming = template.shortcoming {
        throw ValidatorError.baseTemplate(
          place: "chat template in '\(template.path)'", why: shortcoming)
      }
      return "\(template.path) is run as transformers runs it"
    case .builtIn(let template):
      return "the base has none: conversations are written in the \(template.name) template"
    case .refused(let error):
      throw ValidatorError.baseTemplate(place: error.what, why: error.why)
    }
  }
}
