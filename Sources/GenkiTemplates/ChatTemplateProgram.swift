/// A chat template, read and ready to render conversations.
///
/// A template is a program in Jinja that comes with a model; here it is data for an interpreter
/// that knows what published templates use and nothing else. It reaches no file, no clock but the
/// date it is given and no memory beyond its limits, and every byte that it writes says whether it
/// is the template's own or whose words it is. It renders what transformers renders (jinja2 3.1 in
/// an immutable sandbox, with `trim_blocks`, `lstrip_blocks` and loop controls).
public struct ChatTemplateProgram: Sendable {
  let statements: [Statement]
  let names: [String]
  let bindings: Bindings
  let limits: TemplateLimits

  /// Reads a template; throws what is wrong with it, or the construct that is not run here.
  public init(_ source: String, limits: TemplateLimits = .standard) throws(TemplateError) {
    guard source.utf8.count <= limits.sourceBytes else {
      throw .limit(.sourceBytes(limits.sourceBytes), line: 1)
    }
    var parser = Parser(
      tokens: try Lexer.tokens(of: Array(source.utf8), limits: limits), limits: limits)
    statements = try parser.template()
    names = parser.names
    bindings = try Resolver.bindings(
      of: statements, names: parser.names, scopeCount: parser.scopeCount)
    self.limits = limits
  }

  /// The variables that the template reads and does not set itself, functions of Jinja left out.
  public var freeVariables: Set<String> {
    Set(bindings.freeNames.filter { BuiltinFunction(rawValue: $0) == nil })
  }

  /// Renders with these variables; of names that come twice the last one counts.
  ///
  /// Without a clock `strftime_now` is not defined. Rendering the same twice gives the same.
  public func render(
    _ variables: [(String, TemplateValue)], clock: TemplateDate?
  ) throws(TemplateError) -> RenderedText {
    let renderer = Renderer(self, clock: clock)
    return try renderer.render(variables)
  }
}
