import Foundation

// Foundation's functions under names that do not hide the tests' own.

func exponential(_ x: Double) -> Double { exp(x) }
func cosine(_ x: Float) -> Float { Float(cos(Double(x))) }
func sine(_ x: Float) -> Float { Float(sin(Double(x))) }

/// 1 − erf(x), of the C library.
func complementaryError(_ x: Double) -> Double { erfc(x) }
