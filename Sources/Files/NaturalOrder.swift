/// Whether one name comes before another in natural order: digits in them by the number that they write, so
/// that `9.png` comes before `10.png`; all else byte by byte, so the same in every locale.
package func isNaturallyBefore(_ left: String, _ right: String) -> Bool {
    let (a, b) = (Array(left.utf8), Array(right.utf8))
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
        if isDigit(a[i]), isDigit(b[j]) {
            let (x, y) = (number(in: a, at: &i), number(in: b, at: &j))
            // Without leading zeros the longer number is the larger one, however long both are.
            if x.count != y.count { return x.count < y.count }
            if !x.elementsEqual(y) { return x.lexicographicallyPrecedes(y) }
        } else {
            if a[i] != b[j] { return a[i] < b[j] }
            i += 1
            j += 1
        }
    }
    if i < a.count || j < b.count { return j < b.count }
    // `1` and `01` are one number and two names.
    return a.lexicographicallyPrecedes(b)
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

/// The digits from `place` on without their leading zeros; `place` moves behind them.
private func number(in bytes: [UInt8], at place: inout Int) -> ArraySlice<UInt8> {
    let digits = bytes[place...].prefix(while: isDigit)
    place = digits.endIndex
    return digits.drop { $0 == 0x30 }
}
