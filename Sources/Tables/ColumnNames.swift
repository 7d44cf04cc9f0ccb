/// A column's name for a head, its unit in brackets: `psnr_db` is `psnr [dB]`.
package func heading(_ column: String) -> String {
    guard let unit = unit(of: column), let underscore = column.lastIndex(of: "_") else { return column }
    return "\(column[..<underscore]) [\(unit)]"
}

/// The unit that the end of a column's name says.
package func unit(of column: String) -> String? {
    let units = [
        "db": "dB", "seconds": "s", "ms": "ms", "mb": "MB", "gb": "GB", "bytes": "B", "percent": "%",
        "pixels": "px",
    ]
    guard let underscore = column.lastIndex(of: "_"), underscore != column.startIndex else { return nil }
    return units[String(column[column.index(after: underscore)...])]
}

/// Whether a column is in seconds or bytes, which differ from one run to the next.
public func isMeasuredOnMachine(_ column: String) -> Bool {
    column == "seconds" || ["s", "ms", "MB", "GB", "B"].contains(unit(of: column))
}
