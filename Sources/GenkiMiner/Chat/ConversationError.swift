import GenkiCore
import GenkiData

/// A conversation cannot be put before a model.
package struct ConversationError: ReportableError, Equatable {
  /// The file it comes from, or what it is called.
  package let what: String
  package let why: String

  package init(_ what: String, _ refusal: ExampleParser.Refusal) {
    self.what = what
    why = refusal.reason
  }

  package init(_ what: String, why: String) {
    self.what = what
    self.why = why
  }

  package var kind: ErrorKind { .invalidData }
  package var advice: String? { nil }
}
