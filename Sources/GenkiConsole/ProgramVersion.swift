/// The version that every program of the house prints.
public enum ProgramVersion {
  /// Semantic version of this source tree; the changelog's first heading.
  public static let current = "0.2.0"
}
