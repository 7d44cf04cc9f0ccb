// How numbers are written for people, everywhere in the program.

/// A number as it would be written in a script: whole ones without a point, others by their shortest exact
/// form.
public func formatted(_ number: Double) -> String {
    if number == number.rounded(), abs(number) < 1e15 { return String(Int(number)) }
    return "\(number)"
}

/// 3871715 as 3,871,715.
public func grouped(_ number: Int) -> String {
    let digits = Array(String(abs(number)))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return number < 0 ? "−" + text : text
}

/// A large count with three or four digits and a unit: 1.46 G.
public func scaled(_ number: Int) -> String {
    var value = Double(number)
    for unit in ["", " k", " M", " G", " T", " P"] {
        if abs(value) < 1000 {
            return fixed(value, digits: unit.isEmpty ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0) + unit
        }
        value /= 1000
    }
    return (number == .max ? "over " : "") + fixed(value, digits: 2) + " E"
}

/// `value` with a fixed number of digits after the point.
public func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (abs(value) * scale).rounded()
    guard rounded < 0x1p53 else { return "\(value)" }
    let whole = Int(rounded)
    let sign = value < 0 && whole != 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let text = String(whole)
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
}

/// `3.2 ms`, `12.4 s`, `7 min 30 s`, `2 h 5 min`
public func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.0995: "\(fixed(seconds * 1000, digits: 1)) ms"
    case ..<99.5: "\(fixed(seconds, digits: seconds < 9.95 ? 2 : 1)) s"
    case ..<5400: "\(Int(seconds) / 60) min \(Int(seconds) % 60) s"
    case ..<1e9: "\(Int(seconds) / 3600) h \(Int(seconds) % 3600 / 60) min"
    default: "decades"
    }
}

/// `12 KB`, `312 MB`, `1.4 GB`
public func memorySize(_ bytes: Int) -> String {
    for (unit, size) in [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3)] where Double(bytes) >= size {
        let value = Double(bytes) / size
        return value == value.rounded() || value >= 100
            ? "\(Int(value.rounded())) \(unit)" : "\(fixed(value, digits: 1)) \(unit)"
    }
    return "\(bytes) bytes"
}

/// `1 row`, `3 rows`
public func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
    "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
}

/// "a, b and c", each in backquotes.
public func listed(_ names: [String]) -> String {
    let quoted = names.map { "`\($0)`" }
    guard let last = quoted.last, quoted.count > 1 else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " and " + last
}

/// A text as it is written in a script, in its quotes.
public func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
        switch character {
        case "\"", "\\", "{", "}": result += "\\\(character)"
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        default: result.append(character)
        }
    }
    return result + "\""
}
