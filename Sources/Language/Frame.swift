import Diagnostics

/// The names of one call. Bodies in braces open no scope of their own: `sum = sum + x` in a loop is the same
/// `sum`.
package final class Frame {
    package private(set) var values: [String: Value] = [:]
    /// Where the definition stands that is being run, for names that it does not bind itself.
    package let enclosing: Frame?
    /// The call that led here, whose indices count for `weights` too.
    package let caller: Frame?
    /// The `for` loops that are running in this call, outermost first.
    package var loops: [String] = []

    package init(enclosing: Frame? = nil, caller: Frame? = nil) {
        self.enclosing = enclosing
        self.caller = caller
    }

    package func bind(_ name: String, to value: Value) { values[name] = value }

    package func unbind(_ name: String) { values[name] = nil }

    /// Binds exactly what `values` says.
    package func rebind(_ values: [String: Value]) { self.values = values }

    package func lookUp(_ name: String) -> Value? {
        var frame: Frame? = self
        while let current = frame {
            if let value = current.values[name] { return value }
            frame = current.enclosing
        }
        return nil
    }

    /// Names that can be used here, for "did you mean".
    package var visibleNames: [String] {
        var names: [String] = []
        var frame: Frame? = self
        while let current = frame {
            names += current.values.keys
            frame = current.enclosing
        }
        return names
    }
}
