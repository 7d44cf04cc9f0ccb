import CGSL

/// Student's t distribution of any positive number of degrees of freedom, by the GNU Scientific Library.
package enum StudentDistribution {
    /// The library ends the process on what it takes for an error; here it returns not-a-number instead.
    private static let isQuiet: Bool = {
        gsl_set_error_handler_off()
        return true
    }()

    /// P(|T| ≥ |t|).
    package static func twoSided(t: Double, degreesOfFreedom: Double) -> Double {
        precondition(isQuiet && degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
        return min(1, 2 * gsl_cdf_tdist_Q(abs(t), degreesOfFreedom))
    }

    /// The t that T stays below with probability `p`, which lies between 0 and 1.
    package static func quantile(_ p: Double, degreesOfFreedom: Double) -> Double {
        precondition(
            isQuiet && p > 0 && p < 1 && degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
        return gsl_cdf_tdist_Pinv(p, degreesOfFreedom)
    }
}
