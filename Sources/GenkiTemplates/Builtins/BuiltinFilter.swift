/// The filters that are run here.
enum BuiltinFilter: String, Sendable, CaseIterable {
  case abs, attr, batch, capitalize, center, count, d, `default`, dictsort, e, escape, first, float
  case forceescape, format, groupby, indent, int, items, join, last, length, list, lower, map, max
  case min, reject, rejectattr, replace, reverse, round, safe, select, selectattr, slice, sort
  case string, sum, title, tojson, trim, truncate, unique, upper, wordcount

  /// Filters of Jinja that are not run: a template that has one is refused by its name.
  static let refused: Set<String> = [
    "filesizeformat", "pprint", "random", "striptags", "urlencode", "urlize", "wordwrap", "xmlattr",
  ]
}
