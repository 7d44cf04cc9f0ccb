import Foundation

/// Decimals that show two digits of a standard deviation.
package func placesShowing(deviation: Double) -> Int {
    min(6, max(0, 1 - Int(log10(deviation).rounded(.down))))
}

/// A probability to three places.
package func probability(_ p: Double) -> String { p < 0.001 ? "< 0.001" : fixed(p, 3) }

/// With a plus where it is above zero.
package func signed(_ number: Double, _ places: Int) -> String {
    let text = fixed(number, places)
    return text.hasPrefix("-") || text.allSatisfy { "0.".contains($0) } ? text : "+" + text
}

package func fixed(_ number: Double, _ places: Int) -> String {
    guard number.isFinite else { return Cell.number(number).description }
    let text = String(format: "%.\(places)f", number)
    // A difference that rounds to nothing is nothing, not less than nothing.
    return text.hasPrefix("-") && text.allSatisfy { "-0.".contains($0) } ? String(text.dropFirst()) : text
}
