import Foundation

extension Summary {
    /// The summary as a table: the group, its number of rows, and for each measured column mean ± sd, the
    /// difference Δ to the reference, its 95 % interval, and the probability of such a difference by chance.
    /// A column in which nothing stands is left out.
    public var table: TextTable {
        var columns = groupColumns.enumerated().map { index, column in
            let isNumeric = groups.allSatisfy { $0.key[index].number != nil }
            return TextTable.Column(heading(column), isNumeric ? .right : .left, isAttached: index > 0)
        }
        columns.append(.init("n", .right))
        for column in measureColumns {
            columns += [
                .init(heading(column), .right), .init("Δ", .right, isAttached: true),
                .init("95 % interval", .left, isAttached: true), .init("p", .left, isAttached: true),
            ]
        }
        let places = measureColumns.indices.map(decimals(ofMeasure:))
        let rows = groups.map { group in
            group.key.map(\.description) + ["\(group.count)"]
                + zip(group.measures, places).flatMap { measure, places in
                    measure.map { cells($0, places, of: group) } ?? ["", "", "", ""]
                }
        }
        return TextTable(columns: columns, rows: rows).withoutEmptyColumns()
    }

    private func cells(_ measure: Measure, _ places: Int, of group: Group) -> [String] {
        var value = fixed(measure.mean, places)
        if measure.isConstant, measure.count > 1 {
            value = Cell.number(measure.mean).description
        } else if let deviation = measure.deviation {
            value += " ± \(fixed(deviation, places))"
        }
        if measure.count < group.count { value += " (n \(measure.count))" }
        if measure.leftOut > 0 { value += " (\(measure.leftOut) infinite left out)" }
        let difference = measure.difference.map { signed($0, places) } ?? ""
        let interval = measure.contrast.map { contrast in
            let interval = contrast.interval()
            return "\(signed(interval.lowerBound, places)) to \(signed(interval.upperBound, places))"
        }
        return [value, difference, interval ?? "", measure.p.map(probability) ?? ""]
    }

    /// Decimals for a column: two digits of its smallest spread, or five digits of its largest value without
    /// one.
    func decimals(ofMeasure index: Int) -> Int {
        let measures = groups.compactMap { $0.measures[index] }
        let spreads = measures.compactMap(\.deviation).filter { $0 > 0 }
        if let smallest = spreads.min() { return placesShowing(spread: smallest) }
        let means = measures.map(\.mean).filter(\.isFinite)
        if means.allSatisfy({ $0 == $0.rounded() }) { return 0 }
        let largest = means.map(abs).max() ?? 1
        return min(6, max(0, 4 - Int(log10(largest).rounded(.down))))
    }
}

/// Decimals that show two digits of a spread.
func placesShowing(spread: Double) -> Int { min(6, max(0, 1 - Int(log10(spread).rounded(.down)))) }

/// A column's name for a head, its unit in brackets: `psnr_db` is `psnr [dB]`.
func heading(_ column: String) -> String {
    guard let unit = unit(of: column), let underscore = column.lastIndex(of: "_") else { return column }
    return "\(column[..<underscore]) [\(unit)]"
}

/// The unit that the end of a column's name says.
func unit(of column: String) -> String? {
    let units = [
        "db": "dB", "seconds": "s", "ms": "ms", "mb": "MB", "gb": "GB", "bytes": "B", "percent": "%",
        "pixels": "px",
    ]
    guard let underscore = column.lastIndex(of: "_"), underscore != column.startIndex else { return nil }
    return units[String(column[column.index(after: underscore)...])]
}

/// Whether a column is in seconds or bytes, which come out otherwise each time.
public func isMeasuredOnMachine(_ column: String) -> Bool {
    ["s", "ms", "MB", "GB", "B"].contains(unit(of: column))
}

/// A probability to three places.
func probability(_ p: Double) -> String { p < 0.001 ? "< 0.001" : fixed(p, 3) }

/// With a plus where it is above zero.
func signed(_ number: Double, _ places: Int) -> String {
    let text = fixed(number, places)
    return text.hasPrefix("-") || text.allSatisfy { "0.".contains($0) } ? text : "+" + text
}

func fixed(_ number: Double, _ places: Int) -> String {
    guard number.isFinite else { return Cell.number(number).description }
    let text = String(format: "%.\(places)f", number)
    // A difference that rounds to nothing is nothing, not less than nothing.
    return text.hasPrefix("-") && text.allSatisfy { "-0.".contains($0) } ? String(text.dropFirst()) : text
}
