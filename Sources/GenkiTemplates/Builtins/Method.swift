/// The methods of Python's values, by name.
enum Method: String, Sendable {
  // Texts.
  case capitalize, center, count, endswith, find, format, index, isalnum, isalpha, isdigit, islower
  case isnumeric, isdecimal, isspace, istitle, isupper, join, ljust, lower, lstrip, partition
  case removeprefix, removesuffix, replace, rfind, rindex, rjust, rpartition, rsplit, rstrip, split
  case splitlines, startswith, strip, swapcase, title, upper, zfill, isascii, expandtabs
  case casefold, encode, isidentifier, isprintable, maketrans, translate
  case formatMap = "format_map"
  // What only escaped texts have.
  case unescape, striptags, escape
  // Objects.
  case get, items, keys, values, copy, fromkeys
  case clear, pop, popitem, setdefault, update
  // Lists.
  case append, extend, insert, remove, reverse, sort
  // Loops, cyclers.
  case cycle, changed
  case next, reset

  enum Availability { case callable, mutating, unsupported, absent }

  func availability(on owner: Value) -> Availability {
    switch owner {
    case .text(let text): availabilityOnText(text)
    case .object:
      switch self {
      case .get, .items, .keys, .values, .copy: .callable
      case .fromkeys: .unsupported
      case .clear, .pop, .popitem, .setdefault, .update: .mutating
      default: .absent
      }
    case .list:
      switch self {
      case .count, .index, .copy: .callable
      case .append, .clear, .extend, .insert, .pop, .remove, .reverse, .sort: .mutating
      default: .absent
      }
    case .tuple, .range:
      switch self {
      case .count, .index: .callable
      default: .absent
      }
    case .loop: self == .cycle || self == .changed ? .callable : .absent
    case .cycler: self == .next || self == .reset ? .callable : .absent
    case .function(.dict): self == .fromkeys ? .unsupported : .absent
    default: .absent
    }
  }

  private func availabilityOnText(_ text: MarkedText) -> Availability {
    switch self {
    case .casefold, .encode, .isidentifier, .isprintable, .maketrans, .translate, .formatMap,
      .expandtabs:
      return .unsupported
    case .unescape, .striptags, .escape: return text.isMarkup ? .unsupported : .absent
    case .get, .items, .keys, .values, .copy, .fromkeys, .clear, .pop, .popitem, .setdefault,
      .update, .append, .extend, .insert, .remove, .reverse, .sort, .cycle, .changed, .next, .reset:
      return .absent
    case .format, .join, .replace, .center, .ljust, .rjust, .partition, .rpartition:
      // Markup escapes what these are given.
      return text.isMarkup ? .unsupported : .callable
    default: return .callable
    }
  }
}
